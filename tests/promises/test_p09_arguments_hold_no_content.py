"""P09: whatever a caller writes, in the right place or in a wrong one, no error, event or repr repeats it."""

import json
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.models import Message

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
WINDOW = 8

# Letters that stand in no text of this library's.
prompts = st.lists(st.sampled_from("ΑΒΓΔΕΖΗΘΙΚЖЩЮЯ漢字かな"), min_size=WINDOW, max_size=40).map(
    "".join
)

few = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def typed(make: Any) -> SecureBedrockClient:
    client: SecureBedrockClient = make()
    return client


@pytest.fixture
def hardened(make_hardened: Any) -> Any:
    return make_hardened()


def leaks(prompt: str, *texts: str) -> list[str]:
    """The texts in which eight characters of the prompt stand in a row: as they are, or as JSON or repr escape them."""
    runs = {prompt[at : at + WINDOW] for at in range(len(prompt) - WINDOW + 1)}
    runs |= {json.dumps(run)[1:-1] for run in runs} | {ascii(run)[1:-1] for run in runs}
    return [text for text in texts if any(run in text for run in runs)]


def shown(error: BaseException) -> Iterator[str]:
    yield from traceback.format_exception(error)
    yield f"{error} {error!r} {error.args!r}"
    yield repr(getattr(error, "kwargs", None))
    try:
        yield pickle.dumps(error).decode("utf-8", "replace")
    except (TypeError, pickle.PicklingError):
        yield ""


WRONG_PLACES: dict[str, Callable[[str], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "the model's place": lambda p: ((p, "x"), {}),
    "the model's place, in a list": lambda p: (([p], "x"), {}),
    "a role": lambda p: ((MODEL, {"role": p, "content": [{"text": 5}]}), {}),
    "a block's name": lambda p: ((MODEL, {"role": "user", "content": [{p: p, "text": p}]}), {}),
    "a text that is bytes": lambda p: (
        (MODEL, {"role": "user", "content": [{"text": p.encode()}]}),
        {},
    ),
    "an object": lambda p: ((MODEL, [Message.user(p), object()]), {}),
    "a key of a document": lambda p: (
        (MODEL, p),
        {"additional_model_request_fields": {p: {p: object()}}},
    ),
    "a system prompt of a wrong type": lambda p: ((MODEL, p), {"system": {p: p, "x": p}}),
    "a tool": lambda p: ((MODEL, p), {"tools": [{p: p}]}),
    "a tool's choice": lambda p: ((MODEL, p), {"tools": [{"name": p}], "tool_choice": p}),
    "a number": lambda p: ((MODEL, p), {"max_tokens": p}),
    "a deadline": lambda p: ((MODEL, p), {"deadline_s": p}),
    "a guardrail": lambda p: ((MODEL, p), {"guardrail": {p: p}}),
    "a guardrail's id": lambda p: (
        (MODEL, [p, 5]),
        {"guardrail": {"id": p, "version": p}, "service_tier": p},
    ),
    "a guardrail's version": lambda p: (
        (MODEL, p),
        {"guardrail": {"id": p, "version": p}, "service_tier": p},
    ),
    "a tag": lambda p: ((MODEL, p), {"request_metadata": {p: 5}}),
    "a variable": lambda p: ((MODEL, p), {"prompt_variables": {p: 5}}),
    "half a character": lambda p: ((MODEL, p), {"stop_sequences": [p, 5]}),
}


@pytest.mark.parametrize("place", WRONG_PLACES)
@given(prompt=prompts)
@few
def test_a_prompt_in_a_wrong_place_is_not_repeated(
    place: str, prompt: str, typed: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    events.clear()
    arguments, keywords = WRONG_PLACES[place](prompt)
    with pytest.raises(Exception, match=r".") as caught:
        typed.converse(*arguments, **keywords)

    (event,) = events
    assert leaks(prompt, *shown(caught.value), repr(event), event.to_json()) == []


WRONG_BOTO3_PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "the model's place": lambda p: {"modelId": p, "messages": []},
    "messages": lambda p: {"modelId": MODEL, "messages": p},
    "a role": lambda p: {"modelId": MODEL, "messages": [{"role": [p], "content": []}]},
    "a block's name": lambda p: {
        "modelId": MODEL,
        "messages": [{"role": "user", "content": [{p: p}]}],
    },
    "a parameter's name": lambda p: {"modelId": MODEL, "messages": [], p: p},
    "a number": lambda p: {
        "modelId": MODEL,
        "messages": [],
        "inferenceConfig": {"maxTokens": p},
    },
    "a document": lambda p: {
        "modelId": MODEL,
        "messages": [],
        "additionalModelRequestFields": {p: object()},
    },
}


@pytest.mark.parametrize("place", WRONG_BOTO3_PLACES)
@given(prompt=prompts)
@few
def test_a_hardened_client_does_not_repeat_it_either(
    place: str, prompt: str, hardened: Any, events: list[InvocationEvent]
) -> None:
    events.clear()
    with pytest.raises(Exception, match=r".") as caught:
        hardened.converse(**WRONG_BOTO3_PLACES[place](prompt))

    (event,) = events
    assert leaks(prompt, *shown(caught.value), repr(event), event.to_json()) == []


def test_the_same_eyes_see_what_stock_boto3_repeats(make_stock: Any) -> None:
    prompt = "ΑΒΓΔΕΖΗΘΙΚЖЩЮЯ"
    client = make_stock()
    for arguments in ({"messages": prompt}, {"messages": [], prompt: prompt}):
        with pytest.raises(Exception, match=r".") as caught:
            client.converse(modelId=MODEL, **arguments)
        assert len(leaks(prompt, *shown(caught.value))) > 1


@given(prompt=prompts)
@few
def test_an_answer_and_its_stream_show_none_of_it(
    prompt: str, typed: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    """The local Bedrock repeats the prompt in its answer."""
    events.clear()
    tool_input = {prompt: prompt}
    use = {"toolUse": {"toolUseId": "t1", "name": "f", "input": tool_input}}
    conversation: list[Any] = [
        Message.user(prompt),
        {"role": "assistant", "content": [use]},
        prompt,
    ]
    reply = typed.converse(MODEL, conversation, system=prompt)
    with typed.converse_stream(MODEL, prompt) as stream:
        seen = list(stream)
        folded = stream.response()
    held: list[object] = [typed, reply, reply.message, reply.usage, stream, *seen, folded, *events]

    assert prompt in reply.text
    assert leaks(prompt, *(f"{item!r} {item}" for item in held)) == []
    assert leaks(prompt, *(event.to_json() for event in events)) == []
