"""Ask one question; print the answer, what it cost, and the address that gave it.

`python examples/converse.py` reads secure-bedrock.toml and AWS's credentials; `--local` brings a Bedrock of its own.
"""

import sys
from contextlib import ExitStack

from secure_bedrock import SecureBedrockClient, errors

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def open_client(stack: ExitStack, *, local: bool) -> SecureBedrockClient:
    """The client, closed with the stack."""
    if not local:
        return stack.enter_context(SecureBedrockClient())
    from secure_bedrock.testing import LocalBedrock  # noqa: PLC0415 - an extra, for --local only

    bedrock = stack.enter_context(LocalBedrock())
    client = SecureBedrockClient(bedrock.policy, credentials=bedrock.credentials)
    return stack.enter_context(client)


def main(*, local: bool) -> int:
    """0 when there was an answer, 1 when there was none."""
    with ExitStack() as stack:
        client = open_client(stack, local=local)
        try:
            reply = client.converse(
                MODEL,
                "Why is the sky blue?",
                system="Answer in one sentence.",
                max_tokens=100,
                deadline_s=30,
            )
        except errors.SecureBedrockError as error:
            print(error, file=sys.stderr)
            return 1
        print(reply.text)
        if reply.usage is not None:
            print(f"tokens: {reply.usage.input_tokens} in, {reply.usage.output_tokens} out")
        print(f"peer: {reply.event.peer_ip}, {reply.event.tls_version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(local="--local" in sys.argv[1:]))
