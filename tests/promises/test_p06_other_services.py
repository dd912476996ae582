"""P06: services that a session may also reach, by every protocol: what is listed is found on the wire, nothing else passes."""

from collections.abc import Iterator
from typing import Any

import botocore.config
import botocore.session
import pytest
from botocore.exceptions import ClientError

from secure_bedrock import Policy, create_client
from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.testing import LocalAuthority, LocalServices

SERVICES = {
    "bedrock-data-automation-runtime": "json",
    "cloudtrail": "json",
    "ec2": "ec2",
    "logs": "json",
    "sagemaker-runtime": "rest-json",
    "signin": "rest-json",
    "ssm": "json",
    "sso": "rest-json",
    "sso-oidc": "rest-json",
    "sts": "query",
}
INSTALLED = sorted(SERVICES.keys() & set(botocore.session.Session().get_available_services()))
# Told apart by the query string alone, beside one that has none: such a line could be read two ways.
NOT_FOUND = {
    "CreateBearerToken",
    "CreateOAuth2TokenWithIAM",
    "CreateOAuth2TokenWithTokenExchange",
    "CreateTokenWithIAM",
    "IntrospectOAuth2TokenWithIAM",
    "RevokeOAuth2TokenWithIAM",
}
# Botocore can't write these without their labels or a stream.
NEEDED: dict[str, dict[str, Any]] = {
    "InvokeEndpoint": {"EndpointName": "mine"},
    "InvokeEndpointAsync": {"EndpointName": "mine"},
    "InvokeEndpointWithResponseStream": {"EndpointName": "mine"},
}
# Botocore signs a second request for it by itself, and its copy of the first one fails here.
NOT_CALLABLE = {"CopySnapshot"}
LAX = botocore.config.Config(parameter_validation=False)


@pytest.fixture(scope="module")
def running(authority: LocalAuthority) -> Iterator[LocalServices]:
    with LocalServices(INSTALLED, authority=authority) as server:
        yield server


@pytest.fixture
def server(running: LocalServices, plain_surroundings: Any) -> LocalServices:
    running.clear()
    return running


def policy_with(server: LocalServices, operations: list[str]) -> Policy:
    return Policy(
        region=server.region,
        models={
            "allow": ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/mine"],
            "accounts": ["111122223333"],
        },
        operations={"allow": operations},
        network=server.network,
    )


def call_all(client: Any, service: str) -> dict[str, str]:
    """What became of a call of each operation of the service."""
    became = {}
    for name in sorted({*client.meta.service_model.operation_names} - NOT_CALLABLE):
        try:
            answer = client._make_api_call(name, NEEDED.get(name, {}))
        except OperationDenied as refusal:
            became[name] = refusal.rule
        except ClientError:  # it lacks what the service asks for, which it said
            became[name] = "arrived"
        else:
            became[name] = "arrived"
            for value in answer.values():
                if hasattr(value, "close"):
                    value.close()
    return became


@pytest.mark.parametrize("service", INSTALLED)
def test_every_operation_is_found_on_the_wire(service: str, server: LocalServices) -> None:
    table = operation_table(service)
    policy = policy_with(server, [f"{service}:{name}" for name in table.operations])
    client = create_client(service, policy, credentials=server.credentials, config=LAX)
    became = call_all(client, service)
    client.close()

    assert table.protocol == SERVICES[service]
    assert {n for n, outcome in became.items() if outcome != "arrived"} == NOT_FOUND & became.keys()
    arrived = [request.operation for request in server.requests]
    assert arrived == [name for name, outcome in became.items() if outcome == "arrived"]


@pytest.mark.parametrize("past_the_early_check", [False, True])
@pytest.mark.parametrize("service", INSTALLED)
def test_one_that_is_listed_admits_no_other(
    service: str, past_the_early_check: bool, server: LocalServices
) -> None:
    listed = min(operation_table(service).operations - NOT_FOUND)
    client = create_client(
        service,
        policy_with(server, [f"{service}:{listed}"]),
        credentials=server.credentials,
        config=LAX,
    )
    if past_the_early_check:
        client._secure.runner.check = lambda _plan: None
    became = call_all(client, service)
    client.close()

    assert {n for n, outcome in became.items() if outcome == "arrived"} == {listed}
    assert [request.operation for request in server.requests] == [listed]
