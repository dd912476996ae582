"""boto3's keyword arguments, judged: what agrees with the policy is merged, what would move traffic is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from secure_bedrock.errors import (
    CredentialPathDenied,
    EndpointDenied,
    EnvironmentDenied,
    RegionDenied,
    TlsDenied,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.transport.credentials import CredentialSource, FrozenCredentials, freeze
from secure_bedrock.transport.hardened.making.config_options import (
    ConfigFacts,
    Tuning,
    judge_config,
)
from secure_bedrock.transport.keywords import refuse_unknown

KEYWORDS: Final = frozenset(
    {
        "region_name",
        "api_version",
        "use_ssl",
        "verify",
        "endpoint_url",
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_account_id",
        "config",
    }
)
"""What boto3.client takes beside the service's name (boto3 1.44.5, read 2026-11-20)."""

# As botocore's folders of service models are called.
_API_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_KEY_ARGUMENTS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedArguments:
    """What of a caller's keyword arguments takes part in making the client."""

    route: PrivateRoute | None
    api_version: str | None = None
    credentials: CredentialSource | None = None
    tuning: Tuning = field(default_factory=Tuning)


def judge_arguments(
    arguments: Mapping[str, Any], *, policy: Policy, route: PrivateRoute | None
) -> JudgedArguments:
    """Judge boto3's keyword arguments; a missing key means boto3's default, an explicit None is judged.

    Raises RegionDenied, TlsDenied, EndpointDenied, ProxyDenied, CredentialPathDenied or EnvironmentDenied, naming
    the argument, and TypeError for one that boto3 does not have.
    """
    refuse_unknown("client()", arguments, KEYWORDS)
    _judge_region(arguments.get("region_name"), policy)
    _judge_tls(arguments, policy)
    facts = ConfigFacts(
        policy.region,
        fips_endpoint=route is not None and "-fips." in route.host,
        max_attempts=policy.retry.max_attempts,
    )
    return JudgedArguments(
        route=_judge_endpoint(arguments, route),
        api_version=_judge_api_version(arguments.get("api_version")),
        credentials=_explicit_credentials(arguments),
        tuning=judge_config(arguments.get("config"), facts),
    )


def session_arguments(arguments: Mapping[str, Any], *, policy: Policy) -> dict[str, Any]:
    """What a session hands to each of its clients; judged here is what belongs to no client in particular.

    Raises RegionDenied, EnvironmentDenied for a botocore session, and TypeError for what boto3 does not have.
    """
    refuse_unknown(
        "SecureSession()", arguments, {*KEYWORDS, "botocore_session", "policy", "credentials"}
    )
    if arguments.get("botocore_session") is not None:
        raise EnvironmentDenied(
            "botocore_session brings settings, plugins and handlers of its own",
            rule="botocore-session",
            next_step="leave botocore_session out",
        )
    _judge_region(arguments.get("region_name"), policy)
    return {name: value for name, value in arguments.items() if value is not None}


def _judge_api_version(version: object) -> str | None:
    """Botocore makes a folder's name of it: anything but a date could lead out of its own models."""
    if version is None or (isinstance(version, str) and _API_VERSION.fullmatch(version)):
        return version
    raise EndpointDenied(
        "api_version is no date (such as 2023-09-30)",
        rule="api-version",
        next_step="leave api_version out",
    )


def _judge_region(region: object, policy: Policy) -> None:
    if region is not None and region != policy.region:
        raise RegionDenied(
            f"region_name is not the policy's Region, which is {policy.region}",
            rule="region-name",
        )


def _judge_tls(arguments: Mapping[str, Any], policy: Policy) -> None:
    use_ssl = arguments.get("use_ssl", True)
    if use_ssl is not True and use_ssl is not None:
        raise TlsDenied(
            "use_ssl asks for plain HTTP", rule="use-ssl", next_step="leave use_ssl out"
        )
    verify = arguments.get("verify")
    if verify is None or verify is True:
        return
    if isinstance(verify, str) and verify and verify == policy.network.ca_bundle:
        return
    raise TlsDenied(
        "verify would replace or switch off the policy's trust store",
        rule="verify",
        next_step="leave verify out, and name another trust store as network.ca_bundle in the policy",
    )


def _judge_endpoint(
    arguments: Mapping[str, Any], route: PrivateRoute | None
) -> PrivateRoute | None:
    if "endpoint_url" not in arguments:
        return route
    url = arguments["endpoint_url"]
    if url is None:
        raise EndpointDenied(
            "endpoint_url is None, which in boto3 means the public endpoint",
            rule="endpoint-url",
        )
    if route is None:
        raise EndpointDenied(
            "endpoint_url was given for a service that has no private route",
            rule="endpoint-url",
            next_step="add [network.endpoints.<service>] to the policy",
        )
    return route.with_url(url)


def _explicit_credentials(arguments: Mapping[str, Any]) -> CredentialSource | None:
    access_key, secret_key, token = (arguments.get(name) for name in _KEY_ARGUMENTS)
    if access_key is None and secret_key is None:
        if token is not None:
            raise _partial()
        return None
    if not isinstance(access_key, str) or not isinstance(secret_key, str):
        raise _partial()
    return freeze(FrozenCredentials(access_key, secret_key, token))


def _partial() -> CredentialPathDenied:
    return CredentialPathDenied(
        "aws_access_key_id and aws_secret_access_key belong together",
        rule="partial-credentials",
        next_step="pass both, or neither",
    )
