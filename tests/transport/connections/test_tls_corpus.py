"""Every TLS server of the corpus, and the old, bare and broken ones besides, met by whole clients of both kinds."""

import json
import os
import socket
import ssl
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from secure_bedrock import Policy, SecureBedrockClient, create_client
from secure_bedrock.errors import TlsDenied
from secure_bedrock.testing import LocalAuthority, LocalBedrock
from secure_bedrock.transport.connections.tls import tls_context
from tests.corpus import FIXTURE, CorpusEntry

ROOT = Path(__file__).parents[3]
REGION: str = FIXTURE["region"]
HOST: str = FIXTURE["dns_names"][0]
SHORT = f"bedrock-runtime.{REGION}.amazonaws.com"  # a common name holds 64 characters, X.520
ENI: str = FIXTURE["eni_ips"][0]
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
WILDCARD = HOST.replace(HOST.split(".", maxsplit=1)[0], "*", 1)
NOW = datetime.now(UTC)
OLD, NEWER = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1

INSPECTION = trustme.CA(organization_name="Corporate TLS inspection")
Context = Callable[[trustme.CA], ssl.SSLContext]


def context_of(*pems: bytes) -> ssl.SSLContext:
    """A server's context with a key and what it shows, no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if pems:
        with ExitStack() as stack:
            path = stack.enter_context(trustme.Blob(b"\n".join(pems)).tempfile())
            context.load_cert_chain(path)
    return context


def showing(cert: trustme.LeafCert) -> ssl.SSLContext:
    return context_of(cert.private_key_pem.bytes(), *(pem.bytes() for pem in cert.cert_chain_pems))


def speaking(version: ssl.TLSVersion, cert: trustme.LeafCert) -> ssl.SSLContext:
    context = showing(cert)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def anonymous(_: trustme.CA) -> ssl.SSLContext:
    """A server without a certificate at all."""
    context = context_of()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


def without_intermediate(ca: trustme.CA) -> ssl.SSLContext:
    cert = ca.create_child_ca().issue_cert(HOST)
    return context_of(cert.private_key_pem.bytes(), cert.cert_chain_pems[0].bytes())


def own_signed(_: trustme.CA) -> ssl.SSLContext:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "itself")])
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(NOW - timedelta(days=1))
    builder = builder.not_valid_after(NOW + timedelta(days=1))
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False
    )
    made = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return context_of(private, made.public_bytes(pem))


class Server(NamedTuple):
    """What a server shows and speaks, given the trusted authority, and the rule that refuses it."""

    context: Context
    rule: str | None
    host: str = HOST


BAD = "tls-certificate"
SERVERS: Mapping[str, Server] = {
    "tls-self-signed": Server(own_signed, BAD),
    "tls-wrong-name": Server(lambda ca: showing(ca.issue_cert("s3.us-east-1.amazonaws.com")), BAD),
    "tls-cn-only": Server(lambda ca: showing(ca.issue_cert(common_name=SHORT)), BAD, SHORT),
    "tls-wildcard-deep": Server(lambda ca: showing(ca.issue_cert("*.amazonaws.com")), BAD),
    "tls-ip-san": Server(lambda ca: showing(ca.issue_cert(ENI, "127.0.0.1")), BAD),
    "tls-private-ca": Server(lambda _: showing(INSPECTION.issue_cert(HOST)), BAD),
    "tls-null-cipher": Server(anonymous, "tls-parameters"),
    "tls-amazon-root": Server(
        lambda ca: showing(ca.create_child_ca().create_child_ca().issue_cert(WILDCARD)), None
    ),
    "an expired certificate": Server(
        lambda ca: showing(
            ca.issue_cert(HOST, not_before=NOW - timedelta(90), not_after=NOW - timedelta(1))
        ),
        BAD,
    ),
    "a certificate of next year": Server(
        lambda ca: showing(
            ca.issue_cert(HOST, not_before=NOW + timedelta(300), not_after=NOW + timedelta(400))
        ),
        BAD,
    ),
    "the intermediate is not sent": Server(without_intermediate, BAD),
    "TLS 1.0 only": Server(lambda ca: speaking(OLD, ca.issue_cert(HOST)), "tls-parameters"),
    "TLS 1.1 only": Server(lambda ca: speaking(NEWER, ca.issue_cert(HOST)), "tls-parameters"),
}
REFUSED = {name: server for name, server in SERVERS.items() if server.rule is not None}
ARGUMENTS: Mapping[str, dict[str, Any]] = {
    "kw-verify-empty": {"verify": ""},
    "verify=False": {"verify": False},
}


class Showing(LocalAuthority):
    """The authority that clients trust, and a server's context of another making."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._made = context(self._root)

    def server_context(self, *_: object, **__: object) -> ssl.SSLContext:
        """The context that the test is about."""
        return self._made


@pytest.fixture
def met(request: pytest.FixtureRequest, plain_surroundings: Path) -> Iterator[LocalBedrock]:
    """A Bedrock that shows the row's certificate."""
    row = SERVERS[request.param]
    with LocalBedrock(region=REGION, host=row.host, authority=Showing(row.context)) as server:
        yield server


def policy_of(server: LocalBedrock, *, own_bundle: bool = True) -> Policy:
    text = server.policy_toml() + "[retry]\nmax_attempts = 1\n"
    lines = text.splitlines(keepends=True)
    return Policy.from_toml(
        "".join(line for line in lines if own_bundle or not line.startswith("ca_bundle"))
    )


def typed(policy: Policy, server: LocalBedrock) -> str:
    with SecureBedrockClient(policy, credentials=server.credentials, sinks=[]) as client:
        return str(client.converse(MODEL, "hello").stop_reason)


def hardened(policy: Policy, server: LocalBedrock, **arguments: Any) -> str:
    client = create_client("bedrock-runtime", policy, credentials=server.credentials, **arguments)
    try:
        return str(client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"])
    finally:
        client.close()


FRONTS: Mapping[str, Callable[[Policy, LocalBedrock], str]] = {"typed": typed, "hardened": hardened}


@pytest.mark.corpus(*(name for name in SERVERS if name.startswith("tls-")))
@pytest.mark.parametrize("front", FRONTS)
def test_an_entry_comes_out_as_the_corpus_expects(
    corpus_entry: CorpusEntry, front: str, plain_surroundings: Path
) -> None:
    row = SERVERS[corpus_entry["id"]]
    with LocalBedrock(region=REGION, host=row.host, authority=Showing(row.context)) as server:
        if corpus_entry["expect"] == "allowed":
            assert FRONTS[front](policy_of(server), server) == "end_turn"
            return
        with pytest.raises(corpus_entry.refusal):
            FRONTS[front](policy_of(server), server)
        assert server.requests == []


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("met", REFUSED, indirect=True)
def test_the_prompt_is_not_delivered(
    front: str, met: LocalBedrock, request: pytest.FixtureRequest
) -> None:
    rule = SERVERS[request.node.callspec.params["met"]].rule
    with pytest.raises(TlsDenied) as denial:
        FRONTS[front](policy_of(met), met)
    assert denial.value.rule == rule
    assert met.connections == 1
    assert met.requests == []


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("met", ["tls-amazon-root"], indirect=True)
def test_a_chain_over_intermediates_and_a_wildcard_of_one_label_is_accepted(
    front: str, met: LocalBedrock
) -> None:
    assert FRONTS[front](policy_of(met), met) == "end_turn"
    assert [request.refused for request in met.requests] == [None]


def test_the_built_in_trust_has_the_roots_of_the_real_chain() -> None:
    trusted: Any = tls_context(None).get_ca_certs()
    subjects = [dict(pair for pairs in ca["subject"] for pair in pairs) for ca in trusted]
    names = {subject.get("commonName") for subject in subjects}
    assert names >= {f"Amazon Root CA {number}" for number in (1, 2, 3, 4)}
    assert "Starfield Services Root Certificate Authority - G2" in names


def careless() -> ssl.SSLContext:
    """A client that takes anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:aNULL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = OLD
    return context


def shake_hands(context: ssl.SSLContext, server: LocalBedrock) -> str | None:
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    with context.wrap_socket(sock, server_hostname=server.host) as secured:
        return secured.version()


@pytest.mark.parametrize("met", REFUSED, indirect=True)
def test_a_careless_client_would_be_served(met: LocalBedrock) -> None:
    """The control: every one of these servers works."""
    assert shake_hands(careless(), met) is not None


@pytest.mark.parametrize("met", ["tls-cn-only"], indirect=True)
def test_a_stock_context_would_take_the_common_name(met: LocalBedrock) -> None:
    """The control: nothing else is wrong with that certificate, but for the strict reading that 3.13 starts with."""
    context = ssl.create_default_context(cafile=met.ca_path)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.hostname_checks_common_name = True
    assert shake_hands(context, met) is not None


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("own_bundle", [True, False], ids=["own bundle", "built-in trust"])
@pytest.mark.parametrize("met", ["tls-private-ca"], indirect=True)
def test_an_inspection_authority_of_the_machine_is_not_trusted(
    own_bundle: bool,
    front: str,
    met: LocalBedrock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "store.pem"
    INSPECTION.cert_pem.write_to_path(str(store))
    for name in ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(store))
    assert shake_hands(ssl.create_default_context(), met) is not None  # who asks the machine does

    with pytest.raises(TlsDenied):
        FRONTS[front](policy_of(met, own_bundle=own_bundle), met)
    assert met.requests == []


@pytest.mark.parametrize("argument", ARGUMENTS)
@pytest.mark.parametrize("met", ["tls-self-signed", "tls-amazon-root"], indirect=True)
def test_verification_is_not_switched_off_by_an_argument(argument: str, met: LocalBedrock) -> None:
    with pytest.raises(TlsDenied, match="verify"):
        hardened(policy_of(met), met, **ARGUMENTS[argument])
    assert met.connections == 0


PROBE = """
import json, os, ssl, sys
hidden, text, access_key, secret_key, token, model = json.load(sys.stdin)
if hidden:
    del os.environ["OPENSSL_CONF"]  # OpenSSL has read it
from secure_bedrock import Policy, SecureBedrockClient, create_client

class Keys:
    pass
Keys.access_key, Keys.secret_key, Keys.token = access_key, secret_key, token

def typed():
    with SecureBedrockClient(Policy.from_toml(text), credentials=Keys(), sinks=[]) as client:
        return client.converse(model, "hello").stop_reason

def hardened():
    client = create_client("bedrock-runtime", Policy.from_toml(text), credentials=Keys())
    messages = [{"role": "user", "content": [{"text": "hello"}]}]
    return client.converse(modelId=model, messages=messages)["stopReason"]

for front in (typed, hardened):
    try:
        print(front())
    except Exception as error:
        print(type(error).__name__, error.rule)
"""


def in_a_loose_process(server: LocalBedrock, folder: Path, *, hidden: bool) -> list[str]:
    conf = folder / "openssl.cnf"
    sections = ["openssl_conf = c", "[c]", "ssl_conf = s", "[s]", "system_default = d", "[d]"]
    loose = ["CipherString = ALL:aNULL:@SECLEVEL=0", "MinProtocol = TLSv1", ""]
    conf.write_text("\n".join([*sections, *loose]), encoding="utf-8")
    given = server.credentials
    text = server.policy_toml() + "[retry]\nmax_attempts = 1\n"
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT / "src"), "OPENSSL_CONF": str(conf)},
        input=json.dumps([hidden, text, given.access_key, given.secret_key, given.token, MODEL]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


LOOSE = ["tls-null-cipher", "TLS 1.0 only", "TLS 1.1 only"]


@pytest.mark.parametrize("met", LOOSE, indirect=True)
def test_a_process_whose_openssl_is_loosened_delivers_no_prompt(
    met: LocalBedrock, tmp_path: Path
) -> None:
    refused = "TlsDenied environment-setting"
    assert in_a_loose_process(met, tmp_path, hidden=False) == [refused, refused]
    assert met.connections == 0

    refused = "TlsDenied tls-parameters"
    assert in_a_loose_process(met, tmp_path, hidden=True) == [refused, refused]
    assert met.connections == 2
    assert met.requests == []


@pytest.mark.parametrize("met", ["tls-amazon-root"], indirect=True)
def test_a_loosened_process_still_reaches_a_good_server(met: LocalBedrock, tmp_path: Path) -> None:
    """The control: it is the server that is refused above, not the process."""
    assert in_a_loose_process(met, tmp_path, hidden=True) == ["end_turn", "end_turn"]
    assert len(met.requests) == 2
