"""botocore's response parsers without their DEBUG lines, and what an answer must hold to count as one."""

import json
from functools import lru_cache, partialmethod
from typing import Any

from botocore.parsers import PROTOCOL_PARSERS, ResponseParserError

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models import ConverseResponse
from secure_bedrock.transport.core.answering.json_weight import check_weight
from secure_bedrock.transport.hardened.reading.botocore_errors import UNREADABLE
from secure_bedrock.transport.hardened.reading.event_stream import CompleteEventStream
from secure_bedrock.values import BEDROCK_RUNTIME

_EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream"
# botocore treats these statuses as errors. Source: botocore.parsers.ResponseParser.parse (1.44.5, read 2026-11-20).
_FIRST_ERROR_STATUS = 301


@lru_cache(maxsize=16)
def quiet_parser(protocol: str) -> Any:
    """The parser of a protocol, parsing as botocore's does and logging nothing of what it parses."""
    base: Any = PROTOCOL_PARSERS[protocol]
    stream_base = base.EVENT_STREAM_PARSER_CLS
    members: dict[str, Any] = {"parse": _parse, "_create_event_stream": _create_event_stream}
    if stream_base is not None:
        quiet_stream = type(
            f"Quiet{stream_base.__name__}",
            (stream_base,),
            {
                "parse": _parse,
                "_do_error_parse": partialmethod(_stream_error, stream_base),
                "_parse_body_as_json": _json_object,
            },
        )
        members["EVENT_STREAM_PARSER_CLS"] = quiet_stream
    return type(f"Quiet{base.__name__}", (base,), members)()


def _parse(self: Any, response: dict[str, Any], shape: Any) -> Any:
    # ResponseParser.parse logs headers and body at DEBUG before it does this; the rest is its contract.
    status = response["status_code"]
    if status >= _FIRST_ERROR_STATUS:
        if self._is_generic_error_response(response):
            parsed = self._do_generic_error_parse(response)
        elif self._is_modeled_error_shape(shape):
            return self._do_modeled_error_parse(response, shape)
        else:
            parsed = self._do_error_parse(response, shape)
    else:
        parsed = self._do_parse(response, shape)
    if shape is not None and shape.serialization.get("eventstream"):
        return parsed
    if isinstance(parsed, dict):
        metadata = parsed.setdefault("ResponseMetadata", {})
        metadata["HTTPStatusCode"] = status
        metadata["HTTPHeaders"] = {
            name.lower(): value for name, value in response["headers"].items()
        }
    return parsed


def _json_object(_self: Any, body: bytes) -> dict[str, Any]:
    """An event's payload. botocore makes a message of what is not JSON, and the event would be an empty one."""
    check_weight(body)
    parsed = json.loads(body) if body else {}
    if not isinstance(parsed, dict):
        raise ResponseParserError("an event's payload is not a JSON object")
    return parsed


def _stream_error(self: Any, base: Any, response: dict[str, Any], shape: Any) -> Any:
    """An exception inside a stream keeps its name, whatever its payload is."""
    try:
        return base._do_error_parse(self, response, shape)  # noqa: SLF001 - the base class's own
    except UNREADABLE:
        return {"Error": {"Code": response["headers"].get(":exception-type", ""), "Message": ""}}


def _create_event_stream(self: Any, response: dict[str, Any], shape: Any) -> CompleteEventStream:
    name = response["context"].get("operation_name")
    return CompleteEventStream(response["body"], shape, self._event_stream_parser, name)


def parse_answer(parser: Any, response: dict[str, Any], shape: Any) -> Any:
    """Parse, or raise IncompleteResponse: botocore's own parse errors repeat the body in their text."""
    try:
        return parser.parse(response, shape)
    except UNREADABLE:
        pass  # and nothing is raised in here: it would hang on ours
    if response["status_code"] >= _FIRST_ERROR_STATUS:
        return _generic_error(response)
    raise IncompleteResponse(
        "the answer does not have its operation's form", rule="malformed-answer"
    )


def check_whole(response: dict[str, Any], parsed: dict[str, Any], operation_model: Any) -> None:
    """Raise IncompleteResponse for a success that is empty, HTML, or lacks a required member; Converse's at any depth.

    botocore returns `{}` for these. Bedrock's runtime has one status of success for each operation: another one,
    such as 206, says that the answer is not the whole one.
    """
    service = operation_model.service_model.service_name
    status = response["status_code"]
    if service == BEDROCK_RUNTIME and status != operation_model.http.get("responseCode", 200):
        raise IncompleteResponse(f"an answer with HTTP status {status} is no answer", rule="status")
    content_type = str(response["headers"].get("content-type") or "").lower()
    if content_type.startswith("text/html"):
        raise IncompleteResponse("the answer is a web page", rule="content-type")
    if operation_model.has_event_stream_output:
        if not content_type.startswith(_EVENT_STREAM_TYPE):
            raise IncompleteResponse("the answer is not an event stream", rule="content-type")
        return
    shape = operation_model.output_shape
    missing = [] if shape is None else [m for m in shape.required_members if m not in parsed]
    if missing:
        raise IncompleteResponse(f"the answer lacks {', '.join(missing)}", rule="missing-member")
    if (service, operation_model.name) == (BEDROCK_RUNTIME, "Converse"):
        ConverseResponse.from_wire(
            parsed
        )  # as the typed client reads it: botocore takes whatever stands there


def _generic_error(response: dict[str, Any]) -> dict[str, Any]:
    status = response["status_code"]
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return {
        "Error": {"Code": str(status), "Message": ""},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
