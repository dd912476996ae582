"""The calls that ask a model, of each front end by the operation's name: what goes for one of them goes for all."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from secure_bedrock.testing import LocalBedrock

MESSAGES: Final = [{"role": "user", "content": [{"text": "hello"}]}]
NATIVE: Final = b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}'

Call = Callable[[Any, Any], Any]
"""Called with a client and a model's identifier; reads the answer to its end."""

TYPED: Final[Mapping[str, Call]] = {
    "Converse": lambda c, m: c.converse(m, "hello"),
    "ConverseStream": lambda c, m: list(c.converse_stream(m, "hello")),
    "InvokeModel": lambda c, m: c.invoke_model(m, NATIVE),
    "InvokeModelWithResponseStream": lambda c, m: list(c.invoke_model_stream(m, NATIVE)),
}
HARDENED: Final[Mapping[str, Call]] = {
    "Converse": lambda c, m: c.converse(modelId=m, messages=MESSAGES),
    "ConverseStream": lambda c, m: list(c.converse_stream(modelId=m, messages=MESSAGES)["stream"]),
    "InvokeModel": lambda c, m: c.invoke_model(modelId=m, body=NATIVE)["body"].read(),
    "InvokeModelWithResponseStream": lambda c, m: list(
        c.invoke_model_with_response_stream(modelId=m, body=NATIVE)["body"]
    ),
}
FRONTS: Final[Mapping[str, Mapping[str, Call]]] = {"typed": TYPED, "hardened": HARDENED}


def count(client: Any, model: Any) -> int:
    """Counts tokens, which asks no model, by a hardened client."""
    counted = client.count_tokens(modelId=model, input={"converse": {"messages": MESSAGES}})
    return int(counted["inputTokens"])


def network_of(server: LocalBedrock) -> dict[str, Any]:
    """The part of a policy that leads to the server, by its address."""
    endpoint = {"host": server.host, "addresses": ["127.0.0.1"], "port": server.port}
    return {
        "cidrs": ["127.0.0.0/8"],
        "ca_bundle": server.ca_path,
        "endpoints": {"bedrock-runtime": endpoint},
    }
