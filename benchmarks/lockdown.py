"""What a lockdown costs: processes with and without one take turns, against a LocalBedrock in another; CPU ratios."""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SERVER = Path(__file__).with_name("server.py")
# row → how often it is done between two looks at the clock, so that the clock's own cost does not count
UNITS = {"audit event": 2000, "open a file": 200, "connect": 20, "converse": 1}
ROUNDS_EACH = 60


def measure(server: dict[str, Any], *, locked: bool) -> dict[str, float]:
    """The median CPU time of one of each, in microseconds, in this process."""
    from secure_bedrock import Policy, SecureBedrockClient, lockdown

    policy = Policy.from_toml(server["policy_toml"])
    client = SecureBedrockClient(policy, sinks=[lambda _event: None])
    listener = socket.create_server(("127.0.0.1", 0))
    at = listener.getsockname()
    if locked:
        lockdown(policy, allow_loopback=True)

    def connect() -> None:
        with socket.create_connection(at):
            listener.accept()[0].close()

    rows: dict[str, Callable[[], object]] = {
        "audit event": lambda: sys.audit("benchmark.nothing", 1, 2),
        "open a file": lambda: Path(os.devnull).open("rb").close(),
        "connect": connect,
        "converse": lambda: client.converse(server["model"], "hello").text,
    }
    costs = {name: median_cost(one, UNITS[name]) for name, one in rows.items()}
    client.close()
    listener.close()
    return costs


def median_cost(one: Callable[[], object], times: int) -> float:
    for _ in range(times):
        one()
    costs = []
    for _ in range(ROUNDS_EACH):
        begun = time.thread_time_ns()
        for _ in range(times):
            one()
        costs.append((time.thread_time_ns() - begun) / 1000 / times)
    return statistics.median(costs)


def in_a_process(server: dict[str, Any], *, locked: bool) -> dict[str, float]:
    """A hook can't be removed, so each measurement has a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--worker", "locked" if locked else "open"],
        input=json.dumps(server),
        env={
            **os.environ,
            "AWS_ACCESS_KEY_ID": server["access_key"],
            "AWS_SECRET_ACCESS_KEY": server["secret_key"],
            "AWS_SESSION_TOKEN": server["token"] or "",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    costs: dict[str, float] = json.loads(done.stdout)
    return costs


def compare(processes: int) -> list[dict[str, Any]]:
    """One row for each unit, from as many processes a side."""
    sides: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        server = json.loads(running.stdout.readline())
        for number in range(processes):
            for locked in (False, True) if number % 2 else (True, False):
                sides[locked].append(in_a_process(server, locked=locked))
        running.stdin.close()
    rows = []
    for name in UNITS:
        before, after = (
            statistics.median(costs[name] for costs in sides[locked]) for locked in (False, True)
        )
        rows.append({"name": name, "open": before, "locked": after, "ratio": after / before})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=7, help="fresh processes a side")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    parser.add_argument("--worker", choices=["open", "locked"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(json.load(sys.stdin), locked=arguments.worker == "locked")))
        return 0
    rows = compare(arguments.processes)
    if arguments.output == "json":
        print(json.dumps({"schema": "secure_bedrock.benchmark/1", "rows": rows}, indent=2))
        return 0
    print(f"{'':14}{'open':>12}{'locked':>12}{'ratio':>8}")
    for row in rows:
        print(f"{row['name']:14}{row['open']:>9.2f} µs{row['locked']:>9.2f} µs{row['ratio']:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
