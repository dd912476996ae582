"""How the retry rules see what an attempt of a hardened call raised."""

from collections.abc import Callable

from botocore.exceptions import ClientError

from secure_bedrock.resilience import FATAL, Failure, classify
from secure_bedrock.transport.hardened.sending.call_state import CallState


def failures_of(state: CallState, *, own_limit: bool) -> Callable[[BaseException], Failure]:
    """How the retry rules see what an attempt of this call raised.

    With `own_limit` the caller asked for fewer attempts than the policy allows: then the last of them is fatal.
    """

    def failure_of(error: BaseException) -> Failure:
        if own_limit and state.number >= state.max_attempts:
            return FATAL
        answered = state.error if isinstance(error, ClientError) else None
        return classify(answered or error)

    return failure_of
