"""A misspelt keyword argument is a TypeError about what the caller called, with the name that was meant."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.client import SecureBedrockClient
from secure_bedrock.client.boto3_session import SecureSession
from secure_bedrock.client.create import create_client
from secure_bedrock.models import ConverseOptions, InvokeOptions, converse_params, invoke_params
from secure_bedrock.policy import Policy

MODEL = "amazon.nova-lite-v1:0"
POLICY = Policy(region="eu-west-1", models=[MODEL], network={"cidrs": ["10.20.0.0/16"]})


def client(events: list[InvocationEvent] | None = None) -> Any:
    return SecureBedrockClient(POLICY, sinks=[] if events is None else [events.append])


Called = Callable[[], Any]
MISSPELT: dict[str, tuple[Called, str, str, str | None]] = {
    "an option of converse": (
        lambda: client().converse(MODEL, "x", max_token=1),
        "SecureBedrockClient.converse()",
        "max_token",
        "max_tokens",
    ),
    "botocore's spelling": (
        lambda: client().converse_stream(MODEL, "x", stopSequences=["a"]),
        "SecureBedrockClient.converse_stream()",
        "stopSequences",
        "stop_sequences",
    ),
    "the deadline": (
        lambda: client().invoke_model(MODEL, {}, deadline=1),
        "SecureBedrockClient.invoke_model()",
        "deadline",
        "deadline_s",
    ),
    "an option that is nothing like one": (
        lambda: client().invoke_model_stream(MODEL, {}, colour="red"),
        "SecureBedrockClient.invoke_model_stream()",
        "colour",
        None,
    ),
    "a field of the policy": (
        lambda: SecureBedrockClient(regon="eu-west-1"),
        "SecureBedrockClient()",
        "regon",
        "region",
    ),
    "an argument of the client, beside a policy": (
        lambda: SecureBedrockClient(POLICY, sink=[]),
        "SecureBedrockClient()",
        "sink",
        "sinks",
    ),
    "an argument of boto3": (
        lambda: create_client("bedrock-runtime", POLICY, region_nam="eu-west-1"),
        "create_client()",
        "region_nam",
        "region_name",
    ),
    "an argument of create_client's own": (
        lambda: create_client("bedrock-runtime", POLICY, credential=None),
        "create_client()",
        "credential",
        "credentials",
    ),
    "what create_client does not take": (
        lambda: create_client("bedrock-runtime", POLICY, sinks=[]),
        "create_client()",
        "sinks",
        None,
    ),
    "an argument of boto3, by the typed client": (
        lambda: client().client("sts", confg=None),
        "SecureBedrockClient.client()",
        "confg",
        "config",
    ),
    "an argument of boto3, by a session": (
        lambda: SecureSession(POLICY).client("sts", verfy=True),
        "client()",
        "verfy",
        "verify",
    ),
}


@pytest.mark.parametrize("case", MISSPELT)
def test_the_function_that_was_called_is_named(case: str) -> None:
    call, called, asked, meant = MISSPELT[case]
    hint = f". Did you mean {meant!r}?" if meant else ""

    with pytest.raises(TypeError) as caught:
        call()

    assert str(caught.value) == f"{called} got an unexpected keyword argument {asked!r}{hint}"


def test_a_policy_and_its_fields_are_still_refused_together() -> None:
    with pytest.raises(TypeError, match="pass a policy or its fields as keywords, not both"):
        SecureBedrockClient(POLICY, region="eu-west-1")


def test_a_call_that_never_began_leaves_no_event() -> None:
    """As with any wrong signature in Python; not even the model is judged."""
    events: list[InvocationEvent] = []

    with pytest.raises(TypeError):
        client(events).converse("a.model-off-the-list-v1:0", "x", max_token=1)

    assert events == []


def test_every_option_that_the_parameters_take_is_let_through() -> None:
    """The names are checked against the TypedDicts, so these have to be the functions' own."""
    import inspect

    for options, make in ((ConverseOptions, converse_params), (InvokeOptions, invoke_params)):
        keywords = {
            name
            for name, parameter in inspect.signature(make).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY
        }
        assert set(options.__annotations__) == keywords
