"""One whole call by each front end, over whatever route the policy and the surroundings give it."""

from collections.abc import Callable, Mapping

from secure_bedrock import Policy, SecureBedrockClient, create_client

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]


def typed(policy: Policy) -> str:
    with SecureBedrockClient(policy, sinks=[]) as client:
        return str(client.converse(MODEL, "hello").stop_reason)


def hardened(policy: Policy) -> str:
    client = create_client("bedrock-runtime", policy)
    try:
        return str(client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"])
    finally:
        client.close()


FRONTS: Mapping[str, Callable[[Policy], str]] = {"typed": typed, "hardened": hardened}
"""By its name: a front end's call; why the answer stopped."""
