"""P05: what a request names beside its model (a bucket, a tool that AWS runs) is judged, and refused before it leaves."""

import json
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient, create_client
from secure_bedrock.errors import ModelDenied, OperationDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from tests.corpus import FIXTURE, CorpusEntry

MODEL = "amazon.nova-lite-v1:0"


def video(uri: str) -> list[dict[str, Any]]:
    source = {"s3Location": {"uri": uri}}
    content = [{"video": {"format": "mp4", "source": source}}, {"text": "What is this?"}]
    return [{"role": "user", "content": content}]


def call(front: str, server: LocalBedrock, toml: str = "", **more: Any) -> str:
    policy = Policy.from_toml(server.policy_toml() + toml)
    if front == "typed":
        with SecureBedrockClient(policy, credentials=server.credentials, sinks=[]) as client:
            return client.converse(MODEL, more["messages"]).stop_reason
    client = create_client("bedrock-runtime", policy, credentials=server.credentials)
    return str(client.converse(modelId=MODEL, **more)["stopReason"])


FRONTS = ("typed", "hardened")


@pytest.mark.corpus("path-image-url-s3")
def test_the_corpus_bucket_of_somebody_else(
    corpus_entry: CorpusEntry, plain_surroundings: object
) -> None:
    host, region = FIXTURE["dns_names"][0], FIXTURE["region"]
    with LocalBedrock(models=[MODEL], region=region, host=host) as server:
        policy = Policy.from_toml(server.policy_toml())
        c = create_client("bedrock-runtime", policy, credentials=server.credentials)
        with ConnectLog() as log, pytest.raises(corpus_entry.refusal) as refused:
            exec(corpus_entry["setup"]["post"], {"c": c})
        assert refused.value.rule == "s3-bucket"
        assert log.connects == []
        assert server.requests == []


@pytest.mark.parametrize("front", FRONTS)
def test_a_bucket_is_named_only_where_the_policy_lists_it(
    front: str, plain_surroundings: object
) -> None:
    with LocalBedrock(models=[MODEL]) as server:
        with pytest.raises(OperationDenied) as refused:
            call(front, server, messages=video("s3://elsewhere/a.mp4"))
        assert refused.value.rule == "s3-bucket"
        assert server.requests == []

        listed = '[operations]\ns3_buckets = ["elsewhere"]\n'
        assert call(front, server, listed, messages=video("s3://elsewhere/a.mp4")) == "end_turn"


@pytest.mark.parametrize("spelling", ["uri", "\\u0075ri", "u\\u0072i"])
def test_a_bucket_can_not_hide_behind_an_escape(spelling: str, plain_surroundings: object) -> None:
    """Written into the body by a handler, after every check of the parameters."""
    with LocalBedrock(models=[MODEL]) as server:
        policy = Policy.from_toml(server.policy_toml())
        client = create_client("bedrock-runtime", policy, credentials=server.credentials)
        location = f'{{"{spelling}": "s3://elsewhere/a.mp4"}}'
        block = f'{{"video": {{"format": "mp4", "source": {{"s3Location": {location}}}}}}}'
        body = f'{{"messages": [{{"role": "user", "content": [{block}]}}]}}'.encode()

        def rewrite(params: dict[str, Any], **_: object) -> None:
            params["body"] = body

        client.meta.events.register("before-call.bedrock-runtime.Converse", rewrite)
        with pytest.raises(OperationDenied) as refused:
            client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hi"}]}])
        assert refused.value.rule == "s3-bucket"
        assert server.requests == []


def test_a_tool_that_aws_runs_is_refused(plain_surroundings: object) -> None:
    tools = {"tools": [{"systemTool": {"name": "nova_grounding"}}]}
    with LocalBedrock(models=[MODEL]) as server:
        with pytest.raises(OperationDenied) as refused:
            call("hardened", server, messages=video("s3://elsewhere/a.mp4")[:0], toolConfig=tools)
        assert refused.value.rule == "system-tool"
        assert server.requests == []


def invoke(front: str, server: LocalBedrock, payload: dict[str, Any]) -> object:
    policy = Policy.from_toml(server.policy_toml())
    if front == "typed":
        with SecureBedrockClient(policy, credentials=server.credentials, sinks=[]) as client:
            return client.invoke_model(MODEL, payload)
    client = create_client("bedrock-runtime", policy, credentials=server.credentials)
    return client.invoke_model(modelId=MODEL, body=json.dumps(payload))


NATIVE: dict[str, tuple[dict[str, Any], str]] = {
    "a bucket": ({"messages": video("s3://elsewhere/a.mp4")}, "s3-bucket"),
    "a tool that AWS runs": (
        {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
        "system-tool",
    ),
    "a search of the web": ({"tools": [{"type": "web_search_20250305"}]}, "system-tool"),
    "a server to call": ({"mcp_servers": [{"url": "https://example.com"}]}, "url"),
    "a server to tell": ({"prompt": "x", "callback_url": "https://example.com"}, "url"),
    "an image without a scheme": ({"image": "//example.com/a.png"}, "url"),
    "an image behind a control": ({"image": "\u0001https:\\\\example.com"}, "url"),
    "a place to run in": ({"inference_geo": "us"}, "member-unknown"),
}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize(("payload", "rule"), NATIVE.values(), ids=NATIVE)
def test_json_of_the_models_own_api_is_judged_too(
    front: str, payload: dict[str, Any], rule: str, plain_surroundings: object
) -> None:
    with LocalBedrock(models=[MODEL]) as server:
        with pytest.raises(OperationDenied) as refused:
            invoke(front, server, payload)
        assert refused.value.rule == rule
        assert server.requests == []

        invoke(front, server, {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]})
        assert len(server.requests) == 1


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize(
    "payload",
    [
        {"inputs": "x", "adapters": ["another"]},
        {"inputs": "x", "parameters": {"adapter_id": "hub/another"}},
        {"prompt": "x", "draft_model": "another"},
    ],
)
def test_other_weights_than_the_listed_models_are_another_model(
    front: str, payload: dict[str, Any], plain_surroundings: object
) -> None:
    with LocalBedrock(models=[MODEL]) as server:
        with pytest.raises(ModelDenied):
            invoke(front, server, payload)
        assert server.requests == []


def test_a_body_that_a_handler_writes_holds_no_member_that_nobody_knows(
    plain_surroundings: object,
) -> None:
    """It names nothing that any table knows: what the service makes of it, nobody knows."""
    tools = {"tools": [{"httpTool": {"url": "https://example.com"}}]}
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    with LocalBedrock(models=[MODEL]) as server:
        policy = Policy.from_toml(server.policy_toml())
        client = create_client("bedrock-runtime", policy, credentials=server.credentials)

        def rewrite(params: dict[str, Any], **_: object) -> None:
            params["body"] = json.dumps({"messages": messages, "toolConfig": tools}).encode()

        client.meta.events.register("before-call.bedrock-runtime.Converse", rewrite)
        with pytest.raises(OperationDenied) as refused:
            client.converse(modelId=MODEL, messages=messages)
        assert refused.value.rule == "member-unknown"
        assert server.requests == []
