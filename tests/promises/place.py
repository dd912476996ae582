"""One Bedrock behind the corpus's addresses, what leads there, and what was dialled and asked on the way."""

from collections.abc import Callable
from typing import Any

from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.testing import LocalBedrock, LoopbackConnector, StaticResolver
from secure_bedrock.values import parse_region, parse_service
from tests.corpus import FIXTURE

ENIS: list[str] = FIXTURE["eni_ips"]
PUBLIC = "52.94.0.10"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]

Call = Callable[[], str]


class Place:
    """The server stands behind every address in `reachable`, also a public one: whoever is dialled answers.

    Its name is the first interface's until `resolver.set` says something else; only the interfaces are approved.
    """

    def __init__(self, server: LocalBedrock, *reachable: str) -> None:
        server.clear()
        here = ("127.0.0.1", server.port)
        self.server = server
        self.resolver = StaticResolver({server.host: ENIS[:1]})
        self.connector = LoopbackConnector(dict.fromkeys(reachable, here))
        self.policy = Policy(
            region=server.region,
            models=[MODEL],
            network={"ca_bundle": server.ca_path},
            retry={"max_attempts": 2},
            timeouts={"read_s": 5.0},
        )
        self.route = PrivateRoute(
            service=parse_service("bedrock-runtime"),
            region=parse_region(server.region),
            host=server.host,
            names=frozenset(FIXTURE["dns_names"]),
            address_check="eni",
            addresses=tuple(ENIS),
            cidrs=tuple(FIXTURE["vpc_cidrs"]),
        )

    @property
    def dialled(self) -> list[str]:
        """The addresses that were tried, in order."""
        return [attempt.address for attempt in self.connector.attempts]

    @property
    def asked(self) -> list[str]:
        """The names that were looked up, in order."""
        return [query.host for query in self.resolver.queries]


def call_of(front: str, client: Any) -> Call:
    """One small call of a client, typed or hardened; returns why the answer ended."""
    if front == "typed":
        return lambda: str(client.converse(MODEL, "hello").stop_reason)
    return lambda: str(client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"])
