"""Metadata services are asked at their own addresses, past every proxy, and never followed elsewhere."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.credentials.metadata import IMDS, fetch_instance
from secure_bedrock.transport.credentials.metadata_http import MetadataAddress, exchange
from tests.fronts import FRONTS

POLL_S = 0.01  # how soon a server notices that it is to end; half a second unless told
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _proxies(trap: Any, plain_surroundings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy for everything, and no exception to it."""
    for name in PROXIES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")


# The suite's own hook stops every connection that would leave, after the oracle has seen it: the services are not
# there, and where they were looked for is what these tests are about.
ASKED: dict[str, tuple[dict[str, str], str, int, str]] = {
    # what: (environment, the only address that is asked, its port, the rule of the refusal)
    "the instance's": ({}, "169.254.169.254", 80, "no-credentials"),
    "cred-imds-v6": (
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"},
        "fd00:ec2::254",
        80,
        "no-credentials",
    ),
    "cred-container-rel": (
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"},
        "169.254.170.2",
        80,
        "metadata-answer",
    ),
    "EKS Pod Identity's": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"},
        "169.254.170.23",
        80,
        "metadata-answer",
    ),
}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("name", ASKED)
def test_a_service_is_asked_at_its_own_address_and_nowhere_else(
    name: str, front: str, bedrock: LocalBedrock, trap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ, address, port, rule = ASKED[name]
    if ":" in address and not speaks_ipv6():
        pytest.skip("this machine makes no IPv6 sockets")
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    with ConnectLog() as log, pytest.raises(CredentialPathDenied) as caught:
        FRONTS[front](bedrock.policy)
    assert caught.value.rule == rule
    assert set(log.connects) == {(address, port)}
    assert set(log.lookups) == {address}  # a literal: no DNS
    assert trap.caught == 0
    assert bedrock.requests == []


def speaks_ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True


class Metadata(ThreadingHTTPServer):
    """Instance metadata and container credentials on loopback; `moved` answers with a redirect instead."""

    daemon_threads = True

    def __init__(self, bedrock: LocalBedrock) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        given = bedrock.credentials
        self.document = {
            "Code": "Success",
            "AccessKeyId": given.access_key,
            "SecretAccessKey": given.secret_key,
            "Token": given.token,
            "Expiration": "2999-01-01T00:00:00Z",
        }
        self.moved: str | None = None
        self.asked: list[tuple[str, str, str | None]] = []


class _Answers(BaseHTTPRequestHandler):
    server: Metadata

    def do_PUT(self) -> None:
        self._answer(b"session-token")

    def do_GET(self) -> None:
        self._answer(
            b"app" if self.path.endswith("/") else json.dumps(self.server.document).encode()
        )

    def _answer(self, body: bytes) -> None:
        token = self.headers.get("X-aws-ec2-metadata-token")
        self.server.asked.append((self.command, self.path, token))
        self.send_response(200 if self.server.moved is None else 307)
        self.send_header("Location", self.server.moved or "")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def metadata(bedrock: LocalBedrock) -> Iterator[Metadata]:
    with Metadata(bedrock) as server:
        thread = threading.Thread(target=server.serve_forever, args=[POLL_S], daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.mark.parametrize("front", FRONTS)
def test_a_container_on_loopback_gives_credentials_past_every_proxy(
    front: str,
    bedrock: LocalBedrock,
    metadata: Metadata,
    trap: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uri = f"http://localhost:{metadata.server_port}/v1/credentials?role=app"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
    with ConnectLog() as log:
        assert FRONTS[front](bedrock.policy) == "end_turn"
    ports = [metadata.server_port, bedrock.port]
    assert log.connects == [("127.0.0.1", port) for port in ports]
    assert metadata.asked == [("GET", "/v1/credentials?role=app", None)]
    assert trap.caught == 0
    assert [request.refused for request in bedrock.requests] == [None]


@pytest.mark.parametrize("front", FRONTS)
def test_a_redirect_of_the_container_service_is_not_followed(
    front: str,
    bedrock: LocalBedrock,
    metadata: Metadata,
    trap: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metadata.moved = f"http://127.0.0.1:{trap.port}/v1/credentials"
    uri = f"http://127.0.0.1:{metadata.server_port}/v1/credentials"
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
    with ConnectLog() as log, pytest.raises(CredentialPathDenied, match="HTTP 307"):
        FRONTS[front](bedrock.policy)
    assert log.connects == [("127.0.0.1", metadata.server_port)]
    assert trap.caught == 0
    assert bedrock.requests == []


def at_loopback(metadata: Metadata) -> Any:
    """The real exchange, at the server of the test in the place of the fixed address."""

    def send(method: str, at: MetadataAddress, path: str, headers: Mapping[str, str]) -> Any:
        assert at == IMDS["ipv4"]
        return exchange(method, MetadataAddress("127.0.0.1", metadata.server_port), path, headers)

    return send


def test_the_session_token_of_the_instance_does_not_go_to_the_proxy(
    metadata: Metadata, trap: Any
) -> None:
    found = fetch_instance({}, send=at_loopback(metadata))
    assert found is not None
    assert found.values.access_key == metadata.document["AccessKeyId"]
    roles = "/latest/meta-data/iam/security-credentials/"
    assert metadata.asked == [
        ("PUT", "/latest/api/token", None),
        ("GET", roles, "session-token"),
        ("GET", f"{roles}app", "session-token"),
    ]
    assert trap.caught == 0


def test_a_redirected_token_request_is_a_refusal(metadata: Metadata, trap: Any) -> None:
    metadata.moved = f"http://127.0.0.1:{trap.port}/latest/api/token"
    with pytest.raises(CredentialPathDenied, match="HTTP 307"):
        fetch_instance({}, send=at_loopback(metadata))
    assert trap.caught == 0
