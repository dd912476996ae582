"""P09: a single word, such as a password, is no identifier because it stands in the place of one."""

from contextlib import suppress
from typing import Any

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import ModelDenied
from secure_bedrock.testing import Answer, LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
WORDS = (
    "hunter2",
    "Passw0rd:hunter2",
    "sk-ant-api03-AbCdEf0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "jane.doe@example.com",
    "4111-1111-1111-1111",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "arn:aws:iam::111122223333:user/hunter2",
)


def _swapped(front: Any, word: str) -> None:
    client = front.make()
    if front.name == "typed":
        client.converse(word, MODEL)
    else:
        client.converse(modelId=word, messages=[{"role": "user", "content": [{"text": MODEL}]}])


@pytest.mark.parametrize("word", WORDS)
def test_a_word_in_the_models_place_is_in_no_event(
    front: Any, events: list[InvocationEvent], word: str
) -> None:
    with pytest.raises(ModelDenied) as caught:
        _swapped(front, word)

    (event,) = events
    assert (event.model_id, event.guard_reason) == ("unreadable", "model-id")
    assert word not in event.to_json() + str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("model", [MODEL, "eu.anthropic.claude-unlisted", "amazon.nova-lite-v1:0"])
def test_a_model_is_named_whether_it_is_listed_or_not(
    front: Any, events: list[InvocationEvent], model: str
) -> None:
    with suppress(ModelDenied):
        _swapped(front, model)

    assert [event.model_id for event in events] == [model]


def _guarded(front: Any, identifier: str, version: str, tier: str) -> None:
    client = front.make()
    if front.name == "typed":
        guardrail = {"id": identifier, "version": version}
        client.converse(MODEL, "hi", guardrail=guardrail, service_tier=tier)
    else:
        client.converse(
            modelId=MODEL,
            messages=[{"role": "user", "content": [{"text": "hi"}]}],
            guardrailConfig={"guardrailIdentifier": identifier, "guardrailVersion": version},
            serviceTier={"type": tier},
        )


@pytest.mark.parametrize("word", WORDS)
def test_a_word_in_the_place_of_a_setting_is_in_no_event(
    front: Any, bedrock: LocalBedrock, events: list[InvocationEvent], word: str
) -> None:
    with suppress(Exception):  # whoever refuses it, or nobody: the event is what counts
        _guarded(front, word, word, word)

    (event,) = events
    noted = {event.guardrail_id, event.guardrail_version, event.service_tier}
    assert noted <= {"unreadable", None}
    assert word not in event.to_json()


def test_settings_that_are_ones_are_named(
    front: Any, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    for version, tier in (("3", "flex"), ("DRAFT", "priority")):
        events.clear()
        with suppress(Exception):
            _guarded(front, "abc123def456", version, tier)
        (event,) = events
        noted = (event.guardrail_id, event.guardrail_version, event.service_tier)
        assert noted == ("abc123def456", version, tier)


@pytest.mark.parametrize("word", [word for word in WORDS if word != "hunter2"])
def test_a_word_in_the_place_of_a_stop_reason_is_in_no_event(
    front: Any, bedrock: LocalBedrock, ask: Any, events: list[InvocationEvent], word: str
) -> None:
    whole = {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": word,
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }
    bedrock.script(Answer.json(whole))
    ask(front.make(), "Converse")

    (event,) = events
    assert event.stop_reason in ("unreadable", None)
    assert word not in event.to_json()
