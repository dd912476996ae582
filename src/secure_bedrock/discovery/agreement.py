"""What several sources say together: facts that agree become one set, facts that conflict are an error."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TypeVar

from secure_bedrock.discovery.facts import EndpointFacts
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.values import Evidence
from secure_bedrock.values.addresses import lies_within, parse_cidr

T = TypeVar("T")

_SINGLE = ("vpc_endpoint_id", "host", "port", "private_dns_enabled", "service_region")


def agree(facts: Sequence[EndpointFacts]) -> EndpointFacts:
    """The facts of all sources as one; the order of the sources decides nothing but the order of addresses.

    Single values must be equal. A host must be among the observed names. Stated addresses must be among the
    observed ones, and the fewer stay. CIDRs narrow each other. So a further source can only add what was not
    known or take away: it never widens.

    Raises:
        EndpointDenied: two sources conflict; the reason names both.
    """
    for first, second in combinations(facts, 2):
        _hold_together(first, second)
    names = frozenset[str]().union(*(each.names for each in facts))
    return EndpointFacts(
        source=" + ".join(each.source for each in facts),
        host=_known(each.host for each in facts) or _widest_name(names),
        names=names,
        addresses=_addresses(facts),
        cidrs=_narrowest(facts),
        vpc_endpoint_id=_known(each.vpc_endpoint_id for each in facts),
        port=_known(each.port for each in facts),
        private_dns_enabled=_known(each.private_dns_enabled for each in facts),
        service_region=_known(each.service_region for each in facts),
        observed=any(each.observed for each in facts),
    )


def evidence_for(facts: Sequence[EndpointFacts]) -> tuple[Evidence, ...]:
    """One piece of evidence for each fact of each source, in the order of the sources."""
    return tuple(evidence for each in facts for evidence in _evidence(each))


def _evidence(facts: EndpointFacts) -> Iterator[Evidence]:
    for name in (*_SINGLE, "names", "addresses", "cidrs"):
        value = getattr(facts, name)
        if value is None or value in ((), frozenset()):
            continue
        listed = sorted(value) if isinstance(value, frozenset) else value
        text = ", ".join(listed) if isinstance(listed, list | tuple) else str(listed)
        yield Evidence(name, text, facts.source)


def _hold_together(one: EndpointFacts, two: EndpointFacts) -> None:
    for name in _SINGLE:
        here, there = getattr(one, name), getattr(two, name)
        if here is not None and there is not None and here != there:
            raise _conflict(name, one, str(here), two, str(there))
    if one.names and two.names and one.names != two.names:
        raise _conflict("names", one, _listed(one.names), two, _listed(two.names))
    for host_from, names_from in ((one, two), (two, one)):
        if host_from.host and names_from.names and host_from.host not in names_from.names:
            listed = _listed(names_from.names)
            raise _conflict("host", host_from, host_from.host, names_from, f"only {listed}")
    if not _addresses_agree(one, two):
        raise _conflict("addresses", one, _listed(one.addresses), two, _listed(two.addresses))


def _addresses_agree(one: EndpointFacts, two: EndpointFacts) -> bool:
    if not (one.addresses and two.addresses):
        return True
    here, there = frozenset(one.addresses), frozenset(two.addresses)
    if one.observed == two.observed:
        return here == there
    return here <= there if two.observed else there <= here


def _addresses(facts: Sequence[EndpointFacts]) -> tuple[str, ...]:
    """The shortest list: after `_hold_together` each list that is not the shortest contains it."""
    return min((each.addresses for each in facts if each.addresses), key=len, default=())


def _narrowest(facts: Sequence[EndpointFacts]) -> tuple[str, ...]:
    with_cidrs = [each for each in facts if each.cidrs]
    if not with_cidrs:
        return ()
    so_far, *further = with_cidrs
    kept = so_far.cidrs
    for each in further:
        narrowed = _narrowed(kept, each.cidrs)
        if not narrowed:  # never "then the next list alone": that would widen
            raise _conflict("cidrs", so_far, _listed(kept), each, _listed(each.cidrs))
        kept, so_far = narrowed, each
    return kept


def _narrowed(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    """The CIDRs that lie inside both lists. Two CIDRs either nest or share no address."""
    inside = [
        narrow
        for wide, narrow in (
            *((a, b) for a in one for b in two),
            *((b, a) for a in one for b in two),
        )
        if lies_within(parse_cidr(narrow), parse_cidr(wide))
    ]
    return tuple(dict.fromkeys(inside))


def _known(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _widest_name(names: frozenset[str]) -> str | None:
    """The endpoint's own Region-wide name: it answers without private DNS, and zonal names are longer by the zone."""
    return min(
        names, key=lambda name: (not name.startswith("vpce-"), len(name), name), default=None
    )


def _listed(values: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(values))


def _conflict(
    what: str, one: EndpointFacts, here: str, two: EndpointFacts, there: str
) -> EndpointDenied:
    return EndpointDenied(
        f"two sources disagree on {what}: {one.source} says {here}, {two.source} says {there}",
        rule="endpoint-facts-conflict",
        next_step="find out which of the two is right and correct the other",
    )
