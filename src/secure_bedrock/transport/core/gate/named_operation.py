"""Which operation a request's bytes name, by its service's protocol; what could name two is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy.http_surfaces import Surface, match_surface, table_of
from secure_bedrock.policy.operation.members import Operation, Place
from secure_bedrock.policy.operation.references import Reference, references
from secure_bedrock.policy.operation.table import LABEL_SAFE, OperationTable
from secure_bedrock.policy.request.judgement import RequestFacts
from secure_bedrock.policy.request.terms import RequestTerms
from secure_bedrock.transport.core.wire import WireRequest

# RFC 9112 §3 (read 2026-11-20) asks recipients to take request lines of 8000 octets at least. Ours name an ARN or two,
# and an ARN of 2048 characters has at most three times as many where each is percent-encoded.
MAX_TARGET: Final = 8_192
# Ours (2026-11-20): a model's ARN and its operation have some 300 characters.
MAX_REMEMBERED: Final = 2_048
_FORM: Final = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True, slots=True)
class NamedOperation:
    """The operation of a request, and what its request line names.

    `operation` is None where the table knows names only, or where it is a `surface`. `in_headers` says that header
    fields can name something too. `line` is the request where nothing but its line says what it is, one object for all
    that have the line: what a policy remembers its judgement of. None where the line is longer than MAX_REMEMBERED, or
    does not name the operation.
    """

    name: str
    operation: Operation | None = None
    references: tuple[Reference, ...] = ()
    in_headers: bool = False
    surface: Surface | None = None
    line: RequestFacts | None = None


def named_operation(
    request: WireRequest, fields: Mapping[str, str], table: OperationTable
) -> NamedOperation:
    """The operation and what path and query name; OperationDenied where it can't be told."""
    if table.protocol != "json" and "x-amz-target" in fields:
        _refuse("X-Amz-Target names an operation of another protocol", "operation-ambiguous")
    if len(request.target) > MAX_TARGET:  # nor would the cache below keep it
        _refuse(f"the request target is longer than {MAX_TARGET} characters", "operation-unknown")
    if table.protocol == "rest-json":
        return _by_request_line(table.service, request.method, request.target)
    if (request.method, request.target) != ("POST", "/"):
        _refuse("the request line is not the protocol's", "operation-unknown")
    by_target = table.protocol == "json"
    name = _by_target(fields, table) if by_target else _by_action(fields, request.body, table)
    if name not in table.operations:
        _refuse("the service has no such operation", "operation-unknown")
    return NamedOperation(name, table.operation(name) if table.described else None)


@lru_cache(maxsize=512)
def _by_request_line(service: str, method: str, target: str) -> NamedOperation:
    """Depends on nothing else, and callers use few targets: models, guardrails."""
    table = table_of(service)
    path, mark, query = target.partition("?")
    match = table.match_rest(method, path)
    surface = match_surface(service, method, target) if match is None else None
    if surface is not None:
        return NamedOperation(
            surface.surface.name, references=surface.references, surface=surface.surface
        )
    if match is None:
        _refuse("method and path name no operation in exactly one way", "operation-unknown")
    asked = _query(query, table.rest[match.name].query) if mark else {}
    if not table.described:
        return NamedOperation(match.name)
    operation = table.operation(match.name)
    named = references(operation, labels=match.labels, query=asked, headers={})
    in_headers = any(bound.place is Place.HEADER for bound in operation.bound)
    line = _line(service, match.name, named) if len(target) <= MAX_REMEMBERED else None
    return NamedOperation(match.name, operation, named, in_headers, line=line)


def _line(service: str, name: str, named: tuple[Reference, ...]) -> RequestFacts:
    """The request with a body of which nothing is asked, and which is no longer than it may be."""
    return RequestFacts(service, name, named, terms=RequestTerms(body_bytes=0))


def _query(query: str, known: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    """Every parameter with its values; a list is a name that is repeated, and botocore writes a bare `?` for none."""
    found: dict[str, tuple[str, ...]] = {}
    if not query and known:
        return found
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        decoded = _decoded(value)
        if not equals or name not in known or decoded is None:
            _refuse("the query string holds something the operation does not know", "query-unknown")
        found[name] = (*found.get(name, ()), decoded)
    return found


def _decoded(value: str) -> str | None:
    """The value, or None where botocore would have encoded it in another way."""
    try:
        text = unquote_to_bytes(value).decode("utf-8")
    except UnicodeError:  # bytes that are not UTF-8, or a lone surrogate in the value itself
        return None
    return text if quote(text, safe=LABEL_SAFE) == value else None


def _by_target(fields: Mapping[str, str], table: OperationTable) -> str:
    prefix, _, name = fields.get("x-amz-target", "").rpartition(".")
    if prefix != table.target_prefix:
        _refuse("X-Amz-Target is not the service's", "operation-unknown")
    return name


def _by_action(fields: Mapping[str, str], body: bytes, table: OperationTable) -> str:
    if fields.get("content-type", "").lower() != _FORM:
        _refuse("the body is not declared as a UTF-8 form", "body-ambiguous")
    form = _form(body)
    if form.get("Version") != table.api_version:
        _refuse("the form's Version is not the service's", "operation-unknown")
    return form.get("Action", "")


def _form(body: bytes) -> dict[str, str]:
    try:
        halves = [pair.partition("=") for pair in body.decode("ascii").split("&")]
        names = [unquote_plus(name, errors="strict") for name, _, _ in halves]
        values = [unquote_plus(value, errors="strict") for _, _, value in halves]
    except UnicodeDecodeError:
        _refuse("the body is not UTF-8", "body-ambiguous")
    # Case is folded because not everything on the way may tell `action` from `Action`.
    if len({name.lower() for name in names}) != len(names):
        _refuse("a form parameter stands twice", "body-ambiguous")
    return dict(zip(names, values, strict=True))


def _refuse(reason: str, rule: str) -> NoReturn:
    raise OperationDenied(reason, rule=rule)
