"""Both front ends call as the policy's caller, or send Bedrock nothing."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from secure_bedrock import Policy, SecureBedrockClient, SecureSession, create_client
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import CredentialPathDenied, IdentityDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.testing.sigv4_check import LocalCredentials
from secure_bedrock.transport.credentials import FrozenCredentials, StaticCredentials
from secure_bedrock.transport.credentials.identity import IdentityCheck
from secure_bedrock.transport.credentials.metadata import fetch_container, fetch_instance
from secure_bedrock.transport.credentials.metadata_http import MetadataAddress
from tests.transport.credentials.sts_server import LocalSts

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
OWN, OTHER = "609629065308", "111122223333"
ROLE = f"arn:aws:iam::{OWN}:role/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/me"
KEYS = LocalCredentials("ASIAY34FZKBOKMUTVV7A", "s3cret", "t0ken")
Front = Callable[[Policy], object]


def typed(policy: Policy) -> object:
    with SecureBedrockClient(policy, sinks=[]) as client:
        client.converse(MODEL, "hello")
        return client.converse(MODEL, "hello").stop_reason


def streamed(policy: Policy) -> object:
    with SecureBedrockClient(policy, sinks=[]) as client:
        with client.converse_stream(MODEL, "hello") as stream:
            return stream.response().stop_reason


def hardened(policy: Policy) -> object:
    client = create_client("bedrock-runtime", policy)
    try:
        client.converse(modelId=MODEL, messages=MESSAGES)
        return client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"]
    finally:
        client.close()


def passed_to_create_client(policy: Policy) -> object:
    client = create_client(
        "bedrock-runtime",
        policy,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        aws_session_token=KEYS.token,
    )
    try:
        return client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"]
    finally:
        client.close()


def passed_to_a_session(policy: Policy) -> object:
    client = SecureSession(policy, credentials=KEYS).client("bedrock-runtime")
    try:
        return client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"]
    finally:
        client.close()


FRONTS: Mapping[str, Front] = {
    "typed": typed,
    "a typed stream": streamed,
    "hardened": hardened,
    "keys of create_client's arguments": passed_to_create_client,
    "keys of a session's arguments": passed_to_a_session,
}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalBedrock]:
    with LocalBedrock(credentials=KEYS) as running:
        yield running


@pytest.fixture
def local(
    server: LocalBedrock, plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> LocalBedrock:
    """Bedrock, with its credentials in the environment, as in Lambda."""
    server.clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", KEYS.token or "")
    monkeypatch.setenv("AWS_ACCOUNT_ID", OTHER)  # a claim that nobody believes
    return server


def policy_of(bedrock: LocalBedrock, identity: str, more: str = "") -> Policy:
    return Policy.from_toml(f"{bedrock.policy_toml()}{more}\n[identity]\n{identity}\n")


@pytest.mark.parametrize("front", FRONTS)
def test_the_expected_account_calls_without_a_question(front: str, local: LocalBedrock) -> None:
    assert FRONTS[front](policy_of(local, f'accounts = ["{OWN}"]')) == "end_turn"


def refused(front: str, policy: Policy, local: LocalBedrock) -> IdentityDenied:
    with ConnectLog() as log, pytest.raises(IdentityDenied) as caught:
        FRONTS[front](policy)
    assert local.requests == []
    assert log.lookups == []
    assert KEYS.access_key[4:] not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("front", FRONTS)
def test_another_account_sends_nothing(front: str, local: LocalBedrock) -> None:
    denied = refused(front, policy_of(local, f'accounts = ["{OTHER}"]'), local)
    assert denied.rule == "account"


@pytest.mark.parametrize("front", FRONTS)
def test_the_account_table_alone_says_whose_credentials_sign(
    front: str, local: LocalBedrock
) -> None:
    text = local.policy_toml() + f'[account]\naccount_id = "{OTHER}"\n'
    assert refused(front, Policy.from_toml(text), local).rule == "account"
    FRONTS[front](Policy.from_toml(text + "[identity]\naccounts = []\n"))


@pytest.mark.parametrize("front", FRONTS)
def test_report_mode_reports_no_caller_away(front: str, local: LocalBedrock) -> None:
    text = f'mode = "report"\n{local.policy_toml()}[identity]\naccounts = ["{OTHER}"]\n'
    assert refused(front, Policy.from_toml(text), local).rule == "account"


@pytest.mark.parametrize("front", FRONTS)
def test_a_principal_without_a_route_for_sts_is_refused_with_what_to_do(
    front: str, local: LocalBedrock
) -> None:
    denied = refused(front, policy_of(local, f'principals = ["{ROLE}"]'), local)
    assert denied.rule == "identity-unknown"
    assert "[network.endpoints.sts]" in denied.next_step


@pytest.mark.parametrize("front", FRONTS)
def test_the_principal_is_asked_for_once_over_the_private_route(
    front: str, local: LocalBedrock
) -> None:
    with LocalSts(local, caller=SESSION) as sts, ConnectLog() as log:
        policy = policy_of(local, f'principals = ["{ROLE}"]', sts.toml())
        assert FRONTS[front](policy) == "end_turn"
        (asked,) = sts.requests
    assert asked.operation == "GetCallerIdentity"
    assert f"Credential={KEYS.access_key}/" in asked.headers["authorization"]
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
    assert log.lookups == []


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize(
    ("caller", "rule"), [(SESSION.replace("app", "other"), "principal"), ("", "identity-unknown")]
)
def test_another_principal_or_no_answer_sends_bedrock_nothing(
    front: str, caller: str, rule: str, local: LocalBedrock
) -> None:
    with LocalSts(local, caller=caller) as sts:
        policy = policy_of(local, f'principals = ["{ROLE}"]', sts.toml())
        denied = refused(front, policy, local)
    assert denied.rule == rule
    assert "hush" not in str(denied)


def test_the_question_leaves_an_event_and_no_entry_of_operations_allow_is_needed(
    local: LocalBedrock,
) -> None:
    events: list[InvocationEvent] = []
    with LocalSts(local, caller=SESSION) as sts:
        policy = policy_of(local, f'principals = ["{ROLE}"]', sts.toml())
        with SecureBedrockClient(policy, sinks=[events.append]) as client:
            client.converse(MODEL, "hello")
    assert [(event.service, event.operation) for event in events] == [
        ("sts", "GetCallerIdentity"),
        ("bedrock-runtime", "Converse"),
    ]


@pytest.mark.parametrize("how", ["a role of a profile", "a web identity"])
@pytest.mark.parametrize("front", ["typed", "hardened"])
def test_an_assumed_role_is_told_by_sts_itself_and_its_source_is_nobodys_business(
    how: str, front: str, local: LocalBedrock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    if how == "a web identity":
        (tmp_path / "token").write_text("web-identity-token", encoding="utf-8")
        monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    else:
        # The source is a long-lived key of another account: what the policy says is of who calls Bedrock.
        (tmp_path / "config").write_text(
            f"[default]\nrole_arn={ROLE}\nsource_profile=base\n[profile base]\n"
            "aws_access_key_id=AKIARZPUZDIKGB2VALC4\naws_secret_access_key=s\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    identity = f'accounts = ["{OWN}"]\nprincipals = ["{ROLE}"]\nlong_lived_keys = "deny"'
    with LocalSts(local, session=SESSION) as sts:
        assert FRONTS[front](policy_of(local, identity, sts.toml())) == "end_turn"
        (asked,) = sts.requests
        assert (asked.operation or "").startswith("AssumeRole")
        sts.session = SESSION.replace("app", "other")
        local.clear()
        denied = refused(front, policy_of(local, identity, sts.toml()), local)
    assert denied.rule == "principal"


def test_a_long_lived_key_is_refused_where_the_policy_says_so(
    local: LocalBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIARZPUZDIKGB2VALC4")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    denied = refused("typed", policy_of(local, 'long_lived_keys = "deny"'), local)
    assert denied.rule == "long-lived-key"


GOOD, BAD = KEYS.access_key, "ASIAQNZGKIQY56JQ7WML"


class Turning:
    """A source and its own values; the key id is another one from the `turn`-th look on."""

    secret_key, token, method, principal = "s3cret", "t0ken", "x", SESSION

    def __init__(self, turn: int) -> None:
        self.looks = -turn

    def frozen(self) -> "Turning":
        return self

    @property
    def access_key(self) -> str:
        self.looks += 1
        return GOOD if self.looks <= 0 else BAD


class TwoFaced(str):
    """A key id that is the policy's for whoever compares it, and another one on the wire."""

    __slots__ = ()

    def startswith(self, *_: object) -> bool:
        return True

    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash(GOOD)


class Source:
    def __init__(self, values: object) -> None:
        self.frozen = lambda: values


def calls_with(front: str, policy: Policy, credentials: object) -> None:
    if front == "typed":
        with SecureBedrockClient(policy, sinks=[], credentials=credentials) as client:
            client.converse(MODEL, "hello")
        return
    hardened_client = create_client("bedrock-runtime", policy, credentials=credentials)
    try:
        hardened_client.converse(modelId=MODEL, messages=MESSAGES)
    finally:
        hardened_client.close()


@pytest.mark.parametrize("front", ["typed", "hardened"])
@pytest.mark.parametrize("turn", range(8))
def test_a_source_that_changes_its_mind_signs_with_what_was_checked(
    turn: int, front: str, local: LocalBedrock
) -> None:
    with contextlib.suppress(IdentityDenied):
        calls_with(front, policy_of(local, f'accounts = ["{OWN}"]'), Turning(turn))
    for request in local.requests:
        assert f"Credential={GOOD}/" in request.headers["authorization"]
    assert len(local.requests) == min(turn, 1)


@pytest.mark.parametrize("front", ["typed", "hardened"])
def test_values_are_plain_text_before_they_are_checked(front: str, local: LocalBedrock) -> None:
    policy = policy_of(local, 'long_lived_keys = "deny"')
    given = FrozenCredentials(TwoFaced("AKIARZPUZDIKGB2VALC4"), "s", "t")
    for credentials in (given, Source(given)):
        with pytest.raises(IdentityDenied) as caught:
            calls_with(front, policy, credentials)
        assert caught.value.rule == "long-lived-key"
    assert local.requests == []


@pytest.mark.parametrize("front", ["typed", "hardened"])
@pytest.mark.parametrize("key", [GOOD, "ASIAIAAAAAAAAAAAAAAA"])
def test_whom_a_source_of_the_callers_claims_to_be_is_not_believed(
    key: str, front: str, local: LocalBedrock
) -> None:
    policy = policy_of(local, f'principals = ["{ROLE}"]')
    claim = FrozenCredentials(key, "s", "t", principal=ROLE)
    for credentials in (claim, Source(claim), StaticCredentials(claim)):
        with pytest.raises(IdentityDenied) as caught:
            calls_with(front, policy, credentials)
        assert caught.value.rule == "identity-unknown"
    assert local.requests == []


def document(**more: object) -> bytes:
    given = {"AccessKeyId": KEYS.access_key, "SecretAccessKey": "s", "Token": "t"}
    return json.dumps({**given, "Expiration": "2999-01-01T00:00:00Z", **more}).encode()


def test_the_instance_metadata_tell_the_roles_name_and_ecs_its_arn() -> None:
    def imds(
        method: str, at: MetadataAddress, path: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        if path.endswith("/app"):
            return 200, document()
        return 200, b"app" if path.endswith("/") else b"session"

    found = fetch_instance({}, send=imds)
    assert found is not None
    assert found.values.principal == "role/app"

    at = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}
    task = fetch_container(at, send=lambda *_: (200, document(RoleArn=ROLE)))
    assert task is not None
    assert task.values.principal == ROLE
    bare = fetch_container(at, send=lambda *_: (200, document()))
    assert bare is not None
    assert bare.values.principal is None


CLAIMS = {
    "a service that the environment names": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:8080/c"},
        KEYS.access_key,
    ),
    "ECS's host on a port of the environment's choice": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2:8080/c"},
        KEYS.access_key,
    ),
    "a key that tells no account": (
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"},
        "ASIAIAAAAAAAAAAAAAAA",
    ),
}


@pytest.mark.parametrize("who", CLAIMS)
@pytest.mark.parametrize("identity", [{"principals": [ROLE]}, {"accounts": [OWN]}])
def test_a_role_that_a_container_document_claims_is_no_callers(
    who: str, identity: dict[str, list[str]]
) -> None:
    environ, key = CLAIMS[who]
    claim = document(RoleArn=ROLE, AccessKeyId=key)
    found = fetch_container(environ, send=lambda *_: (200, claim))
    assert found is not None
    assert found.values.principal is None
    policy = Policy(region="eu-west-1", models=[MODEL], identity=identity)
    asked: list[FrozenCredentials] = []

    def who_am_i(values: FrozenCredentials) -> str:
        asked.append(values)
        return SESSION.replace(OWN, OTHER)

    if "accounts" in identity and key == KEYS.access_key:
        IdentityCheck(policy).require(found.values)  # the key itself tells it
        return
    with pytest.raises(IdentityDenied):
        IdentityCheck(policy, who_am_i).require(found.values)
    assert asked == [found.values]


@pytest.mark.parametrize("token", [None, "", 7, ["t"], {}])
def test_a_container_document_without_a_session_token_is_no_credentials(token: object) -> None:
    at = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"}
    with pytest.raises(CredentialPathDenied):
        fetch_container(at, send=lambda *_: (200, document(Token=token)))


def test_discovery_in_the_wrong_account_is_refused_before_ec2_is_asked(
    local: LocalBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2 = '[network.endpoints.ec2]\nhost = "ec2.eu-west-1.amazonaws.com"\naddresses = ["127.0.0.1"]\nport = 1\n'
    text = (
        f'region = "eu-west-1"\nmodels = ["{MODEL}"]\nnetwork.discovery = ["ec2"]\n'
        f'network.cidrs = ["127.0.0.0/8"]\n{ec2}[identity]\naccounts = ["{OTHER}"]\n'
    )
    with ConnectLog() as log, pytest.raises(IdentityDenied):
        typed(Policy.from_toml(text))
    assert log.connects == []


def test_the_question_for_the_caller_does_not_wait_for_itself(local: LocalBedrock) -> None:
    """The route of sts is looked for in EC2, with the credentials that are in question."""
    host = '[network.endpoints.ec2]\nhost = "ec2.eu-west-1.amazonaws.com"\naddresses = ["127.0.0.1"]\nport = 1\n'
    more = f"[network.endpoints.sts]\n{host}"
    identity = f'principals = ["{ROLE}"]'
    with ConnectLog() as log, pytest.raises(IdentityDenied) as caught:
        typed(policy_of(local, identity, more))
    assert caught.value.rule == "identity-unknown"
    assert local.requests == []
    assert {port for _, port in log.connects} == {1}


@pytest.mark.parametrize("front", ["typed", "hardened"])
def test_ambient_bearer_tokens_take_nobodys_place(
    front: str, local: LocalBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "hush")
    assert FRONTS[front](policy_of(local, f'accounts = ["{OWN}"]')) == "end_turn"
    for request in local.requests:
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
    local.clear()
    assert refused(front, policy_of(local, f'accounts = ["{OTHER}"]'), local).rule == "account"
