"""Credentials of the machine come from fixed addresses, by IMDSv2, and from usable documents only."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.testing import ConnectLog
from secure_bedrock.transport.credentials.metadata import (
    ECS,
    IMDS,
    container_request,
    fetch_container,
    fetch_instance,
    imds_address,
)
from secure_bedrock.transport.credentials.metadata_http import (
    MAX_BODY_BYTES,
    MetadataAddress,
    MetadataUnreachable,
    exchange,
)
from tests.corpus import CorpusEntry

EXPIRES = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
DOCUMENT = {
    "Code": "Success",
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": EXPIRES,
}


class Machine:
    """A metadata service that answers by path and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, tuple[int, bytes]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, MetadataAddress, str, dict[str, str]]] = []

    def __call__(
        self, method: str, at: MetadataAddress, path: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        self.asked.append((method, at, path, dict(headers)))
        if path not in self.answers:
            raise MetadataUnreachable(at.address)
        return self.answers[path]


ROLES = "/latest/meta-data/iam/security-credentials/"


def machine(**changed: Any) -> Machine:
    answers: dict[str, tuple[int, bytes]] = {
        "/latest/api/token": (200, b"session-token"),
        ROLES: (200, b"app-role"),
        ROLES + "app-role": (200, json.dumps(DOCUMENT).encode()),
    }
    answers.update(changed.get("answers", {}))
    return Machine(answers)


def test_the_instance_role_is_asked_with_a_session_token() -> None:
    imds = machine()
    found = fetch_instance({}, send=imds)
    assert found is not None
    assert found.values.access_key == "ASIAEXAMPLE"
    assert found.values.method == "iam-role"
    assert found.expires_at == datetime.fromisoformat(EXPIRES).timestamp()
    token, roles, role = imds.asked
    assert (token[0], token[2]) == ("PUT", "/latest/api/token")
    assert token[3] == {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}
    assert roles[3] == role[3] == {"X-aws-ec2-metadata-token": "session-token"}
    assert {asked[1] for asked in imds.asked} == {IMDS["ipv4"]}


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "169.254.169.254"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, "fd00:ec2::254"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://169.254.169.254"}, "169.254.169.254"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://[fd00:ec2::254]/"}, "fd00:ec2::254"),
    ],
)
def test_the_instance_metadata_addresses(environ: dict[str, str], address: str) -> None:
    at = imds_address(environ)
    assert at is not None
    assert at == MetadataAddress(address, 80)


@pytest.mark.corpus("cred-imds-v6", "cred-container-rel")
def test_the_corpuss_legitimate_ways_are_answered_at_their_fixed_addresses(
    corpus_entry: CorpusEntry,
) -> None:
    assert corpus_entry["expect"] == "allowed"
    environ = {n: value for n, value in corpus_entry["setup"]["env"].items() if value is not None}
    service = machine(answers={"/v2/x": (200, json.dumps(DOCUMENT).encode())})

    found = fetch_container(environ, send=service) or fetch_instance(environ, send=service)

    assert found is not None
    assert found.values.access_key == "ASIAEXAMPLE"
    tried = {f"connect:{at.address}:{at.port}" for _, at, _, _ in service.asked}
    assert tried == {each for each in corpus_entry["raw_boto3_tried"] if each.startswith("connect")}


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://52.94.0.10/"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "https://169.254.169.254"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://169.254.169.254:8080"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://169.254.169.254@52.94.0.10/"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "dual"},
    ],
)
def test_any_other_instance_metadata_address_is_refused(environ: dict[str, str]) -> None:
    with ConnectLog() as log, pytest.raises(CredentialPathDenied):
        fetch_instance(environ)
    assert log.events == []


def test_disabled_metadata_is_not_asked() -> None:
    imds = machine()
    assert fetch_instance({"AWS_EC2_METADATA_DISABLED": "True"}, send=imds) is None
    assert imds.asked == []


def test_no_metadata_service_and_no_role_are_no_credentials() -> None:
    assert fetch_instance({}, send=Machine({})) is None
    assert fetch_instance({}, send=machine(answers={ROLES: (404, b"")})) is None


BAD: dict[str, dict[str, tuple[int, bytes]]] = {
    "no session token": {"/latest/api/token": (403, b"")},
    "a token with a line break": {"/latest/api/token": (200, b"a\r\nb")},
    "a role that is a path": {ROLES: (200, b"../../user-data")},
    "an HTML page": {ROLES + "app-role": (200, b"<html>")},
    "a redirect": {ROLES + "app-role": (302, b"")},
    "a failure": {ROLES + "app-role": (200, json.dumps({"Code": "Failed"}).encode())},
    "lists within lists": {ROLES + "app-role": (200, b"[" * 32_000 + b"]" * 32_000)},
    "objects within objects": {ROLES + "app-role": (200, b'{"a":' * 9_000 + b"1" + b"}" * 9_000)},
    "a list": {ROLES + "app-role": (200, b"[]")},
    "no token": {ROLES + "app-role": (200, json.dumps({**DOCUMENT, "Token": ""}).encode())},
    "no time": {ROLES + "app-role": (200, json.dumps({**DOCUMENT, "Expiration": "x"}).encode())},
    "a number for a key": {
        ROLES + "app-role": (200, json.dumps({**DOCUMENT, "AccessKeyId": 5}).encode())
    },
}


@pytest.mark.parametrize("name", BAD)
def test_unusable_answers_are_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(CredentialPathDenied) as caught:
        fetch_instance({}, send=machine(answers=BAD[name]))
    assert "secret" not in str(caught.value)


CONTAINERS: dict[str, tuple[dict[str, str], tuple[str, int, str]]] = {
    "a relative URI": (
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/x"},
        (ECS.address, 80, "/v2/credentials/x"),
    ),
    "EKS Pod Identity": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"},
        ("169.254.170.23", 80, "/v1/credentials"),
    ),
    "EKS Pod Identity over IPv6": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]/v1/credentials"},
        ("fd00:ec2::23", 80, "/v1/credentials"),
    ),
    "loopback with a port and a query": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1338/creds?a=b"},
        ("127.0.0.1", 1338, "/creds?a=b"),
    ),
    "the highest port": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:65535/creds"},
        ("127.0.0.1", 65535, "/creds"),
    ),
    "a colon and no port": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:/creds"},
        ("127.0.0.1", 80, "/creds"),
    ),
    "localhost, never asked of DNS": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:1338"},
        ("127.0.0.1", 1338, "/"),
    ),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_container_addresses(name: str) -> None:
    environ, (address, port, path) = CONTAINERS[name]
    request = container_request(environ)
    assert request is not None
    assert (request.at, request.path) == (MetadataAddress(address, port), path)


@pytest.mark.parametrize(
    "uri",
    [
        "https://127.0.0.1/",
        "http://52.94.0.10/",
        "http://10.0.0.5/",
        "http://169.254.169.254/latest/meta-data/",
        "http://169.254.170.2@52.94.0.10/",
        "http://[fe80::1%25eth0]/",
        "http://metadata.example/",
        "http://127.0.0.1//evil",
        "http://[127.0.0.1/",
        "nonsense",
        "http://[::ffff:127.0.0.1]/creds",
        "http://[::ffff:7f00:1]/creds",
    ],
)
def test_any_other_container_address_is_refused(uri: str) -> None:
    with pytest.raises(CredentialPathDenied) as caught:
        container_request({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri})
    assert caught.value.rule == "container-address"


@pytest.mark.parametrize("port", ["0", "00", "65536", "99999", "-1", "x", "8 0"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.170.23"])
def test_a_port_that_is_none_is_refused_and_no_other_is_taken_for_it(host: str, port: str) -> None:
    uri = f"http://{host}:{port}/v1/credentials"
    with ConnectLog() as log, pytest.raises(CredentialPathDenied) as caught:
        fetch_container({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri})

    assert caught.value.rule == "container-port"
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert log.events == []


def test_the_containers_token_is_sent_and_not_shown(tmp_path: Any) -> None:
    file = tmp_path / "token"
    file.write_text("hush", encoding="utf-8")
    environ = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other",
    }
    pod = Machine({"/v1/credentials": (200, json.dumps(DOCUMENT).encode())})
    found = fetch_container(environ, send=pod)
    assert found is not None
    assert found.values.method == "container-role"
    assert pod.asked[0][3] == {"Authorization": "hush"}
    assert "hush" not in repr(container_request(environ))
    del environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
    assert container_request(environ).token == "other"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "token",
    [
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\nb"},
        {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere/token"},
    ],
)
def test_unusable_container_tokens_are_refused(token: dict[str, str]) -> None:
    with pytest.raises(CredentialPathDenied):
        container_request({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x", **token})


def test_no_container_is_no_credentials_but_a_silent_one_is_refused() -> None:
    assert fetch_container({}) is None
    with pytest.raises(CredentialPathDenied, match="does not answer"):
        fetch_container({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, send=Machine({}))


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "http://52.94.0.10/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"x" * (MAX_BODY_BYTES + 1) if self.path == "/big" else self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Any:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield MetadataAddress("127.0.0.1", server.server_port)
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_the_exchange_uses_no_proxy_and_follows_no_redirect(
    service: MetadataAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://52.94.0.10:3128")
    with ConnectLog() as log:
        assert exchange("GET", service, "/a", {"X-Y": "z"}) == (200, b"/a")
        assert exchange("GET", service, "/moved", {})[0] == 302
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
    with pytest.raises(CredentialPathDenied, match="more than"):
        exchange("GET", service, "/big", {})


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(MetadataUnreachable, match=r"127\.0\.0\.1"):
        exchange("GET", MetadataAddress("127.0.0.1", 1), "/", {})
