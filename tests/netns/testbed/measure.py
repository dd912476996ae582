"""Measures one row with one front end: what left the VPC, who has the prompt, what the caller was told."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from .firewall import Count
from .front_end import FrontEnd, Kind
from .namespaces import TestbedError
from .plan import ENIS, MODEL, PUBLIC_HOST, REGION
from .rows import Moment, Outcome, Row
from .testbed import Testbed

# Ours first: what boto3 leaves behind can't be counted against them.
ORDER: tuple[Kind, ...] = ("typed", "hardened", "raw")


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a row.

    Attributes:
        left: what left the VPC since the measurement before this one, until everything was closed.
        readers: the addresses of the hosts that have the last prompt.
        lookups: how many DNS questions were asked.
        elapsed_s: how long the last call took, in seconds.
    """

    outcome: Outcome
    left: Count
    readers: tuple[str, ...]
    lookups: int
    elapsed_s: float


@dataclass(slots=True)
class _Call:
    """The last call: its words, what the caller was told (nothing where it was answered), and its seconds."""

    words: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    elapsed_s: float = 0.0


def measure(testbed: Testbed, row: Row, front_end: FrontEnd) -> Measured:
    """Make the row's calls with this front end."""
    servers = testbed.servers
    servers.clear()
    last = _calls(testbed, row, front_end)
    testbed.settle()
    left = testbed.firewall.take_left()
    readers = servers.received((*ENIS, *PUBLIC_HOST), last.words)
    return Measured(
        outcome=_outcome(readers, last.told, packets=left.packets),
        left=left,
        readers=readers,
        lookups=testbed.firewall.take_lookups(),
        elapsed_s=last.elapsed_s,
    )


def _calls(testbed: Testbed, row: Row, worker: FrontEnd) -> _Call:
    """The last call; the earlier ones must be answered, or nothing was measured."""
    last = _Call()
    try:
        for position, moment in enumerate(row.moments):
            if last.told:
                raise TestbedError(f"{row.name}, {worker.kind}: call {position} got {last.told}")
            if position == 0 or moment.new_client:
                worker.close()
                refused = worker.open(**_settings(testbed, row))
                if refused:
                    return _Call(told=refused)
            last = _call(testbed, moment, worker)
    finally:
        worker.close()
    return last


def _call(testbed: Testbed, moment: Moment, worker: FrontEnd) -> _Call:
    testbed.arrange(moment.scene)
    time.sleep(moment.wait_s)
    words, began = f"the ship sails at dawn {uuid4()}", time.monotonic()
    told = worker.call(MODEL, words)
    return _Call(words, told, time.monotonic() - began)


def _settings(testbed: Testbed, row: Row) -> dict[str, Any]:
    settings, ca_bundle = row.settings, testbed.servers.authority.ca_path
    environ = dict(settings.environ)
    if settings.other_models:
        environ["AWS_DATA_PATH"] = str(testbed.other_models)
    return {
        "policy": settings.policy(ca_bundle),
        "ca_bundle": ca_bundle,
        "region": REGION,
        "endpoint_url": f"https://{settings.host}" if settings.host else None,
        "connect_s": settings.connect_s,
        "attempts": settings.attempts,
        "environ": environ,
        "checks_first": settings.raw_checks_first,
    }


def _outcome(readers: tuple[str, ...], told: dict[str, Any], *, packets: int) -> Outcome:
    outside = [address for address in readers if address in PUBLIC_HOST]
    if outside:
        return Outcome("delivered", " and ".join(outside))
    if packets:
        return Outcome("tried")
    if not told:
        return Outcome("answered", " and ".join(readers) or "nobody")
    if told["denied"]:
        return Outcome("refused", f"{told['error']}, {told['rule']}")
    return Outcome("failed", ", ".join(filter(None, (told["error"], told["rule"]))))
