"""The server in a process of its own, and what importing the package costs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.testing import LocalBedrock, LocalCredentials, serve

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
HELLO = [{"role": "user", "content": [{"text": "Hello"}]}]


def as_server(facts: dict[str, Any]) -> Any:
    return SimpleNamespace(
        region="eu-west-1",
        loopback_url=f"https://127.0.0.1:{facts['port']}",
        ca_path=facts["ca_path"],
        credentials=LocalCredentials(**facts["credentials"]),
    )


def test_another_process_serves_until_its_input_ends(stock: Callable[..., Any]) -> None:
    command = [sys.executable, "-m", "secure_bedrock.testing.serve", "--tls-name", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--model", HAIKU, "--vpc"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        try:
            answer = stock(as_server(facts)).converse(modelId=HAIKU, messages=HELLO)
            vpc = {**facts, "port": facts["vpc"]["port"]}
            endpoints = stock(as_server(vpc), "ec2").describe_vpc_endpoints()["VpcEndpoints"]
            policy = Policy.from_toml(facts["policy"] + facts["vpc"]["section"])
        finally:
            process.stdin.close()
            status = process.wait(10)

    assert answer["output"]["message"]["content"] == [{"text": "You said: Hello"}]
    assert [item["State"] for item in endpoints] == ["available"]
    assert policy.decide_model(HAIKU).allowed
    assert status == 0


def test_the_facts_are_one_line_of_json() -> None:
    out = io.StringIO()
    status = serve.main(["--region", "us-east-1"], stdin=io.StringIO(), stdout=out)
    facts = json.loads(out.getvalue())

    assert status == 0
    assert out.getvalue().count("\n") == 1
    assert set(facts) == {"host", "port", "ca_path", "credentials", "policy"}
    assert tomllib.loads(facts["policy"])["region"] == "us-east-1"


def test_a_second_process_in_the_same_process_has_a_vpc_on_demand() -> None:
    out = io.StringIO()
    serve.main(["--vpc"], stdin=io.StringIO(), stdout=out)
    section = tomllib.loads(json.loads(out.getvalue())["vpc"]["section"])

    assert section["network"]["endpoints"]["ec2"]["addresses"] == ["127.0.0.1"]


def test_the_policy_is_a_policy_that_names_the_server() -> None:
    with LocalBedrock() as bedrock:
        policy = bedrock.policy
        endpoint = policy.network.endpoint("bedrock-runtime")

        assert endpoint is not None
        assert (endpoint.host, endpoint.port) == (bedrock.host, bedrock.port)
        assert endpoint.addresses == ("127.0.0.1",)
        assert policy.network.ca_bundle == bedrock.ca_path
        assert policy.decide_model(HAIKU).allowed
        assert not policy.decide_model("amazon.nova-pro-v1:0").allowed
        assert tomllib.loads(bedrock.policy_toml(["amazon.nova-pro-v1:0"]))["models"] == [
            "amazon.nova-pro-v1:0"
        ]


def test_the_private_name_may_be_the_host() -> None:
    with LocalBedrock(host="bedrock-runtime.eu-west-1.amazonaws.com", models=None) as bedrock:
        endpoint = bedrock.policy.network.endpoint("bedrock-runtime")

        assert endpoint is not None
        assert endpoint.vpc_endpoint_id is None
        assert endpoint.host == bedrock.host


def test_names_are_loaded_on_first_use() -> None:
    import secure_bedrock.testing as package

    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        _ = package.Nope  # type: ignore[attr-defined]


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, pytest; import secure_bedrock.testing.pytest_plugin;"
        "print([m for m in ('boto3','botocore','pydantic','trustme','cryptography','ssl',"
        "'tenacity') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
