"""What Bedrock asks of a request before a model sees it: operation, signature, model, body."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.service_model import Match, ServiceModel
from secure_bedrock.testing.shape_check import body_problems, header_problems
from secure_bedrock.testing.sigv4_check import BadSignature, LocalCredentials, check_signature

SERVED = frozenset(
    {
        "ApplyGuardrail",
        "Converse",
        "ConverseStream",
        "CountTokens",
        "InvokeModel",
        "InvokeModelWithResponseStream",
    }
)
"""The operations that the local Bedrock answers; the model has more."""

# The name in the credential scope (metadata.signingName of bedrock-runtime's service-2.json, read 2026-11-20).
_SIGNING_NAME = "bedrock"
_SHOWN_PROBLEMS = 10

SIGNATURE_CODES: Mapping[str, str] = {
    "missing": "MissingAuthenticationTokenException",
    "incomplete": "IncompleteSignatureException",
    "unknown-key": "UnrecognizedClientException",
    "token": "UnrecognizedClientException",
    "expired": "InvalidSignatureException",
    "scope": "InvalidSignatureException",
    "signature": "InvalidSignatureException",
}


class Refused(Exception):
    """The service refuses the request with this error."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The checks in AWS's order; `models` of None admits every identifier."""

    model: ServiceModel
    region: str
    credentials: LocalCredentials
    models: frozenset[str] | None

    def pass_all(self, request: RawRequest, match: Match | None) -> Any:
        """The parsed body; Refused otherwise."""
        if match is None or match.operation.name not in SERVED:
            raise Refused("UnknownOperationException", 404, "The operation is not known here.")
        self._signature(request)
        body = self._body(request, match)
        if self.models is not None and "modelId" in match.labels:
            self._model(match.labels["modelId"], self.models)
        return body

    def _signature(self, request: RawRequest) -> None:
        bad: BadSignature | None = check_signature(
            request,
            credentials=self.credentials,
            region=self.region,
            service=_SIGNING_NAME,
        )
        if bad is not None:
            status = 400 if bad.problem == "incomplete" else 403
            raise Refused(SIGNATURE_CODES[bad.problem], status, bad.message)

    def _body(self, request: RawRequest, match: Match) -> Any:
        shape = self.model.input_of(match.operation)
        headers = {name.lower(): value for name, value in request.headers}
        problems = list(islice(header_problems(self.model.shapes, shape, headers), _SHOWN_PROBLEMS))
        if "payload" in shape:
            body = _parsed(request.body, _malformed_native)
        else:
            body = parsed_body(request.body)
            found = body_problems(self.model.shapes, shape, body)
            problems += islice(found, _SHOWN_PROBLEMS)
        if problems:
            plural = "error" if len(problems) == 1 else "errors"
            text = f"{len(problems)} validation {plural} detected: {'; '.join(problems)}"
            raise Refused("ValidationException", 400, text)
        return body

    @staticmethod
    def _model(model_id: str, models: frozenset[str]) -> None:
        """Listed, or an ARN whose last part is listed (a foundation model's or a profile's)."""
        if model_id in models or (model_id[:4] == "arn:" and model_id.rpartition("/")[2] in models):
            return
        if model_id.startswith("arn:"):
            missing = "Could not resolve the foundation model from the provided model identifier."
            raise Refused("ResourceNotFoundException", 404, missing)
        raise Refused("ValidationException", 400, "The provided model identifier is invalid.")


def parsed_body(body: bytes) -> dict[str, Any]:
    """The service's own JSON, `{}` where nothing was sent; Refused where it is no object."""
    parsed = _parsed(body, _malformed)
    if not isinstance(parsed, dict):
        _malformed()
    return parsed


def _parsed(body: bytes, refuse: Callable[[], NoReturn]) -> Any:
    """The body as strict JSON: UTF-8, no member twice, no NaN."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            refuse()
        return members

    def constant(_name: str) -> NoReturn:
        refuse()

    try:
        text = body.decode("utf-8")
        return json.loads(text or "{}", object_pairs_hook=once, parse_constant=constant)
    except (ValueError, RecursionError):
        refuse()


def _malformed() -> NoReturn:
    raise Refused("SerializationException", 400, "The body is not a JSON object.")


def _malformed_native() -> NoReturn:
    raise Refused(
        "ValidationException", 400, "Malformed input request, please reformat your input."
    )
