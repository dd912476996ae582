"""A request as it stands on the wire: free to make before the gate, sealed after it."""

from dataclasses import dataclass
from typing import Final, NoReturn, Protocol

from secure_bedrock.errors import TransportTampered
from secure_bedrock.policy.request.judgement import Judgement
from secure_bedrock.values import Decision

Headers = tuple[tuple[str, str], ...]

# Only the gate module takes this; without it a GatedRequest can't be made.
_SEAL = object()
_TEXT: Final = {str}


class Route(Protocol):
    """What the core reads of a `PrivateRoute`: `authority` is host, or host:port where the port is not 443."""

    @property
    def service(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def authority(self) -> str: ...


@dataclass(frozen=True, slots=True, repr=False)
class WireRequest:
    """A request line's parts, header fields and body; `target` is the encoded path with its query, if any.

    Scheme and host are not part of it: it can only go where its route goes. `ours` marks a body that our own serialiser
    wrote from parameters whose every member the tables know: it needs no second reading for strangers.
    """

    method: str
    target: str
    headers: Headers
    body: bytes
    ours: bool = False

    def __repr__(self) -> str:
        return f"WireRequest({self.method}, {len(self.headers)} headers, {len(self.body)} bytes)"


def require_plain(request: WireRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and values of the headers; TransportTampered unless the request is made of str and bytes themselves.

    A subclass can say one thing when it is compared and another when it is written (`__format__`, `__radd__`), and
    what was checked has to be what is sent.
    """
    headers = request.headers
    names, values = zip(*headers, strict=True) if headers else ((), ())
    kinds = {type(request.method), type(request.target), *map(type, names), *map(type, values)}
    if type(request.body) is not bytes or kinds != _TEXT:
        raise TransportTampered(
            "a part of the request is not plain text or bytes, but a class of its own",
            rule="not-plain",
            next_step="pass str and bytes; of an enum's member its .value",
        )
    return names, values


_set = object.__setattr__


@dataclass(frozen=True, slots=True, init=False, repr=False)
class GatedRequest:
    """The bytes that the gate let through, and its judgement; a connection writes `head + body` and nothing else.

    Only `gate()` makes one: any other construction, copying by `replace` and pickling are a TypeError.
    """

    head: bytes
    body: bytes
    route: Route
    operation: str
    judgement: Judgement

    # By hand, because what `dataclass` writes takes longer than any check of the gate's.
    def __init__(
        self,
        *,
        head: bytes,
        body: bytes,
        route: Route,
        operation: str,
        judgement: Judgement,
        seal: object = None,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("a GatedRequest is made by gate() alone")
        _set(self, "head", head)
        _set(self, "body", body)
        _set(self, "route", route)
        _set(self, "operation", operation)
        _set(self, "judgement", judgement)

    @property
    def service(self) -> str:
        return self.route.service

    @property
    def model_id(self) -> str | None:
        return self.judgement.model_id

    @property
    def decision(self) -> Decision:
        return self.judgement.decision

    @property
    def would_deny(self) -> Decision | None:
        return self.judgement.would_deny

    def __reduce__(self) -> NoReturn:
        raise TypeError("a GatedRequest can't be pickled or copied: it is for one attempt")

    def __repr__(self) -> str:
        return f"GatedRequest({self.service}:{self.operation}, {len(self.body)} bytes)"
