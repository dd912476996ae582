"""Every key of the policy file: what it may hold, and what this version refuses because it could not keep it."""

from collections.abc import Callable
from typing import Any, Final

from secure_bedrock.policy import sections
from secure_bedrock.policy.file import syntax
from secure_bedrock.policy.file.endpoint_tables import Endpoints
from secure_bedrock.policy.file.profile_tables import Profiles
from secure_bedrock.policy.file.shape import (
    Flag,
    ListOf,
    Off,
    OneOf,
    Seconds,
    Shape,
    Table,
    TableOrList,
    Text,
    Whole,
)
from secure_bedrock.values import parse_region

_DAY_S = 86_400.0


def _operations(**written: Any) -> sections.OperationsPolicy:
    allow = written.pop("allow", None)
    if allow is not None:
        written["allow"] = frozenset(allow)
    return sections.OperationsPolicy(**written)


def _audit(**written: Any) -> sections.AuditPolicy:
    return sections.AuditPolicy(**written, sinks_written="sinks" in written)


def _guardrail(**written: Any) -> sections.GuardrailPolicy:
    section = sections.GuardrailPolicy(**written)
    if section.required and (section.id is None or section.version is None):
        raise ValueError("required = true needs id and version")
    return section


def _list(of: str, parse: Callable[[str], str]) -> ListOf:
    return ListOf(Text(parse), of)


_PLACES: dict[str, str] = {}  # filled below, once every table is known
_LATER_RATE = Off((), "this version keeps no rates; leave it out")
_GIBIBYTE = 1024**3  # far above what Bedrock takes (25 MB in InvokeModel's body)

_ENDPOINT = Table(
    {
        "vpc_endpoint_id": Text(syntax.vpc_endpoint_id),
        "host": Text(syntax.host_name),
        "addresses": _list("IP addresses", syntax.address),
        "cidrs": _list("CIDRs", syntax.cidr),
        "port": Whole(1, 65535),
    },
    dict,
)

_NETWORK = Table(
    {
        "address_check": OneOf(("eni", "cidr", "private")),
        "cidrs": _list("CIDRs", syntax.cidr),
        "discovery": ListOf(OneOf(sections.DISCOVERY), "providers"),
        "ssm_parameter": Text(syntax.parameter_name),
        "ca_bundle": Text(syntax.file_path),
        "max_connection_age_s": Seconds(_DAY_S),
        "max_pool_connections": Whole(1, 10_000),
        "endpoints": Endpoints(_ENDPOINT),
    },
    sections.NetworkPolicy,
    places=_PLACES,
)

_MODELS = Table(
    {
        "allow": _list("model identifiers", syntax.model_entry),
        "deny": _list("model identifiers", syntax.model_entry),
        "accounts": _list("account ids", syntax.account_id),
        "fallback": Off(([],), "this version asks the model it was asked for; leave it out"),
    },
    sections.ModelsPolicy,
    places=_PLACES,
)

_RESIDENCY = Table(
    {
        "regions": ListOf(Text(parse_region), "Regions", least=1),
        "allow_global": Flag(),
        "profiles": Profiles(ListOf(Text(parse_region), "Regions", least=1)),
    },
    sections.ResidencyPolicy,
    places=_PLACES,
)

_OPERATIONS = Table(
    {
        "allow": _list("operation names", syntax.operation),
        "s3_buckets": _list("bucket names", syntax.bucket),
    },
    _operations,
    places=_PLACES,
)

_GUARDRAIL = Table(
    {
        "required": Flag(),
        "id": Text(syntax.guardrail_id),
        "version": Text(syntax.guardrail_version),
    },
    _guardrail,
)

_LIMITS = Table(
    {
        "max_tokens": Whole(1, 10_000_000),
        "max_request_bytes": Whole(1, _GIBIBYTE),
        "requests_per_minute": _LATER_RATE,
        "tokens_per_minute": _LATER_RATE,
    },
    sections.LimitsPolicy,
    places=_PLACES,
)

_IDENTITY = Table(
    {
        "accounts": _list("account ids", syntax.account_id),
        "principals": _list("ARNs of roles and users", syntax.principal),
        "credentials": ListOf(OneOf((*sections.CREDENTIALS, "custom-process")), "providers"),
        "long_lived_keys": OneOf(("allow", "deny")),
    },
    sections.IdentityPolicy,
    places=_PLACES,
)

_TIMEOUTS = Table(
    dict.fromkeys(sections.Timeouts.__slots__, Seconds(_DAY_S)), sections.Timeouts, places=_PLACES
)

_RETRY = Table(
    {"max_attempts": Whole(1, 100), "quota": Whole(0, 1_000_000)},
    sections.RetryPolicy,
    places=_PLACES,
)

_AUDIT = Table(
    {
        "mode": OneOf(("best_effort",), {"required": 'write "best_effort" or leave it out'}),
        "content": OneOf(
            ("none",),
            dict.fromkeys(("digest", "redacted", "full"), 'write "none" or leave it out'),
        ),
        "hmac_key": Off((), "this version makes no digests; leave it out"),
        "sinks": _list("sinks", syntax.sink),
        "fsync": Off((False,), "write false or leave it out"),
        "chain": Off((False,), "write false or leave it out"),
    },
    _audit,
    places=_PLACES,
)

_ACCOUNT = Table(
    {
        "account_id": Text(syntax.account_id),
        "vpc_id": Text(syntax.vpc_id),
        "app_subnets": _list("subnet ids", syntax.subnet_id),
        "app_security_groups": _list("security group ids", syntax.security_group_id),
        "jobs": Off(([],), "this version generates nothing for jobs; leave it out"),
    },
    sections.AccountPolicy,
    places=_PLACES,
)

_TOP: dict[str, Shape] = {
    "version": Whole(1, 1),
    "name": Text(syntax.policy_name),
    "region": Text(parse_region),
    "mode": OneOf(("enforce", "report")),
    "network": _NETWORK,
    "models": TableOrList(_MODELS, "allow"),
    "residency": _RESIDENCY,
    "operations": _OPERATIONS,
    "guardrail": _GUARDRAIL,
    "limits": _LIMITS,
    "identity": _IDENTITY,
    "timeouts": _TIMEOUTS,
    "retry": _RETRY,
    "audit": _AUDIT,
    "account": _ACCOUNT,
}

DOCUMENT: Final = Table(_TOP, sections.Document, required=("region", "models"), places=_PLACES)


def _note_places() -> None:
    """Where a key belongs that was written into another table: only keys that one table alone has."""
    homes: dict[str, list[str]] = {}
    for table, shape in _TOP.items():
        inner = shape.table if isinstance(shape, TableOrList) else shape
        for key in inner.keys if isinstance(inner, Table) else ():
            homes.setdefault(key, []).append(f"[{table}]")
        homes.setdefault(table, []).append("the top of the file, before the first [table]")
    for key in _ENDPOINT.keys:
        homes.setdefault(key, []).append("[network.endpoints.<service>]")
    _PLACES.update({key: places[0] for key, places in homes.items() if len(places) == 1})


_note_places()
