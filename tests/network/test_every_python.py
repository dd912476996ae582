"""Every supported Python decides alike, word for word, although their `ipaddress` modules differ."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.network.ranges import NEVER_V4, NEVER_V6

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"

# Run by each interpreter; `network` is standard library only, so it needs nothing but the source tree.
JUDGE = """
import json, sys
from dataclasses import astuple
from secure_bedrock.network import PrivateRoute, RouteGuard, judge_host, never, parse_address, parse_cidr, parse_endpoint_url
from secure_bedrock.values import BEDROCK_RUNTIME, Region

def said(function, text):
    try:
        return str(function(text))
    except Exception as refusal:
        return f"{type(refusal).__name__}: {getattr(refusal, 'rule', '')}: {refusal}"

def outcome(text):
    never_set = said(lambda t: never(parse_address(t)), text)
    # What `str` makes of a mapped network differs, so a network is told by its number and length.
    cidr = said(lambda t: (int(parse_cidr(t)[0]), parse_cidr(t).prefixlen), text)
    host = astuple(judge_host(text, service=BEDROCK_RUNTIME, region=Region("us-east-1")))
    judged = [astuple(guard.judge(text)) for guard in guards]
    return [never_set, cidr, said(parse_endpoint_url, text), host, *judged]

host = "bedrock-runtime.us-east-1.amazonaws.com"
route = dict(service=BEDROCK_RUNTIME, region=Region("us-east-1"), host=host, names=frozenset({host}))
guards = [RouteGuard(PrivateRoute(**route, **facts)) for facts in (
    {"address_check": "private"},
    {"address_check": "cidr", "cidrs": ("44.10.0.0/16", "100.64.0.0/16", "2600:1f18:aaaa::/56")},
    {"address_check": "eni", "addresses": ("10.0.1.10", "::ffff:10.0.1.10"), "own_networks": ("127.0.0.0/8",)},
)]
json.dump([outcome(text) for text in json.load(sys.stdin)], sys.stdout)
"""

ODD = (
    "010.0.0.1", "10.0.0.1%eth0", "fe80::1%1", "::ffff:0a.0.0.1", "1::2::3", "::%", "", "1.2.3", "44.10.1.10",
    "2600:1f18:aaaa::10", "100.64.1.10", "::ffff:10.0.1.10", "::ffff:a00:10a", "::FFFF:1.2.3.4", "::1.2.3.4",
    "::ffff:0:0/96", "::ffff:10.0.0.0/104", "2002:a00:1::", "64:ff9b::a00:1", "10.0.0.1/08", "10.0.0.0/8/8",
    "bedrock-runtime.us-east-1.amazonaws.com", "https://bedrock-runtime.us-east-1.amazonaws.com:8443",
)  # fmt: skip
PIECES = (
    "0",
    "00",
    ":",
    "::",
    ".",
    "%",
    "%1",
    "/",
    "/16",
    "e",
    "A",
    " ",
    "\n",
    "\u0661",
    "_",
    "+",
    "ffff",
    "256",
)
_CORPUS_SEED = 20261120


@cache
def texts() -> tuple[str, ...]:
    """The table's addresses, odd spellings, and drawn ones: inside and beside each range, anywhere, and misspelt."""
    table: dict[str, Any] = json.loads((DATA / "never.json").read_text(encoding="utf-8"))
    drawn = random.Random(_CORPUS_SEED)
    good = [*_in_and_beside_the_ranges(drawn), *(_anywhere(drawn) for _ in range(400))]
    cidrs = [f"{text}/{drawn.randrange(130)}" for text in drawn.sample(good, 200)]
    misspelt = [_spliced(drawn, text) for text in drawn.choices([*good, *cidrs, *ODD], k=800)]
    return tuple(dict.fromkeys([*table["rows"], *ODD, *good, *cidrs, *misspelt]))


def _in_and_beside_the_ranges(drawn: random.Random) -> Iterator[str]:
    for rows, spell, last in ((NEVER_V4, _v4, 2**32 - 1), (NEVER_V6, _v6, 2**128 - 1)):
        for row in rows:
            near = (
                row.first - 1,
                row.first,
                drawn.randint(row.first, row.last),
                row.last,
                row.last + 1,
            )
            yield from (spell(number) for number in near if 0 <= number <= last)


def _anywhere(drawn: random.Random) -> str:
    number = drawn.getrandbits(128)
    low = number & 0xFFFFFFFF
    return drawn.choice([f"::ffff:{_v4(low)}", _v6(0xFFFF << 32 | low), _v6(number), _v4(low)])


def _v4(number: int) -> str:
    return ".".join(map(str, number.to_bytes(4, "big")))


def _v6(number: int) -> str:
    """In full: neither `str` nor `exploded` is the same for a mapped address on every Python."""
    return ":".join(re.findall("....", f"{number:032x}"))


def _spliced(drawn: random.Random, text: str) -> str:
    at = drawn.randint(0, len(text))
    return text[:at] + drawn.choice(PIECES) + text[at + drawn.randint(0, 2) :]


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


@cache
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


def digest(answers: list[Any]) -> str:
    """Of what was decided, without the words."""
    decided = [[*answer[:3], *(decision[:2] for decision in answer[3:])] for answer in answers]
    return sha256(json.dumps([texts(), decided]).encode("ascii")).hexdigest()


# What every Python makes of the corpus, so that a machine with one of them tells as well.
# It changes with the tables and the rules, never for one Python.
EXPECTED = "b8a6ac71146938fbbf189e7a6a0dafd3ebac45b938c05c72b86ad4411f5ed116"


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_same_decisions_come_out_in_the_same_words(version: str) -> None:
    pythons = interpreters(version)
    if not pythons:
        pytest.skip(f"no Python {version} on this machine")

    ours = outcomes(sys.executable)
    for python in pythons:
        theirs = outcomes(python)
        assert [row for row in zip(texts(), theirs, ours, strict=True) if row[1] != row[2]] == []
        assert digest(theirs) == EXPECTED


def test_what_they_agree_on_is_the_table() -> None:
    rows: dict[str, str | None] = json.loads((DATA / "never.json").read_text("utf-8"))["rows"]
    answers = dict(zip(texts(), outcomes(sys.executable), strict=True))

    assert {text: answers[text][0] for text in rows} == {t: str(why) for t, why in rows.items()}


def test_the_corpus_holds_what_python_spells_in_two_ways_and_every_outcome() -> None:
    answers = dict(zip(texts(), outcomes(sys.executable), strict=True))
    rules = {decision[1] for answer in answers.values() for decision in answer[4:]}

    assert len(texts()) > 1500
    assert sum(text.startswith("::ffff:") for text in texts()) > 100
    assert rules >= {f"never-{row.name}" for row in NEVER_V4 + NEVER_V6} - {"never-loopback"}
    assert rules >= {
        "private-address",
        "vpc-cidr",
        "eni-address",
        "scoped-address",
        "not-an-address",
    }
