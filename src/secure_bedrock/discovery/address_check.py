"""How a service's addresses are approved, once the policy and the lock have spoken; fixed before anything is asked."""

from typing import Final

from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.policy import Policy
from secure_bedrock.values import AddressCheck

ASKED_FIRST: Final = frozenset({"ec2", "ssm", "sts", "sso", "sso-oidc", "signin"})
"""Services that are needed before a lock can be fetched: the parameter's own, and those of credentials and EC2."""


def address_check(policy: Policy, lock: Lock | None, service: str) -> AddressCheck:
    """As written in the policy; else `eni` where a lock has, or is to bring, the addresses; else what the policy knows.

    A parameter that can't be read does not lower the check: it was fixed by being named.
    """
    if policy.network.address_check is not None:
        return policy.network.address_check
    if lock is not None and lock.endpoint(service) is not None:
        return "eni"
    if lock is None and brings_lock(policy) and service not in ASKED_FIRST:
        return "eni"
    return policy.address_check_for(service)


def brings_lock(policy: Policy) -> bool:
    """True where the policy says that a lock is to be fetched from an SSM parameter."""
    return policy.network.ssm_parameter is not None and "ssm" in policy.network.discovery
