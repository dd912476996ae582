"""TLS of servers that a client should meet or refuse: of today, without a certificate, and of another time."""

import ssl

import pytest
import trustme


def server_context(cert: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if cert is not None:
        cert.configure_cert(context)
    return context


def anonymous_context() -> ssl.SSLContext:
    """A server without a certificate: anonymous elliptic-curve Diffie-Hellman, as OpenSSL still builds it."""
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


def old_context(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = server_context(cert)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
