"""What no grammar of a body knows is an unknown reference, and a model that is not plain an ambiguous one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.policy.http_surfaces import bodies as bodies_module
from secure_bedrock.policy.http_surfaces import body_references
from secure_bedrock.policy.http_surfaces.openai import CHAT_COMPLETIONS
from secure_bedrock.policy.operation.members import Kind
from tests.policy.http_surfaces.surface_bodies import (
    GRAMMARS,
    MODEL,
    URL,
    Body,
    chat,
    messages,
    part,
    responses,
)

UNKNOWN: dict[str, tuple[str, Body, str]] = {
    "a member": ("chat", chat(fallback_models=["x"]), "the body"),
    "a member in other letters": ("chat", chat(Model="x"), "the body"),
    "where inference runs": ("messages", messages(inference_geo="us"), "the body"),
    "a message's member": (
        "chat",
        {"model": MODEL, "messages": [{"role": "user", "model": "x"}]},
        "messages[]",
    ),
    **{
        f"what embeddings are made of: {value!r}": (
            "embeddings",
            {"model": MODEL, "input": value},
            path,
        )
        for value, path in (
            ({"url": URL}, "input"),
            ([{"type": "image_url", "image_url": {"url": URL}}], "input[]"),
            ([{"s3Location": {"uri": "s3://foreign/x"}}], "input[]"),
            ([[1, "a"]], "input[][]"),
            ([[[1]]], "input[][]"),
            ([True], "input[]"),
            ([1.5], "input[]"),
            (7, "input"),
        )
    },
    "instructions that are items": ("responses", responses(instructions=[{}]), "instructions"),
    "what to include that is no text": ("responses", responses(include=[{}]), "include[]"),
    "a prediction that is no text": (
        "chat",
        chat(prediction={"content": [{"type": "image_url", "image_url": {"url": URL}}]}),
        "prediction.content[]",
    ),
    "a function that is a server": (
        "chat",
        chat(functions=[{"name": "f", "server_url": URL}]),
        "functions[]",
    ),
    "a function's member": (
        "chat",
        chat(tools=[{"type": "function", "function": {"name": "f", "server_url": URL}}]),
        "tools[].function",
    ),
    "a function's name that is none": (
        "chat",
        chat(tools=[{"type": "function", "function": {"name": {"url": URL}}}]),
        "tools[].function.name",
    ),
    "a call's member": (
        "chat",
        {
            "model": MODEL,
            "messages": [
                {"role": "assistant", "tool_calls": [{"type": "function", "function": {"x": 1}}]}
            ],
        },
        "messages[].tool_calls[].function",
    ),
    "a choice's member": (
        "chat",
        chat(tool_choice={"type": "function", "function": {"server_url": URL}}),
        "tool_choice.function",
    ),
    "a choice's member, flat": (
        "responses",
        responses(tool_choice={"type": "function", "server_url": URL}),
        "tool_choice",
    ),
    "a message's choice's member": (
        "messages",
        messages(tool_choice={"type": "tool", "server_url": URL}),
        "tool_choice",
    ),
    "a message's output": (
        "messages",
        messages(output_config={"mcp_servers": [URL]}),
        "output_config",
    ),
    "a text that is none": (
        "chat",
        chat({"type": "text", "text": {"url": URL}}),
        "messages[].content[].text",
    ),
    "a kind of part": ("chat", chat({"type": "video_url"}), "messages[].content[]"),
    "a part without a kind": ("chat", chat({"text": "x"}), "messages[].content[]"),
    "a kind that is no string": ("chat", chat({"type": ["text"]}), "messages[].content[]"),
    "a part that is no object": ("chat", chat("x"), "messages[].content[]"),
    "a part's member": ("chat", chat({"type": "text", "url": URL}), "messages[].content[]"),
    "messages that are no list": ("chat", {"model": MODEL, "messages": {}}, "messages"),
    "a content that is no text": (
        "messages",
        {"model": MODEL, "messages": [{"role": "user", "content": {"type": "text"}}]},
        "messages[].content",
    ),
    "an item": ("responses", responses({"type": "mcp_call"}), "input[]"),
    "an item's member": ("responses", responses({**part(type="x"), "url": URL}), "input[]"),
    "a block": ("messages", messages({"type": "server_tool_use"}), "messages[].content[]"),
    "a source": (
        "messages",
        messages({"type": "image", "source": {"type": "s3"}}),
        "messages[].content[].source",
    ),
    "a client's tool with a URL": (
        "messages",
        messages(tools=[{"name": "f", "url": URL}]),
        "tools[]",
    ),
    "an embedding's member": (
        "embeddings",
        {"model": MODEL, "input": "x", "input_file_id": "f"},
        "the body",
    ),
}


@pytest.mark.parametrize("sentence", UNKNOWN)
def test_what_the_grammar_does_not_know_is_an_unknown_reference(sentence: str) -> None:
    grammar, body, path = UNKNOWN[sentence]
    found = body_references(GRAMMARS[grammar], body)
    unknown = [each for each in found if each.kind is Kind.UNKNOWN]
    assert [each.path for each in unknown][:1] == [path]
    assert all(each.ambiguous for each in unknown)


@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize("model", [None, 1, ["a"], {"id": "a"}, True])
def test_a_model_that_is_no_string_is_an_ambiguous_reference(grammar: str, model: object) -> None:
    (found,) = [
        each
        for each in body_references(GRAMMARS[grammar], {"model": model})
        if each.kind is Kind.MODEL
    ]
    assert found.ambiguous


@pytest.mark.parametrize("grammar", GRAMMARS)
@pytest.mark.parametrize("body", [{"store": False}, [], "x", None, 1])
def test_a_body_without_a_model_names_an_ambiguous_one(grammar: str, body: object) -> None:
    first, *_ = [e for e in body_references(GRAMMARS[grammar], body) if e.kind is Kind.MODEL]
    assert first.ambiguous


def test_no_reference_shows_what_the_caller_wrote() -> None:
    body = chat({"type": "hunter2"}, {"type": "text", "hunter2": 1}, hunter2=1)
    assert "hunter2" not in repr(body_references(CHAT_COMPLETIONS, body))


def test_a_body_of_too_many_values_ends_in_an_unknown_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies_module, "MAX_STEPS", 50)
    found = body_references(CHAT_COMPLETIONS, chat(*[{"type": "text", "text": ""}] * 60))
    assert [each.kind for each in found] == [Kind.MODEL, Kind.UNKNOWN]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(grammar=st.sampled_from(sorted(GRAMMARS)), body=VALUES)
def test_every_json_value_is_answered_and_its_model_is_among_the_answers(
    grammar: str, body: Any
) -> None:
    found = body_references(GRAMMARS[grammar], body)
    model = body.get("model") if isinstance(body, dict) else None
    (named,) = [each for each in found if each.kind is Kind.MODEL]
    assert named.ambiguous or named.value == model
