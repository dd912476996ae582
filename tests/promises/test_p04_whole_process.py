"""P04: a process that was started with every hostile setting at once still speaks with the approved endpoint only."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.testing import LocalAuthority, LocalBedrock

PROBE = Path(__file__).parent / "probes" / "surroundings.py"
FRONTS = ("typed", "created", "from_session")
FOREIGN_SERVICE = {  # a model of bedrock-runtime whose Converse goes to another path
    "version": "2.0",
    "metadata": {
        "apiVersion": "2099-01-01",
        "endpointPrefix": "bedrock-runtime",
        "protocol": "rest-json",
        "serviceId": "Bedrock Runtime",
        "signatureVersion": "v4",
        "signingName": "bedrock",
    },
    "operations": {
        "Converse": {"name": "Converse", "http": {"method": "POST", "requestUri": "/x"}}
    },
    "shapes": {},
}


@pytest.fixture(scope="module")
def server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(authority=authority) as running:
        yield running


class Run:
    """What the process said and what it left behind."""

    def __init__(self, server: LocalBedrock, home: Path, settings: dict[str, str]) -> None:
        policy = home / "policy.toml"
        policy.write_text(server.policy_toml(), encoding="utf-8")
        credentials = server.credentials
        server.clear()
        done = subprocess.run(
            [sys.executable, PROBE],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={
                **os.environ,
                "SECURE_BEDROCK_POLICY": str(policy),
                "AWS_ACCESS_KEY_ID": credentials.access_key,
                "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
                "AWS_SESSION_TOKEN": credentials.token or "",
                **settings,
            },
        )
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        self.outcomes: dict[str, str] = said["outcomes"]
        self.seen: list[str] = said["seen"]


def lay_out(home: Path, url: str) -> None:
    """Config file and foreign service models, both in the search path and at home."""
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(
        f"[default]\nregion = us-east-1\nendpoint_url = {url}\nuse_fips_endpoint = true\n"
        f"ca_bundle = {home}/nothing.pem\nservices = s\n"
        f"[services s]\nbedrock_runtime =\n  endpoint_url = {url}\n",
        encoding="utf-8",
    )
    rules = {"version": "1.0", "parameters": {}, "rules": [{"endpoint": {"url": url}}]}
    for root in (home / "m", home / ".aws" / "models"):
        for version in ("2023-09-30", "2099-01-01"):
            folder = root / "bedrock-runtime" / version
            folder.mkdir(parents=True)
            (folder / "service-2.json").write_text(json.dumps(FOREIGN_SERVICE))
            (folder / "endpoint-rule-set-1.json").write_text(json.dumps(rules))


def test_every_setting_at_once_moves_and_discloses_nothing(
    server: LocalBedrock, plain_surroundings: Path, trap: Any
) -> None:
    home, url, proxy = (
        plain_surroundings,
        f"https://127.0.0.1:{trap.port}",
        f"http://127.0.0.1:{trap.port}",
    )
    lay_out(home, url)
    run = Run(
        server,
        home,
        {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "HTTP_PROXY": proxy,
            "ALL_PROXY": proxy,
            "no_proxy": "",
            "AWS_ENDPOINT_URL": url,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
            "AWS_DATA_PATH": str(home / "m"),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CA_BUNDLE": str(home / "nothing.pem"),
            "SSL_CERT_FILE": str(home / "nothing.pem"),
            "SSLKEYLOGFILE": str(home / "keys"),
            "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_USE_DUALSTACK_ENDPOINT": "true",
            "AWS_BEARER_TOKEN_BEDROCK": "hush",
            "AWS_RETRY_MODE": "adaptive",
            "AWS_MAX_ATTEMPTS": "10",
            "AWS_DEFAULTS_MODE": "auto",
            "AWS_CSM_ENABLED": "true",
            "BOTOCORE_EXPERIMENTAL__PLUGINS": "evil=evil_plugin_that_is_not_there",
        },
    )

    assert run.outcomes == dict.fromkeys(FRONTS, "end_turn")
    assert run.seen == [f"connect 127.0.0.1:{server.port}"] * 3
    assert trap.caught == 0
    assert not (home / "keys").exists()
    assert [request.refused for request in server.requests] == [None] * 3
    assert {request.operation for request in server.requests} == {"Converse"}
    for request in server.requests:
        assert f"/{server.region}/bedrock/aws4_request" in request.headers["authorization"]


@pytest.mark.parametrize(
    ("variable", "value", "kind"),
    [
        ("OPENSSL_CONF", "/nowhere/openssl.cnf", "TlsDenied"),
        ("LD_PRELOAD", "libproxychains4.so", "EnvironmentDenied"),
    ],
)
def test_what_acts_below_python_is_refused_by_name(
    variable: str, value: str, kind: str, server: LocalBedrock, plain_surroundings: Path
) -> None:
    run = Run(server, plain_surroundings, {variable: value})

    assert set(run.outcomes) == set(FRONTS)
    for said in run.outcomes.values():
        assert said.startswith(f"{kind}: ")
        assert variable in said
        assert value not in said
    assert run.seen == []
    assert server.requests == []
