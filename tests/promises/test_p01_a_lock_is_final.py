"""P01: with a lock nobody is asked for the endpoint: what a function needs to start is one file beside the policy."""

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.cli.main import main
from secure_bedrock.errors import AddressDenied, EndpointNotFound, LockMismatch, ResidencyDenied
from secure_bedrock.testing import ConnectLog, StaticResolver

Deployment = Any  # tests/conftest.py
Front = Callable[[Any, Any], None]


def ask_typed(deployment: Deployment, resolver: StaticResolver) -> None:
    with SecureBedrockClient(str(deployment.policy_path), resolver=resolver) as client:
        assert client.converse(deployment.profile, "Hello").text


def ask_hardened(deployment: Deployment, resolver: StaticResolver) -> None:
    client = SecureSession(str(deployment.policy_path), resolver=resolver).client("bedrock-runtime")
    answer = client.converse(
        modelId=deployment.profile, messages=[{"role": "user", "content": [{"text": "Hello"}]}]
    )
    assert answer["output"]["message"]["content"]


@pytest.fixture(params=[ask_typed, ask_hardened], ids=["typed", "hardened"])
def front(request: pytest.FixtureRequest) -> Front:
    asking: Front = request.param
    return asking


def test_with_a_lock_neither_ec2_nor_the_control_plane_is_asked(
    deployment: Deployment, front: Front
) -> None:
    main(["lock"])
    deployment.clear()

    with ConnectLog() as log:
        front(deployment, deployment.resolver)

    assert deployment.asked() == []
    assert set(log.connects) == {("127.0.0.1", deployment.bedrock.port)}
    assert len(deployment.bedrock.requests) == 1


def test_what_the_lock_does_not_have_is_not_asked_for_either(
    deployment: Deployment, front: Front
) -> None:
    deployment.write_policy(network={"address_check": "eni", "ssm_parameter": "/app/lock"})
    main(["lock", "--ssm", "/app/lock"])
    lock = deployment.lock()
    lock["endpoints"] = {}
    deployment.lock_path.write_text(json.dumps(lock))
    deployment.clear()

    with pytest.raises(EndpointNotFound):
        front(deployment, deployment.resolver)

    assert deployment.asked() == []
    assert deployment.bedrock.requests == []


def test_without_one_ec2_is_asked(deployment: Deployment, front: Front) -> None:
    """What shows that the record above could have been filled."""
    deployment.write_policy(network={"address_check": "eni"})

    front(deployment, deployment.resolver)

    assert "DescribeVpcEndpoints" in deployment.asked()


def test_a_function_starts_from_its_layer(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda: both files in one folder, nothing else set, another working directory."""
    main(["lock"])
    elsewhere = deployment.directory / "cwd"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(deployment.directory))
    deployment.clear()

    with SecureBedrockClient(resolver=deployment.resolver, sinks=[]) as client:
        assert client.converse(deployment.profile, "Hello").text

    assert deployment.asked() == []


def test_the_locks_addresses_are_the_only_ones(deployment: Deployment, front: Front) -> None:
    main(["lock"])
    deployment.clear()
    elsewhere = StaticResolver({deployment.bedrock.host: ["127.0.0.9"]})

    with ConnectLog() as log, pytest.raises(AddressDenied):
        front(deployment, elsewhere)

    assert log.connects == []
    assert deployment.asked() == []


def test_the_route_says_that_the_lock_named_it(deployment: Deployment) -> None:
    main(["lock"])

    with SecureBedrockClient(str(deployment.policy_path)) as client:
        route = client.route("bedrock-runtime")

    assert route.address_check == "eni"
    assert route.addresses == ("127.0.0.1",)
    assert "lock" in {fact.source for fact in route.found_by}


def test_the_lock_of_another_policy_makes_no_client(deployment: Deployment) -> None:
    main(["lock"])
    deployment.write_policy(top={"models": [deployment.profile, "amazon.nova-lite-v1:0"]})

    for make in (SecureBedrockClient, SecureSession, lambda path: create_client("sts", path)):
        with pytest.raises(LockMismatch, match="made from another policy"):
            make(str(deployment.policy_path))


def test_a_profile_inside_the_regions_is_asked_once_the_lock_tells_where_it_leads(
    deployment: Deployment, front: Front
) -> None:
    deployment.write_policy(residency={"regions": list(deployment.goes)})
    with pytest.raises(ResidencyDenied):
        front(deployment, deployment.resolver)
    assert deployment.bedrock.requests == []

    main(["lock"])
    front(deployment, deployment.resolver)

    assert len(deployment.bedrock.requests) == 1


def test_a_profile_that_leads_outside_the_regions_stays_denied(
    deployment: Deployment, front: Front
) -> None:
    deployment.write_policy(residency={"regions": ["eu-west-1"]})
    main(["lock"])

    with pytest.raises(ResidencyDenied, match="eu-central-1"):
        front(deployment, deployment.resolver)

    assert deployment.bedrock.requests == []


def test_a_client_that_travels_takes_the_lock_along(deployment: Deployment) -> None:
    main(["lock"])
    client = SecureBedrockClient(str(deployment.policy_path))
    copied = pickle.loads(pickle.dumps(client))
    deployment.clear()

    assert copied.route("bedrock-runtime").addresses == ("127.0.0.1",)
    assert deployment.asked() == []


def test_the_parameter_gives_the_route_over_ssms_own_endpoint(
    deployment: Deployment, front: Front
) -> None:
    deployment.write_policy(network={"ssm_parameter": "/app/lock"})
    main(["lock", "--ssm", "/app/lock"])
    deployment.lock_path.unlink()
    deployment.clear()

    with ConnectLog() as log:
        front(deployment, deployment.resolver)

    assert deployment.asked() == ["GetParameter"]
    assert set(log.connects) == {
        ("127.0.0.1", deployment.plane.port),
        ("127.0.0.1", deployment.bedrock.port),
    }


def test_the_parameter_of_another_policy_is_refused(deployment: Deployment, front: Front) -> None:
    deployment.write_policy(network={"ssm_parameter": "/app/lock"})
    main(["lock", "--ssm", "/app/lock"])
    deployment.lock_path.unlink()
    lock = json.loads(deployment.plane.parameters["/app/lock"])
    lock["policy"] = "sha256:" + "0" * 64
    deployment.plane.set_parameter("/app/lock", json.dumps(lock))

    with pytest.raises(LockMismatch):
        front(deployment, deployment.resolver)

    assert deployment.bedrock.requests == []


def test_a_parameter_that_can_not_be_read_does_not_lower_the_check(
    deployment: Deployment, front: Front
) -> None:
    """The policy knows CIDRs, and the name answers inside them: EC2 has to say which addresses are the endpoint's."""
    deployment.write_policy(network={"ssm_parameter": "/app/lock"})
    elsewhere = StaticResolver({deployment.bedrock.host: ["127.0.0.9"]})

    with pytest.raises(AddressDenied, match="not one of the endpoint's interface addresses"):
        front(deployment, elsewhere)

    assert deployment.asked()[-1] == "GetParameter"


def of_another_region(lock: dict[str, Any]) -> None:
    endpoint = lock["endpoints"]["bedrock-runtime"]
    lock["region"] = endpoint["service_region"] = "us-east-1"
    endpoint["names"] = [each.replace("eu-west-1", "us-east-1") for each in endpoint["names"]]


def of_public_addresses(lock: dict[str, Any]) -> None:
    endpoint = lock["endpoints"]["bedrock-runtime"]
    endpoint["addresses"], endpoint["cidrs"] = ["52.94.5.5"], ["52.94.0.0/16"]


@pytest.mark.parametrize("where", ["file", "parameter"])
@pytest.mark.parametrize("edit", [of_another_region, of_public_addresses])
def test_an_edited_lock_does_not_widen_its_policy(
    deployment: Deployment, front: Front, edit: Callable[[dict[str, Any]], None], where: str
) -> None:
    """Its digest is right: whoever can write a lock can write that too."""
    deployment.write_policy(network={"ssm_parameter": "/app/lock"})
    main(["lock", "--ssm", "/app/lock"])
    lock = deployment.lock()
    edit(lock)
    if where == "file":
        deployment.lock_path.write_text(json.dumps(lock))
    else:
        deployment.lock_path.unlink()
        deployment.plane.set_parameter("/app/lock", json.dumps(lock))
    (host, *_) = lock["endpoints"]["bedrock-runtime"]["names"]
    addresses = lock["endpoints"]["bedrock-runtime"]["addresses"]

    with ConnectLog() as log, pytest.raises(LockMismatch):
        front(deployment, StaticResolver({host: addresses}))

    assert ("127.0.0.1", deployment.bedrock.port) not in log.connects
    assert deployment.bedrock.requests == []
