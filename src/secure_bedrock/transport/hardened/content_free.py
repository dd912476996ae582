"""Keeping content out of what botocore raises and records: parameters, parameter errors and AWS's messages."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from secure_bedrock.transport.hardened.call_state import CallState
from secure_bedrock.transport.hardened.named_parameters import refuse_strangers

_STEP = re.compile(r"\.?(?P<member>[A-Za-z][A-Za-z0-9]*)|\[(?P<index>[0-9]+)\]", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:#/-]{0,127}", re.ASCII)
_CODE_HEADER = "x-amzn-errortype"
# What retry rules, support requests and clocks need of an error's headers; the others can hold any text.
_HEADERS = frozenset(
    """connection content-length content-type date retry-after x-amz-retry-after x-amzn-errortype x-amzn-requestid
    x-amzn-bedrock-input-token-count x-amzn-bedrock-output-token-count""".split()
)
# One word; a media type with its charset; a date. RFC 9110, 5.6.7 and 8.3, read 2026-11-20.
_HEADER = re.compile(
    r"[A-Za-z0-9_.:#/+-]{1,128}"
    r"|[a-z0-9.+/-]{1,64}; ?charset=[A-Za-z0-9-]{1,20}"
    r"|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
    re.ASCII,
)
_IDS = ("RequestId", "HostId")
# Text members of AWS's errors that name something: a resource, a kind of failure, a quota (exceptions of bedrock*, sts,
# sso-oidc, signin, ssm and the query protocol, botocore 1.44.5, read 2026-11-20). The others hold sentences.
_NAMING = frozenset(
    """resourceName reason error region ReasonCode QuotaCode ServiceCode ResourceType Type Code code QueryErrorCode
    RequestId HostId""".split()
)
# An ARN or an identifier, never a sentence. Ours (2026-11-20): ARNs of Bedrock have below 200 characters.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/#@+=-]{0,255}", re.ASCII)
# botocore's error shapes are a list of structures at the deepest; what goes on below is nothing that they describe.
_DEEPEST = 4


_UNWRITABLE = "input: can't be serialised"


class WithheldParams(dict[str, Any]):
    """An empty dict that stands for a call's parameters where botocore would record them."""

    __slots__ = ("real", "state")

    def __init__(self, real: dict[str, Any], state: CallState) -> None:
        super().__init__()
        self.real = real
        self.state = state


class ContentFreeSerializer:
    """Validates and serialises as botocore does; its errors name members of the model and nothing of the caller's."""

    def __init__(self, serializer: Any, *, validate: bool) -> None:
        self._serializer = serializer
        self._validator = ParamValidator() if validate else None

    def serialize_to_request(self, parameters: Any, operation_model: Any) -> Any:
        """The request dict; ParamValidationError names the members that are wrong.

        OperationDenied where a member is botocore's and no table's.
        """
        report = self._mistakes(parameters, operation_model.input_shape)
        if report is None:
            refuse_strangers(operation_model, parameters)
            try:
                return self._serializer.serialize_to_request(parameters, operation_model)
            except Exception:  # noqa: BLE001 - a codec's or serialiser's error holds what it could not write
                report = _UNWRITABLE
        raise ParamValidationError(report=report)  # out here, so that no such error is its context

    def _mistakes(self, parameters: Any, shape: Any) -> str | None:
        """What botocore's own validation finds, without the values that its report repeats; None for nothing."""
        if self._validator is None or shape is None:
            return None
        try:
            found = self._validator.validate(parameters, shape)
            return report_of(found._errors, shape) if found.has_errors() else None  # noqa: SLF001
        except Exception:  # noqa: BLE001 - as above
            return _UNWRITABLE


def report_of(errors: list[tuple[str, str, Mapping[str, Any]]], shape: Any) -> str:
    """One line per error: what is wrong and where; names only as far as the service's model knows them."""
    return "\n".join(_line(reason, name, extra, shape) for reason, name, extra in errors)


def _line(reason: str, name: str, extra: Mapping[str, Any], shape: Any) -> str:
    place = known_path(name, shape) or "input"
    if reason == "missing required field":
        return f"{place}: missing required member {extra['required_name']}"
    if reason == "invalid type":
        return f"{place}: invalid type, expected {', '.join(extra['valid_types'])}"
    if "min_allowed" in extra:
        return f"{place}: {reason}, the least is {extra['min_allowed']}"
    return f"{place}: {reason}"


def known_path(name: str, shape: Any) -> str:
    """The longest beginning of a validator's path that consists of the model's own members and list positions."""
    known: list[str] = []
    position = 0
    while match := _STEP.match(name, position):
        if match["index"] is not None and shape.type_name == "list":
            shape = shape.member
            known.append(f"[{match['index']}]")
        elif (
            match["member"] and shape.type_name == "structure" and match["member"] in shape.members
        ):
            shape = shape.members[match["member"]]
            known.append(f".{match['member']}")
        else:
            break
        position = match.end()
    return "".join(known).lstrip(".")


def withhold_message(parsed: dict[str, Any]) -> None:
    """Replace, in place, what AWS wrote for people: it may repeat the request's content. The rest is kept."""
    error = parsed.get("Error")
    if isinstance(error, dict):
        if not _CODE.fullmatch(str(error.get("Code"))):
            error["Code"] = "Unknown"  # an answer could write anything there, a prompt included
        for name in error.keys() - {"Code", "Message"}:
            error[name] = _without_text(name, error[name])
        error["Message"] = f"AWS answered {error['Code']}; its message is withheld"
    metadata = parsed.get("ResponseMetadata")
    for name in parsed.keys() - {"Error", "ResponseMetadata"}:
        parsed[name] = _without_text(name, parsed[name])
    if isinstance(metadata, dict):
        _withhold_headers(metadata)


def _withhold_headers(metadata: dict[str, Any]) -> None:
    headers = metadata.get("HTTPHeaders", {})
    for name in list(headers):
        pattern = _CODE if name == _CODE_HEADER else _HEADER
        if name not in _HEADERS or not pattern.fullmatch(headers[name]):
            del headers[name]
    for name in _IDS:
        if not _HEADER.fullmatch(metadata.get(name, "absent")):
            del metadata[name]


def _without_text(name: str, value: Any, depth: int = 0) -> Any:
    """Numbers, times and identifiers stay, in their places; text stays only where a known member names something."""
    if depth < _DEEPEST and isinstance(value, dict):
        return {key: _without_text(key, inner, depth + 1) for key, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, list):
        return [_without_text(name, inner, depth + 1) for inner in value]
    if value is None or isinstance(value, bool | int | float | datetime):
        return value
    named = name in _NAMING and isinstance(value, str) and _NAME.fullmatch(value)
    return value if named else "withheld"
