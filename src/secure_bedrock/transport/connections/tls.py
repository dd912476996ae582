"""TLS for guarded connections: the library's own context, and what a finished handshake must show."""

import errno
import functools
import importlib.util
import re
import socket
import ssl
from pathlib import Path
from typing import Any, Final

from secure_bedrock.errors import (
    ConfigurationError,
    ConnectFailed,
    PolicyInvalid,
    Problem,
    SecureBedrockError,
    TlsDenied,
)

# Forward secrecy and AEAD only; every suite authenticates the server. Bedrock's endpoints offer
# ECDHE-RSA-AES128-GCM-SHA256 at the least (ELB security policies, AWS documentation, read 2026-11-20).
# The level is written out because OPENSSL_CONF may have lowered it; 2 asks for 112 bits (SSL_CTX_set_security_level).
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK:!MD5:@SECLEVEL=2"

# The names of those suites and of TLS 1.3's (RFC 8446 §B.4), which have no such setter in Python 3.11
# and could have been changed by OPENSSL_CONF, for one to TLS_SHA256_SHA256, which does not encrypt.
_GOOD_SUITE = re.compile(
    r"TLS_(?:AES_(?:128|256)_GCM|CHACHA20_POLY1305)_SHA(?:256|384)"
    r"|ECDHE-(?:ECDSA|RSA)-(?:AES(?:128|256)-GCM-SHA(?:256|384)|CHACHA20-POLY1305)"
)
_GOOD_VERSIONS: Final = frozenset({"TLSv1.2", "TLSv1.3"})

# SSL_OP_LEGACY_SERVER_CONNECT and SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION (openssl/ssl.h 3.0, read 2026-11-20);
# Python 3.11 has no names for them. OPENSSL_CONF can turn them on.
_LEGACY_OPTIONS: Final = 0x4 | 0x40000

# Alerts by which a server says that it failed, not that it disagrees (RFC 8446 §6.2).
_PASSING_ALERTS: Final = frozenset({"TLSV1_ALERT_INTERNAL_ERROR", "TLSV1_ALERT_USER_CANCELLED"})

# How OpenSSL 3 names bytes that are no TLS record: those of plain HTTP for one (seen with 3.0, 2026-11-20).
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
_LOOK_THERE: Final = "check what stands at that address and port"


class _ClosingSocket(ssl.SSLSocket):
    """A TLS socket that closes itself where CPython 3.11's `wrap_socket` would lose it: a peer that has just gone."""

    def getpeername(self) -> Any:
        try:
            return super().getpeername()
        except OSError:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "the peer is gone") from None


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """The client context that trusts `ca_bundle` alone, or botocore's bundled CAs when it is None.

    Nothing is read from the environment: `ssl.create_default_context` is not used, because it would write
    session keys to $SSLKEYLOGFILE and trust $SSL_CERT_FILE. Contexts are shared between transports while the
    file stays the same (loading botocore's 126 CAs costs 17 ms); they are thread-safe. Raises PolicyInvalid for
    a bundle that can't be used.
    """
    path = _bundled_cas() if ca_bundle is None else Path(ca_bundle)
    try:
        found = path.stat()
    except OSError as error:
        raise _unusable(ca_bundle, f"can't be read: {error.strerror}") from None
    stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
    return _context(str(path), stamp, ca_bundle)


@functools.lru_cache(maxsize=8)
def _context(path: str, _stamp: tuple[int, int, int], ca_bundle: str | None) -> ssl.SSLContext:
    """Build the context; `_stamp` only tells one state of the file from another."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _ClosingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    context.check_hostname = True
    context.verify_mode = ssl.CERT_REQUIRED
    context.hostname_checks_common_name = False
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options &= ~_LEGACY_OPTIONS
    _load(context, path, ca_bundle)
    return context


def _load(context: ssl.SSLContext, path: str, ca_bundle: str | None) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise _unusable(ca_bundle, "holds no certificates in PEM form") from None
    except OSError as error:
        raise _unusable(ca_bundle, f"can't be read: {error.strerror}") from None
    if not context.cert_store_stats()["x509"]:
        raise _unusable(ca_bundle, "holds no certificate")


def _bundled_cas() -> Path:
    """Where botocore keeps the CAs it ships; found without importing botocore."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or spec.origin is None:
        raise _unusable(None, "can't be found: botocore is not installed as files")
    return Path(spec.origin).with_name("cacert.pem")


def _unusable(ca_bundle: str | None, what: str) -> ConfigurationError:
    if ca_bundle is None:
        return ConfigurationError(
            f"the CA bundle of the installed botocore {what}",
            rule="trust-store",
            next_step="install botocore again, or set network.ca_bundle in the policy",
        )
    return PolicyInvalid(
        "the policy's CA bundle can't be used",
        problems=(Problem(f"{ca_bundle} {what}", key="network.ca_bundle"),),
        rule="trust-store",
        next_step="name a readable PEM file with the CA certificates to trust; it replaces the built-in ones",
    )


def secure(
    sock: socket.socket, *, context: ssl.SSLContext, host: str, timeout_s: float
) -> ssl.SSLSocket:
    """Shake hands as a client of `host` within `timeout_s` in total and judge the outcome.

    Takes the socket over: on any error it is closed. No application byte has been sent when this returns.
    Raises TlsDenied where certificate or parameters are not acceptable, ConnectFailed where the peer went away.
    """
    try:
        sock.settimeout(timeout_s)
        secured = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except OSError as error:
        sock.close()
        raise handshake_failure(error) from None
    except BaseException:
        sock.close()
        raise
    try:
        secured.do_handshake()
        _judge(secured)
    except OSError as error:
        secured.close()
        raise handshake_failure(error) from None
    except BaseException:
        secured.close()
        raise
    return secured


def _judge(secured: ssl.SSLSocket) -> None:
    """What must be true after a handshake, whatever OpenSSL was configured to accept."""
    version, suite = secured.version(), secured.cipher()
    if version not in _GOOD_VERSIONS:
        raise TlsDenied(f"the peer speaks {version}, not TLS 1.2 or 1.3", rule="tls-version")
    if suite is None or not _GOOD_SUITE.fullmatch(suite[0]):
        raise TlsDenied(f"the cipher suite {suite and suite[0]} is not approved", rule="tls-cipher")
    if not secured.getpeercert(binary_form=True):
        raise TlsDenied("the peer showed no certificate", rule="tls-no-certificate")


def handshake_failure(error: OSError) -> SecureBedrockError:
    """The error for a handshake that failed; what is not known to be passing is a refusal, never retried."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsDenied(
            f"the peer's certificate was refused: {error.verify_message}", rule="tls-certificate"
        )
    if isinstance(error, TimeoutError):
        return ConnectFailed("the TLS handshake took too long", rule="tls-timeout")
    if isinstance(error, ssl.SSLError) and not isinstance(
        error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError
    ):
        reason = reason_of(error) or "unknown"
        if reason in _PASSING_ALERTS:
            what = f"the peer gave the TLS handshake up: {reason}"
            return ConnectFailed(what, rule="tls-alert")
        if reason in _NOT_TLS:
            what = f"what answers there does not speak TLS: {reason}"
            return TlsDenied(what, rule="tls-parameters", next_step=_LOOK_THERE)
        return TlsDenied(f"no TLS session with the peer: {reason}", rule="tls-parameters")
    return ConnectFailed("the connection ended during the TLS handshake", rule="tls-cut")


def reason_of(error: ssl.SSLError) -> str:
    """OpenSSL's name for the error, or "" where Python raised it itself and gave it none."""
    return getattr(error, "reason", None) or ""
