"""Identifiers of events: unique across processes, forks and restored snapshots, and sortable by time."""

import os
import time


def new_event_id(now_s: float | None = None) -> str:
    """A UUIDv7 (RFC 9562 §5.7) as text; `now_s` is seconds since the epoch, default now.

    Its 74 random bits come from the operating system on every call: a generator with state in the process would
    repeat itself in forked children and in restored snapshots.
    """
    milliseconds = int((time.time() if now_s is None else now_s) * 1000)
    time_part = f"{milliseconds & 0xFFFF_FFFF_FFFF:012x}"
    noise = os.urandom(10).hex()
    variant = "89ab"[int(noise[3], 16) & 3]
    return f"{time_part[:8]}-{time_part[8:]}-7{noise[:3]}-{variant}{noise[4:7]}-{noise[7:19]}"
