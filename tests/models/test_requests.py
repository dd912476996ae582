"""What callers write becomes what botocore's model of Converse accepts."""

import subprocess
import sys
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models import ImageBlock, Message, TextBlock, ToolResultBlock, converse_params

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
SAID_HI = {"role": "user", "content": [{"text": "hi"}]}
SCHEMA = {"type": "object", "properties": {"json": {"type": "string"}}}
SPEC = {"name": "weather", "description": "d", "inputSchema": {"json": SCHEMA}}
GUARDRAIL = {"guardrailIdentifier": "abc", "guardrailVersion": "3"}


@pytest.fixture(scope="session")
def shapes() -> dict[str, Any]:
    model = botocore.session.Session().get_service_model("bedrock-runtime")
    return {
        name: model.operation_model(name).input_shape for name in ("Converse", "ConverseStream")
    }


MESSAGES: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "a str": ("hi", [SAID_HI]),
    "a message": (Message.user("hi"), [SAID_HI]),
    "a dict": (SAID_HI, [SAID_HI]),
    "a dict whose content is a str": ({"role": "user", "content": "hi"}, [SAID_HI]),
    "a dict whose content is a block": (
        {"role": "user", "content": [TextBlock("hi")]},
        [SAID_HI],
    ),
    "a list": (
        [Message.user("hi"), {"role": "assistant", "content": "yes?"}, "hi"],
        [SAID_HI, {"role": "assistant", "content": [{"text": "yes?"}]}, SAID_HI],
    ),
    "a tuple": (("hi",), [SAID_HI]),
    "blocks of several kinds": (
        Message.user(ToolResultBlock.of("t", {"a": 1}), ImageBlock("png", {"bytes": b"x"})),
        [
            {
                "role": "user",
                "content": [
                    {
                        "toolResult": {
                            "toolUseId": "t",
                            "content": [{"json": {"a": 1}}],
                            "status": "success",
                        }
                    },
                    {"image": {"format": "png", "source": {"bytes": b"x"}}},
                ],
            }
        ],
    ),
}


@pytest.mark.parametrize(("messages", "wire"), MESSAGES.values(), ids=MESSAGES)
def test_messages_may_be_written_in_several_ways(
    messages: Any, wire: list[dict[str, Any]], shapes: dict[str, Any]
) -> None:
    params = converse_params(MODEL, messages)

    assert params == {"modelId": MODEL, "messages": wire}
    assert not ParamValidator().validate(params, shapes["Converse"]).has_errors()


# sentence → (keyword arguments, the parameters that they add)
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "system as a str": ({"system": "be kind"}, {"system": [{"text": "be kind"}]}),
    "system as a list": (
        {"system": ["be kind", TextBlock("be brief"), {"cachePoint": {"type": "default"}}]},
        {
            "system": [
                {"text": "be kind"},
                {"text": "be brief"},
                {"cachePoint": {"type": "default"}},
            ]
        },
    ),
    "how to generate": (
        {"max_tokens": 5, "temperature": 0, "top_p": 0.5, "stop_sequences": ("x",)},
        {
            "inferenceConfig": {
                "maxTokens": 5,
                "temperature": 0,
                "topP": 0.5,
                "stopSequences": ["x"],
            }
        },
    ),
    "a tool in wire form": (
        {"tools": [{"toolSpec": SPEC}, {"cachePoint": {"type": "default"}}]},
        {"toolConfig": {"tools": [{"toolSpec": SPEC}, {"cachePoint": {"type": "default"}}]}},
    ),
    "a tool by its specification": (
        {"tools": [SPEC]},
        {"toolConfig": {"tools": [{"toolSpec": SPEC}]}},
    ),
    "a tool with a bare schema": (
        {"tools": [{**SPEC, "inputSchema": SCHEMA}]},
        {"toolConfig": {"tools": [{"toolSpec": SPEC}]}},
    ),
    **{
        f"tool choice {given!r}": (
            {"tools": [SPEC], "tool_choice": given},
            {"toolConfig": {"tools": [{"toolSpec": SPEC}], "toolChoice": wire}},
        )
        for given, wire in (
            ("auto", {"auto": {}}),
            ("any", {"any": {}}),
            ("weather", {"tool": {"name": "weather"}}),
        )
    },
    "a tool choice by name in a dict": (
        {"tools": [SPEC], "tool_choice": {"tool": "weather"}},
        {
            "toolConfig": {
                "tools": [{"toolSpec": SPEC}],
                "toolChoice": {"tool": {"name": "weather"}},
            }
        },
    ),
    "a tool choice in wire form": (
        {"tools": [SPEC], "tool_choice": {"any": {}}},
        {"toolConfig": {"tools": [{"toolSpec": SPEC}], "toolChoice": {"any": {}}}},
    ),
    "a guardrail": ({"guardrail": {"id": "abc", "version": "3"}}, {"guardrailConfig": GUARDRAIL}),
    "a guardrail in wire form": (
        {"guardrail": {**GUARDRAIL, "trace": "enabled"}},
        {"guardrailConfig": {**GUARDRAIL, "trace": "enabled"}},
    ),
    "a structured output": (
        {
            "output_config": {
                "textFormat": {
                    "type": "json_schema",
                    "structure": {"jsonSchema": {"schema": "{}"}},
                }
            }
        },
        {
            "outputConfig": {
                "textFormat": {
                    "type": "json_schema",
                    "structure": {"jsonSchema": {"schema": "{}"}},
                }
            }
        },
    ),
    "performance as a str": (
        {"performance": "optimized"},
        {"performanceConfig": {"latency": "optimized"}},
    ),
    "performance as a dict": (
        {"performance": {"latency": "standard"}},
        {"performanceConfig": {"latency": "standard"}},
    ),
    "a service tier": ({"service_tier": "flex"}, {"serviceTier": {"type": "flex"}}),
    "variables of a prompt": (
        {"prompt_variables": {"a": "x", "b": {"text": "y"}}},
        {"promptVariables": {"a": {"text": "x"}, "b": {"text": "y"}}},
    ),
    "fields of the model's own": (
        {
            "additional_model_request_fields": {"top_k": 5},
            "additional_model_response_field_paths": ["/x"],
        },
        {
            "additionalModelRequestFields": {"top_k": 5},
            "additionalModelResponseFieldPaths": ["/x"],
        },
    ),
    "metadata": ({"request_metadata": {"team": "claims"}}, {"requestMetadata": {"team": "claims"}}),
}


@pytest.mark.parametrize(("options", "added"), OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_an_option_becomes_what_botocore_s_model_accepts(
    options: dict[str, Any], added: dict[str, Any], operation: str, shapes: dict[str, Any]
) -> None:
    params = converse_params(MODEL, "hi", **options)

    assert params == {"modelId": MODEL, "messages": [SAID_HI], **added}
    assert not ParamValidator().validate(params, shapes[operation]).has_errors()


def test_a_guardrail_may_say_how_it_takes_streams(shapes: dict[str, Any]) -> None:
    params = converse_params(MODEL, "hi", guardrail={"id": "abc", "version": "3", "mode": "sync"})

    assert params["guardrailConfig"]["streamProcessingMode"] == "sync"
    assert not ParamValidator().validate(params, shapes["ConverseStream"]).has_errors()


def test_a_prompt_s_arn_needs_no_messages() -> None:
    assert converse_params("arn:aws:bedrock:…", None) == {"modelId": "arn:aws:bedrock:…"}


def test_the_caller_s_own_dicts_are_not_changed_and_not_shared() -> None:
    message = {"role": "user", "content": [{"text": "hi"}]}
    params = converse_params(MODEL, message)
    params["messages"][0]["content"].append({"text": "more"})

    assert message == {"role": "user", "content": [{"text": "hi"}]}


# sentence → (arguments, keyword arguments, what the error names)
WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "no model": (("", "hi"), {}, "model_id must be"),
    "a model that is no str": ((b"secret", "hi"), {}, "model_id must be"),
    "bytes": ((MODEL, b"secret"), {}, "messages must be"),
    "no messages": ((MODEL, []), {}, "at least one message"),
    "a number in a list": ((MODEL, ["hi", 7]), {}, r"messages\[1\] must be"),
    "a block in the place of a message": ((MODEL, TextBlock("secret")), {}, "messages must be"),
    "a block as a dict in the place of a message": (
        (MODEL, [{"text": "secret"}]),
        {},
        r"messages\[0\] must be a dict with a role",
    ),
    "a message in the place of a block": (
        (MODEL, {"role": "user", "content": [Message.user("secret")]}),
        {},
        r"messages.content\[0\] must be",
    ),
    "a message without content": ((MODEL, {"role": "secret"}), {}, "a role and a content"),
    "a block with two members": (
        (MODEL, {"role": "user", "content": [{"text": "secret", "image": {}}]}),
        {},
        "exactly one member",
    ),
    "a block that is a number": (
        (MODEL, {"role": "user", "content": 7}),
        {},
        r"messages.content must be",
    ),
    "a lost block": (
        (MODEL, {"role": "user", "content": [{"SDK_UNKNOWN_MEMBER": {"name": "secret"}}]}),
        {},
        "lost when it was received",
    ),
    "a lost block inside a tool's answer": (
        (
            MODEL,
            {
                "role": "user",
                "content": [{"toolResult": {"content": [{"SDK_UNKNOWN_MEMBER": {}}]}}],
            },
        ),
        {},
        "lost when it was received",
    ),
    "system of a wrong type": ((MODEL, "hi"), {"system": 7}, "system must be"),
    "max_tokens as a str": ((MODEL, "hi"), {"max_tokens": "secret"}, "max_tokens must be"),
    "max_tokens as a bool": ((MODEL, "hi"), {"max_tokens": True}, "max_tokens must be"),
    "max_tokens of nothing": ((MODEL, "hi"), {"max_tokens": 0}, "max_tokens must be"),
    "temperature as a str": ((MODEL, "hi"), {"temperature": "secret"}, "temperature must be"),
    "temperature as a bool": ((MODEL, "hi"), {"temperature": True}, "temperature must be"),
    "temperature that is no number": (
        (MODEL, "hi"),
        {"temperature": float("nan")},
        "temperature must be",
    ),
    "top_p without end": ((MODEL, "hi"), {"top_p": float("inf")}, "top_p must be"),
    "one stop sequence": ((MODEL, "hi"), {"stop_sequences": "secret"}, "stop_sequences must be"),
    "stop sequences of numbers": ((MODEL, "hi"), {"stop_sequences": [7]}, "stop_sequences must be"),
    "no tools": ((MODEL, "hi"), {"tools": []}, "tools must be"),
    "one tool": ((MODEL, "hi"), {"tools": SPEC}, "tools must be"),
    "a tool that is a str": ((MODEL, "hi"), {"tools": ["secret"]}, r"tools\[0\] must be"),
    "a tool without a schema": ((MODEL, "hi"), {"tools": [{"name": "secret"}]}, r"tools\[0\] must"),
    "a tool with something more": (
        (MODEL, "hi"),
        {"tools": [{**SPEC, "secret": 1}]},
        r"tools\[0\] must",
    ),
    "a schema that is a str": (
        (MODEL, "hi"),
        {"tools": [{"name": "n", "inputSchema": "secret"}]},
        r"tools\[0\].inputSchema must",
    ),
    "a choice without tools": ((MODEL, "hi"), {"tool_choice": "auto"}, "tools must be given"),
    "a choice of nothing": (
        (MODEL, "hi"),
        {"tools": [SPEC], "tool_choice": ""},
        "tool_choice must",
    ),
    "no such choice": (
        (MODEL, "hi"),
        {"tools": [SPEC], "tool_choice": {"none": {}}},
        "tool_choice must",
    ),
    "two choices": (
        (MODEL, "hi"),
        {"tools": [SPEC], "tool_choice": {"any": {}, "auto": {}}},
        "tool_choice must",
    ),
    "a guardrail by name": ((MODEL, "hi"), {"guardrail": "secret"}, "guardrail must be"),
    "a guardrail without a version": (
        (MODEL, "hi"),
        {"guardrail": {"id": "s"}},
        "guardrail must be",
    ),
    "a misspelt guardrail": (
        (MODEL, "hi"),
        {"guardrail": {"id": "s", "version": "1", "tracee": "enabled"}},
        "guardrail must be",
    ),
    "a guardrail twice": (
        (MODEL, "hi"),
        {"guardrail": {**GUARDRAIL, "id": "secret"}},
        "guardrail must be",
    ),
    "a guardrail whose version is a number": (
        (MODEL, "hi"),
        {"guardrail": {"id": "s", "version": 3}},
        "guardrail must be",
    ),
    "performance as a number": ((MODEL, "hi"), {"performance": 7}, "performance must be"),
    "output_config as a str": ((MODEL, "hi"), {"output_config": "secret"}, "output_config must be"),
    "a variable that is a number": (
        (MODEL, "hi"),
        {"prompt_variables": {"secret": 7}},
        "prompt_variables must be",
    ),
    "metadata of numbers": (
        (MODEL, "hi"),
        {"request_metadata": {"secret": 7}},
        "request_metadata must",
    ),
}


@pytest.mark.parametrize(("arguments", "options", "named"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_named_and_its_value_is_not(
    arguments: tuple[Any, ...], options: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidRequest, match=named) as caught:
        converse_params(*arguments, **options)

    assert "secret" not in str(caught.value) + repr(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_plain_call_loads_neither_pydantic_nor_the_classes_of_messages() -> None:
    program = """
import sys
from secure_bedrock.models import converse_params
converse_params("m", [{"role": "user", "content": [{"text": "hi"}]}], system="s")
loaded = [name for name in sys.modules if name.startswith(("pydantic", "secure_bedrock.models."))]
print(*sorted(loaded))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [
        "secure_bedrock.models.conversation",
        "secure_bedrock.models.requests",
        "secure_bedrock.models.wire",
    ]
