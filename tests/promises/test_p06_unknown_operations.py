"""P06: an operation that the policy does not know is denied, of whatever service, before a byte leaves."""

from typing import Any

import botocore.session
import pytest

from secure_bedrock.errors import OperationDenied
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.testing import ConnectLog, LoopbackConnector, StaticResolver
from secure_bedrock.values import parse_region, parse_service

REGION = "eu-west-1"
POLICY = Policy(
    region=REGION,
    models=["anthropic.claude-3-haiku-20240307-v1:0"],
    network={"cidrs": ["10.0.0.0/16"]},
)
# Each with an operation that needs no parameters, so that it reaches the gate when nothing stops it earlier.
SERVICES = {
    "bedrock-runtime": "list_async_invokes",
    "bedrock": "list_foundation_models",
    "bedrock-agent": "list_agents",
    "bedrock-agent-runtime": "list_sessions",
    "bedrock-data-automation": "list_data_automation_projects",
    "sagemaker-runtime": None,
    "sts": "get_session_token",
    "ec2": "describe_regions",
    "ssm": "describe_parameters",
    "s3": "list_buckets",
    "lambda": "list_functions",
    "iam": "list_users",
    "dynamodb": "list_tables",
    "secretsmanager": "list_secrets",
}


class Place:
    """A hardened client of a service whose endpoint would be at 10.0.1.10, were it dialled."""

    def __init__(self, service: str, hardened_over: Any) -> None:
        host = f"vpce-0abc123def4567890-a1b2c3d4.{service}.{REGION}.vpce.amazonaws.com"
        route = PrivateRoute(
            service=parse_service(service),
            region=parse_region(REGION),
            host=host,
            names=frozenset({host}),
            address_check="cidr",
            cidrs=("10.0.0.0/16",),
        )
        self.connector = LoopbackConnector({})
        self.resolver = StaticResolver({host: ["10.0.1.10"]})
        network = {"resolver": self.resolver, "connector": self.connector}
        self.client = hardened_over(route, POLICY, **network)

    def assert_nothing_happened(self, log: ConnectLog) -> None:
        assert log.events == []
        assert self.connector.attempts == []
        assert self.resolver.queries == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_that_is_not_listed_is_denied(service: str, hardened_over: Any) -> None:
    place = Place(service, hardened_over)
    names = botocore.session.Session().get_service_model(service).operation_names
    unknown = [n for n in names if f"{service}:{n}" not in POLICY.operations.allow]
    assert unknown
    with ConnectLog() as log:
        for name in unknown:
            with pytest.raises(OperationDenied):
                place.client._make_api_call(name, {})
    place.assert_nothing_happened(log)


@pytest.mark.parametrize("service", [name for name, call in SERVICES.items() if call])
def test_the_gate_alone_denies_it(service: str, hardened_over: Any) -> None:
    """The decision is made on the bytes: here the early one is switched off."""
    place = Place(service, hardened_over)
    place.client._secure.runner.check = lambda _plan: None
    with ConnectLog() as log, pytest.raises(OperationDenied):
        getattr(place.client, str(SERVICES[service]))()
    place.assert_nothing_happened(log)


def test_the_control_reaches_the_endpoint(hardened_over: Any) -> None:
    place = Place("bedrock-runtime", hardened_over)
    engine = place.client._secure.runner.engine
    engine._sleep = lambda _seconds: None
    messages = [{"role": "user", "content": [{"text": "hello"}]}]
    with pytest.raises(Exception, match="endpoint"):
        place.client.converse(modelId=POLICY.models.allow[0], messages=messages)
    assert {attempt.address for attempt in place.connector.attempts} == {"10.0.1.10"}
