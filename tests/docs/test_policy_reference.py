"""docs/reference/policy.md names every key of the policy file as policy/file/tables.py reads it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pytest

from secure_bedrock.policy import sections
from secure_bedrock.policy.file.endpoint_tables import Endpoints
from secure_bedrock.policy.file.profile_tables import Profiles
from secure_bedrock.policy.file.shape import (
    Flag,
    ListOf,
    Off,
    OneOf,
    Seconds,
    Shape,
    Table,
    TableOrList,
    Text,
    Whole,
)
from secure_bedrock.policy.file.tables import DOCUMENT
from secure_bedrock.values import BEDROCK_RUNTIME

Rows = Callable[[str, str], list[dict[str, str]]]

# Read by no rule of the client: written down for what will be generated and audited.
INTENT = {"account.app_subnets", "account.app_security_groups"}
_ENDPOINT = "network.endpoints.<service>"


@dataclass(frozen=True)
class Key:
    """One key as the tables have it."""

    shape: Shape
    default: str

    @property
    def kind(self) -> str:
        return "—" if isinstance(self.shape, Off) else described(self.shape)

    @property
    def later(self) -> set[str]:
        """The words that are known and refused."""
        shape = self.shape.item if isinstance(self.shape, ListOf) else self.shape
        return set(shape.later) if isinstance(shape, OneOf) else set()


def described(shape: Shape) -> str:
    match shape:
        case Text():
            return "string"
        case OneOf(words):
            return ", ".join(f'`"{word}"`' for word in words)
        case Flag():
            return "true or false"
        case Whole(1, 1):
            return "the integer 1"
        case Whole(least, most):
            return f"integer from {least} to {most}"
        case Seconds():
            return "seconds"
        case ListOf(of=of):
            return f"list of {of}"
        case Profiles(regions=regions):
            return f"{described(regions)} by identifier"
    raise AssertionError(f"the page does not know how to describe {shape}")


def toml(value: object) -> str:
    """A default as TOML writes it."""
    match value:
        case None:
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'`"{value}"`'
        case frozenset():
            short = sorted(name.removeprefix("bedrock-runtime:") for name in map(str, value))
            return toml(tuple(short))
        case tuple() | list():
            return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f"`{value}`"


def default_of(shape: Shape, default: object) -> str:
    """The default; of a setting that is off, the one value that may be written."""
    if isinstance(shape, Off):
        return toml(shape.values[0]) if shape.values else "none"
    if isinstance(shape, Profiles):
        return "`{}`"
    return toml(default)


def defaults_of(owner: type[Any]) -> dict[str, object]:
    assert is_dataclass(owner)
    return {field.name: field.default for field in fields(owner)}


def keys_of(table: Table, owner: type[Any], prefix: str = "") -> Iterator[tuple[str, Key]]:
    defaults = defaults_of(owner)
    for name, shape in table.keys.items():
        path = f"{prefix}{name}"
        inner = shape.table if isinstance(shape, TableOrList | Endpoints) else shape
        if isinstance(shape, Endpoints):
            yield from keys_of(shape.table, sections.EndpointPolicy, f"{_ENDPOINT}.")
        elif isinstance(inner, Table):
            section = sections.ModelsPolicy if name == "models" else type(defaults[name])
            yield from keys_of(inner, section, f"{path}.")
        else:
            default = "required" if name in table.required else default_of(shape, defaults[name])
            yield path, Key(shape, default)


KEYS = dict(keys_of(DOCUMENT, sections.Document))


@pytest.fixture(scope="module")
def page(rows: Rows) -> dict[str, dict[str, str]]:
    return {row["key"].strip("`"): row for row in rows("docs/reference/policy.md", "key")}


def test_every_key_has_its_row_in_the_order_of_the_tables(page: dict[str, dict[str, str]]) -> None:
    assert list(KEYS) == list(page)


@pytest.mark.parametrize("name", KEYS)
def test_a_row_says_type_default_and_whether_this_version_acts_on_it(
    name: str, page: dict[str, dict[str, str]]
) -> None:
    key = KEYS[name]
    off = isinstance(key.shape, Off)
    status = "not supported yet" if off else "intent" if name in INTENT else "enforced"

    row = page[name]

    assert (key.kind, key.default, status) == (row["type"], row["default"], row["status"])


@pytest.mark.parametrize("name", KEYS)
def test_a_row_names_the_words_that_are_not_supported_yet(
    name: str, page: dict[str, dict[str, str]]
) -> None:
    words = {f'`"{word}"`' for word in KEYS[name].later}
    _, _, after = page[name]["meaning"].partition("Not supported yet: ")

    assert words == {word.strip(" .") for word in after.split(",") if word}


def test_bedrock_runtime_needs_no_table() -> None:
    """What the page says about the implicit endpoint."""
    assert sections.NetworkPolicy().endpoint(BEDROCK_RUNTIME) is not None


@pytest.mark.parametrize("name", sorted(INTENT))
def test_intent_is_read_nowhere_in_the_library(name: str) -> None:
    import inspect
    from pathlib import Path

    attribute = name.partition(".")[2]
    package = Path(inspect.getfile(sections)).parents[1]
    readers = [
        path.name for path in package.rglob("*.py") if f".{attribute}" in path.read_text("utf-8")
    ]

    assert readers == []
