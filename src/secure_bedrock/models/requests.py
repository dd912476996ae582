"""The parameters of Converse and ConverseStream under botocore's names, from what callers may write."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict

from secure_bedrock.models.conversation import (
    blocks_to_wire,
    expected,
    messages_to_wire,
    tool_choice_to_wire,
    tools_to_wire,
)

if TYPE_CHECKING:
    from secure_bedrock.models.message import Message, Part

    MessageLike = str | Message | Mapping[str, Any]


class ConverseOptions(TypedDict, total=False):
    """The keyword arguments of `converse` and `converse_stream` beside model and messages."""

    system: Any
    tools: Sequence[Mapping[str, Any]] | None
    tool_choice: str | Mapping[str, Any] | None
    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    stop_sequences: Sequence[str] | None
    guardrail: Mapping[str, Any] | None
    output_config: Mapping[str, Any] | None
    performance: str | Mapping[str, Any] | None
    service_tier: str | Mapping[str, Any] | None
    prompt_variables: Mapping[str, Any] | None
    additional_model_request_fields: Mapping[str, Any] | None
    additional_model_response_field_paths: Sequence[str] | None
    request_metadata: Mapping[str, str] | None


def converse_params(
    model_id: str,
    messages: "MessageLike | Sequence[MessageLike] | None",
    *,
    system: "Part | Sequence[Part] | None" = None,
    tools: Sequence[Mapping[str, Any]] | None = None,
    tool_choice: str | Mapping[str, Any] | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    stop_sequences: Sequence[str] | None = None,
    guardrail: Mapping[str, Any] | None = None,
    output_config: Mapping[str, Any] | None = None,
    performance: str | Mapping[str, Any] | None = None,
    service_tier: str | Mapping[str, Any] | None = None,
    prompt_variables: Mapping[str, Any] | None = None,
    additional_model_request_fields: Mapping[str, Any] | None = None,
    additional_model_response_field_paths: Sequence[str] | None = None,
    request_metadata: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A new dict of parameters; what is None is left out. `messages` is None only where the model is a prompt's ARN.

    Raises InvalidRequest for an argument of the wrong type; it names the argument and what it should be, never its
    value. Ranges are AWS's to judge, they differ between models.
    """
    params: dict[str, Any] = {"modelId": _model_id(model_id)}
    if messages is not None:
        params["messages"] = messages_to_wire(messages)
    if system is not None:
        params["system"] = blocks_to_wire(system, "system")
    if inference := _inference(max_tokens, temperature, top_p, stop_sequences):
        params["inferenceConfig"] = inference
    if tools is not None:
        params["toolConfig"] = _tools(tools, tool_choice)
    elif tool_choice is not None:
        raise expected("tools", "given together with tool_choice")
    if guardrail is not None:
        params["guardrailConfig"] = _guardrail(guardrail)
    if output_config is not None:
        params["outputConfig"] = _mapping(output_config, "output_config")
    if performance is not None:
        params["performanceConfig"] = _short(performance, "performance", "latency")
    if service_tier is not None:
        params["serviceTier"] = _short(service_tier, "service_tier", "type")
    if prompt_variables is not None:
        params["promptVariables"] = _variables(prompt_variables)
    if additional_model_request_fields is not None:
        fields = _mapping(additional_model_request_fields, "additional_model_request_fields")
        params["additionalModelRequestFields"] = fields
    if additional_model_response_field_paths is not None:
        paths = additional_model_response_field_paths
        params["additionalModelResponseFieldPaths"] = _texts(
            paths, "additional_model_response_field_paths"
        )
    if request_metadata is not None:
        params["requestMetadata"] = _tags(request_metadata)
    return params


def _model_id(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise expected("model_id", "a str that is not empty")
    return value


def _tools(tools: object, tool_choice: object) -> dict[str, Any]:
    config: dict[str, Any] = {"tools": tools_to_wire(tools)}
    if tool_choice is not None:
        config["toolChoice"] = tool_choice_to_wire(tool_choice)
    return config


def _inference(
    max_tokens: object, temperature: object, top_p: object, stop_sequences: object
) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if max_tokens is not None:
        if type(max_tokens) is not int or max_tokens < 1:
            raise expected("max_tokens", "a whole number from 1 up")
        config["maxTokens"] = max_tokens
    if temperature is not None:
        config["temperature"] = _number(temperature, "temperature")
    if top_p is not None:
        config["topP"] = _number(top_p, "top_p")
    if stop_sequences is not None:
        config["stopSequences"] = _texts(stop_sequences, "stop_sequences")
    return config


def _number(value: object, name: str) -> float:
    # An int may be greater than any float, and math.isfinite fails on it.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not abs(value) <= sys.float_info.max
    ):
        raise expected(name, "a finite number")
    return value


def _texts(value: object, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise expected(name, "a list of str")
    return list(value)


def _mapping(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise expected(name, "a dict")
    return dict(value)


def _short(value: object, name: str, member: str) -> dict[str, Any]:
    if isinstance(value, str) and value:
        return {member: value}
    if not isinstance(value, Mapping):
        raise expected(name, f"a str or a dict with {member}")
    return dict(value)


def _variables(value: object) -> dict[str, Any]:
    named = _mapping(value, "prompt_variables")
    if not all(isinstance(item, str | Mapping) for item in named.values()):
        raise expected("prompt_variables", "a dict whose values are str or {'text': str}")
    return {
        name: {"text": item} if isinstance(item, str) else dict(item)
        for name, item in named.items()
    }


def _tags(value: object) -> dict[str, str]:
    named = _mapping(value, "request_metadata")
    if not all(isinstance(text, str) for pair in named.items() for text in pair):
        raise expected("request_metadata", "a dict of str to str")
    return named


def _guardrail(value: object) -> dict[str, Any]:
    named = _mapping(value, "guardrail")
    wire = {_GUARDRAIL.get(name, name): item for name, item in named.items()}
    # A misspelt member would be ignored on the way, and the guardrail with it: so nothing unknown is let through.
    if (
        not _GUARDRAIL_REQUIRED <= wire.keys() <= _GUARDRAIL_MEMBERS
        or len(wire) != len(named)
        or not all(isinstance(item, str) for item in wire.values())
    ):
        raise expected("guardrail", "a dict of str with id, version and maybe trace and mode")
    return wire


# Source: GuardrailConfiguration and GuardrailStreamConfiguration in bedrock-runtime's service-2.json (botocore 1.44.5,
# read 2026-11-20); the short names are ours.
_GUARDRAIL: Final = {
    "id": "guardrailIdentifier",
    "version": "guardrailVersion",
    "mode": "streamProcessingMode",
}
_GUARDRAIL_REQUIRED: Final = frozenset({"guardrailIdentifier", "guardrailVersion"})
_GUARDRAIL_MEMBERS: Final = _GUARDRAIL_REQUIRED | {"trace", "streamProcessingMode"}
