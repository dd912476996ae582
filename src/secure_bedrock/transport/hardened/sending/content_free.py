"""Keeping content out of what botocore raises and records of a request: parameters and parameter errors."""

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.validate import ParamValidator

from secure_bedrock.transport.hardened.sending.call_state import CallState
from secure_bedrock.transport.hardened.sending.named_parameters import refuse_strangers

_STEP = re.compile(r"\.?(?P<member>[A-Za-z][A-Za-z0-9]*)|\[(?P<index>[0-9]+)\]", re.ASCII)
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
