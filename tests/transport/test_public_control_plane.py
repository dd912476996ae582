"""Over public endpoints only a few read-only operations are called, whoever asks and whatever is set."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.cli.main import main
from secure_bedrock.discovery.aws.caller import asked_caller
from secure_bedrock.discovery.aws.destinations import ListedProfiles
from secure_bedrock.discovery.aws.ec2_calls import ec2_over
from secure_bedrock.discovery.lock.file import read_lock
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.discovery.lock.writer import Asked, Voice, make_lock
from secure_bedrock.errors import IdentityDenied, OperationDenied, TlsDenied
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog
from secure_bedrock.transport.credentials import FrozenCredentials, StaticCredentials
from secure_bedrock.transport.public_control_plane import READABLE, PublicControlPlane

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
OWN, OTHER = "609629065308", "111122223333"
EVERYTHING = {
    service: frozenset(f"{service}:{name}" for name in names) for service, names in READABLE.items()
}


@pytest.fixture
def source(deployment: Any) -> StaticCredentials:
    keys = deployment.bedrock.credentials
    return StaticCredentials(FrozenCredentials(keys.access_key, keys.secret_key, keys.token))


@pytest.fixture
def plane(
    deployment: Any, source: StaticCredentials, public_names: dict[str, str]
) -> PublicControlPlane:
    """AWS's own host names lead to the local servers; the ports are theirs."""
    return PublicControlPlane(
        Policy.load(deployment.policy_path),
        source,
        hosts=public_names,
        ca_bundle=deployment.bedrock.ca_path,
    )


@pytest.mark.parametrize("service", ["bedrock-runtime", "bedrock-agent-runtime", "ssm", "s3"])
def test_no_other_service_has_a_client(plane: PublicControlPlane, service: str) -> None:
    with pytest.raises(OperationDenied) as caught, plane.open(service, frozenset()):
        pass

    assert caught.value.rule == "public-control-plane"


def test_nothing_is_granted_beyond_the_list(plane: PublicControlPlane) -> None:
    asked = frozenset({"ec2:DescribeVpcs", "ec2:DeleteVpc"})
    with pytest.raises(OperationDenied), plane.open("ec2", asked):
        pass


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("ec2", "delete_vpc", {"VpcId": "vpc-0123456789abcdef0"}),
        ("bedrock", "delete_guardrail", {"guardrailIdentifier": "abc123def456"}),
        ("bedrock", "list_foundation_models", {}),
        ("sts", "get_session_token", {}),
    ],
)
def test_no_other_operation_leaves(
    plane: PublicControlPlane, service: str, method: str, arguments: dict[str, Any]
) -> None:
    with ConnectLog() as log, plane.open(service, EVERYTHING[service]) as client:
        with pytest.raises(OperationDenied):
            getattr(client, method)(**arguments)

    assert log.connects == []
    assert log.lookups == []


def test_no_readable_operation_runs_a_model_or_changes_anything() -> None:
    names = {name for each in READABLE.values() for name in each}

    assert all(name.startswith(("Describe", "List", "Get")) for name in names)
    assert not any(service.endswith("runtime") for service in READABLE)


def test_a_client_speaks_to_awss_own_name(source: StaticCredentials) -> None:
    public = PublicControlPlane(Policy(region="cn-north-1", models=[MODEL]), source)

    with public.open("ec2", EVERYTHING["ec2"]) as client:
        assert client.meta.endpoint_url == "https://ec2.cn-north-1.amazonaws.com.cn"


def test_nothing_that_is_set_moves_it(
    plane: PublicControlPlane,
    trap: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    deployment: Any,
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[default]\nendpoint_url = https://localhost:{trap.port}\nservices = all\n"
        f"[services all]\nsts =\n  endpoint_url = https://localhost:{trap.port}\n"
    )
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://localhost:{trap.port}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("BOTOCORE_EXPERIMENTAL__PLUGINS", "x=nowhere")

    with plane.open("sts", EVERYTHING["sts"]) as client:
        client.get_caller_identity()

    assert trap.caught == 0
    assert len(deployment.plane.requests) == 1


IDENTITIES: dict[str, tuple[dict[str, Any], FrozenCredentials, str]] = {
    "another account": (
        {"accounts": [OTHER]},
        FrozenCredentials("ASIAY34FZKBOKMUTVV7A", "s", "t"),
        "account",
    ),
    "a long-lived key": (
        {"long_lived_keys": "deny"},
        FrozenCredentials("AKIARZPUZDIKGB2VALC4", "s"),
        "long-lived-key",
    ),
}


@pytest.mark.parametrize("service", READABLE)
@pytest.mark.parametrize("sentence", IDENTITIES)
def test_a_caller_whom_the_policy_refuses_asks_nobody(sentence: str, service: str) -> None:
    identity, keys, rule = IDENTITIES[sentence]
    policy = Policy(region="eu-west-1", models=[MODEL], identity=identity)
    public = PublicControlPlane(policy, StaticCredentials(keys))

    with ConnectLog() as log, pytest.raises(IdentityDenied) as caught:
        with public.open(service, EVERYTHING[service]):
            pass

    assert caught.value.rule == rule
    assert log.connects == []
    assert log.lookups == []


def test_what_the_credentials_do_not_tell_is_not_asked(source: StaticCredentials) -> None:
    role = f"arn:aws:iam::{OWN}:role/app"
    policy = Policy(region="eu-west-1", models=[MODEL], identity={"principals": [role]})

    with ConnectLog() as log, PublicControlPlane(policy, source).open("ec2", EVERYTHING["ec2"]):
        pass

    assert log.connects == []


@pytest.mark.parametrize("service", READABLE)
def test_no_client_is_made_that_would_log_its_keys(
    plane: PublicControlPlane, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))

    with pytest.raises(TlsDenied, match="SSLKEYLOGFILE") as caught:
        with plane.open(service, EVERYTHING[service]):
            pass

    assert caught.value.rule == "environment-setting"
    assert not keys.exists()


def test_the_lock_is_the_same_as_over_private_endpoints(
    deployment: Any, plane: PublicControlPlane
) -> None:
    main(["lock"])
    private = read_lock(LockText("private", deployment.lock_path.read_text()))
    deployment.clear()
    asked = Asked(
        over="public-control-plane",
        ec2=ec2_over(plane.open),
        profiles=ListedProfiles(plane.open),
        caller=partial(asked_caller, plane.open),
    )
    policy = Policy.load(deployment.policy_path)

    public = make_lock(policy, asked, now=private.written_at, voice=Voice(print, print))

    assert public == replace(private, written_over="public-control-plane")
    assert len(deployment.asked()) == 5
