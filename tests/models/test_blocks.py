"""Blocks come from the wire, go back to it unchanged, and show nothing of what they hold."""

from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape

from secure_bedrock.errors import IncompleteResponse, InvalidRequest
from secure_bedrock.models import (
    CitationsBlock,
    DocumentBlock,
    ImageBlock,
    ReasoningBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    parse_block,
)

# sentence → (class, wire form)
BLOCKS: dict[str, tuple[type, dict[str, Any]]] = {
    "text": (TextBlock, {"text": "secret"}),
    "an image": (ImageBlock, {"image": {"format": "png", "source": {"bytes": b"secret"}}}),
    "an image in S3, with a member of its own": (
        ImageBlock,
        {
            "image": {
                "format": "png",
                "source": {"s3Location": {"uri": "s3://bucket/secret"}},
                "error": {"message": "secret"},
            }
        },
    ),
    "a document": (
        DocumentBlock,
        {"document": {"name": "secret", "format": "pdf", "source": {"bytes": b"secret"}}},
    ),
    "a document with context and citations": (
        DocumentBlock,
        {
            "document": {
                "name": "secret",
                "source": {"text": "secret"},
                "context": "secret",
                "citations": {"enabled": True},
            }
        },
    ),
    "a tool use": (
        ToolUseBlock,
        {"toolUse": {"toolUseId": "t", "name": "secret", "input": {"secret": 1}}},
    ),
    "a tool use that AWS runs": (
        ToolUseBlock,
        {"toolUse": {"toolUseId": "t", "name": "n", "input": {}, "type": "server_tool_use"}},
    ),
    "a tool result": (
        ToolResultBlock,
        {"toolResult": {"toolUseId": "t", "content": [{"text": "secret"}], "status": "error"}},
    ),
    "a tool result without a status": (
        ToolResultBlock,
        {"toolResult": {"toolUseId": "t", "content": [{"json": {"secret": 1}}], "type": "x"}},
    ),
    "reasoning": (
        ReasoningBlock,
        {"reasoningContent": {"reasoningText": {"text": "secret", "signature": "secret"}}},
    ),
    "reasoning without a signature": (
        ReasoningBlock,
        {"reasoningContent": {"reasoningText": {"text": "secret", "new": 1}}},
    ),
    "redacted reasoning": (ReasoningBlock, {"reasoningContent": {"redactedContent": b"secret"}}),
    "cited text": (
        CitationsBlock,
        {"citationsContent": {"content": [{"text": "secret"}], "citations": [{"title": "secret"}]}},
    ),
    "a video": (UnknownBlock, {"video": {"format": "mp4", "source": {"bytes": b"secret"}}}),
    "a block of tomorrow": (UnknownBlock, {"hologram": {"depth": "secret"}}),
    "reasoning of tomorrow": (UnknownBlock, {"reasoningContent": {"dream": "secret"}}),
    "a caller's dict": (UnknownBlock, {"the secret": 1}),
    "a union with two members": (UnknownBlock, {"text": "secret", "image": {}}),
    "a union without members": (UnknownBlock, {}),
}


@pytest.mark.parametrize(("kind", "wire"), BLOCKS.values(), ids=BLOCKS)
def test_a_block_goes_back_as_it_came_and_shows_nothing(kind: type, wire: dict[str, Any]) -> None:
    block = parse_block(wire)

    assert type(block) is kind
    assert block.to_wire() == wire
    assert parse_block(block.to_wire()) == block
    assert "secret" not in repr(block) + str(block)


MALFORMED: dict[str, object] = {
    "no block": "text",
    "text that is none": {"text": 1},
    "a structure that is none": {"image": "x"},
    "an image without a format": {"image": {"source": {"bytes": b"x"}}},
    "an image without a source": {"image": {"format": "png"}},
    "an image of broken base64": {"image": {"format": "png", "source": {"bytes": "secret!"}}},
    "an image of a number": {"image": {"format": "png", "source": {"bytes": 7}}},
    "a document without a name": {"document": {"source": {"text": "x"}}},
    "a document whose format is a number": {
        "document": {"name": "n", "source": {"text": "x"}, "format": 7}
    },
    "a tool use without its id": {"toolUse": {"name": "n", "input": {}}},
    "a tool use without its name": {"toolUse": {"toolUseId": "t", "input": {}}},
    "a tool use without input": {"toolUse": {"toolUseId": "t", "name": "n"}},
    "a tool result without content": {"toolResult": {"toolUseId": "t"}},
    "reasoning without text": {"reasoningContent": {"reasoningText": {"signature": "s"}}},
    "reasoning that is none": {"reasoningContent": {"reasoningText": "secret"}},
    "citations that are none": {"citationsContent": {"citations": "secret"}},
    "cited text that is none": {"citationsContent": {"content": ["secret"]}},
}


@pytest.mark.parametrize("wire", MALFORMED.values(), ids=MALFORMED)
def test_a_block_without_what_it_requires_is_an_incomplete_answer(wire: object) -> None:
    with pytest.raises(IncompleteResponse) as caught:
        parse_block(wire)

    assert caught.value.rule == "malformed-answer"
    assert "secret" not in str(caught.value) + repr(caught.value)


def test_blobs_may_come_as_base64_and_go_as_bytes() -> None:
    image = parse_block({"image": {"format": "png", "source": {"bytes": "aGk="}}})
    redacted = parse_block({"reasoningContent": {"redactedContent": "aGk="}})

    assert image.to_wire()["image"]["source"] == {"bytes": b"hi"}
    assert redacted.to_wire() == {"reasoningContent": {"redactedContent": b"hi"}}


LOST = {
    "a block": {"SDK_UNKNOWN_MEMBER": {"name": "hologram"}},
    "deep in a block": {"toolResult2": {"content": [{"SDK_UNKNOWN_MEMBER": {"name": "x"}}]}},
    "reasoning": {"reasoningContent": {"SDK_UNKNOWN_MEMBER": {"name": "dream"}}},
}


@pytest.mark.parametrize("wire", LOST.values(), ids=LOST)
def test_a_block_that_botocore_lost_is_readable_but_can_t_be_sent(wire: dict[str, Any]) -> None:
    block = parse_block(wire)

    assert isinstance(block, UnknownBlock)
    with pytest.raises(InvalidRequest) as caught:
        block.to_wire()
    assert caught.value.rule == "lost-block"


def test_a_lost_block_keeps_the_name_that_botocore_gave_it() -> None:
    block = parse_block(LOST["a block"])

    assert isinstance(block, UnknownBlock)
    assert block.name == "hologram"


@pytest.mark.parametrize("given", ["text", [1], None, 7])
def test_a_tool_use_whose_input_is_no_object_says_so(given: object) -> None:
    block = ToolUseBlock("t", "n", given)

    assert block.malformed
    assert repr(block) == "ToolUseBlock(malformed)"
    assert not ToolUseBlock("t", "n", {}).malformed


def test_a_tool_s_answer_is_text_or_json() -> None:
    assert ToolResultBlock.of("t", "sunny").to_wire() == {
        "toolResult": {"toolUseId": "t", "content": [{"text": "sunny"}], "status": "success"}
    }
    assert ToolResultBlock.of("t", {"degrees": 20}, error=True).to_wire() == {
        "toolResult": {
            "toolUseId": "t",
            "content": [{"json": {"degrees": 20}}],
            "status": "error",
        }
    }


IMAGES = {
    "png": b"\x89PNG\r\n\x1a\nrest",
    "jpeg": b"\xff\xd8\xff\xe0rest",
    "gif": b"GIF89arest",
    "webp": b"RIFF\x00\x00\x00\x00WEBPrest",
}


@pytest.mark.parametrize(("name", "data"), IMAGES.items())
def test_an_image_s_format_is_told_by_its_first_bytes(name: str, data: bytes) -> None:
    image = ImageBlock.from_bytes(data)

    assert (image.format, image.source) == (name, {"bytes": data})


@pytest.mark.parametrize("data", [b"", b"secret", b"RIFF", b"<svg>"])
def test_bytes_that_are_no_image_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="none of png, jpeg, gif and webp") as caught:
        ImageBlock.from_bytes(data)
    assert "secret" not in str(caught.value)


def test_cited_text_without_citations_is_still_text() -> None:
    block = parse_block(
        {"citationsContent": {"content": [{"text": "a"}, {"text": "b"}, {"new": 1}]}}
    )

    assert isinstance(block, CitationsBlock)
    assert block.text == "ab"


def test_botocore_s_model_requires_what_these_classes_require() -> None:
    """A botocore whose model drifts away makes this red, rather than an answer unreadable."""
    model = botocore.session.Session().get_service_model("bedrock-runtime")
    modelled = {
        "ImageBlock": {"format", "source"},
        "DocumentBlock": {"name", "source"},
        "ToolUseBlock": {"toolUseId", "name", "input"},
        "ToolResultBlock": {"toolUseId", "content"},
        "ReasoningTextBlock": {"text"},
        "CitationsContentBlock": set(),
    }

    for name, required in modelled.items():
        shape = model.shape_for(name)
        assert isinstance(shape, StructureShape)
        assert set(shape.required_members) == required, name
