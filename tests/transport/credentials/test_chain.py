"""The chain asks the providers that the policy lists, in botocore's order, and no others."""

import copy
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.audit import AuditTrail, InvocationEvent
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import CredentialPathDenied, EndpointNotFound
from secure_bedrock.policy import Policy
from secure_bedrock.resilience import RetryEngine
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.calls.runner import CallRunner
from secure_bedrock.transport.credentials.chain import credential_source
from secure_bedrock.transport.hardened.making.build import build_client
from tests.transport.credentials.sts_server import LocalSts

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
POLL_S = 0.01  # how soon a server notices that it is to end; half a second unless told
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}


def policy(*providers: str) -> Policy:
    identity = {"credentials": list(providers)} if providers else {}
    return Policy(
        region="eu-west-1",
        models=[MODEL],
        network={"cidrs": ["10.20.0.0/16"]},
        identity=identity,
    )


def aws_files(home: Path, *, config: str = "", credentials: str = "") -> None:
    folder = home / ".aws"
    folder.mkdir(exist_ok=True)
    (folder / "config").write_text(config, encoding="utf-8")
    (folder / "credentials").write_text(credentials, encoding="utf-8")


def test_the_environment_comes_first_and_no_botocore_is_imported_for_it() -> None:
    code = (
        "import sys\n"
        "from secure_bedrock.policy import Policy\n"
        "from secure_bedrock.transport.credentials.chain import credential_source\n"
        f"policy = Policy(region='eu-west-1', models=[{MODEL!r}], network={{'cidrs': ['10.0.0.0/16']}})\n"
        f"print(credential_source(policy, environ={KEYS!r}).frozen().access_key)\n"
        "print(sorted(m for m in sys.modules if m.startswith(('botocore', 'boto3', 'http.client'))))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert run.stdout.splitlines() == ["AKIAENV", "[]"]


def test_what_was_passed_is_used_and_nothing_is_looked_for() -> None:
    class Passed:
        access_key, secret_key, token = "AKIAPASSED", "s", None

    source = credential_source(policy(), credentials=Passed(), environ=KEYS)
    assert source.frozen().access_key == "AKIAPASSED"


def test_a_provider_that_is_not_listed_is_not_asked(plain_surroundings: Path) -> None:
    source = credential_source(
        policy("iam-role"), environ={**KEYS, "AWS_EC2_METADATA_DISABLED": "true"}
    )
    with ConnectLog() as log, pytest.raises(CredentialPathDenied) as caught:
        source.frozen()
    assert caught.value.rule == "no-credentials"
    assert log.events == []
    assert repr(source) == "CredentialChain()"


def test_half_a_pair_in_the_environment_is_refused() -> None:
    with pytest.raises(CredentialPathDenied, match=r"AWS_SECRET_ACCESS_KEY is not .*set both"):
        credential_source(policy(), environ={"AWS_ACCESS_KEY_ID": "AKIA"}).frozen()


def test_expiring_credentials_in_the_environment_are_read_again() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=12)
    environ = {**KEYS, "AWS_CREDENTIAL_EXPIRATION": soon.isoformat()}
    source = credential_source(policy(), environ=environ)
    assert source.frozen().access_key == "AKIAENV"
    environ["AWS_ACCESS_KEY_ID"] = "AKIANEW"
    assert source.frozen().access_key == "AKIANEW"
    for wrong in ("2001-01-01T00:00:00Z", "tomorrow"):
        with pytest.raises(CredentialPathDenied):
            credential_source(
                policy(), environ={**KEYS, "AWS_CREDENTIAL_EXPIRATION": wrong}
            ).frozen()


def test_files_are_read_by_profile(
    plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws_files(
        plain_surroundings,
        credentials="[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=s\n",
        config="[profile other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=s\n",
    )
    environ = {"HOME": str(plain_surroundings), "AWS_EC2_METADATA_DISABLED": "true"}
    found = credential_source(policy(), environ=environ).frozen()
    assert (found.access_key, found.method) == ("AKIAFILE", "shared-credentials-file")
    other = credential_source(policy(), profile_name="other", environ=KEYS | environ).frozen()
    assert (other.access_key, other.method) == ("AKIAOTHER", "config-file")
    named = credential_source(policy(), environ={**environ, "AWS_PROFILE": "other"}).frozen()
    assert named.access_key == "AKIAOTHER"
    with pytest.raises(CredentialPathDenied):
        credential_source(policy("config-file"), environ=environ).frozen()


@pytest.mark.parametrize("how", ["argument", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_missing_profile_is_refused_and_nothing_is_fallen_back_to(how: str) -> None:
    environ = dict(KEYS) if how == "argument" else {**KEYS, how: "missing"}
    profile_name = "missing" if how == "argument" else None
    with pytest.raises(CredentialPathDenied) as caught:
        credential_source(policy(), profile_name=profile_name, environ=environ).frozen()
    assert caught.value.rule == "profile-missing"
    assert "into ~/.aws/config, or correct profile_name" in caught.value.next_step


def test_a_credential_process_runs_only_where_it_is_listed(plain_surroundings: Path) -> None:
    script = plain_surroundings / "give"
    script.write_text(
        "#!/bin/sh\necho '"
        '{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s"}'
        "'\n",
        encoding="utf-8",
    )
    script.chmod(0o700)
    aws_files(plain_surroundings, config=f"[default]\ncredential_process={script}\n")
    environ = {"HOME": str(plain_surroundings), "AWS_EC2_METADATA_DISABLED": "true"}
    with ConnectLog() as log, pytest.raises(CredentialPathDenied):
        credential_source(policy(), environ=environ).frozen()
    assert log.processes == []
    found = credential_source(policy("custom-process"), environ=environ).frozen()
    assert (found.access_key, found.method) == ("AKIAPROCESS", "custom-process")


def test_the_text_of_a_failing_process_is_not_repeated(plain_surroundings: Path) -> None:
    script = plain_surroundings / "fail"
    script.write_text("#!/bin/sh\necho hunter2 >&2\nexit 1\n", encoding="utf-8")
    script.chmod(0o700)
    aws_files(plain_surroundings, config=f"[default]\ncredential_process={script}\n")
    with pytest.raises(CredentialPathDenied) as caught:
        credential_source(
            policy("custom-process"), environ={"HOME": str(plain_surroundings)}
        ).frozen()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.rule == "credential-provider"


def client(bedrock: LocalBedrock, toml: str, events: list[InvocationEvent]) -> Any:
    rules = Policy.from_toml(bedrock.policy_toml() + toml)
    runner = CallRunner(rules, AuditTrail([events.append]), RetryEngine())
    return build_client("bedrock-runtime", rules, routes=RouteFinder(rules), runner=runner)


@pytest.fixture
def role(plain_surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws_files(
        plain_surroundings,
        config="[default]\nrole_arn=arn:aws:iam::111122223333:role/app\nsource_profile=base\n",
        credentials="[base]\naws_access_key_id=AKIABASE\naws_secret_access_key=s\n",
    )


@pytest.mark.usefixtures("role")
def test_a_role_is_assumed_over_the_private_route(
    bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    with LocalSts(bedrock) as sts, ConnectLog() as log:
        runtime = client(bedrock, sts.toml(), events)
        assert runtime.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
        runtime.converse(modelId=MODEL, messages=MESSAGES)
        (asked,) = sts.requests
    assert asked.operation == "AssumeRole"
    assert "Credential=AKIABASE/" in asked.headers["authorization"]
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
    assert log.lookups == []
    assert sorted((event.service, event.operation) for event in events) == [
        ("bedrock-runtime", "Converse"),
        ("bedrock-runtime", "Converse"),
        ("sts", "AssumeRole"),
    ]


def test_a_web_identity_is_exchanged_unsigned_over_the_private_route(
    bedrock: LocalBedrock,
    events: list[InvocationEvent],
    plain_surroundings: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = plain_surroundings / "token"
    token.write_text("web-identity-token", encoding="utf-8")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/app")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "https://52.94.0.10")
    with LocalSts(bedrock) as sts, ConnectLog() as log:
        runtime = client(bedrock, sts.toml(), events)
        assert runtime.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"
        (asked,) = sts.requests
    assert asked.operation == "AssumeRoleWithWebIdentity"
    assert "authorization" not in asked.headers
    assert {address for address, _ in log.connects} == {"127.0.0.1"}


@pytest.mark.usefixtures("role")
def test_without_a_private_route_no_role_is_assumed(
    bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    runtime = client(bedrock, "", events)
    with ConnectLog() as log, pytest.raises(CredentialPathDenied) as caught:
        runtime.converse(modelId=MODEL, messages=MESSAGES)
    assert caught.value.rule == "no-private-route"
    assert isinstance(caught.value.__cause__, EndpointNotFound)
    assert log.events == []


@pytest.mark.usefixtures("role")
def test_without_a_maker_of_clients_no_role_is_assumed(plain_surroundings: Path) -> None:
    with pytest.raises(CredentialPathDenied) as caught:
        credential_source(policy(), environ={"HOME": str(plain_surroundings)}).frozen()
    assert caught.value.rule == "no-private-route"


@pytest.mark.usefixtures("role")
def test_credentials_that_need_themselves_are_refused_and_do_not_hang() -> None:
    made: list[Any] = []

    def client_for(_service: str, _source: Any) -> Any:
        made.append(source)
        source.frozen()

    source = credential_source(policy(), client_for=client_for, environ={})
    with pytest.raises(CredentialPathDenied) as caught:
        source.frozen()
    assert caught.value.rule == "credential-loop"
    assert made


@pytest.mark.parametrize("operation", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_chain_is_in_no_pickle_and_no_copy(operation: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        operation(credential_source(policy(), environ={}))


class _Container(BaseHTTPRequestHandler):
    """A container's credential service: what it gives expires in five minutes, so it is always asked again."""

    def do_GET(self) -> None:
        soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        given = {"AccessKeyId": "ASIAPOD", "SecretAccessKey": "s", "Token": "t", "Expiration": soon}
        body = json.dumps(given).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def container() -> Iterator[dict[str, str]]:
    server = HTTPServer(("127.0.0.1", 0), _Container)
    thread = threading.Thread(target=server.serve_forever, args=[POLL_S], daemon=True)
    thread.start()
    uri = f"http://127.0.0.1:{server.server_port}/v1/credentials"
    yield {"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_EC2_METADATA_DISABLED": "true"}
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_the_containers_role_is_asked_again_before_it_expires(container: dict[str, str]) -> None:
    source = credential_source(policy("container-role"), environ=container)
    with ConnectLog() as log:
        assert source.frozen().method == "container-role"
        assert source.frozen().access_key == "ASIAPOD"
    assert len(log.connects) == 3
    del container["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    with pytest.raises(CredentialPathDenied, match="no longer there"):
        source.frozen()


class _AssumeRole:
    """What botocore asks of an STS client, answering with a role's credentials."""

    def assume_role(self, **_: Any) -> Any:
        return {
            "Credentials": {
                "AccessKeyId": "ASIAROLE",
                "SecretAccessKey": "s",
                "SessionToken": "t",
                "Expiration": datetime(2999, 1, 1, tzinfo=UTC),
            }
        }


@pytest.mark.parametrize(
    ("name", "method", "key"),
    [("Environment", "env", "AKIAENV"), ("EcsContainer", "container-role", "ASIAPOD")],
)
def test_a_role_may_start_from_the_machines_own(
    name: str, method: str, key: str, container: dict[str, str], plain_surroundings: Path
) -> None:
    role = "role_arn=arn:aws:iam::111122223333:role/app"
    aws_files(plain_surroundings, config=f"[default]\n{role}\ncredential_source={name}\n")
    seen: list[Any] = []

    def client_for(service: str, source: Any) -> Any:
        seen.append((service, source.frozen().access_key))
        return _AssumeRole()

    def chain(*listed: str) -> Any:
        return credential_source(
            policy(*listed),
            profile_name="default",
            client_for=client_for,
            environ={**KEYS, **container, "HOME": str(plain_surroundings)},
        )

    assert chain("assume-role", method).frozen().access_key == "ASIAROLE"
    assert seen == [("sts", key)]
    with pytest.raises(CredentialPathDenied):
        chain("assume-role").frozen()


def test_a_machine_without_a_role_gives_none_to_start_from(plain_surroundings: Path) -> None:
    role = "role_arn=arn:aws:iam::111122223333:role/app"
    aws_files(
        plain_surroundings, config=f"[default]\n{role}\ncredential_source=Ec2InstanceMetadata\n"
    )
    environ = {"HOME": str(plain_surroundings), "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.raises(CredentialPathDenied):
        credential_source(policy("assume-role", "iam-role"), environ=environ).frozen()
