"""EC2's query protocol: form parameters in, XML out."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from secure_bedrock.testing.reply import Reply, standard_headers
from secure_bedrock.testing.vpc_facts import Item

# metadata.apiVersion and metadata.xmlNamespace of EC2's service model (botocore 1.44.5, read 2026-11-20).
VERSION = "2016-11-15"
_NAMESPACE = f"http://ec2.amazonaws.com/doc/{VERSION}"
_FILTER = re.compile(r"Filter\.([0-9]+)\.(?:Name|Value\.[0-9]+)")


class QueryError(Exception):
    """EC2 refuses the request with this error."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request, each name once."""

    parameters: Mapping[str, str]

    @property
    def action(self) -> str:
        """The operation's name."""
        return self.parameters.get("Action", "")

    def listed(self, name: str) -> list[str]:
        """The values of `name.1`, `name.2` …"""
        prefix = name + "."
        return [value for key, value in self.parameters.items() if key.startswith(prefix)]

    def filters(self) -> dict[str, list[str]]:
        """The filters: names and the values of which one has to match."""
        found: dict[str, list[str]] = {}
        for key, value in self.parameters.items():
            if key.startswith("Filter.") and key.endswith(".Name"):
                number = key.split(".")[1]
                found[value] = self.listed(f"Filter.{number}.Value")
        return found

    def known_only(self, plain: set[str], lists: set[str]) -> None:
        """UnknownParameter for anything else."""
        for key in self.parameters:
            numbered = key.rpartition(".")[0] in lists or _FILTER.fullmatch(key)
            if key not in plain and not numbered:
                raise QueryError("UnknownParameter", f"The parameter {key} is not recognized")


def parse_query(body: bytes) -> Query:
    """The form's parameters; a name that stands twice is refused."""
    pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body))
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise QueryError("MalformedQueryString", "A parameter stands twice.", 404)
    if parameters.get("Version") != VERSION:
        raise QueryError("NoSuchVersion", f"The API version has to be {VERSION}.")
    return Query(parameters)


def matches(value: str, patterns: Sequence[str]) -> bool:
    """True when one of the patterns fits; `*` and `?` are wildcards, a backslash takes their meaning away."""
    return any(re.fullmatch(_regex(pattern), value) for pattern in patterns)


def _regex(pattern: str) -> str:
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    return "".join(wild.get(part) or re.escape(part.removeprefix("\\")) for part in parts)


def page_of(
    items: Sequence[Item], query: Query, page_size: int, bounds: tuple[int, int] | None
) -> tuple[list[Item], str | None]:
    """The page that NextToken and MaxResults ask for, and the token of the next one."""
    token = query.parameters.get("NextToken", "")
    asked = query.parameters.get("MaxResults", "")
    least, most = bounds or (1, sys.maxsize)
    if asked and not (asked.isdigit() and least <= int(asked) <= most):
        raise QueryError("InvalidParameterValue", "MaxResults is not a number within its bounds.")
    start = _offset(token, len(items))
    end = start + min(page_size, int(asked or page_size))
    return list(items[start:end]), f"page-{end}" if end < len(items) else None


def _offset(token: str, total: int) -> int:
    if not token:
        return 0
    number = token.removeprefix("page-")
    if number == token or not number.isdigit() or int(number) >= total:
        raise QueryError("InvalidNextToken", "The token is not valid.")
    return int(number)


def result_reply(action: str, request_id: str, result: Item) -> Reply:
    """A successful answer."""
    content = xml_of({"requestId": request_id, **result})
    return _xml_reply(
        200, request_id, f'<{action}Response xmlns="{_NAMESPACE}">{content}</{action}Response>'
    )


def query_error_reply(problem: QueryError, request_id: str) -> Reply:
    """An error; EC2 capitalises the request id's element here, unlike everywhere else."""
    error = xml_of({"Error": {"Code": problem.code, "Message": problem.message}})
    content = f"<Errors>{error}</Errors><RequestID>{request_id}</RequestID>"
    return _xml_reply(problem.status, request_id, f"<Response>{content}</Response>")


def xml_of(value: object) -> str:
    """A value as EC2 writes it: members by name, list items as `<item>`, booleans in lower case; None is left out."""
    if isinstance(value, Mapping):
        parts = ((name, xml_of(item)) for name, item in value.items() if item is not None)
        return "".join(f"<{name}>{text}</{name}>" for name, text in parts)
    if isinstance(value, list):
        return "".join(f"<item>{xml_of(item)}</item>" for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))


def _xml_reply(status: int, request_id: str, text: str) -> Reply:
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n' + text
    headers = standard_headers(request_id, "text/xml;charset=UTF-8")
    return Reply(status=status, headers=headers, body=declared.encode())
