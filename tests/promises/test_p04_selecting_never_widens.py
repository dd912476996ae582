"""P04: variables of this library select, arguments of boto3's agree or are refused; neither widens what is approved."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.errors import EndpointDenied, ModelDenied, RegionDenied, TlsDenied
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalBedrock, LocalCredentials

CORPUS = json.loads((Path(__file__).parents[1] / "data" / "bypass.json").read_text("utf-8"))
VARIABLE = "SECURE_BEDROCK_ENDPOINT_BEDROCK_RUNTIME"
SERVICE, REGION = "bedrock-runtime", "us-east-1"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
HOST = CORPUS["fixture"]["dns_names"][0]
KEYS = LocalCredentials()
# As a bare name these are good ones: what is wrong with the entry is its URL, or who pinned what.
FINE_AS_A_NAME = {"url-no-scheme", "host-private-dns-not-enabled"}


def hosts() -> dict[str, str]:
    """What every refused name and URL of the corpus puts in the place of a host name."""
    found = {}
    for entry in CORPUS["entries"]:
        url = entry["setup"].get("client_kwargs", {}).get("endpoint_url")
        named = entry["category"] in {"hostname", "endpoint_url", "idna"}
        if named and entry["expect"] == "refused" and isinstance(url, str) and "\0" not in url:
            found[entry["id"]] = url.removeprefix("https://")
    return {name: host for name, host in found.items() if name not in FINE_AS_A_NAME}


HOSTS = hosts()


@pytest.fixture(autouse=True)
def _plain(plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", KEYS.token or "")


def policy_with(**endpoint: Any) -> Policy:
    network: dict[str, Any] = {"cidrs": ["10.0.0.0/16"]}
    if endpoint:
        network["endpoints"] = {SERVICE: endpoint}
    return Policy(region=REGION, models=[MODEL], network=network)


CALLS: dict[str, Callable[[Policy], Any]] = {
    "typed": lambda policy: SecureBedrockClient(policy).converse(MODEL, "hello"),
    "create_client": lambda policy: create_client(SERVICE, policy),
    "SecureSession": lambda policy: SecureSession(policy).client(SERVICE),
}


@pytest.mark.parametrize("front", CALLS)
@pytest.mark.parametrize("name", HOSTS)
def test_a_variable_that_names_another_host_is_refused_before_anything_is_asked(
    name: str, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, HOSTS[name])
    with ConnectLog() as log, pytest.raises(EndpointDenied, match=VARIABLE):
        CALLS[front](policy_with())
    assert log.events == []


def test_a_variable_selects_a_name_of_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, HOST)
    assert SecureBedrockClient(policy_with()).route().host == HOST
    pinned = policy_with(vpc_endpoint_id="vpce-0abc123def4567890")
    assert create_client(SERVICE, pinned).meta.endpoint_url == f"https://{HOST}"


@pytest.mark.parametrize("front", CALLS)
@pytest.mark.parametrize(
    "pinned", [{"host": HOST}, {"vpc_endpoint_id": "vpce-0abc123def4567890"}], ids=["host", "id"]
)
def test_a_variable_can_not_replace_what_the_policy_pins(
    pinned: dict[str, str], front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, HOST.replace("0abc123def4567890", "0fff123def4567890"))
    with ConnectLog() as log, pytest.raises(EndpointDenied):
        CALLS[front](policy_with(**pinned))
    assert log.events == []


def test_a_policy_that_is_given_is_not_replaced_by_the_one_that_a_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wider = tmp_path / "wider.toml"
    other = "amazon.nova-lite-v1:0"
    text = f'region = "{REGION}"\nmodels = ["{other}"]\nnetwork = {{ cidrs = ["10.0.0.0/16"] }}\n'
    wider.write_text(text, encoding="utf-8")
    monkeypatch.setenv("SECURE_BEDROCK_POLICY", str(wider))
    assert SecureBedrockClient().policy.decide_model(other).allowed
    with ConnectLog() as log:
        with pytest.raises(ModelDenied):
            SecureBedrockClient(policy_with()).converse(other, "hello")
        with pytest.raises(ModelDenied):
            create_client(SERVICE, policy_with()).converse(modelId=other, messages=MESSAGES)
    assert log.events == []


REGIONS: dict[str, dict[str, Any]] = {
    "another": {"region_name": "eu-west-1"},
    "in capitals": {"region_name": "US-EAST-1"},
    "with a host in it": {"region_name": "x@52.94.0.10/#"},
    "empty": {"region_name": ""},
    "in the Config": {"config": Config(region_name="eu-west-1")},
}


@pytest.mark.parametrize("name", REGIONS)
def test_an_explicit_region_that_differs_is_refused(name: str) -> None:
    makers: list[Callable[..., Any]] = [
        lambda **given: create_client(SERVICE, policy_with(host=HOST), **given),
        SecureSession(policy_with(host=HOST)).client,
        SecureBedrockClient(policy_with(host=HOST)).client,
    ]
    with ConnectLog() as log:
        with pytest.raises(RegionDenied):
            makers[0](**REGIONS[name])
        for make in makers[1:]:
            with pytest.raises(RegionDenied):
                make(SERVICE, **REGIONS[name])
    assert log.events == []


@pytest.fixture(scope="module")
def impostor() -> Iterator[LocalBedrock]:
    """The endpoint's name and port, under a certificate of an authority that the policy does not trust."""
    with LocalBedrock(region=REGION, tls_names=("localhost",)) as running:
        yield running


TRUST = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.mark.parametrize("variable", TRUST)
def test_no_variable_makes_an_impostor_trusted(
    variable: str,
    impostor: LocalBedrock,
    authority: LocalAuthority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv(variable, impostor.ca_path)
    impostor.clear()
    trusted = tmp_path / "ca.pem"  # a file of its own: contexts are kept for files that were seen
    trusted.write_bytes(Path(authority.ca_path).read_bytes())
    policy = Policy.from_toml(impostor.policy_toml().replace(impostor.ca_path, str(trusted)))
    with pytest.raises(TlsDenied):
        SecureBedrockClient(policy).converse(MODEL, "hello")
    with pytest.raises(TlsDenied):
        create_client(SERVICE, policy).converse(modelId=MODEL, messages=MESSAGES)
    assert impostor.requests == []


def test_a_stock_client_trusts_the_impostor(
    impostor: LocalBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setenv("AWS_CA_BUNDLE", impostor.ca_path)
    impostor.clear()
    url = f"https://localhost:{impostor.port}"
    client = boto3.Session().client(SERVICE, region_name=REGION, endpoint_url=url)
    client.converse(modelId=MODEL, messages=MESSAGES)
    client.close()
    assert len(impostor.requests) == 1


def test_the_hosts_of_the_corpus_are_here() -> None:
    assert len(HOSTS) == 57
