"""Whether a lock is the policy's own: its digest, its Region, its VPC, and addresses that the policy would admit."""

from collections.abc import Iterator

from secure_bedrock.discovery.lock_digest import policy_digest
from secure_bedrock.discovery.lock_file import Lock, LockedEndpoint
from secure_bedrock.errors import LockMismatch, Problem
from secure_bedrock.policy import Policy
from secure_bedrock.policy.file.public_addresses import is_usual_or_owned
from secure_bedrock.values.addresses import network_in, parse_cidr


def require_own(policy: Policy, lock: Lock, *, where: str) -> None:
    """LockMismatch where the lock is another policy's, or says what its own policy can't have asked for.

    Whoever can write a lock can write its digest: a lock may choose among what the policy leaves open, never widen it.
    """
    if lock.policy_digest != policy_digest(policy):
        raise LockMismatch(
            f"{where} was made from another policy: region, network, models or residency differ",
            next_step="run `secure-bedrock lock` again, or put the lock's own policy beside it",
        )
    if lock.region != policy.region:
        raise LockMismatch(f"{where} is of {lock.region}, the policy of {policy.region}")
    _require_vpc(policy, lock, where)
    public = tuple(_public(policy, lock, where))
    if public:
        raise LockMismatch(
            "the lock names what is no private address and is in no CIDR of the policy",
            problems=public,
            rule="lock-public-address",
            next_step="if the endpoint's VPC owns it, name all of that VPC's CIDRs in network.cidrs; "
            "else write the lock anew",
        )


def _require_vpc(policy: Policy, lock: Lock, where: str) -> None:
    wanted = policy.account.vpc_id
    for endpoint in lock.endpoints:
        if wanted is not None and endpoint.vpc_id != wanted:
            raise LockMismatch(
                f"{where}: the endpoint of {endpoint.service} is in {endpoint.vpc_id}, "
                f"not in account.vpc_id {wanted}"
            )


def _public(policy: Policy, lock: Lock, where: str) -> Iterator[Problem]:
    for endpoint in lock.endpoints:
        owned = [parse_cidr(cidr) for cidr in policy.cidrs_for(endpoint.service)]
        for member, number, text in _decisive(policy, endpoint):
            if not is_usual_or_owned(network_in(text), owned):
                key = f"endpoints.{endpoint.service}.{member}[{number}]"
                yield Problem(
                    f"{text} is not private, and no CIDR of the policy holds it", key, where
                )


def _decisive(policy: Policy, endpoint: LockedEndpoint) -> Iterator[tuple[str, int, str]]:
    """What a route may be approved by: the addresses, and the CIDRs where nothing else narrows them.

    A VPC's other CIDRs may be public (those that AWS gives for IPv6 are): no address is approved by them alone.
    """
    for number, address in enumerate(endpoint.addresses):
        yield "addresses", number, address
    if policy.network.address_check == "cidr" and not policy.cidrs_for(endpoint.service):
        for number, cidr in enumerate(endpoint.cidrs):
            yield "cidrs", number, cidr
