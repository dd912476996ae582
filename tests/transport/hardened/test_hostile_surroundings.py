"""Settings, files and foreign models that steer stock clients do not move, loosen or disclose anything here."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.errors import Denied
from secure_bedrock.testing import ConnectLog, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
PUBLIC = "https://52.94.0.10"
RULES = json.dumps(
    {
        "version": "1.0",
        "parameters": {},
        "rules": [{"conditions": [], "endpoint": {"url": PUBLIC}, "type": "endpoint"}],
    }
)

NEUTRALISED: dict[str, dict[str, str]] = {
    "a proxy": {"HTTPS_PROXY": "http://52.94.0.10:3128"},
    "a proxy in lower case": {"https_proxy": "http://52.94.0.10:3128", "no_proxy": ""},
    "another endpoint": {"AWS_ENDPOINT_URL": PUBLIC},
    "another endpoint of the service": {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": PUBLIC},
    "FIPS and dual-stack": {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "another trust store": {"AWS_CA_BUNDLE": "/nowhere.pem", "REQUESTS_CA_BUNDLE": "/nowhere.pem"},
    "another Region": {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
    "a bearer token": {"AWS_BEARER_TOKEN_BEDROCK": "hush"},
    "monitoring": {"AWS_CSM_ENABLED": "true", "AWS_CSM_HOST": "52.94.0.10"},
    "plugins": {"BOTOCORE_EXPERIMENTAL__PLUGINS": "evil=evil_plugin_that_is_not_there"},
    "defaults from the metadata service": {"AWS_DEFAULTS_MODE": "auto"},
    "adaptive retries": {"AWS_RETRY_MODE": "adaptive", "AWS_MAX_ATTEMPTS": "9"},
}


@pytest.mark.parametrize("name", NEUTRALISED)
def test_the_environment_is_not_followed(
    name: str,
    make: Any,
    bedrock: LocalBedrock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for variable, value in NEUTRALISED[name].items():
        monkeypatch.setenv(variable, value)
    with ConnectLog() as log, caplog.at_level(logging.INFO, logger="secure_bedrock"):
        client = make()
        assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
    assert log.public == []
    (request,) = bedrock.requests
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    found = {finding.name for finding in client.secure_findings}
    assert found >= {variable for variable, value in NEUTRALISED[name].items() if value}
    lines = [record.getMessage() for record in caplog.records if record.name == "secure_bedrock"]
    assert len(lines) == 1
    assert "52.94.0.10" not in lines[0]


def test_no_key_log_is_written(
    make: Any, plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = plain_surroundings / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    make().converse(modelId=MODEL, messages=MESSAGES)
    assert not keys.exists()


CONFIG_FILES: dict[str, str] = {
    "a profile's endpoint": f"[default]\nendpoint_url={PUBLIC}\n",
    "a services section": f"[default]\nservices=x\n[services x]\nbedrock_runtime =\n  endpoint_url = {PUBLIC}\n",
    "FIPS": "[default]\nuse_fips_endpoint=true\nregion=us-east-1\n",
    "a trust store": "[default]\nca_bundle=/nowhere.pem\n",
    "a data path": "[default]\ndata_path=~/m\n",
}


@pytest.mark.parametrize("name", CONFIG_FILES)
def test_config_files_are_not_followed(name: str, make: Any, plain_surroundings: Path) -> None:
    (plain_surroundings / ".aws").mkdir()
    (plain_surroundings / ".aws" / "config").write_text(CONFIG_FILES[name], encoding="utf-8")
    with ConnectLog() as log:
        make().converse(modelId=MODEL, messages=MESSAGES)
    assert {address for address, _ in log.connects} == {"127.0.0.1"}


@pytest.mark.parametrize("where", ["AWS_DATA_PATH", "home"])
def test_foreign_models_and_endpoint_rules_are_not_loaded(
    where: str,
    make: Any,
    plain_surroundings: Path,
    monkeypatch: pytest.MonkeyPatch,
    bedrock: LocalBedrock,
) -> None:
    folder = plain_surroundings / ".aws" / "models"
    if where == "AWS_DATA_PATH":
        folder = plain_surroundings / "m"
        monkeypatch.setenv("AWS_DATA_PATH", str(folder))
    for version in ("2023-09-30", "2099-01-01"):
        service = folder / "bedrock-runtime" / version
        service.mkdir(parents=True)
        (service / "endpoint-rule-set-1.json").write_text(RULES, encoding="utf-8")
        (service / "service-2.json").write_text("{}", encoding="utf-8")
    with ConnectLog() as log:
        make().converse(modelId=MODEL, messages=MESSAGES)
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
    assert bedrock.requests[0].path.endswith("/converse")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OPENSSL_CONF", "/x/openssl.cnf"), ("LD_PRELOAD", "libproxychains4.so")],
)
def test_what_acts_below_python_is_refused_by_name(
    variable: str, value: str, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Denied, match=variable):
        make()


def test_the_environment_is_not_read_when_something_is_sent(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make()
    monkeypatch.setenv("HTTPS_PROXY", "http://52.94.0.10:3128")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere.pem")
    with ConnectLog() as log:
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
