"""P09: whatever goes wrong, nothing that was said and no credential stands in a log, an error, an event or a repr.

Locals of a traceback (`traceback.TracebackException(..., capture_locals=True)`, as crash reporters may take them) are
out of scope: they show the caller's own variables, which hold the prompt. So is an error's `partial`, which is the
part of the answer that arrived, and is neither shown nor pickled.
"""

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import Answer, Fault, LocalBedrock, LocalCredentials, frames
from secure_bedrock.testing import fault_effects as effects
from secure_bedrock.testing.reply import Reply, Send, Steps

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
ONE_TRY = "[retry]\nmax_attempts = 1\n"
QUICK = "[timeouts]\nread_s = 0.1\nfirst_event_s = 0.1\nidle_s = 0.1\n"
TOOLS = [{"name": "f", "inputSchema": {"json": {"type": "object"}}}]
JSON = (("Content-Type", "application/json"),)


@pytest.fixture(scope="module")
def server(canaries: Any) -> Iterator[LocalBedrock]:
    keys = LocalCredentials(canaries.access_key, canaries.secret_key, canaries.token)
    with LocalBedrock(credentials=keys, tls_names=("127.0.0.1",)) as running:
        yield running


@pytest.fixture(scope="module")
def echoes(canaries: Any) -> dict[str, Fault]:
    """Answers that repeat everything, in every place where an answer can hold a text."""
    told, prompt = canaries.together, canaries.prompt
    html = (("Content-Type", "text/html"), ("x-amzn-ErrorMessage", prompt))
    everywhere = tuple(
        (name, prompt)
        for name in "Content-Type Date x-amzn-RequestId x-amz-id-2 x-amzn-ErrorType Retry-After x-mine".split()
    )
    garbage = {":message-type": "event", ":event-type": "contentBlockDelta"}

    def answer(name: str, effect: effects.Effect) -> Fault:
        return Fault(name, "answer", effect)

    def stream(name: str, message: bytes) -> Fault:
        return Fault(name, "stream", effects.insert_event(message, ends=True))

    def whole(reply: Reply) -> Steps:
        """A whole answer that holds the texts in the place of AWS's own words."""
        usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
        result = {"toolResult": {"toolUseId": told, "status": told, "content": []}}
        blocks = [{"text": told}, {"hologram": told}, result]
        message = {"role": told, "content": blocks}
        body = {"output": {"message": message}, "stopReason": told, "usage": usage, "metrics": {}}
        start = frames.event("messageStart", {"role": told})
        stop = frames.event("messageStop", {"stopReason": told})
        if reply.events is not None:
            delta = {"contentBlockIndex": 0, "delta": {"text": told}}
            events = (start, frames.event("contentBlockDelta", delta), stop)
            return replace(reply, events=events).steps()
        headers = (
            ("Content-Type", "application/json; x=" + prompt),
            ("x-amzn-RequestId", prompt),
            ("x-mine", prompt),
        )
        return replace(reply, headers=headers, body=json.dumps(body).encode()).steps()

    def status_line(_reply: Reply) -> Steps:
        return (Send(f"HTTP/1.1 2OO {told}\r\n\r\n".encode()),)

    listed = [
        Fault.error("ValidationException", 400, told),
        Fault.throttle(told),
        answer("header-echo", effects.instead(400, everywhere, b"{}")),
        answer("code-echo", effects.error(prompt, 400, told)),
        answer("page-echo", effects.instead(200, html, told.encode())),
        answer("gateway-echo", effects.instead(502, html, told.encode())),
        Fault.redirect(307, f"https://x.invalid/{prompt}"),
        answer("status-line-echo", status_line),
        answer("whole-echo", whole),
        answer("half-echo", effects.instead(200, JSON, b'{"a":"' + told.encode())),
        answer("other-json-echo", effects.instead(200, JSON, json.dumps({prompt: told}).encode())),
        stream("exception-echo", frames.exception("validationException", told)),
        stream("exception-kind-echo", frames.exception(prompt, told)),
        stream("error-echo", frames.error(prompt, told)),
        stream("event-echo", frames.frame(garbage, told.encode())),
        stream(
            "delta-echo", frames.event("contentBlockDelta", {"delta": {"hologram": {prompt: told}}})
        ),
    ]
    return {f"echo {fault.name}": fault for fault in listed}


ECHOES = [
    "echo error-ValidationException",
    "echo throttle",
    "echo header-echo",
    "echo code-echo",
    "echo page-echo",
    "echo gateway-echo",
    "echo redirect-307",
    "echo status-line-echo",
    "echo whole-echo",
    "echo half-echo",
    "echo other-json-echo",
    "echo exception-echo",
    "echo exception-kind-echo",
    "echo error-echo",
    "echo event-echo",
    "echo delta-echo",
]
FAULTS = ["none", *Fault.all(), *ECHOES]


def said(canaries: Any) -> list[dict[str, Any]]:
    use = {"toolUseId": "t1", "name": "f", "input": {"x": canaries.tool_input}}
    result = {"toolUseId": "t1", "content": [{"text": canaries.tool_result}]}
    return [
        {"role": "user", "content": [{"text": canaries.prompt}]},
        {"role": "assistant", "content": [{"toolUse": use}]},
        {"role": "user", "content": [{"toolResult": result}]},
    ]


def native(canaries: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": canaries.prompt}]
    version = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9}
    return {**version, "system": canaries.system, "messages": messages}


Calls = dict[str, Callable[[], Iterator[object]]]


def typed_calls(client: SecureBedrockClient, canaries: Any) -> Calls:
    """Each call gives the objects that a user then holds."""
    options: Any = {"system": canaries.system, "tools": TOOLS}

    def stream(opened: Any) -> Iterator[object]:
        with opened:
            yield opened
            yield from opened
            yield opened.response() if hasattr(opened, "response") else None

    return {
        "Converse": lambda: iter([client.converse(MODEL, said(canaries), **options)]),
        "ConverseStream": lambda: stream(client.converse_stream(MODEL, said(canaries), **options)),
        "InvokeModel": lambda: iter([client.invoke_model(MODEL, native(canaries))]),
        "InvokeModelWithResponseStream": lambda: (
            type(piece) if isinstance(piece, bytes) else piece
            for piece in stream(client.invoke_model_stream(MODEL, native(canaries)))
        ),
    }


def hardened_calls(client: Any, canaries: Any) -> Calls:
    """botocore's own answers are dicts that show all they hold: here only the objects around them are looked at."""
    asked: Any = {"modelId": MODEL, "body": json.dumps(native(canaries))}
    options: Any = {
        "modelId": MODEL,
        "messages": said(canaries),
        "system": [{"text": canaries.system}],
        "toolConfig": {"tools": [{"toolSpec": tool} for tool in TOOLS]},
    }

    def stream(answer: Any, member: str) -> Iterator[object]:
        yield answer[member]
        for _event in answer[member]:
            pass

    def whole(answer: Any) -> Iterator[object]:
        yield client
        yield answer.get("body")

    return {
        "Converse": lambda: whole(client.converse(**options)),
        "ConverseStream": lambda: stream(client.converse_stream(**options), "stream"),
        "InvokeModel": lambda: whole(client.invoke_model(**asked)),
        "InvokeModelWithResponseStream": lambda: stream(
            client.invoke_model_with_response_stream(**asked), "body"
        ),
    }


def shown(error: BaseException) -> Iterator[str]:
    """Everything that an error says about itself, and that those say which led to it."""
    yield from traceback.format_exception(error)
    yield f"{error} {error!r} {error.args!r}"
    for member in ("response", "kwargs", "reason", "next_step", "code", "rule"):
        yield repr(getattr(error, member, None))
    for before in (error.__cause__, error.__context__):
        if before is not None:
            yield f"{before} {before!r} {before.args!r}"
    try:
        yield pickle.dumps(error).decode("latin-1")
    except (TypeError, pickle.PicklingError):
        yield ""  # what can't be pickled gives nothing away


@pytest.mark.parametrize("name", FAULTS)
def test_a_call_gives_no_content_away(  # noqa: PLR0917 - fixtures
    name: str,
    front: Any,
    bedrock: LocalBedrock,
    canaries: Any,
    echoes: dict[str, Fault],
    events: list[InvocationEvent],
    caplog: pytest.LogCaptureFixture,
    history: Any,
) -> None:
    fault = {**Fault.all(stall_s=0.4), **echoes}.get(name)
    client = front.make(ONE_TRY + (QUICK if "stall" in name else ""))
    calls = (typed_calls if front.name == "typed" else hardened_calls)(client, canaries)
    texts: list[str] = [repr(client), str(vars(client))]
    with caplog.at_level(logging.DEBUG):
        for operation, call in calls.items():
            bedrock.clear()
            bedrock.script_for(operation, Answer.text(canaries.completion))
            if fault is not None:
                bedrock.fault(fault)
            try:
                texts += [f"{held!r} {held}" for held in call()]
            except Exception as error:
                texts += shown(error)

    texts += [f"{event!r} {event.to_json()}" for event in events]
    texts += history.seen
    texts += [f"{record.getMessage()} {vars(record)!r}" for record in caplog.records]
    assert len(events) == 4
    assert [text for text in texts if canaries.found_in(text)] == []


def test_the_faults_are_all_there(echoes: dict[str, Fault]) -> None:
    assert list(echoes) == ECHOES


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_the_same_eyes_see_what_stock_boto3_gives_away(  # noqa: PLR0917 - fixtures
    operation: str,
    bedrock: LocalBedrock,
    canaries: Any,
    make_stock: Any,
    caplog: pytest.LogCaptureFixture,
    history: Any,
) -> None:
    client = make_stock()
    bedrock.script(Answer.text(canaries.completion))
    with caplog.at_level(logging.DEBUG):
        list(hardened_calls(client, canaries)[operation]())
    logged = canaries.found_in(*(record.getMessage() for record in caplog.records))

    assert {"prompt", "system", "tool_input", "tool_result", "token", "access_key"} <= logged
    assert {"prompt", "system", "tool_input"} <= canaries.found_in(*history.seen)
