"""A host name is of labels that no resolver reads as a number, and of the lengths that DNS has."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.values.host_names import is_host_name

LABEL_63 = "a" * 63
HOST_253 = ".".join(["a" * 49] * 5) + ".abc"


class Deceiver(str):
    """A str that may print as something else than it holds."""

    __slots__ = ()


BOUNDS: dict[str, tuple[object, bool]] = {
    "a label of 63": (f"{LABEL_63}.example", True),
    "a label of 64": (f"{LABEL_63}a.example", False),
    "a last label of 63": (f"a.{LABEL_63}", True),
    "a last label of 64": (f"a.{LABEL_63}a", False),
    "a name of 253": (HOST_253, True),
    "a name of 254": (f"{HOST_253}d", False),
    "one label": ("localhost", False),
    "None": (None, False),
    "a subclass of str": (Deceiver("a.example"), False),
    "bytes": (b"a.example", False),
}


@pytest.mark.parametrize(("host", "expected"), BOUNDS.values(), ids=BOUNDS.keys())
def test_a_host_name_has_labels_of_63_and_253_characters_at_most(
    host: object, expected: bool
) -> None:
    assert is_host_name(host) is expected


HOSTS: dict[str, tuple[str, bool]] = {
    "an endpoint's": ("vpce-0abc123d-a1b2c3d4.sts.eu-west-1.vpce.amazonaws.com", True),
    "a label of one letter": ("a.b", True),
    "a label that begins with a digit": ("0.a", True),
    "a last label that begins with a digit": ("a.0b", False),
    "a number": ("0x7f000001", False),
    "an address": ("10.0.0.1", False),
    "an octal number at the end": ("064.0136.0.012", False),
    "a capital letter": ("a.Example", False),
    "punycode": ("xn--a.example", False),
    "punycode at the end": ("a.xn--p1ai", False),
    "punycode further in": ("a.xn--b.example", False),
    "two hyphens that are no punycode": ("a--b.example", True),
    "a label that begins with a hyphen": ("-a.example", False),
    "a label that ends with a hyphen": ("a-.example", False),
    "a last label that ends with a hyphen": ("a.example-", False),
    "a trailing dot": ("a.example.", False),
    "an empty label": ("a..example", False),
    "an underscore": ("a_b.example", False),
    "a port": ("a.example:443", False),
    "a line end": ("a.example\n", False),
    "a space before it": (" a.example", False),
    "a letter outside ASCII": ("\u00e9.example", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.values(), ids=HOSTS.keys())
def test_a_host_name_is_plain_labels_in_lower_case(host: str, expected: bool) -> None:
    assert is_host_name(host) is expected


def is_plain(host: str) -> bool:
    """The same by other means than a pattern."""
    labels = host.split(".")
    allowed = set(string.ascii_lowercase + string.digits + "-")
    return (
        len(host) <= 253
        and len(labels) >= 2
        and labels[-1][:1] in set(string.ascii_lowercase)
        and all(1 <= len(label) <= 63 and set(label) <= allowed for label in labels)
        and not any(label.startswith(("-", "xn--")) or label.endswith("-") for label in labels)
    )


PIECES = st.sampled_from(["a", "b1", "0", "-", ".", ".", "xn--", "A", "_", "é", " ", "c" * 62])


@given(st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=20))
def test_a_text_is_a_host_name_exactly_where_its_labels_are(text: str) -> None:
    assert is_host_name(text) == is_plain(text)
