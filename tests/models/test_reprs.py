"""No repr of a model raises, or says what was said: tracebacks with locals show objects in the making."""

import dataclasses
import importlib
import pkgutil
import traceback
from typing import Any

import pytest

from secure_bedrock import models
from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import ConverseResponse, Message, Metrics, TextBlock, Usage

SAID = "SWORDFISH"


class Hostile:
    """Raises whatever is done with it."""

    def _fail(self, *_args: Any) -> Any:
        raise RuntimeError(SAID)

    __repr__ = __str__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = _fail


def _classes() -> dict[str, type]:
    found: dict[str, type] = {}
    for module in pkgutil.walk_packages(models.__path__, f"{models.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            own = isinstance(value, type) and value.__module__ == module.name
            if own and not issubclass(value, dict):
                found[name] = value
    return found


CLASSES = _classes()


def test_the_classes_are_found() -> None:
    assert {"Message", "ConverseResponse", "BlockStop", "Usage", "ToolUseBlock"} <= set(CLASSES)


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_a_half_made_object_has_a_repr(kind: type) -> None:
    assert kind.__name__ in repr(object.__new__(kind))


DATA = {name: kind for name, kind in CLASSES.items() if dataclasses.is_dataclass(kind)}


@pytest.mark.parametrize("kind", DATA.values(), ids=DATA)
def test_an_object_of_wrong_members_has_a_repr(kind: Any) -> None:
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):
        object.__setattr__(made, field.name, Hostile())
    assert SAID not in repr(made)


def test_a_traceback_with_locals_shows_a_malformed_answer_and_not_its_text() -> None:
    answer = {"output": {"message": {"role": "assistant", "content": SAID}}, "stopReason": "x"}
    answer["usage"] = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    with pytest.raises(IncompleteResponse) as caught:
        ConverseResponse.from_wire(answer)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "message = Message(?)" in "".join(shown.format())


def test_whole_objects_say_what_they_said() -> None:
    assert repr(Message.user("hi")) == "Message(user, [TextBlock(2 characters)])"
    assert repr(TextBlock(SAID)) == "TextBlock(9 characters)"
    assert repr(Metrics(5)) == "Metrics(latency_ms=5)"
    assert repr(Usage(1, 2, 3)) == (
        "Usage(input_tokens=1, output_tokens=2, total_tokens=3, "
        "cache_read_input_tokens=None, cache_write_input_tokens=None)"
    )
