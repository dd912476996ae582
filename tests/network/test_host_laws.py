"""Laws of hosts and URLs: every endpoint's name is approved, nothing that differs from one is, and a URL says one host."""

import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import (
    EndpointUrl,
    is_host_name,
    judge_host,
    parse_endpoint_url,
    private_dns_name,
    vpc_endpoint_id_of,
)
from secure_bedrock.values import BEDROCK_RUNTIME, Region, ServiceName, dns_suffix_of
from tests.splicing import spliced

LOWER = string.ascii_lowercase + string.digits
REGIONS = st.sampled_from(["us-east-1", "eu-west-1", "eu-central-2", "us-gov-west-1", "cn-north-1"])
SERVICES = st.sampled_from(
    ["bedrock-runtime", "bedrock", "bedrock-agent-runtime", "sts", "ec2", "ssm"]
)
ENDPOINT_IDS = st.sampled_from([8, 17]).flatmap(
    lambda size: st.text("0123456789abcdef", min_size=size, max_size=size).map("vpce-{}".format)
)
DRAWN = st.text(LOWER, min_size=8, max_size=8)


Facts = tuple[str, str, str, str]  # host, endpoint id, service, Region


@st.composite
def endpoints(draw: st.DrawFn) -> Facts:
    """A name as DescribeVpcEndpoints spells it, and what it is the name of."""
    endpoint, service, region = draw(ENDPOINT_IDS), draw(SERVICES), draw(REGIONS)
    zone = draw(st.sampled_from(["", *(f"-{region}{letter}" for letter in "abcdef")]))
    name = draw(st.sampled_from([service, f"{service}-fips"]))
    parent = f"{name}.{region}.vpce.{dns_suffix_of(Region(region))}"
    return f"{endpoint}-{draw(DRAWN)}{zone}.{parent}", endpoint, service, region


def is_plain(host: str) -> bool:
    """A host name by other means than a pattern: RFC 1123's labels, in lower case, no punycode, no number at the end."""
    labels = host.split(".")
    return (
        len(host) <= 253
        and len(labels) >= 2
        and labels[-1][:1] in set(string.ascii_lowercase)
        and all(1 <= len(label) <= 63 for label in labels)
        and all(set(label) <= set(LOWER + "-") for label in labels)
        and not any(label.startswith(("-", "xn--")) or label.endswith("-") for label in labels)
    )


LABELS = st.text(LOWER + "-", min_size=1, max_size=12)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
PLAIN_HOSTS = HOSTS.filter(is_plain)
# Around the rules' edges: characters, lengths, and what other parsers fold or skip.
PIECES = st.sampled_from(
    [".", "-", "--", "xn--", "A", "_", "%", "%2e", "@", "/", "\\", "?", "#", ":", ";", " ", "\t", "\n", "\r\n", "\0", "é", "\u3002",
     "\uff0e", "\u212a", "\u017f", "\u0660", "1", "0x", "a" * 64, "b" * 190]
)  # fmt: skip


NEAR = st.builds(
    spliced, HOSTS | endpoints().map(lambda e: e[0]), st.integers(0, 90), PIECES, st.integers(0, 3)
)


@given(HOSTS | NEAR | st.text(max_size=20))
def test_a_host_name_is_one_exactly_where_its_labels_are(text: str) -> None:
    assert is_host_name(text) == is_plain(text)


@given(endpoints())
def test_every_name_that_an_endpoint_has_is_approved_and_tells_its_id(facts: Facts) -> None:
    host, endpoint, service, region = facts

    for pinned in (None, endpoint):
        decision = judge_host(
            host, service=ServiceName(service), region=Region(region), vpc_endpoint_id=pinned
        )
        assert (decision.allowed, decision.rule) == (True, "endpoint-name")
    assert vpc_endpoint_id_of(host) == endpoint


@given(endpoints(), SERVICES, REGIONS, ENDPOINT_IDS)
def test_an_endpoints_name_is_no_other_services_regions_or_endpoints(
    facts: Facts, service: str, region: str, endpoint: str
) -> None:
    host, own_endpoint, own_service, own_region = facts
    same = (own_endpoint, own_service, own_region) == (endpoint, service, region)

    decision = judge_host(
        host, service=ServiceName(service), region=Region(region), vpc_endpoint_id=endpoint
    )

    assert decision.allowed == same


@given(endpoints(), HOSTS, st.sampled_from([".", "-", ""]))
def test_an_endpoints_name_with_more_around_it_is_not_one(
    facts: Facts, more: str, between: str
) -> None:
    host, _, service, region = facts
    asked: dict[str, Any] = {"service": ServiceName(service), "region": Region(region)}

    assert not judge_host(f"{host}{between}{more}", **asked).allowed
    assert not judge_host(f"{more}.{host}", **asked).allowed
    assert not judge_host(f"{host}.", **asked).allowed


@given(endpoints(), st.data())
def test_one_letter_in_capitals_is_another_name(facts: Facts, data: st.DataObject) -> None:
    host, _, service, region = facts
    at = data.draw(st.sampled_from([i for i, letter in enumerate(host) if letter.isalpha()]))
    capital = host[:at] + host[at].upper() + host[at + 1 :]

    decision = judge_host(capital, service=ServiceName(service), region=Region(region))

    assert (decision.allowed, decision.rule) == (False, "host-grammar")


@given(SERVICES, REGIONS, SERVICES, REGIONS, st.none() | st.booleans())
def test_a_private_dns_name_is_approved_for_its_own_service_and_region(
    service: str, region: str, other: str, elsewhere: str, private_dns: bool | None
) -> None:
    host = private_dns_name(ServiceName(service), Region(region))

    decision = judge_host(
        host, service=ServiceName(other), region=Region(elsewhere), private_dns=private_dns
    )

    own = (service, region) == (other, elsewhere)
    assert decision.allowed == (own and private_dns is not False)


@given(PLAIN_HOSTS, st.integers(1, 65535))
def test_every_plain_host_and_port_has_a_url_that_is_read_back(host: str, port: int) -> None:
    assert parse_endpoint_url(str(EndpointUrl(host, port))) == EndpointUrl(host, port)


@given(PLAIN_HOSTS, st.integers(1, 65535), st.integers(0, 90), PIECES, st.integers(0, 3))
def test_a_url_with_a_piece_of_it_changed_is_refused_or_is_another_plain_url(
    host: str, port: int, at: int, piece: str, cut: int
) -> None:
    url = spliced(str(EndpointUrl(host, port)), at, piece, cut)
    try:
        parsed = parse_endpoint_url(url)
    except EndpointDenied as refusal:
        assert refusal.rule in {"endpoint-url", "endpoint-url-port"}  # noqa: PT017 - both outcomes have an oracle
        return

    authority = url.removeprefix("https://")
    name, _, number = authority.partition(":")
    assert is_plain(name)
    assert (parsed.host, parsed.port) == (name, int(number or "443"))
    assert number == ("" if parsed.port == 443 else str(parsed.port))


BEHIND = st.sampled_from(
    ["/", "?", "#", "/x", "?x=y", "#x", ".", ":", ":443", "@evil.example", "\\", "%00", " ", "\n"]
)


@given(PLAIN_HOSTS, st.integers(1, 65535), BEHIND)
def test_a_url_says_a_host_and_a_port_and_nothing_behind_them(
    host: str, port: int, behind: str
) -> None:
    assume(not (behind == ":443" and port == 443))
    with pytest.raises(EndpointDenied):
        parse_endpoint_url(str(EndpointUrl(host, port)) + behind)


@given(PLAIN_HOSTS, st.text(LOWER, min_size=6, max_size=12), st.integers(1, 65535))
def test_a_refused_url_is_not_repeated(host: str, password: str, port: int) -> None:
    secret = f"hunter2{password}"
    with pytest.raises(EndpointDenied) as refused:
        parse_endpoint_url(f"https://user:{secret}@{host}:{port}")

    assert secret not in f"{refused.value}{refused.value!r}{refused.value.args}"


@given(endpoints())
def test_a_url_of_an_endpoint_leads_to_a_host_that_is_approved(facts: Facts) -> None:
    host, _, service, region = facts

    read = parse_endpoint_url(f"https://{host}").host

    assert read == host
    assert judge_host(read, service=ServiceName(service), region=Region(region)).allowed
    assert not judge_host(read, service=BEDROCK_RUNTIME, region=Region("ap-south-1")).allowed
