"""What an error of the endpoint says, and what it advises."""

from __future__ import annotations

import ssl

import pytest

from secure_bedrock.errors import AccessDenied, InvalidRequest
from secure_bedrock.models.conversation import messages_to_wire
from secure_bedrock.transport.connections.tls import handshake_failure
from secure_bedrock.transport.core.answering.error_codes import service_error

SIGNING = ("UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException")


@pytest.mark.parametrize("code", SIGNING)
def test_a_refused_signature_asks_to_look_at_keys_and_clock(code: str) -> None:
    """No policy was asked yet, so none is to blame."""
    error = service_error(code, http_status=403)

    assert isinstance(error, AccessDenied)
    assert error.next_step == "check the access key, the session token and the clock"


def test_a_refusal_by_a_policy_still_names_the_policies() -> None:
    error = service_error("AccessDeniedException", http_status=403)

    assert error.next_step == AccessDenied.default_next_step


@pytest.mark.parametrize("code", ["ValidationException", "validationException"])
def test_a_request_that_does_not_fit_says_where_the_message_is_and_what_it_usually_says(
    code: str,
) -> None:
    error = service_error(code, http_status=400, message="messages: the harbour kettle is a secret")

    assert isinstance(error, InvalidRequest)
    assert "AWS's message is withheld" in error.next_step
    assert "inference profile" in error.next_step
    assert "kettle" not in str(error)


def test_a_conflict_is_not_told_as_a_request_that_does_not_fit() -> None:
    assert service_error("ConflictException", http_status=409).next_step == ""


@pytest.mark.parametrize("code", ["", "502"])
def test_a_status_alone_is_no_code_of_aws(code: str) -> None:
    """The page of a balancer in between is not AWS's answer."""
    error = service_error(code, http_status=502)

    assert error.reason == "the endpoint answered HTTP status 502 without an error code"


def test_a_peer_of_plain_http_is_called_one() -> None:
    failure = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]")
    failure.reason = "WRONG_VERSION_NUMBER"

    told = handshake_failure(failure)

    assert told.rule == "tls-parameters"
    assert "what answers there does not speak TLS" in told.reason
    assert told.next_step == "check what stands at that address and port"


def test_a_handshake_that_takes_too_long_blames_no_security_group() -> None:
    step = handshake_failure(TimeoutError()).next_step

    assert step == "check what stands at that address and port"


def test_no_message_at_all_is_told_in_plain_words() -> None:
    with pytest.raises(InvalidRequest, match=r"^messages must hold at least one message"):
        messages_to_wire([])
