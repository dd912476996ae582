"""Laws of the policy: monotone lists, deny wins, totality, one spelling per identifier, one kind of error per mistake."""

import pickle
import tomllib
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import PolicyInvalid, Problem
from secure_bedrock.policy import Policy, parse_model_id
from secure_bedrock.policy.file.lines import Path, find_lines, paths_of
from secure_bedrock.policy.file.tables import DOCUMENT
from secure_bedrock.values import Decision

OWN, FOREIGN = "111122223333", "999988887777"
REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1")

names = st.sampled_from(["claude-3-haiku-v1", "claude-3-opus-v1", "claude-3", "glm-4.6", "nova-v1"])
providers = st.sampled_from(["anthropic", "amazon", "zai"])
suffixes = st.sampled_from(["", ":0", ":1", ":0:200k", ":0:mm"])
bases = st.builds("{}.{}{}".format, providers, names, suffixes)
geographies = st.sampled_from(["us", "eu", "apac", "us-gov", "global"])
profiles = st.builds("{}.{}".format, geographies, bases)
heads = st.sampled_from(
    [
        f"arn:{part}:bedrock:{region}:"
        for part, region in zip(("aws", "aws", "aws-us-gov"), REGIONS, strict=True)
    ]
)
accounts = st.sampled_from([OWN, FOREIGN])
arns = st.one_of(
    st.builds("{}:foundation-model/{}".format, heads, bases),
    st.builds("{}{}:inference-profile/{}".format, heads, accounts, profiles),
    st.builds("{}{}:imported-model/a1b2c3d4e5f6".format, heads, accounts),
    st.builds("{}{}:prompt/ABCDEFGHIJ:3".format, heads, accounts),
)
identifiers = st.one_of(bases, profiles, arns)
globs = st.one_of(
    st.builds("{}.{}:*".format, providers, names),
    st.builds("{}.claude-*".format, providers),
    st.just("anthropic.claude-3-*"),
)
entries = st.lists(st.one_of(identifiers, globs), max_size=4)
flags = st.booleans()
regions = st.sampled_from(REGIONS)
# Text that is nearly an identifier: pieces of the grammar in any order.
near = st.lists(
    st.sampled_from(
        [
            *(
                "arn:aws:bedrock:",
                "eu-west-1",
                ":",
                "::",
                "foundation-model/",
                OWN,
                "us.",
                "global.",
            ),
            *(
                "anthropic.claude-3",
                "zai.glm-4.6",
                "-v1",
                ":0",
                ":200k",
                "*",
                ".",
                "/",
                "..",
                "%3A",
            ),
            *("\n", " ", "A", "\u0430", "0"),
        ]
    ),
    max_size=7,
).map("".join)
anything: st.SearchStrategy[object] = st.one_of(
    near, st.text(), st.none(), st.integers(), st.binary(), st.lists(near)
)


class Lists(NamedTuple):
    """What a random policy is made of."""

    region: str
    allow: list[str]
    deny: list[str]
    allow_global: bool


lists = st.builds(Lists, regions, entries, entries, flags)


def policy(region: str, allow: list[str], deny: list[str], allow_global: bool) -> Policy:
    return Policy(
        region=region,
        models={"allow": allow, "deny": deny, "accounts": [OWN]},
        residency={"allow_global": allow_global},
    )


@given(lists, st.one_of(identifiers, globs), identifiers)
def test_adding_an_allow_entry_never_denies_what_was_allowed(
    written: Lists, more: str, asked: str
) -> None:
    before = policy(*written).decide_model(asked)
    after = policy(*written._replace(allow=[*written.allow, more])).decide_model(asked)
    assert after.allowed or not before.allowed


@given(lists, st.one_of(identifiers, globs), identifiers)
def test_adding_a_deny_entry_never_allows_what_was_denied(
    written: Lists, more: str, asked: str
) -> None:
    before = policy(*written).decide_model(asked)
    after = policy(*written._replace(deny=[*written.deny, more])).decide_model(asked)
    assert before.allowed or not after.allowed


@given(regions, entries, flags, identifiers)
def test_deny_wins(region: str, allow: list[str], allow_global: bool, asked: str) -> None:
    decision = policy(region, [*allow, asked], [asked], allow_global).decide_model(asked)
    assert decision.rule == "model-denied"


@given(regions, entries, flags, identifiers)
def test_what_is_on_no_list_is_denied(
    region: str, entry_list: list[str], allow_global: bool, asked: str
) -> None:
    decision = policy(region, entry_list, [], allow_global).decide_model(asked)
    if decision.allowed:
        assert decision.evidence[0].value in entry_list


@given(
    regions,
    entries,
    bases,
    st.sampled_from(["", *[f"arn:aws:bedrock:{r}:{OWN}:inference-profile/" for r in REGIONS[:2]]]),
)
def test_global_is_never_allowed_without_allow_global(
    region: str, allow: list[str], base: str, head: str
) -> None:
    asked = f"{head}global.{base}"
    assert not policy(region, [*allow, asked], [], allow_global=False).decide_model(asked).allowed


@given(regions, st.lists(globs, max_size=4), profiles)
def test_globs_never_reach_profiles(region: str, allow: list[str], asked: str) -> None:
    assert policy(region, allow, [], allow_global=True).decide_model(asked).rule in {
        "model-not-listed",
        "model-partition",
    }


@given(lists, identifiers)
def test_a_suggestion_would_be_allowed_and_is_never_global(written: Lists, asked: str) -> None:
    judge = policy(*written)
    hint = judge.decide_model(asked).next_step
    assert "global." not in hint.replace("allow_global", "")
    for marker in ("models.allow lists: ", "models.allow admits: ", "did you mean "):
        if marker in hint:
            assert judge.decide_model(hint.partition(marker)[2].partition(",")[0]).allowed


LISTED = policy("eu-west-1", ["anthropic.claude-3", "zai.glm-4.6"], [], allow_global=False)


@given(anything, anything)
@example("\ud800", "\ud800")
def test_every_object_gets_a_decision(model: Any, operation: Any) -> None:
    assert isinstance(LISTED.decide_model(model), Decision)
    assert isinstance(LISTED.decide_operation(model, operation), Decision)
    assert isinstance(LISTED.decide_operation("bedrock-runtime", operation), Decision)


@given(st.one_of(identifiers, near, st.text()))
@settings(max_examples=400)
def test_an_accepted_identifier_is_its_one_spelling(text: str) -> None:
    try:
        parsed = parse_model_id(text)
    except ValueError:
        return
    assert parsed.format() == text
    assert text.isascii()
    assert text == text.strip()
    assert parse_model_id(parsed.format()) == parsed


@given(lists)
def test_a_policy_survives_pickling(written: Lists) -> None:
    before = policy(*written)
    assert pickle.loads(pickle.dumps(before)) == before


def _keys(table: Any) -> list[str]:
    """Every key that the file knows, from every table."""
    inner = getattr(table, "table", table)
    below = getattr(inner, "keys", {})
    return [*below, *(key for shape in below.values() for key in _keys(shape))]


known_keys = st.sampled_from(sorted(set(_keys(DOCUMENT))))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [
            "eu-west-1",
            "10.0.0.0/16",
            "10.0.0.1",
            "eni",
            "Converse",
            OWN,
            "zai.glm-4.6",
            "vpce-01234567",
        ]
    ),
    st.datetimes(),
    st.binary(max_size=4),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(known_keys, st.text(max_size=5)), inner, max_size=4),
    ),
    max_leaves=12,
)


def problems_of(make: Callable[[], Policy]) -> tuple[Problem, ...]:
    """The problems of a policy, none where it can be made; any other error fails the test."""
    try:
        make()
    except PolicyInvalid as error:
        return error.problems or (Problem(""),)
    return ()


@given(st.dictionaries(st.sampled_from(sorted(DOCUMENT.keys)), values, max_size=6))
@settings(max_examples=400)
def test_a_random_mapping_is_a_policy_or_invalid_with_problems(mapping: dict[str, Any]) -> None:
    problems = problems_of(lambda: Policy(**{"region": "eu-west-1", "models": [], **mapping}))
    assert all(problem.message for problem in problems)


@given(st.one_of(st.text(), st.text(alphabet="[]{}\"'.,=#\n ab1_-\\")))
@settings(max_examples=400)
def test_a_random_text_is_a_policy_or_invalid_with_problems(text: str) -> None:
    problems = problems_of(lambda: Policy.from_toml(text))
    assert all(problem.message for problem in problems)


keys = st.sampled_from(["a", "b-c", '"d.e"', "'f g'", '"h\\"i"', "j . k", '"[l]"'])
atoms = st.sampled_from(
    ['"x"', "'#'", '"""\n=\n"""', "'''\n''[a]\n'''", "1", "true", '"]"', "1979-05-27", '"\\""']
)
arrays = st.lists(st.tuples(atoms, st.sampled_from([",", ",\n", "\n , # ]\n"])), max_size=3).map(
    lambda items: "[" + "".join(item + end for item, end in items) + "]"
)
pairs = st.builds(
    "{} = {}".format, keys, st.one_of(atoms, arrays, arrays.map(lambda a: "{ z = " + a + " }"))
)
texts = st.lists(
    st.one_of(pairs, keys.map("[t.{}]".format), keys.map("[[u.{}]]".format), st.just("# a = 1")),
    max_size=8,
)


def _bounds(lines: list[str]) -> dict[Path, tuple[int, int]]:
    """Between which lines each path appears first, as tomllib sees it in longer and longer parts of the text."""
    bounds: dict[Path, tuple[int, int]] = {}
    parsed = 0
    for count in range(1, len(lines) + 1):
        try:
            data = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        bounds.update(dict.fromkeys(paths_of(data) - bounds.keys(), (parsed + 1, count)))
        parsed = count
    return bounds


@given(texts)
@settings(max_examples=400)
def test_every_line_that_is_known_is_right(parts: list[str]) -> None:
    text = "\n".join(parts)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assume(False)
    found = find_lines(text, data)
    bounds = _bounds(text.split("\n"))
    assert found.keys() == bounds.keys()
    for path, (first, last) in bounds.items():
        assert first <= found[path] <= last
