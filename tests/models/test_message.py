"""What a message may be made of."""

from typing import Any

import pytest

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models import ImageBlock, Message, TextBlock, ToolUseBlock, UnknownBlock


def test_a_message_is_made_of_parts() -> None:
    image = ImageBlock("png", {"bytes": b"x"})
    message = Message.user("look", image, {"text": "here"})

    assert message == Message("user", ["look", image, TextBlock("here")])
    assert message.to_wire() == {
        "role": "user",
        "content": [
            {"text": "look"},
            {"image": {"format": "png", "source": {"bytes": b"x"}}},
            {"text": "here"},
        ],
    }


@pytest.mark.parametrize("content", ["hi", TextBlock("hi"), {"text": "hi"}, ["hi"], ("hi",)])
def test_one_part_needs_no_list(content: Any) -> None:
    assert Message("assistant", content) == Message.assistant("hi")


@pytest.mark.parametrize(
    ("role", "content"),
    [
        (7, "secret"),
        ("user", 7),
        ("user", None),
        ("user", b"secret"),
        ("user", [b"secret"]),
        ("user", [{"text": "secret", "image": {}}]),
        ("user", [["secret"]]),
        ("user", {}),
    ],
)
def test_what_is_no_message_is_refused_without_its_content(role: Any, content: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Message(role, content)
    assert "secret" not in str(caught.value) + repr(caught.value)


def test_texts_and_tool_uses_are_found() -> None:
    cited = {"citationsContent": {"content": [{"text": "b"}], "citations": []}}
    thought = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
    tool = ToolUseBlock("t", "n", {})
    message = Message("assistant", ["a", thought, cited, tool, {"video": {}}])

    assert (message.texts, message.text) == (["a", "b"], "ab")
    assert message.tool_uses == [tool]
    assert isinstance(message.content[-1], UnknownBlock)


def test_a_repr_has_no_content_not_even_as_the_role() -> None:
    assert repr(Message("secret", "secret")) == "Message(?, [TextBlock(6 characters)])"
    assert repr(Message.user()) == "Message(user, [])"
