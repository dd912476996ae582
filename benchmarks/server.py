"""The other process of compare.py: a LocalBedrock whose streams are long; runs until its standard input ends."""

import json
import sys

from secure_bedrock.testing import Answer, LocalBedrock

STREAMS = 20_000
PIECE = "a piece of text of the length that models send, about this long. "


def main() -> None:
    model = "anthropic.claude-3-haiku-20240307-v1:0"
    deltas = [
        ("contentBlockDelta", {"delta": {"text": PIECE}, "contentBlockIndex": 0})
        for _ in range(200)
    ]
    usage = {"inputTokens": 20, "outputTokens": 200, "totalTokens": 220}
    stream = Answer.events(
        [
            ("messageStart", {"role": "assistant"}),
            *deltas,
            ("contentBlockStop", {"contentBlockIndex": 0}),
            ("messageStop", {"stopReason": "end_turn"}),
            ("metadata", {"usage": usage, "metrics": {"latencyMs": 5}}),
        ]
    )
    with LocalBedrock(models=[model], tls_names=["localhost"]) as bedrock:
        bedrock.script_for("ConverseStream", *[stream] * STREAMS)
        about = {
            "region": bedrock.region,
            "localhost_url": f"https://localhost:{bedrock.port}",
            "ca_path": bedrock.ca_path,
            "access_key": bedrock.credentials.access_key,
            "secret_key": bedrock.credentials.secret_key,
            "token": bedrock.credentials.token,
            "policy_toml": bedrock.policy_toml(),
            "model": model,
        }
        print(json.dumps(about), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
