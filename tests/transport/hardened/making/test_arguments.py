"""boto3's keyword arguments: what agrees with the policy is merged, the rest is refused by name."""

from typing import Any

import pytest
from botocore import UNSIGNED, config

from secure_bedrock.errors import (
    CredentialPathDenied,
    Denied,
    EndpointDenied,
    EnvironmentDenied,
    ProxyDenied,
    RegionDenied,
    TlsDenied,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.transport.hardened.making.arguments import judge_arguments
from secure_bedrock.transport.hardened.making.config_options import OPTIONS, Tuning
from secure_bedrock.values import Region, ServiceName

Config: Any = config.Config  # botocore-stubs lacks options of later versions
HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ZONAL = "vpce-0abc123def4567890-a1b2c3d4-eu-west-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
POLICY = Policy(
    region="eu-west-1",
    models=["anthropic.claude-3-haiku-20240307-v1:0"],
    network={"cidrs": ["10.20.0.0/16"], "ca_bundle": "/certs/ca.pem"},
)
ROUTE = PrivateRoute(
    service=ServiceName("bedrock-runtime"),
    region=Region("eu-west-1"),
    host=HOST,
    names=frozenset({HOST, ZONAL}),
    address_check="cidr",
    cidrs=("10.20.0.0/16",),
)

REFUSED: dict[str, tuple[dict[str, Any], type[Denied], str]] = {
    "another Region": ({"region_name": "us-east-1"}, RegionDenied, "region-name"),
    "the Region in capitals": ({"region_name": "EU-WEST-1"}, RegionDenied, "region-name"),
    "a Region that is a URL's end": (
        {"region_name": "x@52.94.0.10/#"},
        RegionDenied,
        "region-name",
    ),
    "plain HTTP": ({"use_ssl": False}, TlsDenied, "use-ssl"),
    "no verification": ({"verify": False}, TlsDenied, "verify"),
    "an empty trust store": ({"verify": ""}, TlsDenied, "verify"),
    "zero for False": ({"verify": 0}, TlsDenied, "verify"),
    "one for True": ({"verify": 1}, TlsDenied, "verify"),
    "another trust store": ({"verify": "/certs/other.pem"}, TlsDenied, "verify"),
    "endpoint_url None": ({"endpoint_url": None}, EndpointDenied, "endpoint-url"),
    "endpoint_url of another host": (
        {"endpoint_url": "https://bedrock-runtime.eu-west-1.amazonaws.com"},
        EndpointDenied,
        "endpoint-host",
    ),
    "endpoint_url with another port": (
        {"endpoint_url": f"https://{HOST}:8443"},
        EndpointDenied,
        "endpoint-port",
    ),
    "a key without its secret": (
        {"aws_access_key_id": "AKIAEXAMPLE"},
        CredentialPathDenied,
        "partial-credentials",
    ),
    "a secret without its key": (
        {"aws_secret_access_key": "s"},
        CredentialPathDenied,
        "partial-credentials",
    ),
    "a token alone": ({"aws_session_token": "t"}, CredentialPathDenied, "partial-credentials"),
    "a key that breaks a header": (
        {"aws_access_key_id": "AKIA\r\nX: y", "aws_secret_access_key": "s"},
        CredentialPathDenied,
        "malformed-credentials",
    ),
}


def judge(arguments: dict[str, Any], route: PrivateRoute | None = ROUTE) -> Any:
    return judge_arguments(arguments, policy=POLICY, route=route)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    arguments, denial, rule = REFUSED[name]
    with pytest.raises(Denied) as caught:
        judge(arguments)
    assert type(caught.value) is denial
    assert caught.value.rule == rule
    assert caught.value.next_step


@pytest.mark.parametrize(
    "url",
    [f"http://{HOST}", f"HTTPS://{HOST}", f"https://{HOST}/", f"https://{HOST}:443", [HOST], 7, ""],
)
def test_only_the_endpoints_own_url_is_an_endpoint_url(url: Any) -> None:
    with pytest.raises(EndpointDenied):
        judge({"endpoint_url": url})


def test_an_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="'proxy'"):
        judge({"proxy": "http://x"})


def test_what_agrees_with_the_policy_is_merged() -> None:
    judged = judge(
        {
            "region_name": "eu-west-1",
            "use_ssl": True,
            "verify": "/certs/ca.pem",
            "endpoint_url": f"https://{ZONAL}",
            "aws_access_key_id": "AKIAEXAMPLE",
            "aws_secret_access_key": "secret",
            "aws_session_token": "token",
            "config": Config(
                region_name="eu-west-1",
                signature_version="v4",
                connect_timeout=1.5,
                read_timeout=3600,
                max_pool_connections=7,
                user_agent_extra="claims/1",
                user_agent_appid="claims",
                retries={"max_attempts": 1, "mode": "adaptive"},
                parameter_validation=False,
                tcp_keepalive=True,
            ),
        }
    )
    assert judged.route.host == ZONAL
    assert judged.credentials.frozen().token == "token"
    assert judged.tuning == Tuning(
        connect_s=1.5,
        read_s=3600,
        max_pool_connections=7,
        max_attempts=2,
        parameter_validation=False,
        user_agent="claims/1 app/claims",
    )


@pytest.mark.parametrize("arguments", [{}, {"verify": None}, {"verify": True}, {"config": None}])
def test_boto3s_defaults_change_nothing(arguments: dict[str, Any]) -> None:
    judged = judge(arguments)
    assert judged.route is ROUTE
    assert judged.credentials is None
    assert judged.tuning == Tuning()


def test_a_url_for_a_service_without_a_route_is_refused() -> None:
    with pytest.raises(EndpointDenied, match="no private route"):
        judge({"endpoint_url": f"https://{HOST}"}, route=None)
    assert judge({}, route=None).route is None


OPTIONS_REFUSED: dict[str, tuple[dict[str, Any], type[Denied]]] = {
    "proxies": ({"proxies": {"https": "http://10.0.0.1:3128"}}, ProxyDenied),
    "proxies for http": ({"proxies": {"http": "http://10.0.0.1:3128"}}, ProxyDenied),
    "proxies_config": ({"proxies_config": {"proxy_use_forwarding_for_https": True}}, ProxyDenied),
    "region_name": ({"region_name": "us-east-1"}, RegionDenied),
    "signature_version": ({"signature_version": "s3v4"}, EnvironmentDenied),
    "unsigned requests": ({"signature_version": UNSIGNED}, EnvironmentDenied),
    "bearer tokens": ({"auth_scheme_preference": "httpBearerAuth,sigv4"}, EnvironmentDenied),
    "dual-stack": ({"use_dualstack_endpoint": True}, EnvironmentDenied),
    "FIPS on an endpoint that is not": ({"use_fips_endpoint": True}, EnvironmentDenied),
    "client_cert": ({"client_cert": "/c.pem"}, EnvironmentDenied),
    "inject_host_prefix": ({"inject_host_prefix": True}, EnvironmentDenied),
    "s3": ({"s3": {"addressing_style": "path"}}, EnvironmentDenied),
    "endpoint discovery": ({"endpoint_discovery_enabled": True}, EndpointDenied),
    "configured endpoint URLs": ({"ignore_configured_endpoint_urls": False}, EndpointDenied),
    "client_context_params": ({"client_context_params": {"Bucket": "x"}}, EndpointDenied),
    "account endpoints": ({"account_id_endpoint_mode": "required"}, EndpointDenied),
    "sigv4a Regions": ({"sigv4a_signing_region_set": ["*"]}, EnvironmentDenied),
    "defaults from the metadata service": ({"defaults_mode": "auto"}, EnvironmentDenied),
    "a user agent with a line break": ({"user_agent": "a\r\nHost: b"}, EnvironmentDenied),
    "a long user agent": ({"user_agent_extra": "a" * 257}, EnvironmentDenied),
    "a time-out of zero": ({"read_timeout": 0}, EnvironmentDenied),
    "an endless time-out": ({"connect_timeout": float("inf")}, EnvironmentDenied),
    "a pool of True": ({"max_pool_connections": True}, EnvironmentDenied),
}


@pytest.mark.parametrize("name", OPTIONS_REFUSED)
def test_options_that_would_move_or_loosen_are_refused(name: str) -> None:
    options, denial = OPTIONS_REFUSED[name]
    with pytest.raises(Denied) as caught:
        judge({"config": Config(**options)})
    assert type(caught.value) is denial
    (option,) = options
    assert f"config.{option}" in caught.value.reason
    assert caught.value.rule == f"config-{option.replace('_', '-')}"


@pytest.mark.parametrize(
    "options",
    [
        {"proxies": {}},
        {"use_dualstack_endpoint": False, "use_fips_endpoint": False},
        {"inject_host_prefix": False},
        {"defaults_mode": "standard"},
        {"auth_scheme_preference": "sigv4"},
        {"retries": {}},
        {"retries": {"mode": "adaptive"}},
        {"request_checksum_calculation": "when_supported"},
        {"max_pool_connections": 3},
    ],
)
def test_options_without_effect_are_let_be(options: dict[str, Any]) -> None:
    assert judge({"config": Config(**options)}).tuning.max_attempts is None


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [
        ({"total_max_attempts": 1}, 1),
        ({"max_attempts": 0}, 1),
        ({"max_attempts": 2}, 3),
        ({"total_max_attempts": 10, "mode": "standard"}, 4),
    ],
)
def test_fewer_attempts_are_merged_and_more_are_not(retries: dict[str, Any], attempts: int) -> None:
    assert judge({"config": Config(retries=retries)}).tuning.max_attempts == attempts


def test_fips_may_be_asked_of_a_fips_endpoint() -> None:
    host = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime-fips.eu-west-1.vpce.amazonaws.com"
    route = PrivateRoute(
        service=ROUTE.service,
        region=ROUTE.region,
        host=host,
        names=frozenset({host}),
        address_check="cidr",
        cidrs=("10.20.0.0/16",),
    )
    assert judge({"config": Config(use_fips_endpoint=True)}, route).route is route


def test_every_option_of_the_installed_botocore_is_known() -> None:
    assert set(Config.OPTION_DEFAULTS) - set(OPTIONS) == {"region_name"}


def test_an_option_that_is_not_known_is_refused() -> None:
    config = Config()
    config._user_provided_options["quantum_tunnel"] = True
    with pytest.raises(EnvironmentDenied, match=r"config\.quantum_tunnel"):
        judge({"config": config})


def test_a_subclass_of_config_is_refused() -> None:
    class OtherConfig(config.Config):
        pass

    with pytest.raises(EnvironmentDenied, match="OtherConfig"):
        judge({"config": OtherConfig()})
    with pytest.raises(EnvironmentDenied, match=r"builtins\.dict"):
        judge({"config": {"proxies": {}}})
