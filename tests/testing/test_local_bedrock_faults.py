"""Every fault does on the wire what it says, and stock boto3 meets each of them."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import botocore.eventstream
import botocore.exceptions
import pytest
import urllib3.exceptions

from secure_bedrock.testing import Answer, Fault, LocalBedrock
from secure_bedrock.testing import fault_effects as effects

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
HELLO = [{"role": "user", "content": [{"text": "Hello there"}]}]
TEXT = b"You said: Hello there"
ALL = Fault.all(stall_s=0.2)
EVENTS = {
    "stream-" + kind
    for kind in (
        "internalServerException",
        "modelStreamErrorException",
        "modelTimeoutException",
        "serviceUnavailableException",
        "throttlingException",
        "validationException",
    )
}

Raw = Callable[..., bytes]


@pytest.fixture
def raw(
    bedrock: LocalBedrock,
    dial: Callable[..., ssl.SSLSocket],
    read_all: Callable[[ssl.SSLSocket], bytes],
    converse: Callable[[Any], bytes],
    converse_stream: Callable[[Any], bytes],
) -> Raw:
    """What the wire carries in answer to one request while a fault waits."""

    def exchange(fault: Fault | None, *, stream: bool = False) -> bytes:
        if fault is not None:
            bedrock.fault(fault)
        sock = dial(bedrock)
        sock.sendall((converse_stream if stream else converse)(bedrock))
        return read_all(sock)

    return exchange


def parts(data: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), headers, body


def dechunked(data: bytes) -> bytes:
    """The chunked body of a raw answer; it has to end as chunked bodies do."""
    _, _, body = data.partition(b"\r\n\r\n")
    content = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            assert body == b"\r\n"
            return content
        content += body[:length]
        assert body[length : length + 2] == b"\r\n"
        body = body[length + 2 :]


def messages(data: bytes) -> list[tuple[dict[str, Any], bytes]]:
    """The event stream messages of a raw answer, as botocore's own parser reads them."""
    buffer = botocore.eventstream.EventStreamBuffer()
    buffer.add_data(dechunked(data))
    read: list[Any] = list(buffer)
    return [(message.headers, message.payload) for message in read]


def test_the_names_are_the_faults_own_and_stable() -> None:
    assert all(name == fault.name for name, fault in ALL.items())
    assert list(ALL) == list(Fault.all())
    assert {"throttle", "cut", "redirect-307", "certificate-expired", *EVENTS} <= set(ALL)
    assert len(ALL) == 43


def test_throttle_is_a_throttling_exception(raw: Raw) -> None:
    status, headers, body = parts(raw(ALL["throttle"]))

    assert status == 429
    assert headers["x-amzn-errortype"].startswith("throttlingexception")
    assert "Too many requests" in json.loads(body)["message"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, "application/json"),
        (502, "text/html"),
        (503, "application/json"),
        (504, "text/html"),
        (599, "text/html"),
    ],
)
def test_a_status_is_json_where_bedrock_models_it_and_html_elsewhere(
    raw: Raw, status: int, kind: str
) -> None:
    found, headers, _ = parts(raw(Fault.status(status)))

    assert (found, headers["content-type"]) == (status, kind)


def test_any_other_error_can_be_asked_for(raw: Raw) -> None:
    status, headers, _ = parts(raw(Fault.error("AccessDeniedException", 403)))

    assert (status, headers["x-amzn-errortype"].split(":")[0]) == (403, "accessdeniedexception")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_has_a_location(raw: Raw, status: int) -> None:
    found, headers, _ = parts(raw(Fault.redirect(status, "https://elsewhere.example/")))

    assert (found, headers["location"]) == (status, "https://elsewhere.example/")


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_stall_is_silence_before_the_rest(
    bedrock: LocalBedrock,
    dial: Callable[..., ssl.SSLSocket],
    converse: Callable[[Any], bytes],
    where: str,
) -> None:
    bedrock.fault(ALL[f"stall-{where}"])
    sock = dial(bedrock)
    began = time.monotonic()
    sock.sendall(converse(bedrock))
    first = sock.recv(65536)
    first_after = time.monotonic() - began
    rest = b""
    while piece := sock.recv(65536):
        rest += piece

    assert time.monotonic() - began >= 0.2
    assert (first_after >= 0.2) == (where == "head")
    whole = first + rest
    assert TEXT in whole
    assert (len(first) < len(whole)) == (where == "body")
    assert first.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize("at", [0, 1, 15, 40, 300])
def test_a_cut_leaves_exactly_so_many_bytes(raw: Raw, at: int) -> None:
    whole = len(raw(None))
    assert whole > 300

    assert len(raw(Fault.cut(at))) == at


def test_a_cut_without_a_place_is_in_the_middle_of_the_body(raw: Raw) -> None:
    _, headers, body = parts(raw(ALL["cut"]))

    assert len(body) == int(headers["content-length"]) // 2
    assert b"\r\n\r\n" not in raw(ALL["cut-in-head"])


def test_a_drip_is_the_right_answer_in_small_pieces(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket], converse: Callable[[Any], bytes]
) -> None:
    bedrock.fault(Fault.drip(50, 0.01))
    sock = dial(bedrock)
    sock.sendall(converse(bedrock))
    pieces = []
    while piece := sock.recv(65536):
        pieces.append(piece)

    assert len(pieces) > 5
    assert max(map(len, pieces)) <= 50
    assert TEXT in b"".join(pieces)


def test_a_page_and_an_empty_body_come_with_status_200(raw: Raw) -> None:
    status, headers, body = parts(raw(ALL["html-200"]))
    assert (status, headers["content-type"], body[:5]) == (200, "text/html", b"<!DOC")

    status, headers, body = parts(raw(ALL["empty-200"]))
    assert (status, headers["content-type"], headers["content-length"], body) == (
        200,
        "application/json",
        "0",
        b"",
    )


def test_truncated_json_has_a_length_that_fits(raw: Raw) -> None:
    status, headers, body = parts(raw(ALL["truncated-json"]))

    assert (status, int(headers["content-length"])) == (200, len(body))
    with pytest.raises(ValueError, match=r"."):
        json.loads(body)


def test_conflicting_lengths_are_two_headers(raw: Raw) -> None:
    data = raw(ALL["conflicting-lengths"])
    lengths = [line for line in data.split(b"\r\n") if line.startswith(b"Content-Length")]

    assert len(set(lengths)) == 2


def test_length_and_chunked_come_together(raw: Raw) -> None:
    data = raw(ALL["length-and-chunked"])
    _, headers, _ = parts(data)

    assert headers["transfer-encoding"] == "chunked"
    assert int(headers["content-length"]) == len(dechunked(data))


@pytest.mark.parametrize("status", [100, 101])
def test_a_stray_interim_response_precedes_the_answer(raw: Raw, status: int) -> None:
    interim, _, rest = raw(ALL[f"stray-{status}"]).partition(b"\r\n\r\n")

    assert interim.startswith(b"HTTP/1.1 %d " % status)
    assert parts(rest)[0] == 200
    assert TEXT in rest


def test_a_stray_response_follows_the_answer(raw: Raw) -> None:
    data = raw(ALL["stray-response"])
    _, headers, body = parts(data)
    after = body[int(headers["content-length"]) :]

    assert parts(after)[::2] == (200, b'{"stray":true}')


def test_a_reset_is_a_reset_and_a_close_is_none(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket], converse: Callable[[Any], bytes]
) -> None:
    """Below TLS, where CPython 3.11's ssl reports a reset as an end (python/cpython#115627)."""

    def drain(name: str) -> None:
        bedrock.fault(ALL[name])
        sock = dial(bedrock)
        sock.sendall(converse(bedrock))
        while socket.socket.recv(sock, 65536):
            pass

    drain("close-after-request")
    with pytest.raises(ConnectionResetError):
        drain("reset-after-request")


def test_a_reset_after_accept_ends_the_handshake(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket]
) -> None:
    bedrock.fault(ALL["reset-after-accept"])
    with pytest.raises((ConnectionError, ssl.SSLError)):
        dial(bedrock)
    dial(bedrock)

    assert bedrock.connections == 2


def test_an_idle_connection_is_closed_although_it_was_to_be_kept(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket], converse: Callable[[Any], bytes]
) -> None:
    bedrock.fault(ALL["close-idle"])
    sock = dial(bedrock)
    sock.sendall(converse(bedrock).replace(b"Connection: close", b"Connection: keep-alive"))
    data = b""
    while piece := sock.recv(65536):
        data += piece

    assert TEXT in data
    assert parts(data)[1]["connection"] == "keep-alive"


CERTIFICATES = {
    "other-name": "Hostname mismatch",
    "expired": "certificate has expired",
    "unknown-issuer": "unable to get local issuer certificate",
    "self-signed": "self-signed certificate",
}


@pytest.mark.parametrize("flaw", CERTIFICATES)
def test_a_bad_certificate_has_exactly_its_flaw(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket], flaw: str
) -> None:
    bedrock.fault(ALL[f"certificate-{flaw}"])
    with pytest.raises(ssl.SSLCertVerificationError, match=CERTIFICATES[flaw]):
        dial(bedrock)


def test_the_right_certificate_is_the_endpoints_and_the_private_names(
    bedrock: LocalBedrock, dial: Callable[..., ssl.SSLSocket]
) -> None:
    certificate = dial(bedrock, "bedrock-runtime.eu-west-1.amazonaws.com").getpeercert()

    assert certificate is not None
    assert certificate["subjectAltName"] == (
        ("DNS", bedrock.host),
        ("DNS", "bedrock-runtime.eu-west-1.amazonaws.com"),
        ("IP Address", "127.0.0.1"),
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        dial(bedrock, "localhost")


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_exception_ends_the_stream_in_its_middle(raw: Raw, name: str) -> None:
    found = messages(raw(ALL[name], stream=True))
    headers, payload = found[-1]
    kind = name.removeprefix("stream-")

    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == kind
    assert json.loads(payload)["message"] == effects.EXCEPTIONS[kind]
    assert found[0][0][":event-type"] == "messageStart"
    assert len(found) > 2


def test_an_error_message_carries_code_and_text_in_its_headers(raw: Raw) -> None:
    headers, payload = messages(raw(ALL["stream-error"], stream=True))[-1]

    assert headers == {
        ":message-type": "error",
        ":error-code": "InternalFailure",
        ":error-message": "It broke.",
    }
    assert payload == b""


def test_an_unknown_event_is_one_more_than_the_right_ones(raw: Raw) -> None:
    right = [headers[":event-type"] for headers, _ in messages(raw(None, stream=True))]
    found = [
        headers[":event-type"] for headers, _ in messages(raw(ALL["unknown-event"], stream=True))
    ]

    assert "holographicBlock" in found
    assert [kind for kind in found if kind != "holographicBlock"] == right


@pytest.mark.parametrize(
    ("name", "said"),
    [("bad-message-crc", "Checksum mismatch"), ("bad-prelude-crc", "Checksum mismatch")],
)
def test_a_damaged_message_fails_its_checksum(raw: Raw, name: str, said: str) -> None:
    with pytest.raises(botocore.eventstream.ChecksumMismatch, match=said):
        messages(raw(ALL[name], stream=True))


def test_an_early_end_is_proper_http_without_message_stop(raw: Raw) -> None:
    kinds = [headers[":event-type"] for headers, _ in messages(raw(ALL["end-early"], stream=True))]

    assert kinds[0] == "messageStart"
    assert "messageStop" not in kinds


def test_a_cut_in_an_event_is_proper_http_with_bytes_left_over(raw: Raw) -> None:
    buffer = botocore.eventstream.EventStreamBuffer()
    data = dechunked(raw(ALL["cut-in-event"], stream=True))
    buffer.add_data(data)
    read: list[Any] = list(buffer)
    whole = sum(message.prelude.total_length for message in read)

    assert 0 < whole < len(data)


def test_an_unknown_content_block_stands_among_the_right_ones(raw: Raw) -> None:
    _, _, body = parts(raw(ALL["unknown-content-block"]))
    content = json.loads(body)["output"]["message"]["content"]
    events = messages(raw(ALL["unknown-content-block"], stream=True))

    assert content == [{"hologram": {"depth": 3}}, {"text": TEXT.decode()}]
    assert json.loads(events[1][1])["delta"] == {"hologram": {"depth": 3}}


def test_an_answer_without_a_message_is_left_as_it_is() -> None:
    from secure_bedrock.testing.reply import Reply, Send

    (sent,) = effects.unknown_block(Reply(body=b'{"inputTokens": 3}'))

    assert isinstance(sent, Send)
    assert sent.data.endswith(b'{"inputTokens": 3}')


# What stock boto3 (botocore 1.44.5, one attempt) makes of each fault: an exception, the whole answer, or an empty or
# shortened answer that it gives out as a right one. The last are what promise P11 is about.
ERRORS = (
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    botocore.eventstream.ParserError,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
)
ANSWERED = {name for name, fault in ALL.items() if fault.delivers} | {"length-and-chunked"}
WRONGLY_ACCEPTED = {
    "cut",
    "cut-in-event",
    "cut-in-head",
    "empty-200",
    "end-early",
    "html-200",
    "stray-101",
    "truncated-json",
}


# urllib3 leaves the sockets of failed streams to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ALL)
def test_stock_boto3_meets_the_fault(
    bedrock: LocalBedrock, stock: Callable[..., Any], name: str
) -> None:
    bedrock.fault(ALL[name])
    client = stock(bedrock)
    call = client.converse_stream if ALL[name].scope == "stream" else client.converse

    def run() -> bool:
        """True when the answer was a whole one."""
        answer = call(modelId=HAIKU, messages=HELLO)
        events = list(answer.get("stream", ()))
        return "output" in answer or any("messageStop" in event for event in events)

    if name in ANSWERED | WRONGLY_ACCEPTED:
        assert run() == (name in ANSWERED)
    else:
        with pytest.raises(ERRORS):
            run()
    gc.collect()


def test_faults_strike_in_order_and_as_often_as_asked(
    bedrock: LocalBedrock, stock: Callable[..., Any]
) -> None:
    client = stock(bedrock)
    bedrock.fault(Fault.throttle(), times=2)
    bedrock.fault(Fault.status(503))

    def code() -> str:
        try:
            client.converse(modelId=HAIKU, messages=HELLO)
        except botocore.exceptions.ClientError as error:
            return str(error.response["Error"]["Code"])
        return "none"

    assert [code() for _ in range(4)] == [
        "ThrottlingException",
        "ThrottlingException",
        "ServiceUnavailableException",
        "none",
    ]
    bedrock.fault(Fault.throttle(), times=None)
    assert {code() for _ in range(3)} == {"ThrottlingException"}
    bedrock.clear()
    assert code() == "none"


def test_times_has_to_be_positive(bedrock: LocalBedrock) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        bedrock.fault(Fault.throttle(), times=0)


def test_a_stream_fault_waits_for_a_stream_and_a_refusal_uses_none_up(
    bedrock: LocalBedrock, stock: Callable[..., Any]
) -> None:
    client = stock(bedrock)
    bedrock.fault(Fault.stream_exception())
    with pytest.raises(botocore.exceptions.ClientError, match="ValidationException"):
        client.converse_stream(modelId="us.made.up", messages=HELLO)
    assert client.converse(modelId=HAIKU, messages=HELLO)["stopReason"] == "end_turn"

    stream = client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"]
    with pytest.raises(botocore.exceptions.EventStreamError):
        list(stream)
    stream.close()


def test_a_scripted_answer_that_did_not_arrive_is_kept_for_the_next_request(
    bedrock: LocalBedrock, stock: Callable[..., Any]
) -> None:
    client = stock(bedrock)
    bedrock.script(Answer.text("first"), Answer.text("second"))
    bedrock.fault(Fault.throttle())
    bedrock.fault(Fault.drip())
    with pytest.raises(botocore.exceptions.ClientError):
        client.converse(modelId=HAIKU, messages=HELLO)

    said = [
        client.converse(modelId=HAIKU, messages=HELLO)["output"]["message"]["content"][0]["text"]
        for _ in range(2)
    ]
    assert said == ["first", "second"]


def test_a_stall_ends_with_the_server(
    dial: Callable[..., ssl.SSLSocket], converse: Callable[[Any], bytes]
) -> None:
    with LocalBedrock(tls_names=("127.0.0.1",)) as bedrock:
        bedrock.fault(Fault.stall(60))
        sock = dial(bedrock)
        sock.sendall(converse(bedrock))
        while not bedrock.requests:
            time.sleep(0.01)
        began = time.monotonic()

    assert sock.recv(1) == b""
    assert time.monotonic() - began < 5
