"""P09: whatever a caller writes, in the right place or in a wrong one, no error, event or repr repeats it."""

import json
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ParamValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    IncompleteResponse,
    InvalidRequest,
    OperationDenied,
    SecureBedrockError,
)
from secure_bedrock.models import InvokeModelResponse, Message, stream_event
from secure_bedrock.models.invoke_requests import invoke_params
from secure_bedrock.network import PrivateRoute
from secure_bedrock.transport.core.answering.eventstream import Frame
from secure_bedrock.transport.core.answering.stream_events import event_of
from secure_bedrock.transport.core.answering.whole_answers import parse_json_answer
from secure_bedrock.transport.core.asking.serialise import serialise
from secure_bedrock.transport.core.http1.framing import ResponseHead
from secure_bedrock.values import parse_region, parse_service

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


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that Python hung on it, shown in tracebacks or not."""
    if error is not None:
        yield error
        yield from chain(error.__cause__)
        yield from chain(error.__context__)


def shown(error: BaseException) -> Iterator[str]:
    yield from traceback.format_exception(error)
    for link in chain(error):
        held = {name: value for name, value in vars(link).items() if name != "partial"}
        yield f"{link} {link!r} {link.args!r} {held!r}"
        yield repr(getattr(link, "kwargs", None))
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


HALF = "\ud83d"  # half of a character, as text has it that was cut between UTF-16's units

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
    "a blob of half a character": lambda p: {
        "modelId": MODEL,
        "messages": [
            {
                "role": "user",
                "content": [{"image": {"format": "png", "source": {"bytes": p + HALF}}}],
            }
        ],
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


UNWRITABLE: dict[str, Callable[[str], tuple[str, dict[str, Any]]]] = {
    "a body of half a character": lambda p: ("invoke_model", {"body": p + HALF}),
    "a document of half a character": lambda p: (
        "converse",
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"document": {"name": "a", "source": {"bytes": HALF + p}, "format": "txt"}}
                    ],
                }
            ]
        },
    ),
}


@pytest.mark.parametrize("case", UNWRITABLE)
def test_what_botocore_cannot_write_is_not_repeated(
    case: str, typed: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    prompt = "ΑΒΓΔΕΖΗΘΙΚЖЩЮЯ"
    method, arguments = UNWRITABLE[case](prompt)
    unchecked = Config(parameter_validation=False)
    client: Any = typed.client("bedrock-runtime", config=unchecked)
    with pytest.raises(ParamValidationError, match=r"input: can't be serialised") as caught:
        getattr(client, method)(modelId=MODEL, **arguments)

    (event,) = events
    assert caught.value.__context__ is None
    assert leaks(prompt, *shown(caught.value), repr(event), event.to_json()) == []


def test_a_block_that_no_model_knows_is_denied_without_its_name(
    typed: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    prompt = "ΑΒΓΔΕΖΗΘΙΚЖЩЮЯ"
    client: Any = typed.client("bedrock-runtime", config=Config(parameter_validation=False))
    with pytest.raises(OperationDenied) as caught:
        client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{prompt: 1}]}])

    (event,) = events
    assert caught.value.rule == "member-unknown"
    assert leaks(prompt, *shown(caught.value), repr(event), event.to_json()) == []


class Payload(BaseModel):
    """A user's own request; `when` is filled with what it is not."""

    when: int
    things: Any = None


@pytest.mark.parametrize("things", [None, object()])
def test_a_pydantic_payload_warns_and_fails_without_its_values(
    things: object, typed: SecureBedrockClient, recwarn: pytest.WarningsRecorder
) -> None:
    prompt = "ΑΒΓΔΕΖΗΘΙΚЖЩЮЯ"
    failed = [""]
    try:
        typed.invoke_model(MODEL, Payload.model_construct(when=prompt, things=things))
    except SecureBedrockError as error:
        failed = list(shown(error))
    assert leaks(prompt, *failed, *(str(warning.message) for warning in recwarn)) == []


def frame(kind: str, payload: bytes) -> Frame:
    return Frame({":message-type": "event", ":event-type": kind}, payload)


JSON_HEAD = ResponseHead(200, "OK", (("content-type", "application/json"),))
ROUTE = PrivateRoute(
    service=parse_service("bedrock-runtime"),
    region=parse_region("eu-central-1"),
    host="a.example",
    names=frozenset({"a.example"}),
    address_check="private",
)


class Unwritable(Payload):
    """Its serialiser fails with the value in its hands."""

    def model_dump_json(self, **_options: Any) -> str:
        raise ValueError(self.when)


CODECS: dict[str, Callable[[str], object]] = {
    "a whole answer that is not JSON": lambda p: parse_json_answer(
        "Converse", JSON_HEAD, b'{"a":"' + p.encode()
    ),
    "an event that is not JSON": lambda p: event_of(
        frame("contentBlockDelta", b'{"a":"' + p.encode())
    ),
    "a chunk that is not base64": lambda p: event_of(
        frame("chunk", json.dumps({"bytes": p}).encode())
    ),
    "a path": lambda p: serialise("Converse", {"modelId": p + HALF, "messages": []}, route=ROUTE),
    "a native body": lambda p: serialise(
        "InvokeModel", {"modelId": MODEL, "body": p + HALF}, route=ROUTE
    ),
    "a member": lambda p: serialise(
        "Converse", {"modelId": MODEL, "messages": [{"role": {p: {p}}}]}, route=ROUTE
    ),
    "a native text": lambda p: invoke_params(MODEL, p + HALF),
    "a native dict": lambda p: invoke_params(MODEL, {p: {p}}),
    "a native dict in a circle": lambda p: invoke_params(MODEL, circle(p)),
    "a pydantic payload": lambda p: invoke_params(MODEL, Unwritable.model_construct(when=p)),
    "a native answer": lambda p: InvokeModelResponse.from_wire(p.encode(), {}).json(),
    "a redacted block": lambda p: stream_event(
        "contentBlockDelta",
        {"contentBlockIndex": 0, "delta": {"reasoningContent": {"redactedContent": p}}},
    ),
}


def circle(prompt: str) -> dict[str, Any]:
    around: dict[str, Any] = {"said": prompt}
    around["again"] = around
    return around


@pytest.mark.parametrize("place", CODECS)
def test_no_codec_leaves_what_it_could_not_read_on_an_error(place: str) -> None:
    prompt = "ΑΒΓΔΕΖΗΘΙΚЖЩЮЯ"
    with pytest.raises((IncompleteResponse, InvalidRequest)) as caught:
        CODECS[place](prompt)
    assert list(chain(caught.value)) == [caught.value]
    assert leaks(prompt, *shown(caught.value)) == []


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
