"""P05 and P06: OpenAI- and Anthropic-shaped requests of both hosts; a server tells which ones arrived."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from secure_bedrock import Policy
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import Denied, EndpointNotFound, ModelDenied, OperationDenied
from secure_bedrock.network import PrivateRoute
from secure_bedrock.testing import ConnectLog
from secure_bedrock.testing.endpoint_names import endpoint_name
from secure_bedrock.testing.local_server import Origin
from secure_bedrock.testing.local_service import LocalService, Outcome
from secure_bedrock.testing.received import ReceivedRequest
from secure_bedrock.testing.reply import Reply
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.sigv4_check import check_signature
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.http_request import judge_http_request
from secure_bedrock.values import Deadline

REGION, MODEL, OTHER = "eu-west-1", "anthropic.claude-opus-4-8", "openai.gpt-5.5"
RUNTIME, MANTLE = "bedrock-runtime", "bedrock-mantle"
SIGNING = {RUNTIME: "bedrock", MANTLE: "bedrock-mantle"}
HELLO = [{"role": "user", "content": "hello"}]
IMAGE = {"type": "url", "url": "https://evil.example/x.png"}
TALK: dict[str, Any] = {"model": MODEL, "messages": HELLO}
RESPONSE: dict[str, Any] = {"model": MODEL, "input": "hello", "store": False}
EMBEDDING: dict[str, Any] = {"model": MODEL, "input": "hello"}
PATHS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "/openai/v1/chat/completions": (TALK, (RUNTIME, MANTLE)),
    "/v1/chat/completions": (TALK, (RUNTIME, MANTLE)),
    "/openai/v1/responses": (RESPONSE, (RUNTIME, MANTLE)),
    "/v1/responses": (RESPONSE, (RUNTIME, MANTLE)),
    "/anthropic/v1/messages": (TALK, (RUNTIME, MANTLE)),
    "/v1/messages": (TALK, (RUNTIME, MANTLE)),
    "/anthropic/v1/messages/count_tokens": (TALK, (RUNTIME, MANTLE)),
    "/v1/embeddings": (EMBEDDING, (MANTLE,)),
}
# What each body may be changed to, and what comes of it: None is sent.
CHANGES: dict[str, tuple[dict[str, Any], type[Denied] | None]] = {
    "as it is": ({}, None),
    "another model": ({"model": OTHER}, ModelDenied),
    "a profile of the model": ({"model": f"global.{MODEL}"}, ModelDenied),
    "a second model": ({"models": [OTHER]}, OperationDenied),
    "a fall-back": ({"fallbacks": [{"model": OTHER}]}, OperationDenied),
    "a server's tool": (
        {"tools": [{"type": "mcp", "server_url": "https://evil.example"}]},
        OperationDenied,
    ),
    "an image by URL": (
        {"messages": [{"role": "user", "content": [{"type": "image", "source": IMAGE}]}]},
        OperationDenied,
    ),
    "something that is kept": ({"store": True}, OperationDenied),
    "an earlier answer": ({"previous_response_id": "resp_1"}, OperationDenied),
}
ROWS = [
    (service, path, sentence)
    for path, (_, services) in PATHS.items()
    for service in services
    for sentence in CHANGES
]


class Anybody(LocalService):
    """A service that answers everything that is signed for it, and records it."""

    def __init__(self, service: str, host: str) -> None:
        super().__init__(
            (host,), host=host, region=REGION, port=0, authority=None, credentials=None
        )
        self.service = service

    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        wrong = check_signature(
            request,
            credentials=self.credentials,
            region=REGION,
            service=SIGNING[self.service],
        )
        received = ReceivedRequest(
            operation=None,
            model_id=None,
            raw=request,
            peer=origin.peer,
            connection=origin.connection,
            request_id="r",
            refused=wrong.message if wrong else None,
        )
        self._log.add(received)
        headers = (("Content-Type", "application/json"),)
        return Outcome(reply=Reply(headers=headers, body=b'{"ok":true}'))


class Place:
    """One host, the policy that reaches it, and what an adapter would do with a request."""

    def __init__(self, service: str, host: str) -> None:
        self.service = service
        self.server = Anybody(service, host)

    @property
    def policy(self) -> Policy:
        names = ("ChatCompletions", "Responses", "Messages", "CountMessageTokens")
        allow = [f"{self.service}:{name}" for name in names]
        return Policy(
            region=REGION,
            models=[MODEL],
            operations={"allow": [*allow, f"{MANTLE}:Embeddings"]},
            network={
                "cidrs": ["127.0.0.0/8"],
                "ca_bundle": self.server.ca_path,
                "endpoints": {
                    self.service: {
                        "host": self.server.host,
                        "addresses": ["127.0.0.1"],
                        "port": self.server.port,
                    }
                },
            },
        )

    def send(self, path: str, body: dict[str, Any]) -> int:
        route: PrivateRoute = RouteFinder(self.policy).route(self.service)
        data = json.dumps(body).encode()
        headers = (("Host", route.authority), ("Content-Type", "application/json"))
        signed = sign(
            WireRequest("POST", path, headers, data),
            credentials=self.server.credentials,
            region=REGION,
            signing_name=SIGNING[self.service],
        )
        gated = judge_http_request(
            self.policy,
            route=route,
            method="POST",
            url=route.url + path,
            headers=signed.headers,
            body=data,
        )
        transport = GuardedTransport(route, policy=self.policy)
        try:
            answer = transport.exchange(gated, deadline=Deadline.after(20), read_s=10)
            answer.read()
            return answer.head.status
        finally:
            transport.drain()


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, Place]]:
    made = {
        RUNTIME: Place(RUNTIME, endpoint_name(RUNTIME, REGION)),
        MANTLE: Place(MANTLE, f"{MANTLE}.{REGION}.api.aws"),
    }
    for place in made.values():
        place.server.start()
    yield made
    for place in made.values():
        place.server.stop()


@pytest.mark.parametrize(("service", "path", "sentence"), ROWS, ids=map(" ".join, ROWS))
def test_only_what_the_policy_allows_arrives(
    service: str, path: str, sentence: str, places: dict[str, Place]
) -> None:
    place, (change, denial) = places[service], CHANGES[sentence]
    place.server.clear()
    body = {**PATHS[path][0], **change}
    with ConnectLog() as log:
        if denial is None:
            assert place.send(path, body) == 200
            (arrived,) = place.server.requests
            assert (arrived.raw.path, arrived.refused) == (path, None)
            assert json.loads(arrived.raw.body) == body
            return
        with pytest.raises(Denied) as caught:
            place.send(path, body)
    assert isinstance(caught.value, denial)
    assert place.server.requests == []
    assert log.connects == []


def test_the_rows_are_all_there() -> None:
    paths = sum(len(services) for _, services in PATHS.values())
    assert len(ROWS) == paths * len(CHANGES) == 15 * 9


def test_mantle_has_a_route_by_its_own_table_only(places: dict[str, Place]) -> None:
    with pytest.raises(EndpointNotFound):
        RouteFinder(places[RUNTIME].policy).route(MANTLE)
    route = RouteFinder(places[MANTLE].policy).route(MANTLE)
    assert route.host == f"{MANTLE}.{REGION}.api.aws"
    assert endpoint_name(MANTLE, REGION).endswith(f".{MANTLE}.{REGION}.vpce.amazonaws.com")
