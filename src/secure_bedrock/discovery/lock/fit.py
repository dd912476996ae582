"""Whether a lock is the policy's own: its digest, its Region, its VPC, and addresses that the policy would admit."""

from collections.abc import Iterator, Sequence

from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.digest import policy_digest
from secure_bedrock.discovery.lock.lines import Path
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.errors import LockMismatch
from secure_bedrock.policy import Policy
from secure_bedrock.policy.file.public_addresses import is_usual_or_owned
from secure_bedrock.values.addresses import network_in, parse_cidr

Wrong = tuple[Path, str]


def require_own(policy: Policy, lock: Lock, source: LockText) -> None:
    """LockMismatch where the lock is another policy's, or says what its own policy can't have asked for.

    Whoever can write a lock can write its digest: a lock may choose among what the policy leaves open, never widen it.
    """
    if lock.policy_digest != policy_digest(policy):
        own = policy.source or "the policy"
        message = f"not that of {own}: region, network, models or residency differ"
        raise LockMismatch(
            "the lock was made from another policy",
            problems=source.problems([(("policy",), message)]),
            next_step="run `secure-bedrock lock` again, or put the lock's own policy beside it",
        )
    elsewhere = source.problems(_elsewhere(policy, lock))
    if elsewhere:
        raise LockMismatch("the lock is of another place than the policy", problems=elsewhere)
    public = source.problems(_public(policy, lock))
    if public:
        raise LockMismatch(
            "the lock names what is no private address and is in no CIDR of the policy",
            problems=public,
            rule="lock-public-address",
            next_step="if the endpoint's VPC owns it, name all of that VPC's CIDRs in network.cidrs; "
            "else write the lock anew",
        )


def _elsewhere(policy: Policy, lock: Lock) -> Iterator[Wrong]:
    if lock.region != policy.region:
        yield ("region",), f"{lock.region}, and the policy's is {policy.region}"
    wanted = policy.account.vpc_id
    for endpoint in lock.endpoints:
        if wanted is not None and endpoint.vpc_id != wanted:
            message = f"{endpoint.vpc_id}, and the policy's account.vpc_id is {wanted}"
            yield ("endpoints", endpoint.service, "vpc_id"), message


def _public(policy: Policy, lock: Lock) -> Iterator[Wrong]:
    for endpoint in lock.endpoints:
        service, addresses, cidrs = endpoint.service, endpoint.addresses, endpoint.cidrs
        for member, number, text in public_among(policy, service, addresses, cidrs):
            message = f"{text} is not private, and no CIDR of the policy holds it"
            yield ("endpoints", service, member, number), message


def public_among(
    policy: Policy, service: str, addresses: Sequence[str], cidrs: Sequence[str]
) -> Iterator[tuple[str, int, str]]:
    """What would approve a public address that no CIDR of the policy holds: its member, its place there, its text.

    That is addresses, and CIDRs where nothing else narrows them. A VPC's other CIDRs may be public (those that AWS
    gives for IPv6 are): no address is approved by them alone. EC2's answers are judged by it as locks are.
    """
    own = policy.cidrs_for(service)
    decisive = [("addresses", number, text) for number, text in enumerate(addresses)]
    if policy.network.address_check == "cidr" and not own:
        decisive += [("cidrs", number, text) for number, text in enumerate(cidrs)]
    owned = [parse_cidr(cidr) for cidr in own]
    for member, number, text in decisive:
        if not is_usual_or_owned(network_in(text), owned):
            yield member, number, text
