"""The line of each key and item of a TOML text: right, or not known."""

import tomllib

import pytest

from secure_bedrock.policy.file.lines import Path, find_lines


def lines(text: str) -> dict[Path, int]:
    return dict(find_lines(text, tomllib.loads(text)))


TEXTS: dict[str, tuple[str, dict[Path, int]]] = {
    "nothing": ("", {}),
    "comments and blank lines": ("# a = 1\n\n  \t\nb = 2 # c = 3\n", {("b",): 4}),
    "a last line without an end": ("a = 1\nb = 2", {("a",): 1, ("b",): 2}),
    "Windows line ends": ("a = 1\r\n\r\nb = 2\r\n", {("a",): 1, ("b",): 3}),
    "tables and keys in them": (
        "[a]\nx = 1\n[b.c]\ny = 2\n",
        {("a",): 1, ("a", "x"): 2, ("b",): 3, ("b", "c"): 3, ("b", "c", "y"): 4},
    ),
    "dotted keys": (
        "a.b = 1\na . c = 2\n",
        {("a",): 1, ("a", "b"): 1, ("a", "c"): 2},
    ),
    "quoted keys": (
        '"a.b" = 1\n\'c d\'."e" = 2\n"f\\u0067" = 3\n"" = 4\n',
        {("a.b",): 1, ("c d",): 2, ("c d", "e"): 2, ("fg",): 3, ("",): 4},
    ),
    "quoted keys in headers": (
        '[a."b]c".d]\nx = 1\n',
        {("a",): 1, ("a", "b]c"): 1, ("a", "b]c", "d"): 1, ("a", "b]c", "d", "x"): 2},
    ),
    "strings that look like something else": (
        'a = "x = [ # { "\nb = \'\\\'\nc = "\\"]"\nd = 1\n',
        {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4},
    ),
    "multi-line strings": (
        'a = """\n[t]\nx = 1\n"" \\""" y"""""\nb = \'\'\'\n\'\' c = 1\n\'\'\'\'\nd = 1\n',
        {("a",): 1, ("b",): 5, ("d",): 8},
    ),
    "arrays over several lines": (
        'm = [ # first ]\n  "a", # "b",\n  "c=d", "e[",\n\n  "f"\n]\nn = []\n',
        {("m",): 1, ("m", 0): 2, ("m", 1): 3, ("m", 2): 3, ("m", 3): 5, ("n",): 7},
    ),
    "arrays in arrays": (
        "a = [\n [1,\n  2], [\n 3]]\n",
        {("a",): 1, ("a", 0): 2, ("a", 0, 0): 2, ("a", 0, 1): 3, ("a", 1): 3, ("a", 1, 0): 4},
    ),
    "inline tables": (
        'a = { b = [\n "x",\n], c.d = { } , "e" = 1 }\nf = 1\n',
        {
            ("a",): 1,
            ("a", "b"): 1,
            ("a", "b", 0): 2,
            ("a", "c"): 3,
            ("a", "c", "d"): 3,
            ("a", "e"): 3,
            ("f",): 4,
        },
    ),
    "scalars of every kind": (
        "a = 1_000\nb = -1.5e3\nc = true\nd = 1979-05-27 07:32:00Z # x\ne = inf\nf = [1979-05-27,\n0x1F]\n",
        {
            ("a",): 1,
            ("b",): 2,
            ("c",): 3,
            ("d",): 4,
            ("e",): 5,
            ("f",): 6,
            ("f", 0): 6,
            ("f", 1): 7,
        },
    ),
    "arrays of tables": (
        "[[a]]\nx = 1\n[[a]]\nx = 2\n[a.b]\ny = 3\n[[a.c]]\n",
        {
            ("a",): 1,
            ("a", 0): 1,
            ("a", 0, "x"): 2,
            ("a", 1): 3,
            ("a", 1, "x"): 4,
            ("a", 1, "b"): 5,
            ("a", 1, "b", "y"): 6,
            ("a", 1, "c"): 7,
            ("a", 1, "c", 0): 7,
        },
    ),
}


@pytest.mark.parametrize("sentence", TEXTS)
def test_every_key_and_item_has_its_line(sentence: str) -> None:
    text, expected = TEXTS[sentence]
    assert lines(text) == expected


# tomllib refuses all of these: the scanner only has to give up on them.
STRANGE = [
    "= 1",
    "a",
    "a = ",
    "a = [1 2]",
    "a = [1",
    "a = {b = 1",
    "[a",
    "[[a]",
    "a = }",
    "a.",
    "a = [" * 5000,
]


@pytest.mark.parametrize("text", STRANGE)
def test_where_the_text_is_not_understood_no_line_is_known(text: str) -> None:
    assert find_lines(text, {"a": 1}) == {}


def test_lines_of_another_text_are_not_used() -> None:
    assert find_lines("a = 1\nb = 2\n", {"a": 1}) == {}
    assert find_lines("a = [1]\n", {"a": [1, 2]}) == {}
