"""Arguments that make no sense: one clear error of this library, an event, and nothing sent."""

import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    DeadlineExceeded,
    InvalidRequest,
    ModelDenied,
    SecureBedrockError,
)
from secure_bedrock.testing import LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """A value that holds itself could keep a loop going for ever."""

    def late(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 10)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


class Text:
    """Something that is neither text nor a message."""


CYCLE: dict[str, Any] = {}
CYCLE["self"] = CYCLE

WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[SecureBedrockError], str]] = {
    "no model": ((None, "x"), {}, InvalidRequest, "model_id"),
    "a number for a model": ((5, "x"), {}, ModelDenied, "string"),
    "prompt and model exchanged": (("my very secret prompt", MODEL), {}, ModelDenied, "character"),
    "a number for messages": ((MODEL, 5), {}, InvalidRequest, "messages"),
    "no messages": ((MODEL, []), {}, InvalidRequest, "messages"),
    "a message of no kind": ((MODEL, [Text()]), {}, InvalidRequest, r"messages\[0\]"),
    "a message without a role": ((MODEL, {"content": "x"}), {}, InvalidRequest, "role"),
    "a block with two members": (
        (MODEL, {"role": "user", "content": [{"text": "x", "image": {}}]}),
        {},
        InvalidRequest,
        "exactly one member",
    ),
    "a message that holds itself": (
        (MODEL, {"role": "user", "content": [{"toolUse": CYCLE}]}),
        {},
        InvalidRequest,
        "JSON",
    ),
    "bytes where no blob stands": (
        (MODEL, {"role": "user", "content": [{"text": b"x"}]}),
        {},
        InvalidRequest,
        "blob",
    ),
    "a text for a number": ((MODEL, "x"), {"max_tokens": "5"}, InvalidRequest, "max_tokens"),
    "no number at all": ((MODEL, "x"), {"temperature": float("nan")}, InvalidRequest, "finite"),
    "a choice without tools": ((MODEL, "x"), {"tool_choice": "any"}, InvalidRequest, "tools"),
    "a guardrail misspelt": (
        (MODEL, "x"),
        {"guardrail": {"id": "a", "vresion": "1"}},
        InvalidRequest,
        "guardrail",
    ),
    "fields that JSON has not": (
        (MODEL, "x"),
        {"additional_model_request_fields": {"x": {1}}},
        InvalidRequest,
        "JSON",
    ),
    "a number beyond all floats": (
        (MODEL, "x"),
        {"temperature": 10**400},
        InvalidRequest,
        "finite",
    ),
    "a deadline beyond all clocks": (
        (MODEL, "x"),
        {"deadline_s": 10**400},
        InvalidRequest,
        "deadline_s",
    ),
    "a text for a deadline": ((MODEL, "x"), {"deadline_s": "5"}, InvalidRequest, "deadline_s"),
    "a deadline at no time": (
        (MODEL, "x"),
        {"deadline_s": float("nan")},
        InvalidRequest,
        "deadline_s",
    ),
    "a deadline in the past": ((MODEL, "x"), {"deadline_s": -1}, DeadlineExceeded, "deadline"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("method", ["converse", "converse_stream"])
def test_what_is_wrong_is_one_clear_error_and_nothing_is_sent(
    method: str,
    name: str,
    client: SecureBedrockClient,
    local: LocalBedrock,
    events: list[InvocationEvent],
) -> None:
    arguments, keywords, kind, said = WRONG[name]
    with pytest.raises(kind, match=said) as caught:
        getattr(client, method)(*arguments, **keywords)

    assert type(caught.value) is kind
    assert local.requests == []
    assert [event.error_class for event in events] == [kind.__name__]
    assert "secret" not in str(caught.value)


def test_an_argument_that_does_not_exist_is_a_type_error_that_names_it(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    wrong: dict[str, Any] = {"maxTokens": 5}
    with pytest.raises(TypeError, match="maxTokens"):
        client.converse(MODEL, "Hello", **wrong)
    assert local.requests == []
