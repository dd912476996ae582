"""What stands in botocore's place for the network: every prepared request passes the wire gate, or nothing leaves."""

from dataclasses import dataclass
from typing import Any, NoReturn, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from secure_bedrock.audit import CallRecord
from secure_bedrock.errors import (
    AddressDenied,
    ConnectFailed,
    InvalidRequest,
    ModelDenied,
    RedirectDenied,
    TransportTampered,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.transport.calls.record_facts import note_judgement, note_response
from secure_bedrock.transport.calls.route_holder import RouteHolder
from secure_bedrock.transport.connections.driver import GuardedResponse
from secure_bedrock.transport.core.answering.whole_answers import parse_invoke_answer
from secure_bedrock.transport.core.gate.authorization import signing_key
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest, WireRequest
from secure_bedrock.transport.hardened.reading.raw_body import RawBody
from secure_bedrock.transport.hardened.sending.call_state import CallState, require_state

# botocore's own session has these; code that reaches for them wants to move the traffic.
_FOREIGN_PARTS = frozenset({"_proxy_config", "_manager", "_proxy_managers", "_verify"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long an answer may take, in seconds; `idle_s` is between the pieces of a stream."""

    read_s: float
    first_event_s: float
    idle_s: float


class GuardedHttpSession:
    """botocore's `http_session` for one service: gate, guarded connection, answer. Thread-safe."""

    def __init__(
        self,
        way: RouteHolder,
        *,
        policy: Policy,
        grants: frozenset[str],
        waits: Waits,
    ) -> None:
        self._way = way
        self._policy = policy
        self._grants = grants
        self._waits = waits

    def send(self, request: AWSPreparedRequest, state: CallState | None = None) -> AWSResponse:
        """Send once; mark the call as answered by this session.

        Raises what the gate and the guarded transport raise, RedirectDenied for a 3xx, TransportTampered for a
        request that comes without the call that it belongs to.
        """
        state = require_state(state)
        transport = state.transport or self._way.transport()
        url = transport.route.url
        target = request.url.removeprefix(url)
        if target == request.url or not target.startswith("/"):
            raise TransportTampered(
                "the request's URL was rewritten on its way to the transport", rule="url-rewritten"
            )
        wire = WireRequest(
            request.method, target, _headers(request, transport.route.authority), _body(request)
        )
        gated = self._gated(wire, transport.route, state.record)
        if signing_key(wire.headers) != state.signed_by:
            raise TransportTampered(
                "the request was signed again with other credentials than those that were checked",
                rule="other-credentials",
                next_step="give the client the credentials that are to sign (credentials=)",
            )
        streaming = _is_event_stream(request, state)
        try:
            answer = transport.exchange(
                gated,
                deadline=state.deadline,
                read_s=self._waits.first_event_s if streaming else self._waits.read_s,
                stream=streaming,
                idle_s=self._waits.idle_s if streaming else None,
            )
        except (AddressDenied, ConnectFailed) as error:
            state.unreached = error
            raise
        if state.record is not None:
            note_response(state.record, answer)
        state.answered_by = response = _response(url, answer, state, streaming=streaming)
        return response

    def _gated(
        self, wire: WireRequest, route: PrivateRoute, record: CallRecord | None
    ) -> GatedRequest:
        """The gate's verdict; the record gets the model that the bytes name, which a handler may have changed."""
        if record is not None:
            record.request_bytes = len(wire.body)
        try:
            gated = gate(wire, route=route, policy=self._policy, grants=self._grants)
        except ModelDenied:
            if record is not None:
                record.model_id = (
                    None  # not the one that was asked for and had passed the early check
                )
            raise
        if record is not None:
            note_judgement(record, gated)
        return gated

    def close(self) -> None:
        """Close idle connections; a later call fails."""
        self._way.close()

    def __getattr__(self, name: str) -> NoReturn:
        if name in _FOREIGN_PARTS:
            raise TransportTampered(
                f"the guarded transport has no {name}: it uses no proxy and no connection manager",
                rule="foreign-part",
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a guarded transport can't be pickled: sockets stay in their process")


def _headers(request: AWSPreparedRequest, authority: str) -> tuple[tuple[str, str], ...]:
    """The prepared headers as text, Host first; a Host of another's making is left for the gate to judge."""
    pairs = [(_text(name), _text(value)) for name, value in request.headers.items()]
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("Host", authority))
    return tuple(pairs)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _body(request: AWSPreparedRequest) -> bytes:
    """The whole body as bytes: what is gated is what is sent, so nothing is read twice."""
    body: Any = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8")
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    read = getattr(body, "read", None)
    content = read() if callable(read) else None
    if isinstance(content, str):
        content = content.encode("utf-8")
    if not isinstance(content, bytes):
        raise InvalidRequest("the body is neither bytes, text nor a file", rule="body-type")
    if callable(getattr(body, "seek", None)):
        body.seek(0)
    return content


def _is_event_stream(request: AWSPreparedRequest, state: CallState) -> bool:
    return bool(request.stream_output) and state.event_stream


def _response(
    url: str, answer: GuardedResponse, state: CallState, *, streaming: bool
) -> AWSResponse:
    status = answer.head.status
    if 300 <= status < 400:
        answer.close()
        raise RedirectDenied(
            f"the endpoint answered with a redirect (HTTP {status})", rule="redirect"
        )
    headers: Any = dict(answer.head.headers)
    if streaming and status < 300:
        raw = RawBody(answer.chunks(), close=answer.close, state=state)
    else:
        # Read here, so that a cut body is this attempt's failure, and the connection is free again.
        body = answer.read()
        if state.record is not None:
            state.record.response_bytes = len(body)
        if state.operation == "InvokeModel" and status == 200:
            # botocore hands this body on unread, so an empty or broken one would pass as a model's answer.
            parse_invoke_answer(answer.head, body)
        raw = RawBody(iter((body,)), state=state)
    return AWSResponse(url, status, headers, cast("Any", raw))
