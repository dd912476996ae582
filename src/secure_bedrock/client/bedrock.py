"""The typed client: what an application holds to speak with Bedrock over the private route."""

from collections.abc import Mapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Self

from secure_bedrock.client.parts import Parts
from secure_bedrock.client.streams import ConverseStream, InvokeModelStream
from secure_bedrock.client.typed_calls import TypedCalls
from secure_bedrock.models import ConverseResponse, InvokeModelResponse, converse_params
from secure_bedrock.network import PrivateRoute, Resolver
from secure_bedrock.policy import Policy


class SecureBedrockClient:
    """Calls Amazon Bedrock over the policy's interface VPC endpoint and in no other way.

    Nothing is opened before the first call. Thread-safe and fork-safe. Pickling keeps the policy and the
    arguments and drops connections and credentials: a client that was given `credentials` refuses calls after
    it was loaded, until it is made anew with them.

    Args:
        policy: a Policy, the path of its file, or None for `Policy.load()`'s search. Instead of it, Policy's own
            fields as keywords (`region=…, models=[…], network={…}`); both are a TypeError.
        credentials: frozen credentials (access_key, secret_key, token) or a source with `frozen()`. Without
            them the policy's `identity.credentials` providers are asked, on the first call.
        profile_name: the profile for the providers that read AWS's shared files.
        sinks: callables that get each call's InvocationEvent, in place of the policy's `audit.sinks`.
        resolver: asked in place of the operating system's; its answers are judged all the same.
    """

    def __init__(
        self,
        policy: Policy | str | PathLike[str] | None = None,
        *,
        credentials: Any = None,
        profile_name: str | None = None,
        sinks: Sequence[Any] | None = None,
        resolver: Resolver | None = None,
        **policy_fields: Any,
    ) -> None:
        self._parts = Parts(
            policy_from(policy, policy_fields),
            credentials=credentials,
            profile_name=profile_name,
            sinks=sinks,
            resolver=resolver,
        )
        self._calls = TypedCalls(self._parts)

    @property
    def policy(self) -> Policy:
        """The policy that every call is held against."""
        return self._parts.policy

    def converse(
        self,
        model_id: str,
        messages: Any,
        *,
        system: Any = None,
        tools: Any = None,
        tool_choice: Any = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        stop_sequences: Sequence[str] | None = None,
        guardrail: Mapping[str, Any] | None = None,
        output_config: Mapping[str, Any] | None = None,
        performance: Any = None,
        service_tier: Any = None,
        prompt_variables: Mapping[str, Any] | None = None,
        additional_model_request_fields: Any = None,
        additional_model_response_field_paths: Sequence[str] | None = None,
        request_metadata: Mapping[str, str] | None = None,
        deadline_s: float | None = None,
    ) -> ConverseResponse:
        """Send messages and return the whole answer.

        `messages` is a text, a Message, a dict as Converse takes it, or a list of them. `deadline_s` (seconds)
        bounds the call with its retries; None takes the policy's `timeouts.deadline_s`.
        Raises only errors of `secure_bedrock.errors`.
        """
        params = converse_params(
            model_id,
            messages,
            system=system,
            tools=tools,
            tool_choice=tool_choice,
            max_tokens=max_tokens,
            temperature=temperature,
            top_p=top_p,
            stop_sequences=stop_sequences,
            guardrail=guardrail,
            output_config=output_config,
            performance=performance,
            service_tier=service_tier,
            prompt_variables=prompt_variables,
            additional_model_request_fields=additional_model_request_fields,
            additional_model_response_field_paths=additional_model_response_field_paths,
            request_metadata=request_metadata,
        )
        return self._calls.converse(params, deadline_s)

    def converse_stream(
        self,
        model_id: str,
        messages: Any,
        *,
        deadline_s: float | None = None,
        **options: Any,
    ) -> ConverseStream:
        """Send messages and return the answer as a stream whose first event has come; takes `converse`'s keywords.

        Use it in a `with` block: a stream that is dropped half-way closes its connection and leaves an event
        with the outcome `cancelled`.
        """
        return self._calls.converse_stream(
            converse_params(model_id, messages, **options), deadline_s
        )

    def invoke_model(
        self,
        model_id: str,
        payload: Any,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        guardrail: Mapping[str, str] | None = None,
        performance: str | None = None,
        service_tier: str | None = None,
        request_metadata: Mapping[str, str] | None = None,
        deadline_s: float | None = None,
    ) -> InvokeModelResponse:
        """Send a model's native payload (dict, bytes, text or a pydantic model) and return its native answer."""
        params = invoke_params(
            model_id,
            payload,
            content_type=content_type,
            accept=accept,
            guardrail=guardrail,
            performance=performance,
            service_tier=service_tier,
            request_metadata=request_metadata,
        )
        return self._calls.invoke_model(params, deadline_s)
