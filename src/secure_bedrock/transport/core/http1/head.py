"""The head of an HTTP/1.1 response: its grammar, and how it says where the body ends."""

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, overload

from secure_bedrock.errors import IncompleteResponse

# Bedrock's heads are below 1 KiB with about 10 fields (captured shapes, 2026-11-20); these are the
# limits of http.client's line length (65 536) and field count (100) in CPython 3.11, read 2026-11-20.
MAX_HEAD_BYTES: Final = 65_536
MAX_FIELDS: Final = 100

# RFC 9110 §5.6.2 (token), §5.5 (field-content; obs-text stays opaque); RFC 9112 §4 (status line).
# No CR, LF, NUL or other control byte stands anywhere, and a name touches its colon. The possessive
# quantifiers keep the time linear in the head's length.
_NAME = r"[-!#$%&'*+.^_`|~0-9A-Za-z]++"
_TEXT = r"[\t\x20-\x7e\x80-\xff]*+"
_STATUS_LINE = rf"HTTP/1\.([01]) ([1-5][0-9][0-9]) ({_TEXT})\r\n"
_FIELD_LINE = rf"{_NAME}:{_TEXT}\r\n"
_HEAD = re.compile(rf"{_STATUS_LINE}((?:{_FIELD_LINE})*+)\r\n")
_FIELD = re.compile(rf"({_NAME}):({_TEXT})\r\n")
_FIELDS = re.compile(rf"(?:{_FIELD_LINE})*+\r\n")
_STATUS = re.compile(_STATUS_LINE)

# Canonical decimal only: `+5`, `0x5`, `5, 5`, ` 5` or `05` can be read two ways. 15 digits are a petabyte.
_CONTENT_LENGTH = re.compile(r"0|[1-9][0-9]{0,14}")
_FRAMING_FIELDS = frozenset({"content-length", "transfer-encoding", "connection"})

Fields = tuple[tuple[str, str], ...]


def misframed(reason: str) -> IncompleteResponse:
    """The error for an answer whose framing can't be trusted; `reason` holds none of its bytes."""
    return IncompleteResponse(
        reason,
        rule="misframed",
        next_step="find out what answers in the endpoint's place: Bedrock frames every answer exactly",
    )


@dataclass(frozen=True, slots=True, repr=False)
class ResponseHead:
    """Status, reason phrase and fields of a response; names are lower-case, values trimmed Latin-1 text."""

    status: int
    reason: str
    headers: Fields

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of the field `name` (lower-case), or `default`."""
        for field, value in self.headers:
            if field == name:
                return value
        return default

    def __repr__(self) -> str:
        return f"ResponseHead(status={self.status}, {len(self.headers)} fields)"


class Framing(NamedTuple):
    """Where the body ends (`length` counts only for "length") and whether the connection outlives it."""

    body: Literal["none", "length", "chunked"]
    length: int
    keep_alive: bool


def parse_head(head: bytes, *, method: str) -> tuple[ResponseHead, Framing]:
    """Parse a whole head, its blank line included; IncompleteResponse("misframed") if it is not exact."""
    text = head.decode("latin-1")
    match = _HEAD.fullmatch(text)
    if match is None:
        raise misframed(_what_is_wrong(text))
    minor, status, reason, lines = match.groups()
    fields = fields_of(lines)
    parsed = ResponseHead(int(status), reason, fields)
    return parsed, framing_of(parsed, method=method, http_1_0=minor == "0")


def fields_of(lines: str) -> Fields:
    """The fields of lines already known to fit the grammar; more than 100 are refused."""
    fields = tuple([(name.lower(), value.strip(" \t")) for name, value in _FIELD.findall(lines)])
    if len(fields) > MAX_FIELDS:
        raise misframed(f"the answer has more than {MAX_FIELDS} header fields")
    return fields


def parse_trailers(block: bytes) -> None:
    """Hold trailers against the fields' grammar; they are dropped, and must not speak about framing."""
    text = block.decode("latin-1")
    if _FIELDS.fullmatch(text) is None:
        raise misframed("a trailer line is not a field")
    if any(name in _FRAMING_FIELDS for name, _ in fields_of(text)):
        raise misframed("a trailer changes the framing")


def framing_of(head: ResponseHead, *, method: str, http_1_0: bool) -> Framing:
    """Decide where the body ends; whatever two readers could decide differently is refused.

    A body that only the connection's close would end is refused too: a cut could not be told from its end.
    """
    lengths, codings, keep_alive = _framing_fields(head.headers)
    keep_alive = keep_alive and not http_1_0
    if head.status < 200:
        raise misframed(f"an interim answer ({head.status}) came that was not asked for")
    if codings and (codings != ["chunked"] or lengths or http_1_0):
        raise misframed(
            "Transfer-Encoding is not `chunked` alone, in HTTP/1.1, without Content-Length"
        )
    if lengths and (len(lengths) > 1 or not _CONTENT_LENGTH.fullmatch(lengths[0])):
        raise misframed("Content-Length is repeated or is not a plain decimal number")
    if method == "HEAD" or head.status in {204, 304}:
        return _bodyless(head, lengths, codings, keep_alive=keep_alive)
    if codings:
        return Framing("chunked", 0, keep_alive)
    if not lengths:
        raise misframed("the answer has neither Content-Length nor chunks")
    return Framing("length", int(lengths[0]), keep_alive)


def _framing_fields(fields: Fields) -> tuple[list[str], list[str], bool]:
    """Every Content-Length, every Transfer-Encoding, and whether no Connection field says `close`."""
    lengths: list[str] = []
    codings: list[str] = []
    keep_alive = True
    for name, value in fields:
        if name not in _FRAMING_FIELDS:
            continue
        if name == "content-length":
            lengths.append(value)
        elif name == "transfer-encoding":
            codings.append(value)
        elif "close" in {option.strip(" \t") for option in value.lower().split(",")}:
            keep_alive = False
    return lengths, codings, keep_alive


def _bodyless(
    head: ResponseHead, lengths: list[str], codings: list[str], *, keep_alive: bool
) -> Framing:
    # RFC 9110 §8.6: a 304 or an answer to HEAD may say how long the body would have been; a 204 may not.
    if head.status == 204 and (codings or lengths not in ([], ["0"])):
        raise misframed("a 204 answer announces a body")
    return Framing("none", 0, keep_alive)


def _what_is_wrong(text: str) -> str:
    """Which line of a refused head is at fault, by its number only."""
    if not (match := _STATUS.match(text)):
        return "the status line is not `HTTP/1.1 <status> <reason>`"
    at, line = match.end(), 1
    while field := _FIELD.match(text, at):
        at, line = field.end(), line + 1
    return f"header line {line} is not a field (folded, bare CR or LF, control byte, or no name)"
