"""A witness tells the answer that came from one that was exchanged or edited; a stream in a proxy is the stream."""

import copy
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from secure_bedrock.transport.hardened.reading.answer_witness import witness

wrapt = pytest.importorskip("wrapt", reason="not in the environments of other botocores")

EVENT = "after-call.bedrock-runtime.Converse"
STREAM = iter(())


def answer() -> dict[str, Any]:
    return {
        "output": {"message": {"content": [{"text": "hello"}, {"toolUse": {"input": {"n": 1.5}}}]}},
        "stream": STREAM,
        "none": None,
        "blob": b"\x00",
        "ResponseMetadata": {"RetryAttempts": 0},
    }


def content(given: dict[str, Any]) -> list[Any]:
    return given["output"]["message"]["content"]  # type: ignore[no-any-return]


class SaysYes:
    """Is equal to everything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


class TwoFaced(dict[str, Any]):
    """Shows a dict's members to whoever compares, and others to whoever asks again."""


class Endless:
    """Wraps itself."""

    @property
    def __wrapped__(self) -> "Endless":
        return self


class Named(str):
    """A text that could be shown as another."""

    __slots__ = ()


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a text": lambda given: content(given)[0].update(text="forged"),
    "a number": lambda given: content(given)[1]["toolUse"]["input"].update(n=2),
    "nothing in place of nothing": lambda given: given.update(none=""),
    "bytes": lambda given: given.update(blob=b"\x01"),
    "one more in a list": lambda given: content(given).append({"text": "forged"}),
    "one less in a list": lambda given: content(given).pop(),
    "another order in a list": lambda given: content(given).reverse(),
    "a list in place of a dict": lambda given: given.update(output=[]),
    "a dict in place of a list": lambda given: given["output"]["message"].update(content={}),
    "one more member": lambda given: given.update(more=1),
    "one less member": lambda given: given.pop("none"),
    "another stream": lambda given: given.update(stream=iter(())),
    "a proxy of another stream": lambda given: given.update(stream=wrapt.ObjectProxy(iter(()))),
    "nothing at all": lambda given: given.clear(),
    "what is equal to every text": lambda given: content(given)[0].update(text=SaysYes()),
    "what is equal to nothing too": lambda given: given.update(none=ANY),
    "what is equal to every stream": lambda given: given.update(stream=ANY),
    "a text of another type": lambda given: content(given)[0].update(text=Named("hello")),
    "a number of another type": lambda given: given["ResponseMetadata"].update(RetryAttempts=False),
    "a dict of another type": lambda given: given.update(output=TwoFaced(given["output"])),
    "a name of another type": lambda given: given.update({Named("none"): given.pop("none")}),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_seen(name: str) -> None:
    given = answer()
    kept = witness(given, event=EVENT)
    assert kept.is_of(given)
    EDITS[name](given)
    assert not kept.is_of(given)


READS: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda _: None,
    "the same again": lambda given: content(given)[0].update(text="hel" + "lo"),
    "a stream in a proxy": lambda given: given.update(stream=wrapt.ObjectProxy(given["stream"])),
    "a stream in two proxies": lambda given: given.update(
        stream=wrapt.ObjectProxy(wrapt.ObjectProxy(given["stream"]))
    ),
}


@pytest.mark.parametrize("name", READS)
def test_what_changes_nothing_is_let_be(name: str) -> None:
    given = answer()
    kept = witness(given, event=EVENT)
    READS[name](given)
    assert kept.is_of(given)


def nested(depth: int, inner: object) -> object:
    for _ in range(depth):
        inner = {"k": [inner]}
    return inner


def test_a_tools_input_may_be_nested_as_deep_as_it_likes() -> None:
    leaf = {"text": "hello"}
    given = {"input": nested(100_000, leaf), "count": float("nan")}
    kept = witness(given, event=EVENT)
    assert kept.is_of(given)
    leaf["text"] = "forged"
    assert not kept.is_of(given)


def test_an_answer_that_was_made_to_hold_itself_is_compared_to_an_end() -> None:
    given = answer()
    kept = witness(given, event=EVENT)
    given["output"]["message"] = given["output"]
    assert not kept.is_of(given)
    given["output"] = given
    assert not kept.is_of(given)


def test_proxies_that_wrap_themselves_come_to_an_end() -> None:
    given = answer()
    kept = witness(given, event=EVENT)
    given["stream"] = Endless()
    assert not kept.is_of(given)


def test_an_equal_answer_is_not_the_answer() -> None:
    given = answer()
    kept = witness(given, event=EVENT)
    for other in (copy.copy(given), answer(), wrapt.ObjectProxy(given), None):
        assert not kept.is_of(other)


@pytest.mark.parametrize(
    ("event", "edits"),
    [
        ("after-call.ec2.GetConsoleOutput", True),  # decoded by botocore
        ("after-call.iam.GetPolicyVersion", True),
        ("after-call.ec2.DescribeVpcEndpoints", False),
        ("after-call.sts.AssumeRole", False),
        (EVENT, False),
    ],
)
def test_edits_pass_only_where_botocore_itself_edits(event: str, edits: bool) -> None:
    given = answer()
    kept = witness(given, event=event)
    given["more"] = 1
    assert kept.is_of(given) is edits


def test_a_witness_shows_nothing_of_the_answer() -> None:
    assert "hello" not in repr(witness(answer(), event=EVENT))
