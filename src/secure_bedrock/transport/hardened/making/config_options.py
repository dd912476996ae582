"""botocore's Config, option by option: what is merged, what has no effect here, what is refused and why."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from secure_bedrock.errors import (
    Denied,
    EndpointDenied,
    EnvironmentDenied,
    ProxyDenied,
    RegionDenied,
)
from secure_bedrock.values import Region

_USER_AGENT = re.compile(r"[\x20-\x7e]{0,256}", re.ASCII)  # header-safe, and short
_MAX_POOL = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What a caller's Config may set: nothing of it moves, loosens or discloses traffic. Seconds; None: not given."""

    connect_s: float | None = None
    read_s: float | None = None
    max_pool_connections: int | None = None
    max_attempts: int | None = None
    parameter_validation: bool = True
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of botocore's Config; `fine` tells the values that ask for nothing but what holds anyway."""

    fine: Callable[[Any], bool]
    reason: str
    denial: type[Denied] = EnvironmentDenied


def _unset(value: object) -> bool:
    return value is None or (isinstance(value, dict | list | tuple | str) and not value)


def _one_of(*values: object) -> Callable[[Any], bool]:
    return lambda value: any(value is one or value == one for one in values)


def _seconds(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
    )


def _header_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and _USER_AGENT.fullmatch(value) is not None)


def _anything(_value: object) -> bool:
    return True


def _sigv4_first(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.split(",")[0].strip() == "sigv4")


_MOVES = "it would change which endpoint is used"
_NO_EFFECT = "it has no effect here"

# Source: botocore.config.Config.OPTION_DEFAULTS and the keyword arguments beside it (botocore 1.44.5, read 2026-11-20).
# An option that a newer botocore adds is not in this table, and is refused.
OPTIONS: Mapping[str, Option] = {
    "signature_version": Option(_one_of(None, "v4"), "requests are signed with SigV4, always"),
    "auth_scheme_preference": Option(_sigv4_first, "requests are signed with SigV4, always"),
    "sigv4a_signing_region_set": Option(_unset, "requests are signed for the policy's Region"),
    "user_agent": Option(_header_text, "it must be at most 256 printable ASCII characters"),
    "user_agent_extra": Option(_header_text, "it must be at most 256 printable ASCII characters"),
    "user_agent_appid": Option(_header_text, "it must be at most 256 printable ASCII characters"),
    "connect_timeout": Option(_seconds, "it must be a number of seconds above zero"),
    "read_timeout": Option(_seconds, "it must be a number of seconds above zero"),
    "parameter_validation": Option(_one_of(None, True, False), "it must be a boolean"),
    "max_pool_connections": Option(
        lambda value: value is None or (isinstance(value, int) and value is not True and value > 0),
        "it must be a whole number above zero",
    ),
    "retries": Option(lambda value: value is None or isinstance(value, Mapping), "not a mapping"),
    "proxies": Option(_unset, "a proxy would receive the traffic", ProxyDenied),
    "proxies_config": Option(_unset, "a proxy would receive the traffic", ProxyDenied),
    "client_cert": Option(_unset, "the endpoint asks for no client certificate"),
    "s3": Option(_unset, "it steers S3 addresses, and no S3 client is made here"),
    "s3_disable_express_session_auth": Option(_anything, _NO_EFFECT),
    "inject_host_prefix": Option(
        _one_of(None, False, "UNSET"), "a host prefix would change the host after the route is set"
    ),
    "endpoint_discovery_enabled": Option(_one_of(None, False), _MOVES, EndpointDenied),
    "use_dualstack_endpoint": Option(_one_of(None, False), _MOVES),
    "use_fips_endpoint": Option(_one_of(None, False), _MOVES),
    "ignore_configured_endpoint_urls": Option(_one_of(None, True), _MOVES, EndpointDenied),
    "client_context_params": Option(_unset, _MOVES, EndpointDenied),
    "account_id_endpoint_mode": Option(
        _one_of(None, "disabled", "preferred"), _MOVES, EndpointDenied
    ),
    "defaults_mode": Option(
        _one_of(None, "legacy", "standard", "in-region", "cross-region", "mobile"),
        "`auto` asks the instance metadata service where it runs",
    ),
    "tcp_keepalive": Option(_anything, "keep-alive probes are always on"),
    "request_min_compression_size_bytes": Option(_anything, "requests are never compressed"),
    "disable_request_compression": Option(_anything, "requests are never compressed"),
    "request_checksum_calculation": Option(_anything, _NO_EFFECT),
    "response_checksum_validation": Option(_anything, _NO_EFFECT),
}


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """What a Config is held against."""

    region: Region
    fips_endpoint: bool = False
    max_attempts: int = 4


def judge_config(config: object, facts: ConfigFacts) -> Tuning:
    """What of the Config is merged; raises the option's denial, naming it, for what is refused."""
    if config is None:
        return Tuning()
    given = _given_options(config)
    for name, value in given.items():
        _judge_option(name, value, facts)
    return Tuning(
        connect_s=given.get("connect_timeout"),
        read_s=given.get("read_timeout"),
        max_pool_connections=_pool_size(given.get("max_pool_connections")),
        max_attempts=_attempts(given.get("retries"), facts.max_attempts),
        parameter_validation=given.get("parameter_validation") is not False,
        user_agent=_user_agent(given),
    )


def _given_options(config: object) -> Mapping[str, Any]:
    kind = type(config)
    given = getattr(config, "_user_provided_options", None)
    if (kind.__module__, kind.__qualname__) != ("botocore.config", "Config") or given is None:
        # Subclasses (aiobotocore's AioConfig) carry connectors and sessions of their own.
        raise EnvironmentDenied(
            f"config is a {kind.__module__}.{kind.__qualname__}, not a botocore.config.Config",
            rule="config-type",
        )
    return dict(given)


def _judge_option(name: str, value: object, facts: ConfigFacts) -> None:
    if name == "region_name":
        if value not in (None, facts.region):
            raise _refused(name, f"the policy's Region is {facts.region}", RegionDenied)
        return
    if name == "use_fips_endpoint" and facts.fips_endpoint:
        return  # the route is a FIPS endpoint: the caller asks for what holds
    option = OPTIONS.get(name)
    if option is None:
        raise _refused(name, "this library does not know it", EnvironmentDenied)
    if not option.fine(value):
        raise _refused(name, option.reason, option.denial)


def _refused(name: str, reason: str, denial: type[Denied]) -> Denied:
    return denial(
        f"config.{name} is refused: {reason}",
        rule=f"config-{name.replace('_', '-')}",
        next_step=f"leave {name} out of the Config",
    )


def _pool_size(value: int | None) -> int | None:
    return None if value is None else min(value, _MAX_POOL)


def _attempts(retries: Mapping[str, Any] | None, ceiling: int) -> int | None:
    """Total attempts asked for, never above the policy's; botocore's `max_attempts` counts retries."""
    if not retries:
        return None
    total = retries.get("total_max_attempts")
    if total is None and retries.get("max_attempts") is not None:
        total = retries["max_attempts"] + 1
    if total is None:
        return None
    return max(1, min(int(total), ceiling))


def _user_agent(given: Mapping[str, Any]) -> str:
    appid = given.get("user_agent_appid")
    parts = [given.get("user_agent"), given.get("user_agent_extra"), appid and f"app/{appid}"]
    return " ".join(part for part in parts if part)
