"""Which policy a lock belongs to: a digest of what the policy says about places and models."""

import hashlib
import json
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Final

from secure_bedrock.policy import Policy

_SECTIONS: Final = ("region", "network", "models", "residency")
# Where a CA bundle lies differs between the machine that writes the lock and the one that reads it.
_LEFT_OUT: Final = frozenset({"ca_bundle"})


def policy_digest(policy: Policy) -> str:
    """`sha256:` and 64 hexadecimal digits over the policy's `region`, `network`, `models` and `residency`.

    Two policies that say the same have the same digest: it is taken over JSON in ASCII without white space, with
    sorted keys, lists sorted, without what equals its default and without `network.ca_bundle`.
    """
    said = {name: _plain(getattr(policy, name)) for name in _SECTIONS}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def _plain(value: object) -> object:
    """The value in JSON's types, in one order."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: _plain(getattr(value, each.name))
            for each in fields(value)
            if _told(each, value)
        }
    if isinstance(value, tuple | list | frozenset):
        return sorted((_plain(item) for item in value), key=_order)
    return value


def _told(each: "Field[Any]", value: object) -> bool:
    """Whether a field belongs into the digest: only what a policy says, so that a new key's default changes none."""
    if each.name in _LEFT_OUT or not each.compare:
        return False
    default = each.default if each.default_factory is MISSING else each.default_factory()
    return bool(getattr(value, each.name) != default)


def _order(item: object) -> str:
    return json.dumps(item, sort_keys=True)
