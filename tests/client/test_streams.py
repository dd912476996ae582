"""Streams as a user holds them: events, text, the whole answer."""

from typing import Any

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.models import (
    BlockStop,
    MessageStart,
    MessageStop,
    Metadata,
    OtherDelta,
    TextDelta,
    ToolInputDelta,
    ToolUseStart,
    UnknownBlock,
    UnknownEvent,
)
from secure_bedrock.testing import Answer, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"


def test_a_stream_is_its_events_in_order(client: SecureBedrockClient) -> None:
    with client.converse_stream(MODEL, "Hello") as stream:
        kinds = [type(event) for event in stream]

    assert kinds == [MessageStart, TextDelta, BlockStop, MessageStop, Metadata]


def test_its_text_comes_in_pieces_and_its_answer_is_that_of_converse(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    whole = client.converse(MODEL, "Hello there, dear model")
    with client.converse_stream(MODEL, "Hello there, dear model") as stream:
        pieces = list(stream.text_stream)
        reply = stream.response()

    assert len(pieces) > 1
    assert "".join(pieces) == reply.text == whole.text
    assert reply.raw == whole.raw
    assert reply.request_id == stream.request_id == local.requests[1].request_id


def test_a_tool_use_streams(client: SecureBedrockClient, local: LocalBedrock) -> None:
    local.script(Answer.tool_use("get_weather", {"city": "Cork", "days": 3}))
    with client.converse_stream(MODEL, "Weather?") as stream:
        events = list(stream)
        reply = stream.response()

    started = [event for event in events if type(event) is ToolUseStart]
    pieces = [event.input for event in events if type(event) is ToolInputDelta]
    assert [event.name for event in started] == ["get_weather"]
    assert len(pieces) > 1
    assert reply.tool_uses[0].input == {"city": "Cork", "days": 3}
    assert reply.stop_reason == "tool_use"


def test_events_and_blocks_of_tomorrow_are_passed_on_and_kept(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    usage = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
    said: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hi"}}),
        ("holographicEvent", {"depth": 3}),
        ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"hologram": {"x": 1}}}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": usage}),
    ]
    local.script(Answer.events(said))
    with client.converse_stream(MODEL, "Hello") as stream:
        events = list(stream)
        reply = stream.response()

    assert [type(event) for event in events if type(event) in (UnknownEvent, OtherDelta)] == [
        UnknownEvent,
        OtherDelta,
    ]
    assert reply.text == "hi"
    unknown = reply.message.content[1]
    assert isinstance(unknown, UnknownBlock)
    assert unknown.name == "hologram"


def test_the_answer_is_there_without_reading_the_events_first(client: SecureBedrockClient) -> None:
    with client.converse_stream(MODEL, "Hello") as stream:
        assert stream.response().text == "You said: Hello"


def test_reading_can_be_left_and_taken_up_again_and_each_event_comes_once(
    client: SecureBedrockClient,
) -> None:
    with client.converse_stream(MODEL, "Hello") as stream:
        first = next(iter(stream))
        rest = list(stream)
        again = list(stream)

    assert isinstance(first, MessageStart)
    assert isinstance(rest[-1], Metadata)
    assert again == []
    assert stream.response().text == stream.response().text == "You said: Hello"


def test_a_stream_has_its_one_event_at_its_end(
    client: SecureBedrockClient, events: list[InvocationEvent]
) -> None:
    with client.converse_stream(MODEL, "Hello") as stream:
        next(iter(stream))
        assert (events, stream.event) == ([], None)
        reply = stream.response()

    assert events == [stream.event]
    assert reply.event is stream.event
    assert (events[0].outcome, events[0].streaming) == ("ok", True)
    assert events[0].stop_reason == "end_turn"
    assert reply.usage is not None
    assert events[0].total_tokens == reply.usage.total_tokens
    assert events[0].time_to_first_event_ms is not None
    assert events[0].time_to_first_event_ms <= events[0].duration_ms


def test_a_stream_read_to_its_end_leaves_its_connection_for_the_next_call(
    client: SecureBedrockClient, local: LocalBedrock
) -> None:
    before = local.connections
    for _ in range(3):
        client.converse_stream(MODEL, "Hello").response()

    assert local.connections == before + 1
