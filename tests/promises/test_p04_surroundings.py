"""P04: what steers a stock client does not move, loosen or disclose a call of ours, and is told of by name."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader

from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalBedrock

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]


@dataclass(frozen=True)
class Bait:
    """Settings, and what shows that a stock client follows them; `{trap}`, `{home}` and `{ca}` are filled in.

    `lure` is "trap", "keys" (written to $HOME/keys), "trust" (of another authority), "bearer", a name that is looked
    up, or "" where stock clients don't follow it either. `explicit`: even a client with an endpoint_url follows it.
    """

    lure: str
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    explicit: bool = False


PROXY, URL = "http://127.0.0.1:{trap}", "https://127.0.0.1:{trap}"
RULES = json.dumps(
    {
        "version": "1.0",
        "parameters": {
            "Region": {"builtIn": "AWS::Region", "required": False, "type": "String"},
            "Endpoint": {"builtIn": "SDK::Endpoint", "required": False, "type": "String"},
        },
        "rules": [{"conditions": [], "endpoint": {"url": URL}, "type": "endpoint"}],
    }
)
RULE_FILE = "bedrock-runtime/2023-09-30/endpoint-rule-set-1.json"
BAITS: dict[str, Bait] = {
    "HTTPS_PROXY": Bait("trap", {"HTTPS_PROXY": PROXY}, explicit=True),
    "https_proxy": Bait("trap", {"https_proxy": PROXY, "no_proxy": ""}, explicit=True),
    "an upper-case NO_PROXY that a lower-case one hides": Bait(
        "trap", {"https_proxy": PROXY, "NO_PROXY": "*", "no_proxy": ""}, explicit=True
    ),
    "ALL_PROXY": Bait("", {"ALL_PROXY": PROXY, "all_proxy": PROXY}, explicit=True),
    "HTTP_PROXY": Bait("", {"HTTP_PROXY": PROXY}, explicit=True),
    "AWS_ENDPOINT_URL": Bait("trap", {"AWS_ENDPOINT_URL": URL}),
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": Bait("trap", {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": URL}),
    "endpoint_url in ~/.aws/config": Bait(
        "trap", files={".aws/config": f"[default]\nendpoint_url = {URL}\n"}
    ),
    "a services section in ~/.aws/config": Bait(
        "trap",
        files={
            ".aws/config": "[default]\nservices = s\n[services s]\n"
            f"bedrock_runtime =\n  endpoint_url = {URL}\n"
        },
    ),
    "AWS_DATA_PATH with foreign endpoint rules": Bait(
        "trap", {"AWS_DATA_PATH": "{home}/m"}, {f"m/{RULE_FILE}": RULES}, explicit=True
    ),
    "~/.aws/models with foreign endpoint rules": Bait(
        "trap", files={f".aws/models/{RULE_FILE}": RULES}, explicit=True
    ),
    "AWS_USE_FIPS_ENDPOINT": Bait(
        "bedrock-runtime-fips.eu-west-1.amazonaws.com", {"AWS_USE_FIPS_ENDPOINT": "true"}
    ),
    "AWS_USE_DUALSTACK_ENDPOINT": Bait(
        "bedrock-runtime.eu-west-1.api.aws", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}
    ),
    "use_fips_endpoint in ~/.aws/config": Bait(
        "bedrock-runtime-fips.eu-west-1.amazonaws.com",
        files={".aws/config": "[default]\nuse_fips_endpoint = true\n"},
    ),
    "AWS_REGION": Bait("", {"AWS_REGION": "us-east-1"}, explicit=True),
    "AWS_DEFAULT_REGION": Bait(
        "bedrock-runtime.us-east-1.amazonaws.com", {"AWS_DEFAULT_REGION": "us-east-1"}
    ),
    "AWS_CA_BUNDLE": Bait("trust", {"AWS_CA_BUNDLE": "{ca}"}, explicit=True),
    "REQUESTS_CA_BUNDLE": Bait("trust", {"REQUESTS_CA_BUNDLE": "{ca}"}, explicit=True),
    "ca_bundle in ~/.aws/config": Bait(
        "trust", files={".aws/config": "[default]\nca_bundle = {ca}\n"}, explicit=True
    ),
    "SSL_CERT_FILE": Bait("", {"SSL_CERT_FILE": "{ca}"}, explicit=True),
    "SSLKEYLOGFILE": Bait("keys", {"SSLKEYLOGFILE": "{home}/keys"}, explicit=True),
    "AWS_BEARER_TOKEN_BEDROCK": Bait("bearer", {"AWS_BEARER_TOKEN_BEDROCK": "t"}, explicit=True),
}
REPORTED = {"AWS_REGION", "AWS_DEFAULT_REGION"}


class Place:
    """The approved endpoint, the trap, a foreign authority, and a machine that looks up `localhost` only."""

    def __init__(self, server: LocalBedrock, foreign: LocalAuthority, trap: Any) -> None:
        self.server, self.foreign, self.trap = server, foreign, trap
        self.home = Path()
        self.asked: list[str] = []

    def getaddrinfo(self, host: Any, port: Any, *_more: Any, **_named: Any) -> list[Any]:
        self.asked.append(str(host))
        if host not in ("localhost", "127.0.0.1"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port or 0))]

    def policy(self) -> Policy:
        """The server's policy with a trust store of its own: TLS contexts are kept for files that were seen."""
        trusted = self.home / "ca.pem"
        trusted.write_bytes(Path(self.server.ca_path).read_bytes())
        text = self.server.policy_toml().replace(self.server.ca_path, str(trusted))
        return Policy.from_toml(text)

    def set_up(self, bait: Bait, patch: pytest.MonkeyPatch) -> None:
        filled = {"trap": str(self.trap.port), "home": str(self.home), "ca": self.foreign.ca_path}
        for name, value in bait.env.items():
            patch.setenv(name, value.format(**filled))
        for path, text in bait.files.items():
            file = self.home / path
            file.parent.mkdir(parents=True, exist_ok=True)
            written = text
            for name, value in filled.items():  # not format(): rules are JSON
                written = written.replace("{" + name + "}", value)
            file.write_text(written, encoding="utf-8")
        # botocore settled on a home when it was imported.
        patch.setattr(Loader, "CUSTOMER_DATA_PATH", str(self.home / ".aws" / "models"))


@pytest.fixture(scope="module")
def parts(authority: LocalAuthority) -> Iterator[tuple[LocalBedrock, LocalAuthority]]:
    foreign = LocalAuthority()
    with LocalBedrock(tls_names=("localhost",), authority=authority) as server:
        yield server, foreign
    foreign.close()


@pytest.fixture
def place(
    parts: Any, trap: Any, plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    made = Place(parts[0], parts[1], trap)
    made.home = plain_surroundings
    made.server.clear()
    keys = made.server.credentials
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.token or "")
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    return made


Call = Callable[[Policy], None]


def typed(policy: Policy) -> None:
    with SecureBedrockClient(policy) as client:
        assert client.converse(MODEL, "hello").stop_reason == "end_turn"


def created(policy: Policy) -> None:
    client = create_client(SERVICE, policy)
    assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    client.close()


def from_session(policy: Policy) -> None:
    client = SecureSession(policy).client(SERVICE)
    assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    client.close()


OURS: dict[str, Call] = {"typed": typed, "create_client": created, "SecureSession": from_session}


@pytest.mark.parametrize("front", OURS)
@pytest.mark.parametrize("name", BAITS)
def test_the_approved_endpoint_is_the_only_peer_and_the_setting_is_told_of(
    name: str,
    front: str,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bait, server = BAITS[name], place.server
    place.set_up(bait, monkeypatch)

    with ConnectLog() as log, caplog.at_level(logging.INFO, logger="secure_bedrock"):
        OURS[front](place.policy())

    assert log.connects == [("127.0.0.1", server.port)]
    assert place.asked == []
    assert log.processes == []
    assert place.trap.caught == 0
    assert not (place.home / "keys").exists()
    (request,) = server.requests
    assert request.refused is None
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    told = [(r.levelno, r.getMessage()) for r in caplog.records if r.name == "secure_bedrock"]
    steering = {name for name, value in bait.env.items() if value and name != "NO_PROXY"}
    if not steering:  # files are not read at all
        return
    ((level, line),) = told
    assert {name for name in steering if name not in line} == set()
    assert level == (logging.WARNING if steering & REPORTED else logging.INFO)
    assert str(place.trap.port) not in line


@pytest.mark.parametrize("name", BAITS)
def test_a_stock_client_follows_the_setting(
    name: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each bait is live."""
    bait, server = BAITS[name], place.server
    place.set_up(bait, monkeypatch)
    arguments: dict[str, Any] = {}
    if bait.explicit:
        arguments["endpoint_url"] = f"https://localhost:{server.port}"
    if bait.lure != "trust":
        arguments["verify"] = server.ca_path
    if name != "AWS_DEFAULT_REGION":
        arguments["region_name"] = server.region
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
    client = boto3.Session().client(SERVICE, config=config, **arguments)
    error = ""
    try:
        client.converse(modelId=MODEL, messages=MESSAGES)
    except (BotoCoreError, client.exceptions.ClientError) as caught:
        error = type(caught).__name__
    client.close()
    followed = {
        "": error == "" and place.trap.caught == 0,
        "trap": error != "" and place.trap.caught > 0,
        "keys": (place.home / "keys").exists(),
        "trust": error == "SSLError",  # the right server is not trusted any more
        "bearer": server.requests[-1:] and "Bearer" in server.requests[-1].headers["authorization"],
    }
    assert followed.get(bait.lure, bait.lure in place.asked)
