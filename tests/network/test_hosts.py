"""Host names and endpoint URLs are taken letter for letter or refused, with the rule that refused."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import (
    EndpointUrl,
    endpoint_service_names,
    is_host_name,
    judge_host,
    parse_endpoint_url,
    private_dns_name,
    vpc_endpoint_id_of,
)
from secure_bedrock.values import BEDROCK_RUNTIME, Region, ServiceName

ENDPOINT = "vpce-0abc123def4567890"
PARENT = "bedrock-runtime.eu-west-1.vpce.amazonaws.com"
HOST = f"{ENDPOINT}-a1b2c3d4.{PARENT}"
IRELAND = Region("eu-west-1")


class UrlEnum(StrEnum):
    """A text that is more than text."""

    ENDPOINT = f"https://{HOST}"


URLS: dict[str, tuple[object, EndpointUrl]] = {
    "an endpoint's name": (f"https://{HOST}", EndpointUrl(HOST)),
    "another port": (f"https://{HOST}:8443", EndpointUrl(HOST, 8443)),
    "the first port": (f"https://{HOST}:1", EndpointUrl(HOST, 1)),
    "the last port": (f"https://{HOST}:65535", EndpointUrl(HOST, 65535)),
    "two labels": ("https://a.b", EndpointUrl("a.b")),
}


@pytest.mark.parametrize(("url", "expected"), URLS.values(), ids=URLS.keys())
def test_an_endpoint_url_is_taken_apart(url: object, expected: EndpointUrl) -> None:
    assert parse_endpoint_url(url) == expected
    assert str(expected) == url


LONG_LABEL = "a" * 64
LONG_HOST = ".".join(["a" * 49] * 5) + ".abcde"  # 255 characters

REFUSED_URLS: dict[str, tuple[object, str]] = {
    "None": (None, "endpoint-url-type"),
    "bytes": (b"https://a.b", "endpoint-url-type"),
    "a list": ([f"https://{HOST}"], "endpoint-url-type"),
    "a subclass of str": (UrlEnum.ENDPOINT, "endpoint-url-type"),
    "nothing": ("", "endpoint-url"),
    "http": (f"http://{HOST}", "endpoint-url"),
    "http on 443": (f"http://{HOST}:443", "endpoint-url"),
    "an upper-case scheme": (f"HTTPS://{HOST}", "endpoint-url"),
    "no scheme": (HOST, "endpoint-url"),
    "no host": ("https://", "endpoint-url"),
    "a relative scheme": (f"//{HOST}", "endpoint-url"),
    "a trailing slash": (f"https://{HOST}/", "endpoint-url"),
    "a path": (f"https://{HOST}/proxy", "endpoint-url"),
    "a query": (f"https://{HOST}?x", "endpoint-url"),
    "a fragment": (f"https://{HOST}#x", "endpoint-url"),
    "a user": (f"https://user:secret@{HOST}", "endpoint-url"),
    "a backslash": (f"https://{HOST}\\@evil.com", "endpoint-url"),
    "a percent sign": (f"https://{HOST}%2eevil.com", "endpoint-url"),
    "a trailing dot": (f"https://{HOST}.", "endpoint-url"),
    "a space": (f"https://{HOST} ", "endpoint-url"),
    "a newline after": (f"https://{HOST}\n", "endpoint-url"),
    "a NUL": (f"https://{HOST}\x00.evil.com", "endpoint-url"),
    "an upper-case letter": (f"https://{HOST.replace('vpce', 'Vpce')}", "endpoint-url"),
    "an underscore": ("https://a_b.example", "endpoint-url"),
    "an ideographic dot": ("https://a\u3002example", "endpoint-url"),
    "a Kelvin sign": ("https://\u212a.example", "endpoint-url"),
    "a long s": ("https://vp\u017f.example", "endpoint-url"),
    "punycode": ("https://xn--bedrock-runtime-3ya.example", "endpoint-url"),
    "punycode at the end": ("https://bedrock.xn--p1ai", "endpoint-url"),
    "one label": ("https://localhost", "endpoint-url"),
    "an IPv4 address": ("https://10.0.1.10", "endpoint-url"),
    "an address in decimal": ("https://878575626", "endpoint-url"),
    "an address in hexadecimal": ("https://0x345e000a", "endpoint-url"),
    "an address in octal": ("https://064.0136.0.012", "endpoint-url"),
    "a hexadecimal last part": ("https://10.0.0.0x1", "endpoint-url"),
    "an IPv6 address": ("https://[fd12::1]", "endpoint-url"),
    "a bracketed name": (f"https://[{HOST}]", "endpoint-url"),
    "an empty label": ("https://a..b", "endpoint-url"),
    "a leading dot": ("https://.a.b", "endpoint-url"),
    "a leading hyphen": ("https://-a.b", "endpoint-url"),
    "a trailing hyphen": ("https://a-.b", "endpoint-url"),
    "a label of 64": (f"https://{LONG_LABEL}.b", "endpoint-url"),
    "a host of 255": (f"https://{LONG_HOST}", "endpoint-url"),
    "a megabyte": ("https://" + "a." * 500_000 + "b", "endpoint-url"),
    "an empty port": (f"https://{HOST}:", "endpoint-url"),
    "port 0": (f"https://{HOST}:0", "endpoint-url"),
    "a leading zero": (f"https://{HOST}:0443", "endpoint-url"),
    "a sign": (f"https://{HOST}:+443", "endpoint-url"),
    "an underscore in the port": (f"https://{HOST}:4_4_3", "endpoint-url"),
    "Unicode digits": (f"https://{HOST}:\uff14\uff14\uff13", "endpoint-url"),
    "six digits": (f"https://{HOST}:100443", "endpoint-url"),
    "port 65536": (f"https://{HOST}:65536", "endpoint-url-port"),
    "443 spelled out": (f"https://{HOST}:443", "endpoint-url-port"),
}


@pytest.mark.parametrize(("url", "rule"), REFUSED_URLS.values(), ids=REFUSED_URLS.keys())
def test_every_other_url_is_refused_and_not_repeated(url: object, rule: str) -> None:
    with pytest.raises(EndpointDenied) as caught:
        parse_endpoint_url(url)

    assert caught.value.rule == rule
    assert "secret" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_the_longest_host_is_taken() -> None:
    longest = ".".join(["a" * 49] * 5) + ".abc"

    assert len(longest) == 253
    assert parse_endpoint_url(f"https://{longest}:65535").host == longest


@given(st.from_regex(r"https://[a-z0-9.-]{1,40}(:[0-9]{0,6})?/?", fullmatch=True) | st.text())
def test_no_url_is_accepted_that_differs_from_its_canonical_spelling(url: str) -> None:
    try:
        parsed = parse_endpoint_url(url)
    except EndpointDenied:
        return

    assert str(parsed) == url
    assert is_host_name(parsed.host)
    assert 1 <= parsed.port <= 65535


REFUSED_HOSTS: dict[str, tuple[object, str]] = {
    "None": (None, "host-grammar"),
    "bytes": (HOST.encode(), "host-grammar"),
    "a URL": (f"https://{HOST}", "host-grammar"),
    "a port": (f"{HOST}:443", "host-grammar"),
    "upper case": (HOST.upper(), "host-grammar"),
    "a newline": (f"{HOST}\n", "host-grammar"),
    "a suffix appended": (f"{HOST}.evil.com", "endpoint-parent"),
    "a hyphen for a dot": (HOST.replace("vpce.am", "vpce-am"), "endpoint-parent"),
    "another top-level domain": (HOST.removesuffix("m"), "endpoint-parent"),
    "China's suffix in Ireland": (f"{HOST}.cn", "endpoint-parent"),
    "another service": (HOST.replace("bedrock-runtime", "s3"), "endpoint-parent"),
    "the control plane": (HOST.replace("bedrock-runtime", "bedrock"), "endpoint-parent"),
    "a longer service": (HOST.replace("runtime", "runtimex"), "endpoint-parent"),
    "another Region": (HOST.replace("eu-west-1", "eu-west-10"), "endpoint-parent"),
    "no Region": (HOST.replace(".eu-west-1", ""), "endpoint-parent"),
    "a label in between": (HOST.replace(".bed", ".evil.bed"), "endpoint-parent"),
    "no random part": (f"{ENDPOINT}.{PARENT}", "endpoint-label"),
    "a short random part": (f"{ENDPOINT}-a1b2c3d.{PARENT}", "endpoint-label"),
    "nine hexadecimal digits": (f"vpce-0abc123de-a1b2c3d4.{PARENT}", "endpoint-label"),
    "an id that is not hexadecimal": (f"vpce-0abc123g-a1b2c3d4.{PARENT}", "endpoint-label"),
    "a zone of another Region": (f"{ENDPOINT}-a1b2c3d4-us-west-2a.{PARENT}", "endpoint-label"),
    "a zone without its letter": (f"{ENDPOINT}-a1b2c3d4-eu-west-1.{PARENT}", "endpoint-label"),
    "a zone with a digit": (f"{ENDPOINT}-a1b2c3d4-eu-west-11.{PARENT}", "endpoint-label"),
    "a zone with two letters": (f"{ENDPOINT}-a1b2c3d4-eu-west-1ab.{PARENT}", "endpoint-label"),
    "an endpoint service": (
        "vpce-svc-0abc123def4567890.eu-west-1.vpce.amazonaws.com",
        "endpoint-label",
    ),
    "a bucket before it": (f"bucket.{HOST}", "not-an-endpoint-name"),
    "a private name of another service": (
        "bedrock.eu-west-1.amazonaws.com",
        "not-an-endpoint-name",
    ),
    "a private name of another Region": (
        "bedrock-runtime.eu-west-2.amazonaws.com",
        "not-an-endpoint-name",
    ),
    "a private name of another partition": (
        "bedrock-runtime.eu-west-1.amazonaws.com.cn",
        "not-an-endpoint-name",
    ),
    "a name of one's own": ("bedrock.internal.corp", "not-an-endpoint-name"),
    "a name that echoes an address": ("10.0.1.10.sslip.io", "not-an-endpoint-name"),
}


@pytest.mark.parametrize(("host", "rule"), REFUSED_HOSTS.values(), ids=REFUSED_HOSTS.keys())
def test_a_host_that_is_not_the_endpoint_is_refused(host: object, rule: str) -> None:
    decision = judge_host(host, service=BEDROCK_RUNTIME, region=IRELAND)

    assert (decision.allowed, decision.rule) == (False, rule)
    assert decision.next_step


ALLOWED_HOSTS: dict[str, tuple[str, str, str, str]] = {
    "the regional name": (HOST, "bedrock-runtime", "eu-west-1", "endpoint-name"),
    "an id of 8 digits": (
        f"vpce-1a2b3c4d-5e6f7a8b.{PARENT}",
        "bedrock-runtime",
        "eu-west-1",
        "endpoint-name",
    ),
    "a zonal name": (
        f"{ENDPOINT}-a1b2c3d4-eu-west-1a.{PARENT}",
        "bedrock-runtime",
        "eu-west-1",
        "endpoint-name",
    ),
    "FIPS": (
        f"{ENDPOINT}-a1b2c3d4.bedrock-runtime-fips.us-east-1.vpce.amazonaws.com",
        "bedrock-runtime",
        "us-east-1",
        "endpoint-name",
    ),
    "GovCloud": (
        f"{ENDPOINT}-a1b2c3d4.bedrock-runtime.us-gov-west-1.vpce.amazonaws.com",
        "bedrock-runtime",
        "us-gov-west-1",
        "endpoint-name",
    ),
    "China": (
        f"{ENDPOINT}-a1b2c3d4.sts.cn-north-1.vpce.amazonaws.com.cn",
        "sts",
        "cn-north-1",
        "endpoint-name",
    ),
    "mantle": (
        f"{ENDPOINT}-a1b2c3d4.bedrock-mantle.us-east-1.vpce.amazonaws.com",
        "bedrock-mantle",
        "us-east-1",
        "endpoint-name",
    ),
    "SageMaker runtime": (
        f"{ENDPOINT}-a1b2c3d4.runtime.sagemaker.eu-west-1.vpce.amazonaws.com",
        "sagemaker-runtime",
        "eu-west-1",
        "endpoint-name",
    ),
    "SageMaker runtime in a zone": (
        f"{ENDPOINT}-a1b2c3d4-eu-west-1a.runtime.sagemaker.eu-west-1.vpce.amazonaws.com",
        "sagemaker-runtime",
        "eu-west-1",
        "endpoint-name",
    ),
    "SageMaker runtime, FIPS": (
        f"{ENDPOINT}-a1b2c3d4.runtime-fips.sagemaker.us-east-1.vpce.amazonaws.com",
        "sagemaker-runtime",
        "us-east-1",
        "endpoint-name",
    ),
    "private DNS of SageMaker runtime, FIPS": (
        "runtime-fips.sagemaker.us-east-1.amazonaws.com",
        "sagemaker-runtime",
        "us-east-1",
        "private-dns-name",
    ),
    "private DNS": (
        "bedrock-runtime.eu-west-1.amazonaws.com",
        "bedrock-runtime",
        "eu-west-1",
        "private-dns-name",
    ),
    "private DNS, FIPS": (
        "bedrock-runtime-fips.us-east-1.amazonaws.com",
        "bedrock-runtime",
        "us-east-1",
        "private-dns-name",
    ),
    "private DNS, dual stack": (
        "bedrock-runtime.eu-west-1.api.aws",
        "bedrock-runtime",
        "eu-west-1",
        "private-dns-name",
    ),
    "private DNS of mantle": (
        "bedrock-mantle.us-east-1.api.aws",
        "bedrock-mantle",
        "us-east-1",
        "private-dns-name",
    ),
    "private DNS in the European sovereign cloud": (
        "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
        "bedrock-runtime",
        "eusc-de-east-1",
        "private-dns-name",
    ),
}


@pytest.mark.parametrize(
    ("host", "service", "region", "rule"), ALLOWED_HOSTS.values(), ids=ALLOWED_HOSTS.keys()
)
def test_a_host_that_can_be_the_endpoint_is_allowed(
    host: str, service: str, region: str, rule: str
) -> None:
    decision = judge_host(host, service=ServiceName(service), region=Region(region))

    assert (decision.allowed, decision.rule) == (True, rule)
    assert [(fact.name, fact.value) for fact in decision.evidence] == [("host", host)]


@pytest.mark.parametrize(
    "host",
    [
        "bedrock-mantle.us-east-1.amazonaws.com",
        "bedrock-mantle-fips.us-east-1.api.aws",
        f"{ENDPOINT}-a1b2c3d4.bedrock-mantle-fips.us-east-1.vpce.amazonaws.com",
    ],
)
def test_mantle_has_no_name_outside_api_aws_and_none_for_fips(host: str) -> None:
    decision = judge_host(host, service=ServiceName("bedrock-mantle"), region=Region("us-east-1"))

    assert not decision.allowed


@pytest.mark.parametrize(
    "host",
    [
        f"{ENDPOINT}-a1b2c3d4.sagemaker-runtime.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}-a1b2c3d4.sagemaker-runtime-fips.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}-a1b2c3d4.api.sagemaker.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}-a1b2c3d4.sagemaker.eu-west-1.vpce.amazonaws.com",
        f"{ENDPOINT}-a1b2c3d4.evil.runtime.sagemaker.eu-west-1.vpce.amazonaws.com",
        "sagemaker-runtime.eu-west-1.amazonaws.com",
        "api.sagemaker.eu-west-1.amazonaws.com",
        "runtime.sagemaker.eu-west-1.api.aws",
        "runtime.sagemaker.eu-west-2.amazonaws.com",
    ],
)
def test_sagemaker_runtime_has_none_but_its_documented_names(host: str) -> None:
    decision = judge_host(host, service=ServiceName("sagemaker-runtime"), region=IRELAND)

    assert not decision.allowed


ENDPOINT_SERVICES = {
    ("bedrock-runtime", "eu-west-1"): ("com.amazonaws.eu-west-1.bedrock-runtime",),
    ("sts", "eu-west-1"): ("com.amazonaws.eu-west-1.sts",),
    ("sagemaker-runtime", "eu-west-1"): ("com.amazonaws.eu-west-1.sagemaker.runtime",),
    ("sts", "us-gov-west-1"): ("com.amazonaws.us-gov-west-1.sts",),
    ("sagemaker-runtime", "cn-north-1"): (
        "com.amazonaws.cn-north-1.sagemaker.runtime",
        "cn.com.amazonaws.cn-north-1.sagemaker.runtime",
    ),
    ("sts", "us-iso-east-1"): ("com.amazonaws.us-iso-east-1.sts", "gov.ic.c2s.us-iso-east-1.sts"),
    ("bedrock-runtime", "eusc-de-east-1"): (
        "com.amazonaws.eusc-de-east-1.bedrock-runtime",
        "eu.amazonaws.eusc-de-east-1.bedrock-runtime",
    ),
}


@pytest.mark.parametrize(("asked", "names"), ENDPOINT_SERVICES.items())
def test_the_endpoint_service_is_called_as_its_partition_does(
    asked: tuple[str, str], names: tuple[str, ...]
) -> None:
    service, region = asked

    assert endpoint_service_names(ServiceName(service), Region(region)) == names


PINNED: dict[str, tuple[str, str | None, bool | None, bool, str]] = {
    "the pinned endpoint": (HOST, ENDPOINT, None, True, "endpoint-name"),
    "another endpoint": (HOST, "vpce-0fff123def4567890", None, False, "endpoint-id"),
    "private DNS on": (
        "bedrock-runtime.eu-west-1.amazonaws.com",
        ENDPOINT,
        True,
        True,
        "private-dns-name",
    ),
    "private DNS not known": (
        "bedrock-runtime.eu-west-1.amazonaws.com",
        None,
        None,
        True,
        "private-dns-name",
    ),
    "private DNS off": (
        "bedrock-runtime.eu-west-1.amazonaws.com",
        None,
        False,
        False,
        "private-dns-off",
    ),
    "dual-stack private DNS off": (
        "bedrock-runtime.eu-west-1.api.aws",
        None,
        False,
        False,
        "private-dns-off",
    ),
    "the endpoint's own name with private DNS off": (HOST, ENDPOINT, False, True, "endpoint-name"),
}


@pytest.mark.parametrize(
    ("host", "pinned", "private_dns", "allowed", "rule"), PINNED.values(), ids=PINNED.keys()
)
def test_what_is_known_of_the_endpoint_narrows_the_names(
    host: str, pinned: str | None, private_dns: bool | None, allowed: bool, rule: str
) -> None:
    decision = judge_host(
        host,
        service=BEDROCK_RUNTIME,
        region=IRELAND,
        vpc_endpoint_id=pinned,
        private_dns=private_dns,
    )

    assert (decision.allowed, decision.rule) == (allowed, rule)


@given(st.text(alphabet="abcdefvpce0123456789-.", max_size=80))
def test_every_host_gets_a_decision(text: str) -> None:
    assert judge_host(text, service=BEDROCK_RUNTIME, region=IRELAND).rule


PRIVATE_NAMES = {
    ("bedrock-runtime", "eu-west-1"): "bedrock-runtime.eu-west-1.amazonaws.com",
    ("sts", "cn-north-1"): "sts.cn-north-1.amazonaws.com.cn",
    ("ec2", "us-gov-west-1"): "ec2.us-gov-west-1.amazonaws.com",
    ("bedrock-mantle", "us-east-1"): "bedrock-mantle.us-east-1.api.aws",
    ("sagemaker-runtime", "eu-west-1"): "runtime.sagemaker.eu-west-1.amazonaws.com",
}


@pytest.mark.parametrize(("key", "name"), PRIVATE_NAMES.items(), ids=PRIVATE_NAMES.values())
def test_the_private_dns_name_is_judged_to_be_one(key: tuple[str, str], name: str) -> None:
    service, region = ServiceName(key[0]), Region(key[1])

    assert private_dns_name(service, region) == name
    assert judge_host(name, service=service, region=region).rule == "private-dns-name"


ENDPOINT_IDS = {
    HOST: ENDPOINT,
    f"vpce-1a2b3c4d-5e6f7a8b.{PARENT}": "vpce-1a2b3c4d",
    f"{ENDPOINT}-a1b2c3d4-eu-west-1a.{PARENT}": ENDPOINT,
    "bedrock-runtime.eu-west-1.amazonaws.com": None,
    f"{ENDPOINT}.{PARENT}": None,
    f"{ENDPOINT}-a1b2c3d4.example.com": None,
    f"{ENDPOINT}-a1b2c3d4.Evil.vpce.example": None,
    "": None,
}


@pytest.mark.parametrize(("host", "expected"), ENDPOINT_IDS.items())
def test_the_endpoint_id_is_read_from_the_name(host: str, expected: str | None) -> None:
    assert vpc_endpoint_id_of(host) == expected
