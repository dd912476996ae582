"""Every supported Python gives the same rule for the same address, although their `ipaddress` modules differ."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"

# Run by each interpreter; `network` is standard library only, so it needs nothing but the source tree.
JUDGE = """
import json, sys
from secure_bedrock.network import PrivateRoute, RouteGuard, never, parse_address
from secure_bedrock.values import BEDROCK_RUNTIME, Region

def outcome(text, guard):
    try:
        why = never(parse_address(text))
    except ValueError as refusal:
        why = f"ValueError: {refusal}"
    decision = guard.judge(text)
    return [why, decision.rule, decision.allowed]

host = "bedrock-runtime.us-east-1.amazonaws.com"
route = dict(service=BEDROCK_RUNTIME, region=Region("us-east-1"), host=host, names=frozenset({host}))
guards = [RouteGuard(PrivateRoute(**route, **facts)) for facts in (
    {"address_check": "private"},
    {"address_check": "cidr", "cidrs": ("44.10.0.0/16", "100.64.0.0/16", "2600:1f18:aaaa::/56")},
)]
texts = json.load(sys.stdin)
json.dump([[outcome(text, guard) for guard in guards] for text in texts], sys.stdout)
"""


def texts() -> list[str]:
    """The table's addresses, those of the corpus, and spellings that `ipaddress` reads differently by version."""
    table: dict[str, Any] = json.loads((DATA / "never.json").read_text(encoding="utf-8"))
    odd = [
        "010.0.0.1",
        "10.0.0.1%eth0",
        "fe80::1%1",
        "::ffff:0a.0.0.1",
        "1::2::3",
        "::%",
        "",
        "1.2.3",
    ]
    return [*table["rows"], "44.10.1.10", "2600:1f18:aaaa::10", "100.64.1.10", *odd]


def interpreters(version: str) -> list[str]:
    """Every interpreter of this minor version that runs here."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python"))]
    running = sys.executable if sys.version.startswith(f"{version}.") else None
    return [p for p in dict.fromkeys([running, *found]) if p and version_of(p) == version]


def version_of(python: str) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def outcomes(python: str) -> list[Any]:
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [python, "-B", "-c", JUDGE],
        input=json.dumps(texts()),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    answer: list[Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_same_table_comes_out(version: str) -> None:
    pythons = interpreters(version)
    if not pythons:
        pytest.skip(f"no Python {version} on this machine")

    expected = outcomes(sys.executable)
    for python in pythons:
        theirs = outcomes(python)
        assert [
            row for row in zip(texts(), theirs, expected, strict=True) if row[1] != row[2]
        ] == []


def test_what_they_agree_on_is_the_table() -> None:
    rows: dict[str, str | None] = json.loads((DATA / "never.json").read_text("utf-8"))["rows"]
    answers = dict(zip(texts(), outcomes(sys.executable), strict=True))

    assert {text: answers[text][0][0] for text in rows} == rows
