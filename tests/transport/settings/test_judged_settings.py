"""Settings of the environment: named, judged, and never repeated with their value."""

import pytest

from secure_bedrock.errors import Denied, EnvironmentDenied, TlsDenied
from secure_bedrock.transport.settings import SETTINGS, judge_settings
from secure_bedrock.values import Region

REGION = Region("eu-west-1")
SECRET = "http://user:hunter2@10.0.0.1:3128"


@pytest.mark.parametrize(
    "name",
    [
        "HTTPS_PROXY",
        "https_proxy",
        "all_proxy",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        "AWS_ENDPOINT_URL_STS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSLKEYLOGFILE",
        "AWS_DATA_PATH",
        "BOTOCORE_EXPERIMENTAL__PLUGINS",
        "AWS_CSM_ENABLED",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_RETRY_MODE",
    ],
)
def test_what_can_be_neutralised_is_found_and_named(name: str) -> None:
    (finding,) = judge_settings({name: SECRET}, region=REGION)
    assert (finding.name, finding.verdict) == (name, "neutralised")
    assert "hunter2" not in repr(finding)


REFUSED: dict[str, tuple[dict[str, str], type[Denied]]] = {
    "OPENSSL_CONF": ({"OPENSSL_CONF": "/x/openssl.cnf"}, TlsDenied),
    "LD_PRELOAD": ({"LD_PRELOAD": "/usr/lib/libproxychains4.so"}, EnvironmentDenied),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_neutralised_is_refused_by_name(name: str) -> None:
    environ, denial = REFUSED[name]
    with pytest.raises(denial, match=name) as caught:
        judge_settings(environ, region=REGION)
    assert caught.value.rule == "environment-setting"


def test_a_preloaded_allocator_is_nobodys_business() -> None:
    assert judge_settings({"LD_PRELOAD": "/usr/lib/libjemalloc.so.2"}, region=REGION) == ()


def test_another_region_is_ignored_and_reported() -> None:
    found = judge_settings(
        {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "eu-west-1"}, region=REGION
    )
    assert [(finding.name, finding.verdict) for finding in found] == [("AWS_REGION", "reported")]


def test_unset_and_empty_settings_are_not_there() -> None:
    assert judge_settings({"HTTPS_PROXY": "", "PATH": "/bin", "MY_PROXY": "x"}, region=REGION) == ()


def test_every_setting_has_a_reason() -> None:
    assert len({setting.label for setting in SETTINGS}) == len(SETTINGS)
    assert all(setting.reason for setting in SETTINGS)
