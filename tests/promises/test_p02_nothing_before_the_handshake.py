"""P02: before the peer is approved and its certificate verified, no application byte is sent.

tests/transport/connections has the handshake itself, byte by byte; this is the story over whole clients.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import AddressDenied, TlsDenied
from secure_bedrock.testing import Fault, LocalBedrock, StaticResolver

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
FLAWS = ("other-name", "expired", "unknown-issuer", "self-signed")
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_server_with_a_wrong_certificate_gets_no_request(
    flaw: str, front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent]
) -> None:
    bedrock.fault(Fault.all()[f"certificate-{flaw}"], times=None)
    client, before = front.make(), bedrock.connections
    for operation in OPERATIONS:
        with pytest.raises(TlsDenied):
            ask(client, operation)

    assert bedrock.requests == []
    assert bedrock.connections == before + len(OPERATIONS)  # and no second try at any of them
    assert [(e.outcome, e.attempts, e.request_bytes is None) for e in events] == [
        ("refused", 1, False)
    ] * len(OPERATIONS)


def test_an_approved_name_with_an_unapproved_address_gets_no_connection(
    front: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    client = front.make(resolver=StaticResolver({bedrock.host: ["192.0.2.7"]}), by_name=True)
    before = bedrock.connections
    with pytest.raises(AddressDenied):
        ask(client, "Converse")

    assert bedrock.connections == before


class Eavesdropper:
    """A plain TCP server that keeps what it is sent and answers nothing of TLS's."""

    def __init__(self, answer: bytes) -> None:
        self.heard: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.settimeout(1)
                with sock, suppress(OSError):
                    self.heard.append(sock.recv(65536))
                    sock.sendall(self._answer)
                    while data := sock.recv(65536):
                        self.heard[-1] += data

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


HTTP = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


@pytest.fixture(params=[HTTP, ALERT, b""], ids=["plain HTTP", "a TLS alert", "nothing"])
def eavesdropper(request: pytest.FixtureRequest) -> Iterator[Eavesdropper]:
    server = Eavesdropper(request.param)
    yield server
    server.close()


def test_a_peer_without_tls_hears_a_client_hello_and_nothing_else(
    bedrock: LocalBedrock, eavesdropper: Eavesdropper
) -> None:
    text = bedrock.policy_toml().replace(f"port = {bedrock.port}", f"port = {eavesdropper.port}")
    policy = Policy.from_toml(text + "[retry]\nmax_attempts = 1\n[timeouts]\nconnect_s = 0.3\n")
    with SecureBedrockClient(policy, credentials=bedrock.credentials, sinks=[]) as client:
        with pytest.raises(Exception, match=r"TLS"):
            client.converse(MODEL, "a prompt that must not be heard")

    (heard,) = eavesdropper.heard
    assert heard[:3] == b"\x16\x03\x01"  # a handshake record, RFC 8446 §5.1
    assert bedrock.host.encode() in heard  # the name that was asked for, and nothing of the request
    for secret in (b"prompt", b"POST", b"AWS4", MODEL.encode(), b"converse"):
        assert secret not in heard
