"""What the environment could change about TLS, asked in processes of their own: OpenSSL reads it once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.transport.connections.tls_servers import anonymous_context, old_context, server_context

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ROOT = Path(__file__).parents[3]


PROBE = """
import socket, ssl, sys
port, ca, host, kind = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
sock = socket.create_connection(("127.0.0.1", port), timeout=5)
if kind == "ours":
    from secure_bedrock.transport.connections.tls import secure, tls_context
    try:
        secured = secure(sock, context=tls_context(ca), host=host, timeout_s=5)
    except Exception as error:
        print(type(error).__name__)
    else:
        print("secured", secured.version(), secured.cipher()[0])
        secured.close()
    assert tls_context(ca).security_level == 2
    assert "botocore" not in sys.modules
else:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    try:
        with context.wrap_socket(sock, server_hostname=host) as secured:
            print("secured", secured.version(), secured.cipher()[0])
    except ssl.SSLError as error:
        print(type(error).__name__)
"""


def probe(python: str, kind: str, port: int, ca: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [python, "-W", "error", "-c", PROBE, str(port), ca, HOST, kind],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def openssl_conf(tmp_path: Path, *lines: str) -> dict[str, str]:
    path = tmp_path / "openssl.cnf"
    sections = ["openssl_conf = c", "[c]", "ssl_conf = s", "[s]", "system_default = d", "[d]"]
    path.write_text("\n".join([*sections, *lines, ""]))
    return {"OPENSSL_CONF": str(path)}


SYSTEM_PYTHON = "/usr/bin/python3"


def usable_pythons() -> list[str]:
    """This Python, and the distribution's where it is new enough: Debian's takes OPENSSL_CONF's cipher list."""
    found = [sys.executable]
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    if Path(SYSTEM_PYTHON).exists():
        new_enough = subprocess.run([SYSTEM_PYTHON, "-c", check], check=False, timeout=30)
        if new_enough.returncode == 0:
            found.append(SYSTEM_PYTHON)
    return found


def test_openssl_conf_cannot_let_a_server_without_certificate_through(
    start: Any, ca_path: str, tmp_path: Path
) -> None:
    """Where the same setting moves a default context (Debian's Python), ours still refuses."""
    port = start(context=anonymous_context()).port
    loose = openssl_conf(tmp_path, "CipherString = ALL:aNULL:@SECLEVEL=0", "MinProtocol = TLSv1")
    for python in usable_pythons():
        assert probe(python, "ours", port, ca_path, loose) == "TlsDenied"


@pytest.mark.skipif(SYSTEM_PYTHON not in usable_pythons(), reason="no other Python 3.11 or newer")
def test_the_same_setting_does_move_a_default_context_of_debian(
    start: Any, ca_path: str, tmp_path: Path
) -> None:
    """The control: without it the test above would prove nothing."""
    port = start(context=anonymous_context()).port
    loose = openssl_conf(tmp_path, "CipherString = ALL:aNULL:@SECLEVEL=0", "MinProtocol = TLSv1")
    outcome = probe(SYSTEM_PYTHON, "default", port, ca_path, loose)
    if outcome == "SSLError":
        pytest.skip("this Python's default context is not moved by OPENSSL_CONF: it refused")
    assert outcome == "secured TLSv1.2 AECDH-AES256-SHA"


def test_openssl_conf_cannot_add_trust_or_allow_old_tls(
    start: Any, ca_path: str, tmp_path: Path, authority: trustme.CA
) -> None:
    other = trustme.CA()
    other_path = tmp_path / "other.pem"
    other.cert_pem.write_to_path(str(other_path))
    foreign = start(context=server_context(other.issue_cert(HOST))).port
    trusting = openssl_conf(tmp_path, f"VerifyCAFile = {other_path}", "VerifyMode = Once")
    assert probe(sys.executable, "ours", foreign, ca_path, trusting) == "TlsDenied"

    old = start(context=old_context(authority.issue_cert(HOST))).port
    loose = openssl_conf(tmp_path, "MinProtocol = TLSv1", "CipherString = ALL:@SECLEVEL=0")
    assert probe(sys.executable, "ours", old, ca_path, loose) == "TlsDenied"


def test_the_environment_adds_no_trust_and_gets_no_keys(
    start: Any, ca_path: str, tmp_path: Path
) -> None:
    other = trustme.CA()
    other_path, keys = tmp_path / "other.pem", tmp_path / "keys.log"
    other.cert_pem.write_to_path(str(other_path))
    environment = {
        "SSLKEYLOGFILE": str(keys),
        **dict.fromkeys(
            ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
            str(other_path),
        ),
        "SSL_CERT_DIR": str(tmp_path),
    }
    foreign = start(context=server_context(other.issue_cert(HOST))).port
    assert probe(sys.executable, "ours", foreign, ca_path, environment) == "TlsDenied"
    good = start().port
    assert probe(sys.executable, "ours", good, ca_path, environment).startswith("secured TLSv1.3")
    assert not keys.exists()
