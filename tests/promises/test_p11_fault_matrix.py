"""P11: every fault, every operation, both front ends: the same answer as through urllib3, or an error; never half of one.

Each row lists what stock boto3 makes of a fault in one attempt, then a hardened botocore client, then the typed
client: `answer` (the whole text), `SHORT` (something less, given out as if it were all), or the exception's class. Where stock boto3 does now this and
now that, both stand with a bar between them.
"""

import gc
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock import errors
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.testing import Fault, LocalBedrock

FAULTS = Fault.all(stall_s=0.4)
SAID = "You said: Hello there"
OPERATIONS = {
    "C": "Converse",
    "CS": "ConverseStream",
    "I": "InvokeModel",
    "IS": "InvokeModelWithResponseStream",
}
ALL = "C CS I IS"
ONE_TRY = "[retry]\nmax_attempts = 1\n"
QUICK = "[timeouts]\nread_s = 0.1\nfirst_event_s = 0.1\nidle_s = 0.1\n"

Row = dict[str, tuple[str, str, str]]

TLS: Row = {ALL: ("SSLError", "TlsDenied", "TlsDenied")}
REDIRECT: Row = {ALL: ("ClientError", "RedirectDenied", "RedirectDenied")}
GATEWAY: Row = {ALL: ("ClientError", "ClientError", "Unavailable")}
CLOSED: Row = {ALL: ("ConnectionClosedError", "ConnectionClosedError", "ConnectFailed")}
LATE: Row = {ALL: ("ReadTimeoutError", "ReadTimeoutError", "AttemptTimeout")}
ODD_BUT_WHOLE: Row = {ALL: ("answer", "answer", "answer")}
ONLY_OURS_OBJECTS: Row = {ALL: ("answer", "IncompleteResponse", "IncompleteResponse")}
UNNOTICED: Row = {ALL: ("SHORT", "IncompleteResponse", "IncompleteResponse")}
NOTICED = ("IncompleteResponse", "IncompleteResponse")
INTERRUPTED: Row = {"CS IS": ("EventStreamError", "EventStreamError", "StreamInterrupted")}
DAMAGED: Row = {"CS IS": ("ChecksumMismatch", "ChecksumMismatch", "IncompleteResponse")}

MATRIX: dict[str, Row] = {
    # Stock boto3 sees the reset where it happens to: while it wraps the socket, or in the handshake.
    "reset-after-accept": {
        ALL: (
            "ConnectionClosedError|EndpointConnectionError",
            "EndpointConnectionError",
            "ConnectFailed",
        )
    },
    "certificate-other-name": TLS,
    "certificate-expired": TLS,
    "certificate-unknown-issuer": TLS,
    "certificate-self-signed": TLS,
    "throttle": {ALL: ("ThrottlingException", "ThrottlingException", "Throttled")},
    "status-500": {ALL: ("InternalServerException", "InternalServerException", "Unavailable")},
    "status-502": GATEWAY,
    "status-503": {
        ALL: ("ServiceUnavailableException", "ServiceUnavailableException", "Unavailable")
    },
    "status-504": GATEWAY,
    "redirect-301": REDIRECT,
    "redirect-302": REDIRECT,
    "redirect-307": REDIRECT,
    "redirect-308": REDIRECT,
    "stall-head": LATE,
    "stall-body": LATE,
    "cut": {
        "C": ("SHORT|ConnectionClosedError", *NOTICED),  # botocore 1.44.5 | 1.40.20
        "I": ("ResponseStreamingError", *NOTICED),
        "CS IS": ("ProtocolError", *NOTICED),
    },
    "cut-in-head": UNNOTICED,
    "drip": ODD_BUT_WHOLE,
    "html-200": {"C I": ("SHORT", *NOTICED), "CS IS": ("ChecksumMismatch", *NOTICED)},
    "empty-200": UNNOTICED,
    "conflicting-lengths": {ALL: ("HTTPClientError", *NOTICED)},
    "length-and-chunked": ONLY_OURS_OBJECTS,
    "stray-100": ONLY_OURS_OBJECTS,
    "stray-101": UNNOTICED,
    "stray-response": ONLY_OURS_OBJECTS,
    "reset-after-request": CLOSED,
    "close-after-request": CLOSED,
    "close-idle": ODD_BUT_WHOLE,
    "unknown-content-block": {
        "C I": ("answer", "answer", "answer"),
        # The fault puts the unknown kind and text into one block, which is no block: the typed stream says so.
        "CS": ("answer", "answer", "IncompleteResponse"),
        "IS": ("answer", "answer", "IncompleteResponse"),
    },
    "truncated-json": {"C I": ("SHORT", *NOTICED)},
    "stream-internalServerException": INTERRUPTED,
    "stream-modelStreamErrorException": INTERRUPTED,
    "stream-modelTimeoutException": INTERRUPTED,
    "stream-serviceUnavailableException": INTERRUPTED,
    "stream-throttlingException": INTERRUPTED,
    "stream-validationException": INTERRUPTED,
    "stream-error": INTERRUPTED,
    # An event that a native stream never has; a Converse stream may grow new ones.
    "unknown-event": {
        "CS": ("answer", "answer", "answer"),
        "IS": ("answer", "answer", "IncompleteResponse"),
    },
    "bad-message-crc": DAMAGED,
    "bad-prelude-crc": DAMAGED,
    "end-early": {
        "CS": ("SHORT", *NOTICED),
        # A native stream's last chunk is the model's own affair, and its frames and chunks all came: see NOT_TOLD.
        "IS": ("SHORT", "SHORT", "SHORT"),
    },
    "cut-in-event": {"CS IS": ("SHORT", *NOTICED)},
}
FRONTS = ("stock", "hardened", "typed")

NOT_TOLD = {("end-early", "InvokeModelWithResponseStream")}
"""Where nothing in the protocol says that something is missing: the reader of the model's own format has to look."""


def expected(fault: str, front: str) -> dict[str, str]:
    """The row's outcome for each operation that the fault can strike."""
    column = FRONTS.index(front)
    return {
        OPERATIONS[code]: row[column]
        for codes, row in MATRIX[fault].items()
        for code in codes.split()
    }


def outcome(call: Callable[[], str]) -> str:
    try:
        said = call()
    except Exception as error:
        return type(error).__name__
    return "answer" if said == SAID else "SHORT"


def test_the_matrix_has_every_fault_and_every_operation_that_it_strikes() -> None:
    assert list(MATRIX) == list(FAULTS)
    for name, fault in FAULTS.items():
        streams = {"ConverseStream", "InvokeModelWithResponseStream"}
        struck = set(OPERATIONS.values())
        if fault.scope in ("plain", "stream"):
            struck = streams if fault.scope == "stream" else struck - streams
        assert set(expected(name, "typed")) == struck, name


@pytest.mark.parametrize("name", MATRIX)
def test_the_table_keeps_the_promise(name: str) -> None:
    """Ours is what urllib3's way gives, or an error of this library; short answers stand in NOT_TOLD alone."""
    ours = set(errors.__all__)
    for operation, stock in expected(name, "stock").items():
        typed, hardened = (expected(name, front)[operation] for front in ("typed", "hardened"))
        if (name, operation) in NOT_TOLD:
            assert {stock, typed, hardened} == {"SHORT"}
            continue
        assert "SHORT" not in (typed, hardened)
        assert typed in ours or typed == stock == "answer"
        assert hardened in {*stock.split("|"), *ours}


# urllib3 leaves the sockets of failed answers to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", MATRIX)
def test_stock_boto3_meets_the_fault(
    name: str, bedrock: LocalBedrock, make_stock: Any, ask: Any
) -> None:
    client = make_stock(read_timeout=0.1 if "stall" in name else 5)
    for operation, listed in expected(name, "stock").items():
        bedrock.clear()
        client._endpoint.http_session._manager.clear()
        bedrock.fault(FAULTS[name])

        assert outcome(lambda op=operation: ask(client, op)) in listed.split("|"), operation  # type: ignore[misc]
    gc.collect()


@pytest.mark.parametrize("name", MATRIX)
def test_ours_meets_the_fault(
    name: str,
    front: Any,
    bedrock: LocalBedrock,
    ask: Any,
    events: list[InvocationEvent],
) -> None:
    for operation, listed in expected(name, front.name).items():
        # A client for each: a kept connection may be closed, by the last fault, at the moment of sending.
        client = front.make(ONE_TRY + (QUICK if "stall" in name else ""))
        bedrock.clear()
        events.clear()
        bedrock.fault(FAULTS[name])
        found = outcome(lambda c=client, op=operation: ask(c, op))  # type: ignore[misc]

        assert found == listed, operation
        (event,) = events
        assert (event.outcome == "ok") == (found in ("answer", "SHORT")), operation
