"""Which paths of which host are which operation, in names of our own where AWS has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from secure_bedrock.policy.http_surfaces.anthropic import COUNT_TOKENS, MESSAGES
from secure_bedrock.policy.http_surfaces.nodes import Node
from secure_bedrock.policy.http_surfaces.openai import CHAT_COMPLETIONS, EMBEDDINGS, RESPONSES
from secure_bedrock.policy.operation.members import Kind, ShapeGraph
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.operation.table import OperationTable, decode_label, operation_table

MANTLE: Final = "bedrock-mantle"
_RUNTIME: Final = "bedrock-runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """One operation: its paths, what its body may be, and the query strings that its SDKs send.

    A path that ends in `/` is followed by one label, the model. `body` is None where there is none.
    """

    service: str
    name: str
    method: str
    paths: tuple[str, ...]
    body: Node | None = field(default=None, repr=False)
    queries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SurfaceMatch:
    """The operation that a request line names, and what the line names beside it."""

    surface: Surface
    references: tuple[Reference, ...] = ()


# The Anthropic SDK's beta resources add it; it changes nothing that a body may hold.
_BETA: Final = frozenset({"beta=true"})
_MESSAGES: Final = ("/anthropic/v1/messages", "/v1/messages")
# Source: Amazon Bedrock user guide, "Endpoints supported by Amazon Bedrock", "Responses API", "Inference using Chat
# Completions API" and "Inference using Anthropic Messages API" (read 2026-11-20). Paths that read or delete what the
# service keeps (/v1/responses/ID, /v1/files …) are left out: nothing is kept.
SURFACES: Final = tuple(
    Surface(service=service, name=name, method=method, paths=paths, body=body, queries=queries)
    for name, method, paths, body, queries, services in (
        (
            "ChatCompletions",
            "POST",
            ("/openai/v1/chat/completions", "/v1/chat/completions"),
            CHAT_COMPLETIONS,
            frozenset[str](),
            (_RUNTIME, MANTLE),
        ),
        (
            "Responses",
            "POST",
            ("/openai/v1/responses", "/v1/responses"),
            RESPONSES,
            frozenset[str](),
            (_RUNTIME, MANTLE),
        ),
        ("Messages", "POST", _MESSAGES, MESSAGES, _BETA, (_RUNTIME, MANTLE)),
        (
            "CountMessageTokens",
            "POST",
            tuple(f"{path}/count_tokens" for path in _MESSAGES),
            COUNT_TOKENS,
            _BETA,
            (_RUNTIME, MANTLE),
        ),
        (
            "Embeddings",
            "POST",
            ("/openai/v1/embeddings", "/v1/embeddings"),
            EMBEDDINGS,
            frozenset[str](),
            (MANTLE,),
        ),
        (
            "ListModels",
            "GET",
            ("/openai/v1/models", "/v1/models", "/anthropic/v1/models"),
            None,
            frozenset[str](),
            (MANTLE,),
        ),
        (
            "GetModel",
            "GET",
            ("/openai/v1/models/", "/v1/models/", "/anthropic/v1/models/"),
            None,
            frozenset[str](),
            (MANTLE,),
        ),
    )
    for service in services
)
_BY_LINE: Final[Mapping[tuple[str, str, str], Surface]] = {
    (surface.service, surface.method, path): surface
    for surface in SURFACES
    for path in surface.paths
}


def match_surface(service: str, method: str, target: str) -> SurfaceMatch | None:
    """The surface of an encoded path with its query, or None where nothing is known by exactly that name."""
    path, mark, query = target.partition("?")
    surface = _BY_LINE.get((service, method, path))
    named: tuple[Reference, ...] = ()
    if surface is None:
        head, _, label = path.rpartition("/")
        surface = _BY_LINE.get((service, method, f"{head}/"))
        model = decode_label(label)
        if model is None:
            return None
        named = (Reference(Kind.MODEL, model, "model"),)
    elif path.endswith("/"):
        return None
    if surface is None or (mark and query not in surface.queries):
        return None
    return SurfaceMatch(surface, named)


@cache
def surface_operations(service: str) -> frozenset[str]:
    """The names of the service's surfaces; empty for a service that has none."""
    return frozenset(surface.name for surface in SURFACES if surface.service == service)


@cache
def table_of(service: str) -> OperationTable:
    """How the service's requests are told apart; KeyError for one that is not known.

    bedrock-mantle has no service model: its table has no operation but its surfaces. Its signatures are scoped to its
    own name (AWS's managed policies for it, and SDKs that sign for it, read 2026-11-20).
    """
    if service != MANTLE:
        return operation_table(service)
    return OperationTable(
        service=MANTLE,
        botocore_version="",
        api_version="",
        protocol="rest-json",
        signing_name=MANTLE,
        target_prefix=None,
        operations=surface_operations(MANTLE),
        unsigned=frozenset(),
        rest={},
        _index={},
        _rows={},
        _shapes=ShapeGraph({}),
    )
