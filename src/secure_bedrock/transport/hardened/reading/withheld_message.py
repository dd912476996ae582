"""Keeping content out of errors that AWS answers: what it wrote for people may repeat the request."""

import re
from datetime import datetime
from typing import Any

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
