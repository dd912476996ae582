"""What the policy, the environment and private DNS say without asking anyone."""

from typing import Any

import pytest

from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.providers import (
    EnvironmentProvider,
    PolicyProvider,
    PrivateDnsProvider,
)
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.policy import Policy
from secure_bedrock.values import BEDROCK_RUNTIME, parse_service

ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
PRIVATE = "bedrock-runtime.eu-west-1.amazonaws.com"
UNKNOWN = EndpointFacts(source="nothing")
VARIABLE = "SECURE_BEDROCK_ENDPOINT_BEDROCK_RUNTIME"


def policy_with(endpoint: dict[str, Any] | None = None, **network: Any) -> Policy:
    settings = {"cidrs": ["10.20.0.0/16"], "endpoints": {"bedrock-runtime": endpoint or {}}}
    return Policy(
        region="eu-west-1", models=["amazon.nova-lite-v1:0"], network={**settings, **network}
    )


def test_the_policys_table_is_taken_as_it_is() -> None:
    policy = policy_with({"host": HOST, "addresses": ["10.20.1.10"], "port": 8443})

    assert PolicyProvider(policy).find(BEDROCK_RUNTIME, UNKNOWN) == EndpointFacts(
        source="policy",
        host=HOST,
        addresses=("10.20.1.10",),
        cidrs=("10.20.0.0/16",),
        vpc_endpoint_id=ID,
        port=8443,
    )


def test_a_table_without_a_host_leaves_it_open() -> None:
    found = PolicyProvider(policy_with()).find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == EndpointFacts(source="policy", cidrs=("10.20.0.0/16",), port=443)


def test_a_service_without_a_table_is_nothing() -> None:
    found = PolicyProvider(policy_with()).find(parse_service("sts"), UNKNOWN)

    assert found == Nothing("the policy has no [network.endpoints.sts]")


HOSTS = {
    "a public lookalike": (
        "bedrock-runtime.eu-west-1.amazonaws.com.example.com",
        "not-an-endpoint-name",
    ),
    "another Region's private name": (
        "bedrock-runtime.us-east-1.amazonaws.com",
        "not-an-endpoint-name",
    ),
    "another service's endpoint": (HOST.replace("bedrock-runtime", "s3"), "endpoint-parent"),
    "an address": ("10.20.1.10", "host-grammar"),
    "a URL": (f"https://{HOST}", "host-grammar"),
    "upper case": (HOST.upper(), "host-grammar"),
    "a trailing dot": (f"{HOST}.", "host-grammar"),
    "nothing": ("", "host-grammar"),
}


@pytest.mark.parametrize(("host", "rule"), HOSTS.values(), ids=HOSTS)
def test_a_host_in_the_environment_that_is_no_endpoint_is_refused(host: str, rule: str) -> None:
    provider = EnvironmentProvider(policy_with(), {VARIABLE: host})

    with pytest.raises(EndpointDenied, match=f"environment, {VARIABLE}") as caught:
        provider.find(BEDROCK_RUNTIME, UNKNOWN)

    assert caught.value.rule == rule


def test_a_host_in_the_environment_is_found_with_its_endpoint_id() -> None:
    provider = EnvironmentProvider(policy_with(), {VARIABLE: HOST})

    found = provider.find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == EndpointFacts(source="environment", host=HOST, vpc_endpoint_id=ID)


def test_the_environment_cannot_name_another_endpoint_than_the_known_one() -> None:
    provider = EnvironmentProvider(policy_with(), {VARIABLE: HOST})

    with pytest.raises(EndpointDenied) as caught:
        provider.find(
            BEDROCK_RUNTIME, EndpointFacts(source="policy", vpc_endpoint_id="vpce-0123abcd")
        )

    assert caught.value.rule == "endpoint-id"


def test_without_its_variable_the_environment_says_nothing() -> None:
    other = {"SECURE_BEDROCK_ENDPOINT_STS": "x", "AWS_ENDPOINT_URL": "https://example.com"}

    found = EnvironmentProvider(policy_with(), other).find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == Nothing(f"{VARIABLE} is not set")


def test_the_processs_own_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = EnvironmentProvider(policy_with())
    monkeypatch.delenv(VARIABLE, raising=False)
    assert isinstance(provider.find(BEDROCK_RUNTIME, UNKNOWN), Nothing)

    monkeypatch.setenv(VARIABLE, HOST)
    found = provider.find(BEDROCK_RUNTIME, UNKNOWN)

    assert isinstance(found, EndpointFacts)
    assert found.host == HOST


def test_private_dns_names_the_service_in_the_region() -> None:
    found = PrivateDnsProvider(policy_with()).find(BEDROCK_RUNTIME, UNKNOWN)

    assert found == EndpointFacts(source="private-dns", host=PRIVATE)


SILENT = {
    "a host is known": ({}, EndpointFacts(source="policy", host=HOST), "a host is known already"),
    "private DNS is off": (
        {},
        EndpointFacts(source="ec2", private_dns_enabled=False),
        "the endpoint has private DNS turned off",
    ),
    "no address is known in eni mode": ({"address_check": "eni"}, UNKNOWN, "address_check is eni"),
}


@pytest.mark.parametrize(("network", "known", "why"), SILENT.values(), ids=SILENT)
def test_private_dns_says_nothing_where_its_answers_could_not_be_told_apart(
    network: dict[str, Any], known: EndpointFacts, why: str
) -> None:
    found = PrivateDnsProvider(policy_with(**network)).find(BEDROCK_RUNTIME, known)

    assert isinstance(found, Nothing)
    assert why in found.why


def test_private_dns_serves_eni_mode_once_addresses_are_known() -> None:
    policy = policy_with(address_check="eni")
    known = EndpointFacts(source="ec2", addresses=("10.20.1.10",))

    found = PrivateDnsProvider(policy).find(BEDROCK_RUNTIME, known)

    assert found == EndpointFacts(source="private-dns", host=PRIVATE)
