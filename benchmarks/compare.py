"""Raw boto3 and this library, alternately in one process, against a LocalBedrock in another: CPU ratios."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.connections import connect_cost
from benchmarks.gated import gate_cost
from benchmarks.pairs import alternate, median_cost

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


Row = dict[str, Any]


def row(
    name: str,
    other: float,
    ours: float,
    *,
    unit: str = "µs",
    aim: float | None = None,
    against: str = "raw boto3",
) -> Row:
    """`ratio` is ours over the other's, `aim` the ratio to stay under, `against` who the other is."""
    row: Row = {"name": name, "other": other, "ours": ours, "ratio": ours / other, "unit": unit}
    return {**row, "aim": aim, "against": against}


class Bench:
    """The parts, each a row; both sides live in this process and call the same server."""

    def __init__(self, server: dict[str, Any], policy: Path, arguments: argparse.Namespace) -> None:
        from secure_bedrock import Policy, SecureBedrockClient, create_client

        self.server, self.path, self.arguments = server, policy, arguments
        self.policy = Policy.load(policy)
        self.model = server["model"]
        self.raw = raw_client(server)
        self.typed = SecureBedrockClient(self.policy, sinks=[lambda _event: None])
        self.own_botocore = create_client("bedrock-runtime", self.policy)
        self.size = {"rounds": arguments.rounds, "calls": arguments.calls}

    def call_raw(self) -> object:
        return self.raw.converse(modelId=self.model, messages=messages())

    def call_typed(self) -> object:
        return self.typed.converse(self.model, PROMPT).text

    def call_hardened(self) -> object:
        return self.own_botocore.converse(modelId=self.model, messages=messages())

    def control(self) -> Row:
        return row("a/a control", *alternate(self.call_raw, self.call_raw, **self.size))

    def converse(self) -> Row:
        return row("converse", *alternate(self.call_raw, self.call_typed, **self.size), aim=0.70)

    def hardened(self) -> Row:
        return row("hardened", *alternate(self.call_raw, self.call_hardened, **self.size), aim=0.90)

    def stream(self) -> Row:
        events = drain_raw(self.raw, self.model)
        assert events >= STREAM_EVENTS, events
        assert drain_ours(self.typed, self.model) == events
        raw, ours = alternate(
            lambda: drain_raw(self.raw, self.model),
            lambda: drain_ours(self.typed, self.model),
            rounds=max(3, self.arguments.rounds // 2),
            calls=max(3, self.arguments.calls // 10),
        )
        return row("stream event", raw / events, ours / events, aim=0.60)

    def connection(self) -> Row:
        few = {"rounds": self.arguments.rounds, "calls": max(5, self.arguments.calls // 5)}
        pair = connect_cost(self.server, self.policy, **few)
        return row("new connection", *pair, aim=1.05, against="urllib3")

    def gate(self) -> Row:
        """No aim for the share: what counts is that ours is under 10 µs."""
        call = median_cost(self.call_typed, self.arguments.calls * 4)
        own = gate_cost(self.policy, self.model, calls=self.arguments.calls * 200)
        return row("guard and gate", call, own, against="a whole converse of ours")

    def cold(self) -> Row:
        sides: dict[str, list[float]] = {"raw": [], "ours": []}
        for number in range(self.arguments.cold + 1):
            for kind, costs in sides.items():
                cost = cold(kind, self.server, self.path)
                if number:  # the first only warms the files
                    costs.append(cost)
        raw, ours = map(statistics.median, sides.values())
        return row("cold start", raw, ours, unit="ms", aim=1.10)


PARTS = ("control", "converse", "hardened", "stream", "connection", "gate", "cold")


def measure(arguments: argparse.Namespace) -> list[Row]:
    with bedrock() as server, tempfile.TemporaryDirectory() as folder:
        os.environ["AWS_ACCESS_KEY_ID"] = server["access_key"]
        os.environ["AWS_SECRET_ACCESS_KEY"] = server["secret_key"]
        os.environ.pop("AWS_SESSION_TOKEN", None)
        if server.get("token"):
            os.environ["AWS_SESSION_TOKEN"] = server["token"]
        path = Path(folder) / "secure-bedrock.toml"
        path.write_text(server["policy_toml"])
        bench = Bench(server, path, arguments)
        rows: list[Row] = [getattr(bench, part)() for part in PARTS if part in arguments.only]
        bench.typed.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; repeatable")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--cold", type=int, default=15, help="fresh processes a side")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    arguments = parser.parse_args()
    arguments.only = arguments.only or PARTS
    rows = measure(arguments)
    if arguments.output == "json":
        print(json.dumps({"schema": "secure_bedrock.benchmark/2", "rows": rows}, indent=2))
        return 0
    print(f"{'':15}{'other':>12}{'ours':>12}{'ratio':>8}{'aim':>8}  against")
    for entry in rows:
        aim = f"{entry['aim']:.2f}" if entry["aim"] else ""
        unit = entry["unit"]
        print(
            f"{entry['name']:15}{entry['other']:>9.1f} {unit}{entry['ours']:>9.1f} {unit}"
            f"{entry['ratio']:>8.2f}{aim:>8}  {entry['against']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
