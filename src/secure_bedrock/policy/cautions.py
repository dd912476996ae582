"""What a valid policy says that deserves a second look: `policy check` prints it, nothing is refused for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from secure_bedrock.policy.file.public_addresses import is_usual
from secure_bedrock.policy.identity_rules import account_in
from secure_bedrock.policy.model.entries import GlobEntry, ModelEntry, parse_entry
from secure_bedrock.policy.model.identifiers import BaseId, ProfileId, parse_model_id, profile_of
from secure_bedrock.policy.model.rules import ModelRules
from secure_bedrock.policy.sections import (
    EndpointPolicy,
    GuardrailPolicy,
    IdentityPolicy,
    ModelsPolicy,
    NetworkPolicy,
    ResidencyPolicy,
)
from secure_bedrock.policy.shown import key_text
from secure_bedrock.values import Decision, Region
from secure_bedrock.values.addresses import parse_address, parse_cidr

_REPORT = (
    "report: models, operations and Regions off the lists are let through and only noted in "
    "would_deny"
)

# Regions on other continents than a geography's, by their names' beginnings, drawn up on 2026-11-20. What is in doubt
# is left out: which Regions may call a profile differs from profile to profile.
_FAR = {
    "us": ("eu-", "ap-", "af-", "me-", "il-"),
    "ca": ("eu-", "ap-", "af-", "me-", "il-"),
    "eu": ("us-", "ca-", "mx-", "sa-", "ap-"),
    "apac": ("us-", "ca-", "mx-", "sa-", "eu-"),
    "jp": ("us-", "ca-", "mx-", "sa-", "eu-"),
    "au": ("us-", "ca-", "mx-", "sa-", "eu-"),
}

# Refusals that a lock can lift, by telling where a profile goes.
_UNTOLD = frozenset({"residency-unknown", "residency-global"})


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to look at again, and where it stands."""

    path: tuple[str | int, ...]
    message: str

    @property
    def key(self) -> str:
        """The path as TOML writes it."""
        return key_text(self.path)


class _Policy(Protocol):
    """What is looked at of a policy, which stands above and hands itself in."""

    @property
    def mode(self) -> str: ...
    @property
    def region(self) -> Region: ...
    @property
    def network(self) -> NetworkPolicy: ...
    @property
    def models(self) -> ModelsPolicy: ...
    @property
    def residency(self) -> ResidencyPolicy: ...
    @property
    def identity(self) -> IdentityPolicy: ...
    @property
    def guardrail(self) -> GuardrailPolicy: ...


def cautions(policy: _Policy, rules: ModelRules) -> Iterator[Caution]:
    """Every caution, in the order of the sections."""
    if policy.mode == "report":
        yield Caution(("mode",), _REPORT)
    yield from _network(policy.network)
    for endpoint in policy.network.endpoints:
        yield from _endpoint(policy.network, endpoint)
    yield from _models(policy, rules)
    yield from _identity(policy)
    yield from _guardrail(policy.guardrail)


def _guardrail(guardrail: GuardrailPolicy) -> Iterator[Caution]:
    if not guardrail.required and (guardrail.id or guardrail.version):
        message = "named and not required: no request is asked for it; write required = true"
        yield Caution(("guardrail",), message)
    if guardrail.version == "DRAFT":
        message = "DRAFT changes whenever somebody edits the guardrail; write a version's number"
        yield Caution(("guardrail", "version"), message)


def _network(network: NetworkPolicy) -> Iterator[Caution]:
    if network.address_check == "private":
        message = "approves every RFC 1918 and ULA address, whoever owns it; name cidrs instead"
        yield Caution(("network", "address_check"), message)
    yield from _unusual(network.cidrs, ("network", "cidrs"))


def _unusual(cidrs: tuple[str, ...], path: tuple[str | int, ...]) -> Iterator[Caution]:
    for place, text in enumerate(cidrs):
        if not is_usual(parse_cidr(text)):
            message = f"{text} is no private range; make sure that the VPC owns it"
            yield Caution((*path, place), message)


def _endpoint(network: NetworkPolicy, endpoint: EndpointPolicy) -> Iterator[Caution]:
    path = ("network", "endpoints", endpoint.service)
    yield from _unusual(endpoint.cidrs, (*path, "cidrs"))
    cidrs = [parse_cidr(text) for text in network.cidrs_for(endpoint.service)]
    if not endpoint.addresses and not cidrs:
        message = "neither addresses nor CIDRs are known, so they have to be discovered from AWS"
        yield Caution(path, message)
    for place, text in enumerate(endpoint.addresses):
        if cidrs and not any(parse_address(text) in cidr for cidr in cidrs):
            yield Caution(
                (*path, "addresses", place), f"{text} is outside the CIDRs that hold here"
            )


def _identity(policy: _Policy) -> Iterator[Caution]:
    """Principals that nobody can be asked about, or that can't be of the accounts that may call."""
    identity = policy.identity
    if identity.principals and policy.network.endpoint("sts") is None:
        message = (
            "keys from the environment do not tell their principal, and without "
            "[network.endpoints.sts] nobody can be asked: they will be refused"
        )
        yield Caution(("identity", "principals"), message)
    for place, arn in enumerate(identity.principals):
        if identity.accounts and account_in(arn) not in identity.accounts:
            message = f"{arn} can never call: identity.accounts does not name its account"
            yield Caution(("identity", "principals", place), message)


def _models(policy: _Policy, rules: ModelRules) -> Iterator[Caution]:
    if not policy.models.allow:
        yield Caution(("models", "allow"), "no model is allowed")
    for place, text in enumerate(policy.models.allow):
        entry = parse_entry(text)
        path = ("models", "allow", place)
        if isinstance(entry, GlobEntry) and entry.is_open:
            yield Caution(path, f"{text} admits models that do not exist yet")
        refusal = _never(entry, rules)
        if refusal is not None and refusal.rule in _UNTOLD:
            yield Caution(path, f"{text} is denied until a lock tells more: {refusal.reason}")
        elif refusal is not None:
            yield Caution(path, f"{text} can never be asked: {refusal.reason}")
        elif _is_far(entry, policy.region):
            message = f"{text} is of another geography than {policy.region}; make sure that it is"
            yield Caution(path, f"{message} offered there")
    yield from _denials(policy, rules)
    yield from _profiles(policy, rules)


def _never(entry: ModelEntry, rules: ModelRules) -> Decision | None:
    """Why what the entry lists is denied all the same; of a glob, base ids in the policy's Region."""
    if isinstance(entry, GlobEntry):
        return rules.residency.refuse_region()
    return rules.never(entry.model)


def _is_far(entry: ModelEntry, region: Region) -> bool:
    profile = None if isinstance(entry, GlobEntry) else profile_of(entry.model)
    return profile is not None and region.startswith(_FAR.get(profile.geography, ()))


def _profiles(policy: _Policy, rules: ModelRules) -> Iterator[Caution]:
    """Destinations of what nobody may ask; a guardrail's profile stands on no list."""
    for text, _ in policy.residency.profiles:
        own = rules.home.own_terms(parse_model_id(text))
        guardrail = isinstance(own, ProfileId) and own.base.provider == "guardrail"
        if rules.allow.find(own) is None and not guardrail:
            message = f"{text} is not on models.allow, so its destinations have no effect"
            yield Caution(("residency", "profiles", text), message)


def _denials(policy: _Policy, rules: ModelRules) -> Iterator[Caution]:
    """Entries of models.deny that leave an allowed profile of the same model open."""
    profiles = [model for model in rules.allow.exact if isinstance(model, ProfileId)]
    for place, text in enumerate(policy.models.deny):
        entry = parse_entry(text)
        for profile in profiles:
            if isinstance(entry, GlobEntry):
                same = entry.admits(profile.base)
            else:
                own = rules.home.own_terms(entry.model)
                same = isinstance(own, BaseId) and own == profile.base
            if same and rules.deny.find(profile) is None:
                message = f"{text} does not deny {profile.format()}, which models.allow lists"
                yield Caution(("models", "deny", place), message)
