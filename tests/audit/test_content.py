"""What was said never stands in an event, wherever it was put."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secure_bedrock import errors
from secure_bedrock.audit import AuditTrail, InvocationEvent, LoggingSink, outcome_of

PIECE = 8
"""Characters in a row that would be a leak."""

# Prompts of letters that no member's name or value is made of, so that a hit is a leak and not chance.
prompts = st.text(alphabet="ЖЩЮЯ漢字かなàéîõü QXZ?!", min_size=PIECE, max_size=200)

makers = st.sampled_from(
    [
        lambda text: errors.InvalidRequest(text, code="ValidationException", http_status=400),
        errors.ModelDenied,
        lambda text: errors.IncompleteResponse("cut", partial=text),
        lambda text: errors.StreamInterrupted(
            text, code="throttlingException", partial={"t": text}
        ),
        lambda text: errors.StructuredOutputError(text, response=text, problems=(text,)),
        lambda text: errors.AuditIncomplete("x", response=text),
        lambda text: ValueError(text, {"prompt": text}),
        KeyboardInterrupt,
        UnicodeError,
    ]
)


def leaks(prompt: str, line: str) -> list[str]:
    decoded = line.encode("ascii").decode("unicode_escape")
    pieces = {prompt[place : place + PIECE] for place in range(len(prompt) - PIECE + 1)}
    return [piece for piece in pieces if piece in decoded or piece in line]


def lines_of(error: BaseException, model_id: str = "amazon.nova-lite-v1:0") -> list[str]:
    events: list[InvocationEvent] = []
    trail = AuditTrail([events.append])
    record = trail.begin(service="bedrock-runtime", operation="Converse", model_id=model_id)
    record.finish(outcome_of(error), error)
    return [event.to_json() for event in events]


@given(prompts, makers)
def test_an_error_s_text_is_not_in_its_event(prompt: str, make: "type[Exception]") -> None:
    (line,) = lines_of(make(prompt))

    assert leaks(prompt, line) == []


@given(prompts)
def test_a_prompt_passed_as_the_model_id_is_not_in_the_event(prompt: str) -> None:
    (line,) = lines_of(errors.ModelDenied("x"), model_id=prompt + " ?")

    assert leaks(prompt, line) == []


@given(prompts)
def test_a_prompt_that_came_back_as_a_code_or_an_id_is_not_in_the_event(prompt: str) -> None:
    said = prompt + " ?"
    (line,) = lines_of(errors.ServiceError("x", code=said, request_id=said, http_status=400))

    assert leaks(prompt, line) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompts)
def test_a_sink_s_own_failure_does_not_tell_either(
    caplog: pytest.LogCaptureFixture, prompt: str
) -> None:
    caplog.clear()

    def failing(event: InvocationEvent) -> None:
        raise ValueError(prompt, event)

    with caplog.at_level(logging.DEBUG):
        trail = AuditTrail([failing, LoggingSink()])
        trail.begin(service="s", operation="o").finish("error", ValueError(prompt))

    assert len(caplog.records) == 2
    assert leaks(prompt, caplog.text.encode("ascii", "backslashreplace").decode()) == []
