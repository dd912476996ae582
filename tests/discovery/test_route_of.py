"""The route that complete facts describe: every name is judged once more, whoever said it."""

import dataclasses

import pytest

from secure_bedrock.discovery.facts import EndpointFacts
from secure_bedrock.discovery.route_of import route_of
from secure_bedrock.errors import EndpointDenied
from secure_bedrock.policy import Policy
from secure_bedrock.values import BEDROCK_RUNTIME, Region

ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
PRIVATE = "bedrock-runtime.eu-west-1.amazonaws.com"
POLICY = Policy(region="eu-west-1", models=["amazon.nova-lite-v1:0"])
FACTS = EndpointFacts(
    source="lock + ec2",
    host=HOST,
    names=frozenset({HOST, PRIVATE}),
    addresses=("10.20.1.10",),
    vpc_endpoint_id=ID,
    service_region=Region("eu-west-1"),
    observed=True,
)


def test_the_services_own_names_make_a_route() -> None:
    route = route_of(BEDROCK_RUNTIME, POLICY, FACTS, check="eni", found_by=())

    assert route.host == HOST
    assert route.names == {HOST, PRIVATE}


@pytest.mark.parametrize("member", ["host", "names"])
@pytest.mark.parametrize(
    "name",
    [
        HOST.replace("eu-west-1", "us-east-1"),
        PRIVATE.replace("eu-west-1", "us-east-1"),
        HOST.replace("bedrock-runtime", "sts"),
        HOST.replace("0abc", "0fff"),
        "bedrock.example.com",
    ],
)
def test_a_name_of_anything_else_makes_none(member: str, name: str) -> None:
    value = name if member == "host" else frozenset({HOST, name})
    facts = dataclasses.replace(FACTS, **{member: value})  # type: ignore[arg-type]

    with pytest.raises(EndpointDenied, match=r"^lock \+ ec2: "):
        route_of(BEDROCK_RUNTIME, POLICY, facts, check="eni", found_by=())
