"""Runs inside the application's host: makes one front end's calls, told and answered by lines of JSON.

`python -P worker.py raw|typed|hardened [--blind]`; a file of its own, which imports nothing of the testbed.
"""

import json
import os
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from ipaddress import ip_address
from typing import Any, Protocol

KEYS = {
    "aws_access_key_id": "LOCALBEDROCKEXAMPLEKEY",
    "aws_secret_access_key": "local-bedrock-example-secret",
    "aws_session_token": "local-bedrock-example-token",
}


class Client(Protocol):
    """One way to call Bedrock."""

    def call(self, model: str, words: str) -> None: ...

    def close(self) -> None: ...


class Typed:
    """SecureBedrockClient."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from secure_bedrock import Policy, SecureBedrockClient
        from secure_bedrock.testing import LocalCredentials

        policy = Policy.from_toml(settings["policy"])
        self._client = SecureBedrockClient(policy, credentials=LocalCredentials(), sinks=[])

    def call(self, model: str, words: str) -> None:
        self._client.converse(model, words)

    def close(self) -> None:
        self._client.close()


class Botocore:
    """A botocore client, whoever made it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def call(self, model: str, words: str) -> None:
        self._client.converse(
            modelId=model, messages=[{"role": "user", "content": [{"text": words}]}]
        )

    def close(self) -> None:
        self._client.close()


class Checking(Botocore):
    """A stock client behind a check of its own: look the name up, see that all is private, then call."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._host = client.meta.endpoint_url.removeprefix("https://")

    def call(self, model: str, words: str) -> None:
        found = socket.getaddrinfo(self._host, 443, type=socket.SOCK_STREAM)
        if not all(ip_address(answer[4][0]).is_private for answer in found):
            raise PermissionError("the name has a public address")
        super().call(model, words)


def hardened(settings: dict[str, Any]) -> Client:
    """Ours, behind botocore's interface."""
    from secure_bedrock import Policy, create_client

    return Botocore(create_client("bedrock-runtime", Policy.from_toml(settings["policy"]), **KEYS))


def raw(settings: dict[str, Any]) -> Client:
    """boto3 as it is, with the endpoint's name where one is given, and one attempt unless told otherwise."""
    import boto3
    from botocore.config import Config

    limit = settings["connect_s"]
    retries: Any = {"total_max_attempts": settings["attempts"], "mode": "standard"}
    # A session of its own, as in a process that has just started: the default one keeps what it read before.
    client = boto3.Session().client(
        "bedrock-runtime",
        region_name=settings["region"],
        endpoint_url=settings["endpoint_url"],
        verify=settings["ca_bundle"],
        config=Config(connect_timeout=limit, read_timeout=5, retries=retries),
        **KEYS,
    )
    return Checking(client) if settings["checks_first"] else Botocore(client)


FRONT_ENDS: dict[str, Callable[[dict[str, Any]], Client]] = {
    "raw": raw,
    "typed": Typed,
    "hardened": hardened,
}


def blind_the_guard() -> None:
    """Approve everything, everywhere: what the counters must then show is what they show when it fails."""
    from secure_bedrock.network import RouteGuard
    from secure_bedrock.transport.connections import driver
    from secure_bedrock.values import Decision

    class Blind(RouteGuard):
        """Sees nothing wrong with any address."""

        families = frozenset({socket.AF_INET, socket.AF_INET6})

        def judge(self, address: str) -> Decision:
            return Decision(True, "blind", f"{address} was not looked at")

    vars(driver)["RouteGuard"] = Blind


def told(error: BaseException) -> dict[str, Any]:
    """What is told of an error: never its text, which may name what was sent."""
    from secure_bedrock.errors import Denied

    return {
        "error": type(error).__name__,
        "rule": getattr(error, "rule", ""),
        "denied": isinstance(error, Denied),
    }


def say(answer: dict[str, Any]) -> None:
    """One line on the standard output, which is for nothing else."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def warm(kind: str) -> None:
    """Load what the first call would load, so that no row pays for it."""
    import_module("secure_bedrock.transport.typed")
    if kind != "typed":
        import boto3

        boto3.client("bedrock-runtime", region_name="eu-west-1", **KEYS).close()


def serve(kind: str) -> None:
    """Do what each line asks; ends with the input."""
    client: Client | None = None
    surroundings = dict(os.environ)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            match asked["do"]:
                case "open":
                    os.environ.update(asked["environ"])
                    client = FRONT_ENDS[kind](asked)
                case "call":
                    assert client is not None
                    client.call(asked["model"], asked["words"])
                case "close":
                    if client is not None:
                        client.close()
                    client = None
                    os.environ.clear()
                    os.environ.update(surroundings)
        except Exception as error:
            answer = told(error)
        say(answer)


if __name__ == "__main__":
    if "--blind" in sys.argv:
        blind_the_guard()
    warm(sys.argv[1])
    say({"ready": sys.argv[1]})
    serve(sys.argv[1])
