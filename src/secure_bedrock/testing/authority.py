"""Who vouches for the local servers: a certificate authority of their own, good ones and bad ones."""

from __future__ import annotations

import shutil
import ssl
import tempfile
import threading
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import trustme
    from cryptography import x509

Certificate = Literal["right", "other-name", "expired", "unknown-issuer", "self-signed"]
"""Which certificate a server shows: the right one, or what is wrong with it."""

# A name that no endpoint has (RFC 2606 §2 reserves the domain).
_OTHER_NAME = "not-this-endpoint.invalid"


class LocalAuthority:
    """A certificate authority in memory, its root in a temporary file; several servers may share one.

    Keys are ECDSA P-256, so that making one takes well under a millisecond. Thread-safe. `close()` removes the
    file; garbage collection and interpreter exit do so too.
    """

    def __init__(self) -> None:
        try:
            import trustme  # noqa: PLC0415 - an extra, and 50 ms that only a server pays
        except ModuleNotFoundError as missing:
            raise ImportError(
                'local servers need certificates; in a clone of the repository: pip install ".[testing]"'
            ) from missing

        self._root = trustme.CA()
        directory = Path(tempfile.mkdtemp(prefix="secure-bedrock-testing-"))
        self._remove = weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)
        self._path = directory / "ca.pem"
        self._path.write_bytes(self._root.cert_pem.bytes())
        self._lock = threading.Lock()
        self._contexts: dict[tuple[Certificate, tuple[str, ...]], ssl.SSLContext] = {}

    @property
    def ca_path(self) -> str:
        """The absolute path of the root certificate (PEM), fit for `network.ca_bundle` and `verify=`."""
        return str(self._path)

    def server_context(
        self, names: Sequence[str], certificate: Certificate = "right"
    ) -> ssl.SSLContext:
        """A server's TLS context for these DNS names and addresses; made once and kept."""
        key = (certificate, tuple(names))
        with self._lock:
            if key not in self._contexts:
                self._contexts[key] = self._make_context(tuple(names), certificate)
            return self._contexts[key]

    def close(self) -> None:
        """Remove the root's file."""
        self._remove()

    def _make_context(self, names: tuple[str, ...], certificate: Certificate) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        if certificate == "self-signed":
            _load_pem(context, _self_signed(names))
        else:
            self._issue(names, certificate).configure_cert(context)
        return context

    def _issue(self, names: tuple[str, ...], certificate: Certificate) -> trustme.LeafCert:
        if certificate == "other-name":
            return self._root.issue_cert(_OTHER_NAME)
        if certificate == "expired":
            now = datetime.now(UTC)
            return self._root.issue_cert(
                *names, not_before=now - timedelta(days=30), not_after=now - timedelta(days=1)
            )
        if certificate == "unknown-issuer":
            import trustme  # noqa: PLC0415 - as above

            return trustme.CA().issue_cert(*names)
        return self._root.issue_cert(*names)


def _load_pem(context: ssl.SSLContext, pem: bytes) -> None:
    # ssl loads certificates from files only (https://bugs.python.org/issue16487).
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "server.pem")
        path.write_bytes(pem)
        context.load_cert_chain(path)


def _self_signed(names: tuple[str, ...]) -> bytes:
    from cryptography import x509  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    itself = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "its own issuer")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(itself, itself, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
