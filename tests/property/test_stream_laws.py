"""Laws of answers and streams.

- Folding the events of an answer gives that answer, whatever the pieces and their order between blocks.
- A stream that is cut anywhere before its end is an incomplete answer, with what had arrived.
- Without its cost an answer stands, and says that the cost is missing.
- A message goes back to AWS as it came, blocks of tomorrow included.
- Nothing that was said stands in an error, in its pickle or in a repr.
"""

import json
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import ConverseResponse, StreamFolder, converse_params, stream_event

Wire = dict[str, Any]
WireEvent = tuple[str, Wire]

words = st.text(max_size=40)
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(words, json_values, max_size=3)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,20}", fullmatch=True)
counts = st.integers(0, 10**9)

texts = st.builds(lambda text: {"text": text}, words)
tool_uses = st.builds(
    lambda tool, name, given_input, extra: {
        "toolUse": {"toolUseId": tool, "name": name, **extra, "input": given_input}
    },
    names,
    names,
    objects,
    st.sampled_from([{}, {"type": "server_tool_use"}]),
)
thoughts = st.builds(
    lambda text, more: {"reasoningContent": {"reasoningText": {"text": text, **more}}},
    words,
    st.just({}) | st.builds(lambda text: {"signature": text}, words),
)
hidden = st.builds(
    lambda data: {"reasoningContent": {"redactedContent": data}}, st.binary(min_size=1, max_size=9)
)
cited = st.builds(
    lambda text, titles: {
        "citationsContent": {
            "content": [{"text": text}],
            "citations": [{"title": title} for title in titles],
        }
    },
    words,
    st.lists(words, min_size=1, max_size=3),
)
results = st.builds(
    lambda tool, said: {
        "toolResult": {"toolUseId": tool, "content": [{"text": one} for one in said]}
    },
    names,
    st.lists(words, max_size=3),
)
images = st.builds(
    lambda data: {"image": {"format": "png", "source": {"bytes": data}}},
    st.binary(min_size=1, max_size=9),
)
streamed = st.one_of(texts, tool_uses, thoughts, hidden, cited, results, images)
unknown = st.builds(
    lambda name, value: {name: value},
    st.sampled_from(["hologram", "video", "cachePoint", "guardContent"]),
    objects,
)


def answers(blocks: st.SearchStrategy[Wire]) -> st.SearchStrategy[Wire]:
    return st.builds(
        lambda content, reason, given_count, written, latency: {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": reason,
            "usage": {
                "inputTokens": given_count,
                "outputTokens": written,
                "totalTokens": given_count + written,
            },
            "metrics": {"latencyMs": latency},
        },
        st.lists(blocks, max_size=4),
        st.sampled_from(["end_turn", "tool_use", "max_tokens", "a_reason_of_tomorrow"]),
        counts,
        counts,
        counts,
    )


def pieces(draw: Callable[..., Any], text: Any) -> list[Any]:
    """The text (or bytes) in one to four pieces, of which some may be empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def block_events(draw: Callable[..., Any], index: int, block: Wire) -> list[WireEvent]:
    ((kind, value),) = block.items()
    starts: list[Wire] = []
    deltas: list[Wire] = []
    if kind == "text":
        deltas = [{"text": piece} for piece in pieces(draw, value)]
    elif kind == "toolUse":
        starts = [{kind: {name: member for name, member in value.items() if name != "input"}}]
        text = "" if value["input"] == {} and draw(st.booleans()) else json.dumps(value["input"])
        deltas = [{kind: {"input": piece}} for piece in pieces(draw, text)]
    elif kind == "reasoningContent" and "redactedContent" in value:
        parts = pieces(draw, value["redactedContent"])
        deltas = [{kind: {"redactedContent": piece}} for piece in parts]
    elif kind == "reasoningContent":
        inner = value["reasoningText"]
        deltas = [{kind: {"text": piece}} for piece in pieces(draw, inner["text"])]
        deltas += [{kind: {"signature": inner["signature"]}}] if "signature" in inner else []
    elif kind == "citationsContent":
        deltas = [{"text": piece} for piece in pieces(draw, value["content"][0]["text"])]
        deltas += [{"citation": citation} for citation in value["citations"]]
    elif kind == "toolResult":
        starts = [{kind: {"toolUseId": value["toolUseId"]}}]
        deltas = [{kind: part} for part in pieces(draw, value["content"])]
    else:
        starts = [{kind: {"format": value["format"]}}]
        parts = pieces(draw, value["source"]["bytes"])
        deltas = [{kind: {"source": {"bytes": piece}}} for piece in parts]
    return [
        *(("contentBlockStart", {"start": one, "contentBlockIndex": index}) for one in starts),
        *(("contentBlockDelta", {"delta": one, "contentBlockIndex": index}) for one in deltas),
        ("contentBlockStop", {"contentBlockIndex": index}),
    ]


@st.composite
def split_answers(draw: Callable[..., Any]) -> tuple[Wire, list[WireEvent]]:
    """An answer, and the events of a stream that says the same; blocks overlap, the cost comes before or after."""
    raw = draw(answers(streamed))
    content = raw["output"]["message"]["content"]
    queues = [block_events(draw, index, block) for index, block in enumerate(content)]
    events: list[WireEvent] = [("messageStart", {"role": "assistant"})]
    while any(queues):
        queue = draw(st.sampled_from([queue for queue in queues if queue]))
        events.append(queue.pop(0))
    end = ("messageStop", {"stopReason": raw["stopReason"]})
    cost = ("metadata", {"usage": raw["usage"], "metrics": raw["metrics"]})
    events += draw(st.sampled_from([[end, cost], [cost, end]]))
    return raw, events


def fold(events: list[WireEvent]) -> StreamFolder:
    folder = StreamFolder()
    for name, payload in events:
        folder.add(stream_event(name, payload))
    return folder


@given(split_answers())
def test_folding_the_events_of_an_answer_gives_that_answer(
    both: tuple[Wire, list[WireEvent]],
) -> None:
    raw, events = both

    assert fold(events).response() == ConverseResponse.from_wire(raw)


@given(split_answers())
def test_a_stream_cut_anywhere_before_its_end_is_an_incomplete_answer(
    both: tuple[Wire, list[WireEvent]],
) -> None:
    raw, events = both
    whole = ConverseResponse.from_wire(raw).text
    end = [name for name, _ in events].index("messageStop")

    for place in range(end + 1):
        folder = fold(events[:place])
        with pytest.raises(IncompleteResponse) as caught:
            folder.response()

        arrived = caught.value.partial
        assert caught.value.rule == "stream-cut"
        assert arrived is None or len(arrived.text) <= len(whole)


@given(split_answers())
def test_without_its_cost_an_answer_stands_and_says_so(
    both: tuple[Wire, list[WireEvent]],
) -> None:
    raw, events = both
    reply = fold([event for event in events if event[0] != "metadata"]).response()

    assert reply.message == ConverseResponse.from_wire(raw).message
    assert (reply.usage, reply.usage_missing) == (None, True)


@given(answers(streamed | unknown))
def test_a_message_goes_back_as_it_came(raw: Wire) -> None:
    reply = ConverseResponse.from_wire(raw)

    params = converse_params("model", [reply.to_message()])

    assert params["messages"] == [raw["output"]["message"]]


SECRET = "Ж7Щ!Ю#Я漢字か%"  # of characters that no name of ours is made of


@given(split_answers(), st.data())
def test_nothing_that_was_said_stands_in_an_error_or_a_repr(
    both: tuple[Wire, list[WireEvent]], data: st.DataObject
) -> None:
    _, events = both
    said: list[WireEvent] = [
        ("contentBlockDelta", {"delta": {"text": SECRET}, "contentBlockIndex": 90}),
        (
            "contentBlockStart",
            {"start": {"toolUse": {"toolUseId": "t", "name": SECRET}}, "contentBlockIndex": 91},
        ),
        ("contentBlockDelta", {"delta": {"toolUse": {"input": SECRET}}, "contentBlockIndex": 91}),
        ("contentBlockDelta", {"delta": {"hologram": SECRET}, "contentBlockIndex": 92}),
    ]
    end = [name for name, _ in events].index("messageStop")
    cut = data.draw(st.integers(1, end))
    folder = fold([*events[:cut], *said])

    with pytest.raises(IncompleteResponse) as caught:
        folder.response()
    error = caught.value
    whole = fold([*events[:end], *said, events[end]]).response()

    shown = [str(error), repr(error), *traceback.format_exception(error), repr(whole)]
    shown += [repr(whole.message), repr(error.partial), repr(whole.message.content)]
    assert not any(SECRET in text for text in shown)
    assert SECRET.encode() not in pickle.dumps(error)
    assert pickle.loads(pickle.dumps(error)).partial is None
