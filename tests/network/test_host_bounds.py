"""How long a host name may be, which labels are an endpoint's, and which suffixes a partition has."""

import json
from importlib.resources import files
from typing import Any

import pytest

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import (
    judge_host,
    parse_endpoint_url,
    private_dns_name,
    vpc_endpoint_id_of,
)
from secure_bedrock.values import BEDROCK_RUNTIME, Evidence, Region, ServiceName, partition_of

IRELAND = Region("eu-west-1")
PARENT = "bedrock-runtime.eu-west-1.vpce.amazonaws.com"
HOST_253 = ".".join(["a" * 49] * 5) + ".abc"


def test_a_url_is_bounded_as_its_host_is() -> None:
    assert parse_endpoint_url(f"https://{HOST_253}").host == HOST_253
    with pytest.raises(EndpointDenied) as refused:
        parse_endpoint_url(f"https://{HOST_253}d")
    assert refused.value.rule == "endpoint-url"


LABELS: dict[str, tuple[str, str | None]] = {
    "as AWS writes it": ("vpce-0abc123def4567890-a1b2c3d4", "vpce-0abc123def4567890"),
    "an old id": ("vpce-0abc123d-a1b2c3d4", "vpce-0abc123d"),
    "with a zone": ("vpce-0abc123d-a1b2c3d4-eu-west-1a", "vpce-0abc123d"),
    "nine characters behind an old id": ("vpce-0abc123dwxyz56789-a1b2c3d4", None),
    "an id that is not hexadecimal": ("vpce-0abc123g-a1b2c3d4", None),
    "a hyphen among the drawn characters": ("vpce-0abc123d-a1b-c3d4", None),
    "nine drawn characters": ("vpce-0abc123d-a1b2c3d45", None),
    "something before it": ("vpce-x-vpce-0abc123d-a1b2c3d4", None),
    "something behind it": ("vpce-0abc123d-a1b2c3d4x-eu-west-1a", None),
    "an empty zone": ("vpce-0abc123d-a1b2c3d4-", None),
}


@pytest.mark.parametrize(("label", "endpoint"), LABELS.values(), ids=LABELS.keys())
def test_an_endpoints_label_is_its_whole_label(label: str, endpoint: str | None) -> None:
    host = f"{label}.{PARENT}"

    assert vpc_endpoint_id_of(host) == endpoint
    decision = judge_host(host, service=BEDROCK_RUNTIME, region=IRELAND)
    assert decision.allowed == (endpoint is not None)
    if endpoint is None:
        assert decision.rule in {"endpoint-label", "host-grammar"}


def test_a_decision_shows_the_host_that_it_is_about() -> None:
    for host in (f"vpce-0abc123d-a1b2c3d4.{PARENT}", "evil.example"):
        decision = judge_host(host, service=BEDROCK_RUNTIME, region=IRELAND)
        assert decision.evidence == (Evidence("host", host),)


REGIONS: dict[str, Region] = {
    "aws": Region("eu-west-1"),
    "aws-us-gov": Region("us-gov-west-1"),
    "aws-cn": Region("cn-north-1"),
    "aws-eusc": Region("eusc-de-east-1"),
    "aws-iso": Region("us-iso-east-1"),
    "aws-iso-b": Region("us-isob-east-1"),
    "aws-iso-e": Region("eu-isoe-west-1"),
    "aws-iso-f": Region("us-isof-south-1"),
}


def partitions() -> list[dict[str, Any]]:
    text = files("botocore").joinpath("data/partitions.json").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(text)["partitions"]
    return found


@pytest.mark.parametrize("partition", partitions(), ids=lambda row: row["id"])
def test_the_private_names_of_a_partition_have_botocores_suffixes(
    partition: dict[str, Any],
) -> None:
    region, outputs = REGIONS[partition["id"]], partition["outputs"]
    assert partition_of(region) == partition["id"]
    mantle = ServiceName("bedrock-mantle")

    assert private_dns_name(BEDROCK_RUNTIME, region) == (
        f"bedrock-runtime.{region}.{outputs['dnsSuffix']}"
    )
    assert (
        private_dns_name(mantle, region)
        == f"bedrock-mantle.{region}.{outputs['dualStackDnsSuffix']}"
    )
