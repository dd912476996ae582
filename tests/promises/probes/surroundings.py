"""One process that is started with every hostile setting at once, and calls through each front end.

Prints one JSON object; `test_p04_whole_process.py` starts it and judges. The policy is found by SECURE_BEDROCK_POLICY.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
seen: list[str] = []


def hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Note connections, look-ups and processes; installed before anything of ours is imported."""
    if event == "socket.connect":
        seen.append(f"connect {arguments[1][0]}:{arguments[1][1]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        seen.append(f"lookup {arguments[0]}")
    elif event == "subprocess.Popen":
        seen.append(f"process {arguments[0]}")


def typed() -> str:
    """Through the typed client."""
    from secure_bedrock import SecureBedrockClient

    with SecureBedrockClient() as client:
        return client.converse(MODEL, "hello").stop_reason


def created() -> str:
    """Through `create_client`."""
    from secure_bedrock import create_client

    client = create_client("bedrock-runtime")
    return str(client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"])


def from_session() -> str:
    """Through `SecureSession`."""
    from secure_bedrock import SecureSession

    client = SecureSession().client("bedrock-runtime")
    return str(client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"])


def outcome(call: Callable[[], str]) -> str:
    """The stop reason, or the error's type and text."""
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Call, and tell."""
    sys.addaudithook(hook)
    found = {call.__name__: outcome(call) for call in (typed, created, from_session)}
    json.dump({"outcomes": found, "seen": seen}, sys.stdout)


if __name__ == "__main__":
    main()
