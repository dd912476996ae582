"""Every entry of the corpus of hostile and legitimate model identifiers is decided as it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.errors import PolicyInvalid
from secure_bedrock.policy import Policy

CORPUS = Path(__file__).parents[2] / "data" / "model-ids.json"
ENTRIES: list[dict[str, Any]] = json.loads(CORPUS.read_text(encoding="utf-8"))["entries"]


def verdict(entry: dict[str, Any]) -> str:
    """`allow` or `deny`; an allowlist that is itself refused counts as deny."""
    try:
        policy = Policy(
            region=entry["region"],
            models={"allow": entry["allowlist"], "accounts": entry["accounts"]},
            residency={"allow_global": True},
        )
    except PolicyInvalid as error:
        keys = {problem.key.partition("[")[0] for problem in error.problems}
        return "deny" if keys == {"models.allow"} else f"other problems: {keys}"
    return "allow" if policy.decide_model(entry["candidate"]).allowed else "deny"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["id"])
def test_the_corpus_is_decided_as_it_says(entry: dict[str, Any]) -> None:
    assert verdict(entry) == entry["expect"], entry["why"]


def test_the_corpus_is_whole() -> None:
    assert len(ENTRIES) == 133
    assert {entry["expect"] for entry in ENTRIES} == {"allow", "deny"}
