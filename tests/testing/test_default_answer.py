"""The local model's own answers: each rule of the docstring, in its order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.testing.default_answer import default_turn
from secure_bedrock.testing.received import ReceivedRequest
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.schema_example import example_of
from secure_bedrock.testing.turn import Call, pieces_of, tokens_of

SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}}
CONTEXT = (
    "Context:\n- The lamp costs 5 euro.\n- The chair costs 80 euro.\n\nWhat is the chair's price?"
)


def call(body: Any) -> Call:
    raw = RawRequest("POST", "/model/x/converse", (), b"")
    request = ReceivedRequest(
        operation="Converse", model_id="x", raw=raw, peer=("", 0), connection=1, request_id=""
    )
    return Call(request, body)


def user(*content: Any) -> list[Any]:
    return [{"role": "user", "content": list(content)}]


def tools(**choice: Any) -> dict[str, Any]:
    spec = {"name": "total", "inputSchema": {"json": SCHEMA}}
    return {"toolConfig": {"tools": [{"toolSpec": spec}], "toolChoice": choice}}


TEXTS: dict[str, tuple[Any, str]] = {
    "the prompt is quoted": ({"messages": user({"text": "Hello"})}, "You said: Hello"),
    "several blocks are joined": (
        {"messages": user({"text": "a"}, {"image": {}}, {"text": "b"})},
        "You said: a\nb",
    ),
    "the last user message counts": (
        {"messages": [*user({"text": "a"}), {"role": "assistant", "content": [{"text": "b"}]}]},
        "You said: a",
    ),
    "a long prompt is shortened": (
        {"messages": user({"text": "x" * 200})},
        "You said: " + "x" * 160 + "…",
    ),
    "a native prompt": ({"prompt": "Hi"}, "You said: Hi"),
    "a native Titan prompt": ({"inputText": "Hi"}, "You said: Hi"),
    "a native message as a string": (
        {"messages": [{"role": "user", "content": "Hi"}]},
        "You said: Hi",
    ),
    "a native prompt of another type": ({"prompt": ["Hi"]}, "You said: "),
    "no prompt at all": ({}, "You said: "),
    "a body that is no object": ([1], "You said: "),
    "a context in the prompt": (
        {"messages": user({"text": CONTEXT})},
        "According to the context: The chair costs 80 euro.",
    ),
    "a context in the system prompt": (
        {
            "system": [{"text": "Product information: Blue chair, oak.\nRed lamp, steel."}],
            "messages": user({"text": "Which steel?"}),
        },
        "According to the context: Red lamp, steel.",
    ),
    "a heading with nothing below": (
        {"messages": user({"text": "Context:"})},
        "You said: Context:",
    ),
    "a tool's text": (
        {"messages": user({"toolResult": {"content": [{"text": "21 °C"}]}})},
        "The tool says: 21 °C",
    ),
    "a tool's JSON": (
        {"messages": user({"toolResult": {"content": [{"json": {"t": 21}}]}})},
        'The tool says: {"t": 21}',
    ),
    "an output schema": (
        {
            "outputConfig": {
                "textFormat": {"structure": {"jsonSchema": {"schema": json.dumps(SCHEMA)}}}
            }
        },
        '{"total": 1}',
    ),
    "an output schema that is no JSON": (
        {"outputConfig": {"textFormat": {"structure": {"jsonSchema": {"schema": "{"}}}}},
        "You said: ",
    ),
    "a tool that may be used is not": (
        {"messages": user({"text": "Hi"}), **tools(auto={})},
        "You said: Hi",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_follows_the_rules(name: str) -> None:
    body, expected = TEXTS[name]

    assert default_turn(call(body)).text == expected


TOOLS: dict[str, Any] = {
    "forced": tools(tool={"name": "total"}),
    "any": tools(any={}),
    "forced in Anthropic's form": {
        "tools": [{"name": "total", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "total"},
    },
    "any in Anthropic's form": {
        "tools": [{"name": "total", "input_schema": SCHEMA}],
        "tool_choice": {"type": "any"},
    },
}


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_has_to_be_used_is(name: str) -> None:
    turn = default_turn(call(TOOLS[name]))

    use = turn.content[0]["toolUse"]
    assert (use["name"], use["input"], turn.stop_reason) == ("total", {"total": 1}, "tool_use")
    assert use["toolUseId"].startswith("tooluse_")


@pytest.mark.parametrize("body", [{"inferenceConfig": {"maxTokens": 2}}, {"max_tokens": 2}])
def test_max_tokens_cut_the_text(body: dict[str, Any]) -> None:
    turn = default_turn(call({**body, "prompt": "a long prompt"}))

    assert (turn.text, turn.stop_reason) == ("You said", "max_tokens")
    assert turn.output_tokens == 2


EXAMPLES: dict[str, tuple[Any, Any]] = {
    "no schema": (None, {}),
    "a constant": ({"const": 3}, 3),
    "a default": ({"type": "string", "default": "d"}, "d"),
    "an example": ({"type": "string", "examples": ["e"]}, "e"),
    "an enum": ({"enum": ["x", "y"]}, "x"),
    "a choice": ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
    "a title": ({"type": "string", "title": "Name"}, "Name"),
    "a date": ({"type": "string", "format": "date"}, "2026-11-20"),
    "a long string": ({"type": "string", "minLength": 9}, "examplexx"),
    "a short string": ({"type": "string", "maxLength": 2}, "ex"),
    "a minimum": ({"type": "integer", "minimum": 5}, 5),
    "a maximum": ({"type": "integer", "maximum": -5}, -5),
    "an exclusive minimum": ({"type": "integer", "exclusiveMinimum": 5}, 6),
    "a boolean": ({"type": "boolean"}, True),
    "an array": ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
    "an array of anything": ({"type": "array"}, ["example"]),
    "several types": ({"type": ["number", "null"]}, 1),
    "a reference": ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "boolean"}}}, True),
    "a reference to nothing": ({"$ref": "#/$defs/A/B"}, {}),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_its_schema(name: str) -> None:
    schema, expected = EXAMPLES[name]

    assert example_of(schema) == expected


def test_a_schema_that_refers_to_itself_ends() -> None:
    schema = {"properties": {"next": {"$ref": "#"}}}

    assert "null" in json.dumps(example_of(schema))


@given(st.text(max_size=80))
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(pieces_of(text)) == text


@given(st.text(max_size=80))
def test_tokens_are_at_least_one_and_never_more_than_characters(text: str) -> None:
    assert 1 <= tokens_of(text) <= max(1, len(text))
