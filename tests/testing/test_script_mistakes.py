"""A mistake in what a test scripts is an error of that test, never an answer it didn't ask for."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secure_bedrock.testing import Answer, Fault, LocalBedrock, ReceivedRequest

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
HELLO = [{"role": "user", "content": [{"text": "Hello"}]}]
SECRET = "a-value-of-the-test"


class _Wrong(Exception):
    """What the script raises."""


def _raises(_request: ReceivedRequest) -> Answer:
    raise _Wrong(SECRET)


def _fails(_request: ReceivedRequest) -> Answer:
    pytest.fail(SECRET)


def _returns_text(_request: ReceivedRequest) -> Any:
    return SECRET


def _unwritable(_request: ReceivedRequest) -> Answer:
    return Answer.json({SECRET: object()})


MISTAKES: dict[str, tuple[Callable[[ReceivedRequest], Any], type[BaseException], str]] = {
    "an exception": (_raises, _Wrong, SECRET),
    "pytest.fail()": (_fails, pytest.fail.Exception, SECRET),
    "no Answer": (_returns_text, TypeError, "returns an Answer, this one str"),
    "an answer that can't be written": (_unwritable, TypeError, "not JSON serializable"),
}


def _told_error(stock: Callable[..., Any], bedrock: LocalBedrock) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        stock(bedrock).converse(modelId=HAIKU, messages=HELLO)
    return dict(caught.value.response)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_with_500_and_raised_when_the_server_ends(
    mistake: str, stock: Callable[..., Any]
) -> None:
    """The answer names nothing of it."""
    scripted, error, text = MISTAKES[mistake]
    bedrock = LocalBedrock(tls_names=("127.0.0.1",)).start()
    bedrock.script(scripted)

    told = _told_error(stock, bedrock)

    assert told["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert SECRET not in repr(told)
    with pytest.raises(error, match=text):
        bedrock.stop()
    bedrock.stop()  # told once


def test_the_first_of_two_mistakes_is_raised_at_the_end_of_the_block(
    stock: Callable[..., Any],
) -> None:
    """Even where `clear()` was called meanwhile."""

    def use() -> None:
        with LocalBedrock(tls_names=("127.0.0.1",)) as bedrock:
            bedrock.script(_raises, _returns_text)
            _told_error(stock, bedrock)
            _told_error(stock, bedrock)
            bedrock.clear()

    with pytest.raises(_Wrong):
        use()


def test_a_fault_whose_effect_raises_is_a_mistake_too(stock: Callable[..., Any]) -> None:
    """A user's own fault is code of the test, like a callable of the script."""
    bedrock = LocalBedrock(tls_names=("127.0.0.1",)).start()
    bedrock.fault(Fault("mine", "answer", lambda _reply: http.client.responses[-1]))  # type: ignore[arg-type,return-value]

    _told_error(stock, bedrock)

    with pytest.raises(KeyError):
        bedrock.stop()


def test_what_is_neither_an_answer_nor_a_callable_is_refused_at_once(
    bedrock: LocalBedrock, stock: Callable[..., Any]
) -> None:
    """And nothing of the call is queued."""
    with pytest.raises(TypeError, match=r"^script\(\) takes Answers or callables .*, got str$"):
        bedrock.script(_raises, "a text")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^script_for\(\) takes Answers .*, got dict$"):
        bedrock.script_for("Converse", {})  # type: ignore[arg-type]

    stock(bedrock).converse(modelId=HAIKU, messages=HELLO)  # the default answer


def test_what_is_no_fault_is_refused_at_once(bedrock: LocalBedrock) -> None:
    """A fault's name or the method that makes one is none."""
    for given in ("throttle", Fault.throttle):
        with pytest.raises(TypeError, match=r"^fault\(\) takes a Fault, got (str|method)$"):
            bedrock.fault(given)  # type: ignore[arg-type]
