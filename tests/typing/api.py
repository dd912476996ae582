"""The public API as a user writes it: checked by mypy --strict and pyright, never run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import boto3
from botocore.config import Config

from secure_bedrock import (
    Deadline,
    Policy,
    SecureBedrockClient,
    SecureSession,
    __version__,
    create_client,
    errors,
    lockdown,
)
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.models import (
    ConverseResponse,
    InvokeModelResponse,
    Message,
    StreamEvent,
    TextDelta,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)
from secure_bedrock.network import PrivateRoute
from secure_bedrock.testing import Answer, ConnectLog, Fault, LocalBedrock, ReceivedRequest
from secure_bedrock.values import Decision, LambdaContext

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def policies() -> Policy:
    policy = Policy.load()
    policy = Policy.load(Path("secure-bedrock.toml"))
    policy = Policy.from_toml("region = …", file="policy.toml", directory="/etc")
    policy = Policy(
        region="eu-west-1",
        models=[MODEL],
        network={"cidrs": ["10.20.0.0/16"], "endpoints": {"sts": {}}},
        timeouts={"deadline_s": 30},
    )
    decision = policy.decide_model(MODEL, operation="Converse")
    assert_type(decision, Decision)
    assert_type(decision.allowed, bool)
    assert_type(policy.decide_operation("bedrock-runtime", "Converse").rule, str)
    assert_type(policy.timeouts.deadline_s, float | None)
    assert_type(policy.network.cidrs, tuple[str, ...])
    return policy


def clients(policy: Policy) -> Iterator[SecureBedrockClient]:
    yield SecureBedrockClient()
    yield SecureBedrockClient("secure-bedrock.toml", profile_name="work")
    yield SecureBedrockClient(Path("secure-bedrock.toml"), sinks=[take_event])
    yield SecureBedrockClient(region="eu-west-1", models=[MODEL])
    with SecureBedrockClient(policy) as client:
        assert_type(client, SecureBedrockClient)
        assert_type(client.policy, Policy)
        assert_type(client.route(), PrivateRoute)
        assert_type(client.route("sts").addresses, tuple[str, ...])


def take_event(event: InvocationEvent) -> None:
    assert_type(event.to_dict(), dict[str, Any])
    assert_type(event.peer_ip, str | None)


def converse(client: SecureBedrockClient, context: LambdaContext) -> str:
    reply = client.converse(MODEL, "Hello")
    assert_type(reply, ConverseResponse)
    assert_type(reply.usage, Usage | None)
    assert_type(reply.tool_uses, list[ToolUseBlock])
    conversation = [Message.user("Hello"), reply.to_message(), Message.user("And now?")]
    reply = client.converse(
        MODEL,
        conversation,
        system="Be brief.",
        tools=[{"name": "stock", "inputSchema": {"type": "object"}}],
        tool_choice="auto",
        max_tokens=100,
        temperature=0.2,
        top_p=0.9,
        stop_sequences=["END"],
        guardrail={"id": "abc123def456", "version": "1"},
        performance="optimized",
        service_tier="flex",
        request_metadata={"team": "claims"},
        deadline_s=Deadline.from_lambda(context).remaining(),
    )
    results = [ToolResultBlock.of(use.tool_use_id, {"pieces": 12}) for use in reply.tool_uses]
    reply = client.converse(MODEL, [{"role": "user", "content": results}])
    return reply.text


def stream(client: SecureBedrockClient) -> ConverseResponse:
    with client.converse_stream(MODEL, "Hello", max_tokens=10) as events:
        for event in events:
            assert_type(event, StreamEvent)
            if isinstance(event, TextDelta):
                assert_type(event.text, str)
        return events.response()


def text(client: SecureBedrockClient) -> str:
    with client.converse_stream(MODEL, "Hello") as events:
        return "".join(events.text_stream)


def native(client: SecureBedrockClient) -> Any:
    reply = client.invoke_model("amazon.titan-embed-text-v2:0", {"inputText": "Hello"})
    assert_type(reply, InvokeModelResponse)
    with client.invoke_model_stream(MODEL, b"{}", accept="application/json") as chunks:
        for chunk in chunks:
            assert_type(chunk, bytes)
    return reply.json()


def locked(policy: Policy) -> None:
    lockdown(policy)
    lockdown("secure-bedrock.toml", allow_loopback=True, credentials=None)


def hardened(policy: Policy) -> boto3.Session:
    create_client("bedrock-runtime")
    create_client("bedrock-runtime", policy, region_name="eu-west-1", config=Config())
    session = SecureSession(policy, profile_name="work", sinks=[take_event])
    session.client("bedrock-runtime").converse(modelId=MODEL, messages=[])
    return session


def failures(client: SecureBedrockClient) -> None:
    try:
        client.converse(MODEL, "Hello")
    except errors.PolicyInvalid as error:
        assert_type(error.problems, tuple[errors.Problem, ...])
    except errors.EndpointNotFound as error:
        assert_type(error.attempts, tuple[errors.DiscoveryAttempt, ...])
    except errors.Denied as error:
        assert_type((error.rule, error.reason, error.next_step), tuple[str, str, str])
    except errors.AccessDenied as error:
        assert_type(error.likely_layer, str | None)
    except errors.ServiceError as error:
        assert_type(error.http_status, int | None)
    except errors.StreamInterrupted as error:
        assert_type(error.retryable, bool)
    except errors.SecureBedrockError as error:
        assert_type(str(error), str)


def in_tests() -> str:
    with ConnectLog() as log, LocalBedrock(models=[MODEL]) as bedrock:
        bedrock.script(Answer.text("Hello"), lambda request: Answer.text(str(request.model_id)))
        bedrock.fault(Fault.throttle(), times=2)
        assert_type(bedrock.policy, Policy)
        assert_type(bedrock.requests, list[ReceivedRequest])
        SecureBedrockClient(bedrock.policy, credentials=bedrock.credentials)
    assert_type(log.public, list[tuple[str, int | None]])
    return __version__
