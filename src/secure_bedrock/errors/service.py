"""What AWS answered or the network did: the request was allowed, and something else went wrong."""

from typing import Any

from secure_bedrock.errors.base import SecureBedrockError


class ServiceError(SecureBedrockError):
    """AWS answered with an error.

    `code` is AWS's own (`ThrottlingException`), `http_status` is None for an exception inside a stream,
    `request_id` is what AWS support asks for. AWS's message is not kept: it may repeat the request's content.
    """

    default_rule = "service"

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        http_status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        rule: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.code = code
        self.http_status = http_status
        self.request_id = request_id
        self.retry_after_s = retry_after_s

    def _facts(self) -> dict[str, Any]:
        return {
            **super()._facts(),
            "code": self.code,
            "http_status": self.http_status,
            "request_id": self.request_id,
            "retry_after_s": self.retry_after_s,
        }


class Throttled(ServiceError):
    """The account's rate for this model is used up for now."""

    default_rule = "throttled"
    default_next_step = "send less, or ask AWS for a higher quota"


class QuotaExceeded(ServiceError):
    """A service quota is used up; waiting seconds does not help."""

    default_rule = "quota"
    default_next_step = "ask AWS for a higher quota"


class ModelNotReady(ServiceError):
    """The model is still being loaded; AWS says to try again."""

    default_rule = "model-not-ready"


class ModelTimeout(ServiceError):
    """The model took longer than Bedrock allows."""

    default_rule = "model-timeout"
    default_next_step = "ask for less output, or stream"


class ModelFailed(ServiceError):
    """The model failed while it answered."""

    default_rule = "model-failed"


class AccessDenied(ServiceError):
    """AWS refused the caller; `likely_layer` names the policy that probably did it, or is None."""

    default_rule = "access-denied"
    default_next_step = (
        "check the identity policy, the endpoint policy and the SCPs for the action and the model"
    )

    def __init__(self, reason: str, *, likely_layer: str | None = None, **facts: Any) -> None:
        super().__init__(reason, **facts)
        self.likely_layer = likely_layer

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "likely_layer": self.likely_layer}


class InvalidRequest(ServiceError):
    """The request was malformed, as AWS judged it or as this library did before sending."""

    default_rule = "invalid-request"


class NotFound(ServiceError):
    """AWS does not know the resource."""

    default_rule = "not-found"


class Unavailable(ServiceError):
    """The service failed (5xx) or has no capacity."""

    default_rule = "unavailable"


class TransportError(SecureBedrockError):
    """The network failed on the approved route."""

    default_rule = "transport"


class ConnectFailed(TransportError):
    """No approved address accepted a connection, or the connection died before an answer began."""

    default_rule = "connect-failed"
    default_next_step = "check what stands at that address and port"


class AttemptTimeout(TransportError):
    """An attempt took longer than its time-out; the request may have run and been billed."""

    default_rule = "attempt-timeout"
    default_next_step = "raise timeouts.read_s, ask for less output, or stream"


class DeadlineExceeded(SecureBedrockError):
    """The call's deadline passed."""

    default_rule = "deadline"
    default_next_step = "raise timeouts.deadline_s, or ask for less"


class IncompleteResponse(SecureBedrockError):
    """The answer was cut, empty or misframed; `partial` is what arrived, or None. It is not pickled."""

    default_rule = "incomplete-response"

    def __init__(
        self, reason: str, *, partial: Any = None, rule: str = "", next_step: str = ""
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.partial = partial


class StreamInterrupted(SecureBedrockError):
    """AWS ended a stream with an exception after content was delivered; `partial` is what arrived."""

    default_rule = "stream-interrupted"

    def __init__(
        self,
        reason: str,
        *,
        code: str = "",
        partial: Any = None,
        retryable: bool = False,
        rule: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.code = code
        self.partial = partial
        self.retryable = retryable

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "code": self.code, "retryable": self.retryable}


class StructuredOutputError(SecureBedrockError):
    """The answer does not fit the caller's model; `response` is the answer and is not pickled."""

    default_rule = "structured-output"

    def __init__(
        self,
        reason: str,
        *,
        response: Any = None,
        problems: tuple[str, ...] = (),
        rule: str = "",
        next_step: str = "",
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.response = response
        self.problems = problems

    def _facts(self) -> dict[str, Any]:
        return {**super()._facts(), "problems": self.problems}


class AuditUnavailable(SecureBedrockError):
    """No acknowledging sink accepted the intent record, so nothing was sent."""

    default_rule = "audit-unavailable"


class AuditIncomplete(SecureBedrockError):
    """The call was made and paid for, but its event was not accepted; `response` is the answer, not pickled."""

    default_rule = "audit-incomplete"

    def __init__(
        self, reason: str, *, response: Any = None, rule: str = "", next_step: str = ""
    ) -> None:
        super().__init__(reason, rule=rule, next_step=next_step)
        self.response = response
