"""The mutation runner changes what it says it changes, in the same order each time, and names what nobody explained."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module", autouse=True)
def _tools_are_found() -> Iterator[None]:
    sys.path.insert(0, str(TOOLS))
    yield
    sys.path.remove(str(TOOLS))


def changes(source: str) -> list[str]:
    from mutation.sites import mutants_of

    return [mutant.change for mutant in mutants_of("a.py", source)]


CHANGES: dict[str, tuple[str, set[str]]] = {
    "a comparison": ("x = a <= b", {"a <= b → a < b", "a <= b → a > b"}),
    "a chain of conditions": (
        "x = a and b and c",
        {
            "a and b and c → a or b or c",
            "a and b and c → b and c",
            "a and b and c → a and c",
            "a and b and c → a and b",
        },
    ),
    "a refused set": ('x = {"te", "date"}', {"'te' → (removed)", "'date' → (removed)"}),
    "a range": ('x = "10.0.0.0/8"', {"'10.0.0.0/8' → '10.0.0.0/9'", "'10.0.0.0/8' → '10.0.0.0/7'"}),
    "a pattern": (
        'x = "[a-z]{8}(?:b)?"',
        {
            "'[a-z]{8}(?:b)?' → '.{8}(?:b)?'",
            "'[a-z]{8}(?:b)?' → '[a-z]{9}(?:b)?'",
            "'[a-z]{8}(?:b)?' → '[a-z]{7}(?:b)?'",
            "'[a-z]{8}(?:b)?' → '[a-z]{8}(?:b)'",
        },
    ),
    "a check that is called": ("def f():\n    check(a)", {"check(a) → pass"}),
    "a cause": (
        "def f():\n    raise E from None",
        {"raise E from None → pass", "raise E from None → raise E"},
    ),
    "a whole match": ("x = p.fullmatch(y)", {"p.fullmatch(y) → p.match(y)", "p.fullmatch(y) → p.search(y)"}),
    "a handler": ("try:\n    import a\nexcept E:\n    raise", {"E → ()"}),
    "prose": ('def f():\n    g(reason="words for people")', {"g(reason='words for people') → pass"}),
    "an annotation": ("x: int | None", set()),
    "a docstring": ('def f():\n    """One fact."""', set()),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_piece_of_code_has_these_mutants(source: str, expected: set[str]) -> None:
    assert set(changes(source)) == expected


def test_the_list_depends_on_the_source_alone_and_no_change_stands_twice() -> None:
    from mutation.rooms import targets
    from mutation.sites import mutants_of

    for target in targets():
        source = target.path.read_text(encoding="utf-8")
        first = [(m.line, m.where, m.change) for m in mutants_of(target.file, source)]
        assert first == [(m.line, m.where, m.change) for m in mutants_of(target.file, source)]
        assert len(first) > 5, target.file
        assert all(before_and_after_differ(m) for m in mutants_of(target.file, source))


def before_and_after_differ(mutant: Any) -> bool:
    return bool(mutant.before != mutant.after)


def test_a_mutant_compiles_to_the_changed_module() -> None:
    from mutation.sites import mutants_of

    outcomes = set()
    for number, _ in enumerate(mutants_of("a.py", "x = 3 if 2 < 2 else 4")):
        # Each change is made in a tree of its own: compiling one changes the tree that the others share.
        mutant = mutants_of("a.py", "x = 3 if 2 < 2 else 4")[number]
        space: dict[str, Any] = {}
        exec(mutant.compiled("a.py"), space)
        outcomes.add((mutant.change, space["x"]))

    assert ("2 < 2 → 2 <= 2", 3) in outcomes
    assert ("2 < 2 → True", 3) in outcomes
    assert ("3 → 4", 4) in outcomes
    assert ("4 → 5", 5) in outcomes


def test_every_target_has_tests_of_its_own() -> None:
    from mutation.rooms import targets

    for target in targets():
        assert target.own, target.file
        assert not set(target.own) & set(target.room)


def survivors(*changes_: str) -> list[Any]:
    from mutation.runner import Result
    from mutation.sites import mutants_of

    mutants = mutants_of("a.py", "x = a < b\ny = a < b\nz = 1")
    return [
        Result(m, "survived" if m.change in changes_ else "killed", 0.1) for m in mutants
    ]  # fmt: skip


def test_a_survivor_is_explained_by_its_own_reason_as_often_as_it_is_listed() -> None:
    from mutation.page import earlier, found, page
    from mutation.report import Reason, scores, unexplained

    known = {("a.py", "(module)", "a < b → a <= b"): Reason("same", equivalent=True, times=1)}
    results = survivors("a < b → a <= b", "1 → 2")

    assert [m.change for m in unexplained(results, known)] == ["a < b → a <= b"] * 2 + ["1 → 2"]
    known[("a.py", "(module)", "a < b → a <= b")] = Reason("same", equivalent=True, times=2)
    assert [m.change for m in unexplained(results, known)] == ["1 → 2"]
    total = scores(results, known)[-1]
    assert (total.mutants, total.killed, total.equivalent) == (6, 3, 2)
    assert (round(total.plain), round(total.adjusted)) == (50, 75)
    text = page(found(results, known))
    assert "`a.py:3` (module) `1` → `2`\n  **not explained**" in text
    assert page(earlier(text)) == text


def test_a_run_of_one_file_keeps_the_others_rows() -> None:
    from mutation.page import earlier, found, page
    from mutation.report import Reason

    known = {("a.py", "(module)", "1 → 2"): Reason("same to all", equivalent=True, times=1)}
    first = found(survivors("1 → 2", "1 → 0"), known)
    text = page(found(survivors(), known))
    both = page({**earlier(page(first)), **earlier(text.replace("a.py", "b.py"))})

    assert "| a.py | 6 | 4 | 0 | 2 | 66.7 % | 80.0 % |" in both
    assert "| b.py | 6 | 6 | 0 | 0 | 100.0 % | 100.0 % |" in both
    assert "| all | 12 | 10 | 0 | 2 | 83.3 % | 90.9 % |" in both
    assert both.count("  equivalent: same to all") == 1
    assert both.count("**not explained**") == 1


def test_a_reason_without_a_survivor_is_outdated() -> None:
    from mutation.report import Reason, outdated

    key = ("a.py", "(module)", "gone → (removed)")

    elsewhere = ("b.py", "(module)", "not run → now")
    reason = Reason("gone", equivalent=False, times=1)

    assert outdated(survivors(), {key: reason, elsewhere: reason}) == [key]
