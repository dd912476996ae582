"""What a lock and a policy say otherwise than AWS does now."""

from collections.abc import Iterator
from dataclasses import dataclass

from secure_bedrock.discovery.lock.contents import Lock
from secure_bedrock.discovery.lock.file import endpoint_members
from secure_bedrock.policy import Policy
from secure_bedrock.values import Region


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the lock says otherwise than AWS; "" where one of them says nothing."""

    key: str
    locked: str
    found: str


def differences(locked: Lock, found: Lock) -> tuple[Difference, ...]:
    """What the lock says otherwise than AWS does now; when, by whom and how it was written is no difference."""
    old, new = dict(_statements(locked)), dict(_statements(found))
    return tuple(
        Difference(key, old.get(key, ""), new.get(key, ""))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    )


def misjudged_profiles(policy: Policy, found: Lock) -> tuple[Difference, ...]:
    """The destinations in [residency.profiles] that are not those which AWS tells."""
    told = dict(found.destinations)
    return tuple(
        Difference(f'residency.profiles."{name}"', _listed(written), _listed(told[name]))
        for name, written in policy.residency.profiles
        if name in told and sorted(written) != sorted(told[name])
    )


def _statements(lock: Lock) -> Iterator[tuple[str, str]]:
    """Everything that a lock says of the world, as text by key."""
    yield "policy", lock.policy_digest
    yield "region", lock.region
    for endpoint in lock.endpoints:
        for name, value in endpoint_members(endpoint).items():
            text = _listed(value) if isinstance(value, list) else str(value)
            yield f"endpoints.{endpoint.service}.{name}", text
    for name, regions in lock.destinations:
        yield f'destinations."{name}"', _listed(regions)


def _listed(values: "list[str] | tuple[str, ...] | tuple[Region, ...]") -> str:
    return ", ".join(sorted(values))
