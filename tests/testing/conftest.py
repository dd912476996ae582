"""What the tests of the local services share: stock boto3 clients and a raw, signed conversation."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest

from secure_bedrock.testing import LocalBedrock

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def boto_session() -> boto3.Session:
    return boto3.Session()


@pytest.fixture
def bedrock() -> Iterator[LocalBedrock]:
    with LocalBedrock(tls_names=("127.0.0.1",)) as running:
        yield running


@pytest.fixture
def stock(boto_session: boto3.Session) -> Iterator[Callable[..., Any]]:
    """Makes stock boto3 clients of a local service; they are closed in the end."""
    made: list[Any] = []

    def make(server: Any, service: str = "bedrock-runtime", **changed: Any) -> Any:
        given = {
            "region_name": server.region,
            "endpoint_url": server.loopback_url,
            "verify": server.ca_path,
            "aws_access_key_id": server.credentials.access_key,
            "aws_secret_access_key": server.credentials.secret_key,
            "aws_session_token": server.credentials.token,
            "config": botocore.config.Config(
                retries={"total_max_attempts": 1}, read_timeout=5, connect_timeout=5
            ),
            **changed,
        }
        made.append(boto_session.client(service, **given))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def signed() -> Callable[..., bytes]:
    """Makes the bytes of a request, signed by botocore; `headers` are added after signing.

    The connection ends after it, so that a reader sees the end of the answer.
    """

    def make(
        server: Any,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        region: str | None = None,
        service: str = "bedrock",
    ) -> bytes:
        keys = server.credentials
        request = botocore.awsrequest.AWSRequest("POST", server.loopback_url + path, {}, body)
        request.headers["Content-Type"] = "application/json"
        credentials = botocore.credentials.Credentials(keys.access_key, keys.secret_key, keys.token)
        botocore.auth.SigV4Auth(credentials, service, region or server.region).add_auth(request)
        sent = dict(request.headers.items())
        sent |= {"Host": f"127.0.0.1:{server.port}", "Content-Length": str(len(body))}
        sent["Connection"] = "close"
        sent |= dict(headers or {})
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    return make


@pytest.fixture
def converse(signed: Callable[..., bytes]) -> Callable[[Any], bytes]:
    """The bytes of a signed Converse."""
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hello there"}]}]})
    return lambda server: signed(server, f"/model/{HAIKU}/converse", body.encode())


@pytest.fixture
def converse_stream(signed: Callable[..., bytes]) -> Callable[[Any], bytes]:
    """The bytes of a signed ConverseStream."""
    body = json.dumps({"messages": [{"role": "user", "content": [{"text": "Hello there"}]}]})
    return lambda server: signed(server, f"/model/{HAIKU}/converse-stream", body.encode())


@pytest.fixture
def dial() -> Iterator[Callable[..., ssl.SSLSocket]]:
    """Opens raw TLS connections to a local service; they are closed in the end."""
    opened: list[ssl.SSLSocket] = []

    def connect(server: Any, name: str | None = None) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=server.ca_path)
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        opened.append(context.wrap_socket(sock, server_hostname=name or server.host))
        return opened[-1]

    yield connect
    for sock in opened:
        sock.close()


@pytest.fixture
def read_all() -> Callable[[ssl.SSLSocket], bytes]:
    """Reads until the server ends the connection or says nothing for half a second."""

    def read(sock: ssl.SSLSocket) -> bytes:
        data = b""
        sock.settimeout(0.5)
        try:
            while piece := sock.recv(65536):
                data += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return data

    return read
