"""Raw boto3 and this library, alternately in one process, against a LocalBedrock in another: CPU ratios."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COLD = Path(__file__).with_name("cold.py")
SERVER = Path(__file__).with_name("server.py")
STREAM_EVENTS = 200
PROMPT = "What does the harbour kettle cost, and how long does it hold a temperature? " * 3


@contextlib.contextmanager
def bedrock() -> Iterator[dict[str, Any]]:
    """A LocalBedrock in its own process; yields what it printed about itself."""
    command = [sys.executable, str(SERVER)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(10)


def raw_client(server: dict[str, Any]) -> Any:
    import boto3

    return boto3.client(
        "bedrock-runtime",
        region_name=server["region"],
        endpoint_url=server["localhost_url"],
        verify=server["ca_path"],
    )


def messages() -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": PROMPT}]}]


def median_cost(one: Callable[[], object], calls: int) -> float:
    """The median thread CPU time of one call, in microseconds."""
    costs = []
    for _ in range(calls):
        begun = time.thread_time_ns()
        one()
        costs.append((time.thread_time_ns() - begun) / 1000)
    return statistics.median(costs)


def alternate(
    raw: Callable[[], object], ours: Callable[[], object], *, rounds: int, calls: int
) -> tuple[float, float]:
    """Medians over rounds that take turns, so that a slow minute of the machine hits both sides."""
    for _ in range(calls):
        raw()
        ours()
    left: list[float] = []
    right: list[float] = []
    gc.collect()
    for number in range(rounds):
        pair = [(left, raw), (right, ours)]
        for costs, one in pair if number % 2 else reversed(pair):
            costs.append(median_cost(one, calls))
    return statistics.median(left), statistics.median(right)


def drain_raw(client: Any, model: str) -> int:
    stream = client.converse_stream(modelId=model, messages=messages())["stream"]
    return sum(1 for _ in stream)


def drain_ours(client: Any, model: str) -> int:
    with client.converse_stream(model, messages()) as stream:
        return sum(1 for _ in stream)


def cold(kind: str, server: dict[str, Any], policy: Path) -> float:
    """The CPU time of one fresh process, user and system, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [
            sys.executable,
            COLD,
            kind,
            str(policy),
            server["localhost_url"],
            server["ca_path"],
            server["region"],
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return (user + system) * 1000


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    from secure_bedrock import Policy, SecureBedrockClient, create_client

    rows: list[dict[str, Any]] = []

    def row(name: str, raw: float, ours: float, unit: str, aim: float | None) -> None:
        rows.append(
            {"name": name, "raw": raw, "ours": ours, "ratio": ours / raw, "unit": unit, "aim": aim}
        )

    wanted = arguments.only
    with bedrock() as server, tempfile.TemporaryDirectory() as folder:
        os.environ["AWS_ACCESS_KEY_ID"] = server["access_key"]
        os.environ["AWS_SECRET_ACCESS_KEY"] = server["secret_key"]
        os.environ.pop("AWS_SESSION_TOKEN", None)
        if server.get("token"):
            os.environ["AWS_SESSION_TOKEN"] = server["token"]
        path = Path(folder) / "secure-bedrock.toml"
        path.write_text(server["policy_toml"])
        policy = Policy.load(path)
        model = server["model"]
        raw = raw_client(server)
        typed = SecureBedrockClient(policy, sinks=[lambda _event: None])
        hardened = create_client("bedrock-runtime", policy)
        size = {"rounds": arguments.rounds, "calls": arguments.calls}

        def call_raw() -> object:
            return raw.converse(modelId=model, messages=messages())

        def call_typed() -> object:
            return typed.converse(model, PROMPT).text

        def call_hardened() -> object:
            return hardened.converse(modelId=model, messages=messages())

        if "control" in wanted:
            row("a/a control", *alternate(call_raw, call_raw, **size), "µs", None)
        if "converse" in wanted:
            row("converse", *alternate(call_raw, call_typed, **size), "µs", 0.70)
        if "hardened" in wanted:
            row("hardened", *alternate(call_raw, call_hardened, **size), "µs", 0.90)
        if "stream" in wanted:
            stream_model = server["model"]
            events = drain_raw(raw, stream_model)
            assert events >= STREAM_EVENTS, events
            assert drain_ours(typed, stream_model) == events
            few = {"rounds": max(3, arguments.rounds // 2), "calls": max(3, arguments.calls // 10)}
            whole = alternate(
                lambda: drain_raw(raw, stream_model), lambda: drain_ours(typed, stream_model), **few
            )
            row("stream event", whole[0] / events, whole[1] / events, "µs", 0.60)
        if "cold" in wanted:
            left, right = [], []
            cold("raw", server, path), cold("ours", server, path)
            for _ in range(arguments.cold):
                left.append(cold("raw", server, path))
                right.append(cold("ours", server, path))
            row("cold start", statistics.median(left), statistics.median(right), "ms", 1.10)
        typed.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ["control", "converse", "hardened", "stream", "cold"]
    parser.add_argument("--only", action="append", choices=parts, help="a part; repeatable")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--cold", type=int, default=15, help="fresh processes a side")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()
    arguments.only = arguments.only or parts
    rows = measure(arguments)
    if arguments.output == "json":
        print(json.dumps({"schema": "secure_bedrock.benchmark/1", "rows": rows}, indent=2))
        return 0
    print(f"{'':14}{'raw boto3':>12}{'ours':>12}{'ratio':>8}{'aim':>8}")
    for entry in rows:
        aim = f"{entry['aim']:.2f}" if entry["aim"] else ""
        unit = entry["unit"]
        print(
            f"{entry['name']:14}{entry['raw']:>9.1f} {unit}{entry['ours']:>9.1f} {unit}"
            f"{entry['ratio']:>8.2f}{aim:>8}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
