"""Makes a lock: asks AWS for every endpoint and profile of a policy, once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from secure_bedrock.discovery.agreement import agree
from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.destinations import (
    ProfileCalls,
    Told,
    destinations,
    roaming_entries,
)
from secure_bedrock.discovery.aws.ec2_answers import SeenEndpoint, Unreadable
from secure_bedrock.discovery.aws.ec2_calls import DescribeCalls
from secure_bedrock.discovery.aws.ec2_search import Ec2Search
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.lock.contents import Lock, LockedEndpoint, Over
from secure_bedrock.discovery.lock.digest import policy_digest
from secure_bedrock.discovery.lock.file import lock_text
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.discovery.lock.use import own_lock
from secure_bedrock.discovery.stated import stated_facts
from secure_bedrock.errors import (
    ConfigurationError,
    DiscoveryAttempt,
    EndpointNotFound,
    LockMismatch,
)
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName

# By rule: what to do about answers, where the error of a file says to write it anew.
_NEXT: Final = {
    "lock-invalid": "find out why AWS says so, or which output is not of that account and Region"
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Voice:
    """What is said while AWS is asked: `progress` to whoever waits, `note` is what deserves a second look."""

    progress: Say
    note: Say


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who answers for AWS; `profiles` and `caller` are None where nobody can be asked, `unasked` says why.

    `where` names the answers in messages.
    """

    over: Over
    ec2: Callable[[], AbstractContextManager[DescribeCalls]]
    profiles: ProfileCalls | None
    caller: Callable[[], str | None] | None
    unasked: str = ""
    where: str = "AWS's answers"


def make_lock(policy: Policy, asked: Asked, *, now: datetime, voice: Voice) -> Lock:
    """The policy's lock, from AWS's answers.

    Raises:
        EndpointNotFound: something could not be found out; `attempts` names all of it, not only the first.
        Denied: AWS names something that is not the service's private endpoint, or that the policy contradicts.
        LockMismatch: AWS names what no client would take from a lock: a public address outside the policy's CIDRs.
    """
    failures: list[DiscoveryAttempt] = []
    endpoints = _endpoints(policy, asked, failures, voice)
    told = _destinations(policy, asked, failures, voice)
    if failures:
        raise EndpointNotFound(
            "the lock was not written: not everything could be found out",
            attempts=tuple(failures),
            rule="lock-incomplete",
            next_step="mend what is named above; without a network, `secure-bedrock lock --from` reads answers",
        )
    lock = Lock(
        policy_digest=policy_digest(policy),
        region=policy.region,
        written_at=now.replace(microsecond=0),
        written_by=_caller(asked, voice),
        written_over=asked.over,
        endpoints=tuple(sorted(endpoints, key=lambda each: each.service)),
        destinations=tuple(sorted(told.regions.items())),
    )
    return _readable(policy, lock, asked.where)


def _readable(policy: Policy, lock: Lock, where: str) -> Lock:
    """The lock as a client would read it: answers that contradict each other are found here, not in production."""
    try:
        return own_lock(policy, LockText(where, lock_text(lock, compact=True)))
    except LockMismatch as refused:
        raise LockMismatch(
            f"the lock was not written, for no client would take it: {refused.reason}",
            problems=refused.problems,
            rule=refused.rule,
            next_step=_NEXT.get(refused.rule, refused.next_step),
        ) from None


def _endpoints(
    policy: Policy, asked: Asked, failures: list[DiscoveryAttempt], voice: Voice
) -> list[LockedEndpoint]:
    """The endpoint of every service whose addresses the policy leaves open; the policy's own addresses are final."""
    open_ones = [each.service for each in policy.network.endpoints if not each.addresses]
    if not open_ones:
        voice.note("ec2 is not asked: the policy names every endpoint's addresses")
        return []
    found: list[LockedEndpoint] = []
    try:
        with asked.ec2() as calls:
            for service in open_ones:
                voice.progress(f"asking EC2 for the endpoint of {service}")
                answer = _endpoint(policy, calls, service)
                if isinstance(answer, LockedEndpoint):
                    found.append(answer)
                else:
                    failures.append(DiscoveryAttempt(service, answer.why))
    except (CallFailed, ConfigurationError) as failure:
        failures.append(DiscoveryAttempt("ec2", _why(failure)))
    return found


def _endpoint(
    policy: Policy, calls: DescribeCalls, service: ServiceName
) -> LockedEndpoint | Nothing:
    stated = stated_facts(policy, service)
    assert isinstance(stated, EndpointFacts)  # the service has its table
    search = Ec2Search(policy, source="ec2")
    try:
        seen = search.endpoint(calls, service, stated)
        if isinstance(seen, Nothing):
            return seen
        facts = search.facts(calls, service, seen)
        if isinstance(facts, Nothing):
            return facts
        agree([stated, facts])
        return _locked(policy, service, seen, facts)
    except Unreadable as error:
        return Nothing(f"EC2's answer could not be read: {error}")


def _locked(
    policy: Policy, service: ServiceName, seen: SeenEndpoint, facts: EndpointFacts
) -> LockedEndpoint:
    if seen.owner_account is None:
        raise Unreadable("OwnerId")
    return LockedEndpoint(
        service=service,
        vpc_endpoint_id=seen.vpc_endpoint_id,
        vpc_id=seen.vpc_id,
        owner_account=seen.owner_account,
        service_region=seen.service_region or policy.region,
        private_dns_enabled=seen.private_dns_enabled,
        names=tuple(sorted(facts.names)),
        addresses=tuple(sorted(facts.addresses)),
        cidrs=tuple(sorted(facts.cidrs)),
    )


def _destinations(
    policy: Policy, asked: Asked, failures: list[DiscoveryAttempt], voice: Voice
) -> Told:
    wanted = roaming_entries(policy)
    nothing = Told({}, tuple(wanted))
    if not wanted:
        return nothing
    if asked.profiles is None:
        voice.note(f"nobody was asked where the listed profiles lead: {asked.unasked}")
        found = nothing
    else:
        voice.progress("asking Bedrock where the listed profiles lead")
        try:
            found = destinations(policy, asked.profiles)
        except (CallFailed, ConfigurationError, Unreadable) as failure:
            failures.append(DiscoveryAttempt("bedrock", _why(failure)))
            return nothing
    written = {name for name, _ in policy.residency.profiles}
    for name in found.unknown:
        if name not in written:
            voice.note(f"not known where {name} leads{_consequence(policy)}")
    return found


def _why(failure: Exception) -> str:
    if isinstance(failure, Unreadable):
        return f"the answer could not be read: {failure}"
    return failure.reason if isinstance(failure, ConfigurationError) else str(failure)


def _consequence(policy: Policy) -> str:
    return "" if policy.residency.regions is None else ": residency.regions will deny it"


def _caller(asked: Asked, voice: Voice) -> str | None:
    """Who asks; a lock without it is still a lock."""
    if asked.caller is None:
        return None
    try:
        return asked.caller()
    except (CallFailed, ConfigurationError):
        voice.note("sts did not tell who asks; the lock does not say it either")
        return None
