"""What the terminal sees: no control characters, 80 columns, colour only where it is wanted."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.cli.render import (
    WIDTH,
    clean,
    columns,
    document,
    labelled,
    paint,
    paragraph,
    wants_colour,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


CLEANED = {
    "plain text": ("abc déf", "abc déf"),
    "an escape sequence": ("\x1b[31mred", "\\x1b[31mred"),
    "a bell and a backspace": ("\x07\x08", "\\x07\\x08"),
    "a C1 control": ("\x9b31m", "\\x9b31m"),
    "a line feed": ("a\nb", "a\\nb"),
    "a bidi override": ("a\u202eb", "a\\u202eb"),
    "a line separator": ("a\u2028b", "a\\u2028b"),
    "a lone surrogate": ("a\udc80b", "a\\udc80b"),
    "a zero-width joiner": ("a\u200db", "a\\u200db"),
}


@pytest.mark.parametrize(("text", "shown"), CLEANED.values(), ids=CLEANED)
def test_what_cannot_be_printed_is_spelled_out(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_cleaned_text_is_printable_and_encodable(text: str) -> None:
    assert clean(text).isprintable()
    clean(text).encode("utf-8")


COLOUR: dict[str, tuple[dict[str, str], bool, bool]] = {
    "a terminal": ({}, True, True),
    "a pipe": ({}, False, False),
    "a dumb terminal": ({"TERM": "dumb"}, True, False),
    "NO_COLOR": ({"NO_COLOR": "1"}, True, False),
    "an empty NO_COLOR counts as none": ({"NO_COLOR": ""}, True, True),
    "FORCE_COLOR in a pipe": ({"FORCE_COLOR": "1"}, False, True),
    "NO_COLOR beats FORCE_COLOR": ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
}


@pytest.mark.parametrize(("environ", "terminal", "expected"), COLOUR.values(), ids=COLOUR)
def test_colour_is_used_only_where_it_is_wanted(
    environ: dict[str, str], terminal: bool, expected: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()

    assert wants_colour(stream, environ) is expected


def test_paint_leaves_a_pipe_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)

    assert paint("pass", "green", io.StringIO()) == "pass"
    assert paint("pass", "green", Terminal()) == "\x1b[32mpass\x1b[0m"


def test_the_last_column_wraps_between_words_only() -> None:
    arn = "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-4-5-v1:0"

    shown = columns([("a", "one " * 40), ("bbb", f"see {arn}")])

    lines = shown.split("\n")
    assert all(len(line) <= WIDTH for line in lines if arn not in line)
    assert any(line == f"     {arn}" for line in lines)
    assert lines[0].startswith("a    one")
    assert lines[1].startswith("     one")


def test_cells_are_cleaned_and_may_be_empty() -> None:
    assert columns([("a\x1b", "")]) == "a\\x1b  "
    assert columns([]) == ""


def test_a_paragraph_keeps_its_lines_and_wraps_them() -> None:
    shown = paragraph("one\n\ntwo\x07 " + "word " * 20, indent=2)

    assert shown.startswith("  one\n\n  two\\x07 word")
    assert all(len(line) <= WIDTH for line in shown.split("\n"))


def test_a_label_never_stands_alone_on_its_line() -> None:
    path = "/a/very/long/path/" + "x" * 80

    lines = labelled("problem:", f"{path}: the key\x07 is not known")

    assert lines == [f"problem: {path}:", "  the key\\x07 is not known"]


def test_json_names_its_schema_first_and_is_ascii() -> None:
    text = document("thing", {"value": "\x1b é"})

    assert text.isascii()
    assert "\x1b" not in text
    assert list(json.loads(text)) == ["schema", "value"]
    assert json.loads(text)["schema"] == "secure_bedrock.thing/1"
