"""What one call of a hardened client carries through botocore, and the witness that it was really sent."""

from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

from botocore.awsrequest import AWSResponse

from secure_bedrock.audit import CallRecord
from secure_bedrock.errors import AddressDenied, ConnectFailed, ServiceError, TransportTampered
from secure_bedrock.transport.connections.driver import GuardedTransport
from secure_bedrock.transport.hardened.reading.answer_witness import AnswerWitness
from secure_bedrock.values import Deadline

CONTEXT_KEY = "secure_bedrock.call"


@dataclass(slots=True, eq=False)
class CallState:
    """One attempt's token: made by the client, carried in the request's context, marked by the guarded session only.

    `params` are the parameters after the handlers of the first attempt, so that idempotency tokens stay the same in
    later ones. `error` is what AWS answered last, as the typed client would raise it. `transport` is the one that this
    attempt goes over, whatever becomes of the route meanwhile, and `unreached` why it could not. `signed_by` is the
    access key id that was held against the policy for this attempt.
    """

    operation: str
    deadline: Deadline
    invocation_id: str
    transport: GuardedTransport | None = field(default=None, repr=False)
    number: int = 1
    max_attempts: int = 1
    unsigned: bool = False
    signed_by: str | None = field(default=None, repr=False)
    event_stream: bool = False
    record: CallRecord | None = None
    params: Any = field(default=None, repr=False)
    answered_by: AWSResponse | None = field(default=None, repr=False)
    answer: AnswerWitness | None = field(default=None, repr=False)
    error: ServiceError | None = field(default=None, repr=False)
    unreached: AddressDenied | ConnectFailed | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The endpoint's URL, "" before the first attempt."""
        return "" if self.transport is None else self.transport.route.url

    def renew(self, transport: GuardedTransport) -> None:
        """Begin an attempt: it goes over this transport and needs an answer of its own."""
        self.transport = transport
        self.signed_by = None
        self.answered_by = self.answer = self.error = self.unreached = None

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Itself: a handler that copies a request copies a request of the same call."""
        return self

    def vouches_for(self, given: object, *, failed: bool) -> bool:
        """Whether `given` is this attempt's answer of the guarded transport, unedited, and an error only if it was."""
        return (
            self.answered_by is not None
            and self.answer is not None
            and failed is (self.error is not None)
            and self.answer.is_of(given)
        )


def state_of(context: Any) -> CallState:
    """The call that a request belongs to; TransportTampered when it is gone."""
    return require_state(context.get(CONTEXT_KEY) if isinstance(context, dict) else None)


def require_state(state: object) -> CallState:
    """The call's token itself; TransportTampered when it is not one."""
    if not isinstance(state, CallState):
        raise TransportTampered(
            "a request reached the transport without the call that it belongs to",
            rule="no-witness",
        )
    return state


def refuse_answer() -> NoReturn:
    """Raise TransportTampered for an answer that no token vouches for."""
    raise TransportTampered(
        "an answer did not come through the guarded transport", rule="no-witness"
    )
