"""botocore's Endpoint without retry loop, history and DEBUG lines: one call of it is one attempt."""

from typing import Any

from botocore.endpoint import Endpoint, convert_to_response_dict
from botocore.hooks import first_non_none_response

from secure_bedrock.errors import ServiceError, TransportTampered
from secure_bedrock.transport.core.answering.error_codes import clean_code, service_error
from secure_bedrock.transport.core.answering.json_weight import check_weight
from secure_bedrock.transport.core.answering.whole_answers import retry_after
from secure_bedrock.transport.hardened.reading.answer_facts import note_answer
from secure_bedrock.transport.hardened.reading.answer_witness import witness
from secure_bedrock.transport.hardened.reading.quiet_parsing import (
    check_whole,
    parse_answer,
    quiet_parser,
)
from secure_bedrock.transport.hardened.reading.withheld_message import withhold_message
from secure_bedrock.transport.hardened.sending.call_state import CallState, refuse_answer, state_of
from secure_bedrock.transport.hardened.sending.guarded_session import GuardedHttpSession

# botocore-stubs describes what callers use, not what subclasses override.
_Endpoint: Any = Endpoint


class GuardedEndpoint(_Endpoint):  # type: ignore[misc]
    """Prepares, sends and parses one attempt through the guarded session; the session can't be replaced."""

    def __init__(
        self, host: str, *, endpoint_prefix: str, event_emitter: Any, session: GuardedHttpSession
    ) -> None:
        self._session = session
        # The base class assigns its own http_session from this argument; the property below keeps ours.
        super().__init__(host, endpoint_prefix, event_emitter, http_session=session)

    @property
    def http_session(self) -> GuardedHttpSession:
        """The guarded session; assigning another one raises TransportTampered."""
        return self._session

    @http_session.setter
    def http_session(self, session: object) -> None:
        if session is not self._session:
            raise _replaced()

    def make_request(self, operation_model: Any, request_dict: dict[str, Any]) -> tuple[Any, Any]:
        """The HTTP response and the parsed answer; AWS's messages are withheld from both errors and handlers."""
        context = request_dict["context"]
        state = state_of(context)
        context["retries"] = {
            "invocation-id": state.invocation_id,
            "attempt": state.number,
            "max": state.max_attempts,
        }
        request = self.create_request(request_dict, operation_model)
        service_id = operation_model.service_model.service_id.hyphenize()
        event = f"{service_id}.{operation_model.name}"
        replies = self._event_emitter.emit(f"before-send.{event}", request=request)
        if first_non_none_response(replies) is not None:
            raise TransportTampered(
                "an event handler answered in the transport's place", rule="answered-by-handler"
            )
        if type(self._session) is not GuardedHttpSession:
            raise _replaced()
        response = self._session.send(request, state)
        if state.answered_by is not response:
            refuse_answer()
        try:
            parsed = self._parse(operation_model, response, state)
        except BaseException:
            response.raw.close()  # a stream that is refused has no reader who would
            raise
        state.answer = witness(parsed, event=f"after-call.{event}")
        self._event_emitter.emit(
            f"response-received.{event}",
            response_dict=None,
            parsed_response=parsed,
            context=context,
            exception=None,
        )
        return response, parsed

    def _parse(self, operation_model: Any, response: Any, state: CallState) -> dict[str, Any]:
        answer = convert_to_response_dict(response, operation_model)
        body = answer["body"]
        if isinstance(body, bytes):  # else a stream, which nobody parses as a whole
            check_weight(body)
        parser = quiet_parser(operation_model.service_model.resolved_protocol)
        parsed: dict[str, Any] = parse_answer(parser, answer, operation_model.output_shape)
        if response.status_code >= 300:
            self._add_modelled_members(parser, answer, parsed, operation_model)
            state.error = _judged(parsed)
            withhold_message(parsed)
        else:
            check_whole(answer, parsed, operation_model)
        parsed.setdefault("ResponseMetadata", {})["RetryAttempts"] = state.number - 1
        note_answer(state.record, parsed)
        return parsed

    @staticmethod
    def _add_modelled_members(
        parser: Any, answer: dict[str, Any], parsed: dict[str, Any], operation_model: Any
    ) -> None:
        code = parsed.get("Error", {}).get("Code")
        shape = operation_model.service_model.shape_for_error_code(code) if code else None
        if shape is not None:
            modelled = parse_answer(parser, answer, shape)
            parsed.update(
                (name, value)
                for name, value in modelled.items()
                if name not in ("Error", "ResponseMetadata")
            )


def _judged(parsed: dict[str, Any]) -> ServiceError:
    """The error as the typed client would raise it: for the retry rules, before AWS's message is withheld."""
    error, metadata = parsed.get("Error", {}), parsed["ResponseMetadata"]
    return service_error(
        clean_code(error.get("Code")),
        http_status=metadata["HTTPStatusCode"],
        message=str(error.get("Message", "")),
        retry_after_s=retry_after(metadata["HTTPHeaders"]),
    )


def _replaced() -> TransportTampered:
    return TransportTampered(
        "the guarded transport of a client can't be replaced", rule="transport-replaced"
    )
