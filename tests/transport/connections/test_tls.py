"""The TLS context, the judgement of a handshake, and that the environment changes neither."""

import gc
import socket
import ssl
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from secure_bedrock.errors import (
    ConfigurationError,
    ConnectFailed,
    Denied,
    PolicyInvalid,
    SecureBedrockError,
    TlsDenied,
)
from secure_bedrock.transport.connections import tls
from secure_bedrock.transport.connections.tls import handshake_failure, secure, tls_context
from tests.transport.connections.tls_servers import anonymous_context, old_context, server_context

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def handshake(port: int, ca_path: str, *, host: str = HOST, timeout_s: float = 5) -> ssl.SSLSocket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    return secure(sock, context=tls_context(ca_path), host=host, timeout_s=timeout_s)


def weak_context(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = server_context(cert)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0")
    return context


def test_an_approved_peer_is_secured(start: Any, ca_path: str) -> None:
    with handshake(start().port, ca_path) as secured:
        assert secured.version() == "TLSv1.3"
        assert secured.selected_alpn_protocol() is None


def test_http_1_1_is_the_only_protocol_offered(
    start: Any, ca_path: str, authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert(HOST))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(start(context=context).port, ca_path) as secured:
        assert secured.selected_alpn_protocol() == "http/1.1"


REFUSED: dict[str, tuple[Callable[[trustme.CA], ssl.SSLContext], str]] = {
    # sentence: (the server's context, given the trusted CA; rule)
    "another CA's certificate": (
        lambda _: server_context(trustme.CA().issue_cert(HOST)),
        "tls-certificate",
    ),
    "a certificate for another name": (
        lambda ca: server_context(ca.issue_cert("bedrock-runtime.eu-west-1.amazonaws.com")),
        "tls-certificate",
    ),
    "an expired certificate": (
        lambda ca: server_context(
            ca.issue_cert(HOST, not_before=LONG_AGO, not_after=LONG_AGO + timedelta(days=1))
        ),
        "tls-certificate",
    ),
    "no certificate": (lambda _: anonymous_context(), "tls-parameters"),
    "TLS 1.1": (lambda ca: old_context(ca.issue_cert(HOST)), "tls-parameters"),
    "suites without forward secrecy or AEAD": (
        lambda ca: weak_context(ca.issue_cert(HOST)),
        "tls-parameters",
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_peer_that_is_not_acceptable_is_denied(
    sentence: str, start: Any, ca_path: str, authority: trustme.CA
) -> None:
    make, rule = REFUSED[sentence]
    endpoint = start(context=make(authority))
    with pytest.raises(TlsDenied) as denial:
        handshake(endpoint.port, ca_path)
    assert denial.value.rule == rule
    assert "ca_bundle" in denial.value.next_step
    assert isinstance(denial.value, Denied)


@pytest.mark.parametrize(
    ("answer", "expected", "rule"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", TlsDenied, "tls-parameters"),
        (b"", ConnectFailed, "tls-cut"),
        (b"\x15\x03\x03\x00\x02\x02\x50", ConnectFailed, "tls-alert"),  # internal_error
        (b"\x15\x03\x03\x00\x02\x02\x28", TlsDenied, "tls-parameters"),  # handshake_failure
    ],
    ids=["plain HTTP", "closes", "internal error", "handshake failure"],
)
def test_a_peer_that_speaks_no_tls_is_told_from_one_that_went_away(
    answer: bytes, expected: type[SecureBedrockError], rule: str, ca_path: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname(), timeout=5)
        peer, _ = listener.accept()
        with peer:
            peer.sendall(answer)
            peer.shutdown(socket.SHUT_WR)
            with pytest.raises(expected) as failure:
                secure(sock, context=tls_context(ca_path), host=HOST, timeout_s=5)
    assert failure.value.rule == rule
    assert sock.fileno() == -1


def test_a_handshake_that_never_ends_is_bounded_in_total(ca_path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname(), timeout=5)
        with pytest.raises(ConnectFailed) as failure:
            secure(sock, context=tls_context(ca_path), host=HOST, timeout_s=0.1)
    assert failure.value.rule == "tls-timeout"


def test_a_peer_that_resets_before_the_handshake_is_connect_failed(ca_path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname(), timeout=5)
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()
        with pytest.raises(ConnectFailed) as failure:
            secure(sock, context=tls_context(ca_path), host=HOST, timeout_s=5)
    assert failure.value.rule == "tls-cut"
    assert sock.fileno() == -1


def test_a_name_that_tls_cannot_carry_leaves_no_socket_behind(ca_path: str) -> None:
    left, right = socket.socketpair()
    with right, pytest.raises(ValueError, match="server_hostname"):
        secure(left, context=tls_context(ca_path), host="", timeout_s=1)
    assert left.fileno() == -1


class Session:
    """What a finished handshake could look like if OpenSSL had been configured to accept it."""

    def __init__(self, version: str | None, suite: str | None, certificate: bytes | None) -> None:
        self._facts = (version, suite and (suite, "", 256), certificate)

    def version(self) -> Any:
        return self._facts[0]

    def cipher(self) -> Any:
        return self._facts[1]

    def getpeercert(self, *, binary_form: bool) -> Any:
        return self._facts[2]


@pytest.mark.parametrize(
    ("session", "rule"),
    [
        (Session("TLSv1.1", "ECDHE-RSA-AES128-GCM-SHA256", b"c"), "tls-version"),
        (Session(None, None, b"c"), "tls-version"),
        (Session("TLSv1.2", None, b"c"), "tls-cipher"),
        (Session("TLSv1.2", "ADH-AES256-GCM-SHA384", b"c"), "tls-cipher"),
        (Session("TLSv1.2", "AES256-GCM-SHA384", b"c"), "tls-cipher"),
        (Session("TLSv1.3", "TLS_SHA256_SHA256", b"c"), "tls-cipher"),
        (Session("TLSv1.3", "TLS_AES_128_GCM_SHA256", None), "tls-no-certificate"),
        (Session("TLSv1.3", "TLS_AES_128_GCM_SHA256", b""), "tls-no-certificate"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_session_is_judged_after_the_handshake(session: Any, rule: str) -> None:
    with pytest.raises(TlsDenied) as denial:
        tls._judge(session)
    assert denial.value.rule == rule


def test_a_session_that_is_not_approved_leaves_no_socket_behind(
    start: Any, ca_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_GOOD_VERSIONS", frozenset())
    sock = socket.create_connection(("127.0.0.1", start().port), timeout=5)
    with pytest.raises(TlsDenied) as denial:
        secure(sock, context=tls_context(ca_path), host=HOST, timeout_s=5)
    assert denial.value.rule == "tls-version"


def test_every_suite_of_the_context_is_one_that_the_judgement_approves(ca_path: str) -> None:
    suites = [suite["name"] for suite in tls_context(ca_path).get_ciphers()]
    assert suites
    assert [name for name in suites if not tls._GOOD_SUITE.fullmatch(name)] == []


def test_an_unknown_tls_error_is_a_denial() -> None:
    assert isinstance(handshake_failure(ssl.SSLError(1, "something new")), TlsDenied)


def test_the_context_says_what_the_promise_says(ca_path: str) -> None:
    context = tls_context(ca_path)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not context.keylog_filename
    assert context.options & ssl.OP_NO_COMPRESSION
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert not context.options & tls._LEGACY_OPTIONS


def test_a_ca_bundle_replaces_the_built_in_one(ca_path: str) -> None:
    assert tls_context(ca_path).cert_store_stats()["x509"] == 1
    assert tls_context(None).cert_store_stats()["x509"] > 100


def test_a_context_is_shared_until_the_file_changes(tmp_path: Path, authority: trustme.CA) -> None:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    first = tls_context(str(bundle))
    assert tls_context(str(bundle)) is first
    bundle.write_bytes(bundle.read_bytes() + trustme.CA().cert_pem.bytes())
    second = tls_context(str(bundle))
    assert (second is first, second.cert_store_stats()["x509"]) == (False, 2)


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", "directory"])
def test_an_unusable_ca_bundle_is_an_invalid_policy(tmp_path: Path, content: Any) -> None:
    bundle = tmp_path / "ca.pem"
    if content == "directory":
        bundle.mkdir()
    elif content is not None:
        bundle.write_bytes(content)
    with pytest.raises(PolicyInvalid) as invalid:
        tls_context(str(bundle))
    assert invalid.value.problems[0].key == "network.ca_bundle"
    assert str(bundle) in invalid.value.problems[0].message
    assert "PEM" in invalid.value.next_step


def test_a_bundle_of_revocation_lists_holds_no_certificate(tmp_path: Path) -> None:
    """OpenSSL loads such a file without complaint, and the context would then trust nobody."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")])
    builder = x509.CertificateRevocationListBuilder(name, now, now + timedelta(days=1))
    revoked = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    bundle = tmp_path / "crl.pem"
    bundle.write_bytes(revoked.public_bytes(serialization.Encoding.PEM))
    with pytest.raises(PolicyInvalid, match="holds no certificate"):
        tls_context(str(bundle))


def test_a_missing_botocore_bundle_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="not installed as files"):
        tls_context(None)
    monkeypatch.setattr(tls, "_bundled_cas", lambda: tmp_path / "cacert.pem")
    with pytest.raises(ConfigurationError, match="can't be read") as failure:
        tls_context(None)
    assert failure.value.rule == "trust-store"


class Unaware(socket.socket):
    """A socket whose peer goes after the last time that anybody asked."""

    def getpeername(self) -> Any:
        return ("127.0.0.1", 1)


def test_a_peer_that_goes_just_before_the_handshake_leaves_no_descriptor(ca_path: str) -> None:
    """CPython 3.11's wrap_socket finds out after it has taken the descriptor over; an unclosed one would warn."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname(), timeout=5)
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        wait_for_reset(sock)
        unaware = Unaware(fileno=sock.detach())
        with pytest.raises(ConnectFailed, match=r"ended during"):
            secure(unaware, context=tls_context(ca_path), host=HOST, timeout_s=5)

    assert unaware.fileno() == -1
    gc.collect()


def wait_for_reset(sock: socket.socket) -> None:
    """Until the kernel has taken the reset in; nothing is read, so that the error stays for the handshake."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            sock.getpeername()
        except OSError:
            return
        time.sleep(0.001)
