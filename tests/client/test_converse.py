"""Converse as a user holds it: what may be said, and what comes back."""

from contextlib import nullcontext, suppress
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import (
    AttemptTimeout,
    DeadlineExceeded,
    InvalidRequest,
    OperationDenied,
)
from secure_bedrock.models import Message, TextBlock, ToolResultBlock, ToolUseBlock, UnknownBlock
from secure_bedrock.testing import Answer, Fault, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
HELLO: dict[str, Any] = {"role": "user", "content": [{"text": "Hello"}]}

WAYS_TO_SAY_HELLO: dict[str, Any] = {
    "a text": "Hello",
    "a Message": Message.user("Hello"),
    "a Message of blocks": Message("user", [TextBlock("Hello")]),
    "a dict with a text": {"role": "user", "content": "Hello"},
    "a dict as Converse takes it": HELLO,
    "a list of one text": ["Hello"],
    "a tuple of one dict": (HELLO,),
}


@pytest.mark.parametrize("way", WAYS_TO_SAY_HELLO)
def test_a_message_may_be_said_in_many_ways(
    way: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    reply = client.converse(MODEL, WAYS_TO_SAY_HELLO[way])

    assert reply.text == "You said: Hello"
    assert local.requests[0].json == {"messages": [HELLO]}


@pytest.mark.parametrize("text", ["", " ", "Grüße 🌍", "half a \ud83c character", "\x00\u2028\r\n"])
def test_any_text_goes_there_and_back(
    text: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    assert client.converse(MODEL, text).text == f"You said: {text}"
    with client.converse_stream(MODEL, text) as stream:
        assert "".join(stream.text_stream) == f"You said: {text}"
    assert local.requests[0].json["messages"][0]["content"] == [{"text": text}]


def test_a_conversation_mixes_them(client: SecureBedrockClient, local: LocalBedrock) -> None:
    first = client.converse(MODEL, "Hello")
    client.converse(MODEL, ["Hello", first.to_message(), {"role": "user", "content": "And now?"}])

    assert local.requests[1].json["messages"] == [
        HELLO,
        {"role": "assistant", "content": [{"text": "You said: Hello"}]},
        {"role": "user", "content": [{"text": "And now?"}]},
    ]


def test_an_answer_tells_what_it_cost_and_who_gave_it(
    client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    reply = client.converse(MODEL, "Hello")

    assert reply.stop_reason == "end_turn"
    assert reply.usage is not None
    assert reply.usage.output_tokens == 4  # the local Bedrock takes four characters for a token
    assert reply.usage.total_tokens == reply.usage.billed_input_tokens + 4
    assert reply.metrics is not None
    assert reply.metrics.latency_ms == reply.raw["metrics"]["latencyMs"] > 0
    assert reply.request_id == local.requests[0].request_id
    assert reply.message == Message.assistant("You said: Hello")
    assert events == [reply.event]


# keyword argument → the members that Converse gets for it
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a system prompt": ({"system": "Be brief."}, {"system": [{"text": "Be brief."}]}),
    "system prompts and a cache point": (
        {"system": ["Be brief.", {"cachePoint": {"type": "default"}}]},
        {"system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]},
    ),
    "inference settings": (
        {"max_tokens": 9, "temperature": 0.5, "top_p": 1, "stop_sequences": ["X"]},
        {
            "inferenceConfig": {
                "maxTokens": 9,
                "temperature": 0.5,
                "topP": 1,
                "stopSequences": ["X"],
            }
        },
    ),
    "tools and a choice": (
        {"tools": [WEATHER], "tool_choice": "auto"},
        {"toolConfig": {"tools": [{"toolSpec": WEATHER}], "toolChoice": {"auto": {}}}},
    ),
    "a guardrail": (
        {"guardrail": {"id": "abc123", "version": "1", "trace": "enabled"}},
        {
            "guardrailConfig": {
                "guardrailIdentifier": "abc123",
                "guardrailVersion": "1",
                "trace": "enabled",
            }
        },
    ),
    "performance": (
        {"performance": "optimized"},
        {"performanceConfig": {"latency": "optimized"}},
    ),
    "a tier": ({"service_tier": "flex"}, {"serviceTier": {"type": "flex"}}),
    "prompt variables": (
        {"prompt_variables": {"city": "Cork"}},
        {"promptVariables": {"city": {"text": "Cork"}}},
    ),
    "a model's own fields": (
        {
            "additional_model_request_fields": {"top_k": 5},
            "additional_model_response_field_paths": ["/stop_sequence"],
        },
        {
            "additionalModelRequestFields": {"top_k": 5},
            "additionalModelResponseFieldPaths": ["/stop_sequence"],
        },
    ),
    "request metadata": ({"request_metadata": {"team": "a"}}, {"requestMetadata": {"team": "a"}}),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_options_reach_bedrock_under_its_names(
    option: str, client: SecureBedrockClient, local: LocalBedrock
) -> None:
    arguments, members = OPTIONS[option]
    # The local Bedrock checks by the installed botocore's model, and that of 1.40.20 knows no tier.
    with suppress(InvalidRequest) if option == "a tier" else nullcontext():
        client.converse(MODEL, "Hello", **arguments)

    assert local.requests[0].json == {"messages": [HELLO], **members}


def test_a_tool_is_asked_for_run_and_answered(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    local.script(Answer.tool_use("get_weather", {"city": "Cork"}))
    asked = client.converse(MODEL, "Weather in Cork?", tools=[WEATHER])
    (use,) = asked.tool_uses
    result = ToolResultBlock.of(use.tool_use_id, {"sky": "grey"})
    told = client.converse(
        MODEL, ["Weather in Cork?", asked.to_message(), Message.user(result)], tools=[WEATHER]
    )

    assert asked.stop_reason == "tool_use"
    assert isinstance(use, ToolUseBlock)
    assert (use.name, use.input) == ("get_weather", {"city": "Cork"})
    assert told.text == 'The tool says: {"sky": "grey"}'
    sent = local.requests[1].json["messages"]
    assert sent[1]["content"][0]["toolUse"]["toolUseId"] == use.tool_use_id
    assert sent[2]["content"] == [
        {
            "toolResult": {
                "toolUseId": use.tool_use_id,
                "content": [{"json": {"sky": "grey"}}],
                "status": "success",
            }
        }
    ]


@pytest.mark.parametrize("reason", ["max_tokens", "guardrail_intervened", "a_reason_of_tomorrow"])
def test_a_stop_reason_is_passed_on_also_when_it_is_new(
    reason: str, client: SecureBedrockClient, local: LocalBedrock, events: list[InvocationEvent]
) -> None:
    local.script(Answer.text("half a sent", stop_reason=reason))
    reply = client.converse(MODEL, "Hello")

    assert reply.stop_reason == reason
    assert (reply.truncated, reply.blocked) == (
        reason == "max_tokens",
        reason == "guardrail_intervened",
    )
    assert events[0].stop_reason == reason


def test_a_block_of_tomorrow_survives_and_does_not_go_back(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    hologram = {"hologram": {"depth": 3, "layers": [1, 2]}}
    local.script(Answer.message({"content": [hologram, {"text": "there"}]}))
    reply = client.converse(MODEL, "Hello")
    with pytest.raises(OperationDenied, match="member"):  # it could name anything
        client.converse(MODEL, ["Hello", reply.to_message(), "Again"])

    assert reply.text == "there"
    unknown = reply.message.content[0]
    assert isinstance(unknown, UnknownBlock)
    assert (unknown.name, unknown.raw) == ("hologram", hologram)
    assert reply.raw["output"]["message"]["content"][0] == hologram
    assert len(local.requests) == 1


def test_members_of_tomorrow_stand_in_raw(client: SecureBedrockClient, local: LocalBedrock) -> None:
    usage = {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8, "cacheReadInputTokens": 100}
    answer = {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}, "aside": 1},
        "stopReason": "end_turn",
        "usage": usage,
        "metrics": {"latencyMs": 5},
        "additionalModelResponseFields": {"stop_sequence": None},
    }
    local.script(Answer.json(answer))
    reply = client.converse(MODEL, "Hello")

    assert reply.raw == answer
    assert reply.usage is not None
    assert reply.usage.billed_input_tokens == 103


def test_a_deadline_bounds_the_call_and_a_time_out_the_attempt(
    client: SecureBedrockClient, make: Any, local: LocalBedrock
) -> None:
    local.fault(Fault.stall(2))
    with pytest.raises(DeadlineExceeded):
        client.converse(MODEL, "Hello", deadline_s=0.15)
    local.fault(Fault.stall(2))
    with pytest.raises(AttemptTimeout, match=r"0\.1 s"):
        make("[timeouts]\nread_s = 0.1\n").converse(MODEL, "Hello")
