"""The typed client: what an application holds to speak with Bedrock over the private route."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from secure_bedrock.audit import SinkLike
from secure_bedrock.client.parts import Parts, PolicyLike, policy_of
from secure_bedrock.client.typed_calls import TypedCalls
from secure_bedrock.models import (
    ConverseOptions,
    ConverseResponse,
    InvokeModelResponse,
    InvokeOptions,
    converse_params,
    invoke_params,
)
from secure_bedrock.network import PrivateRoute, Resolver
from secure_bedrock.policy import Policy
from secure_bedrock.policy.policy import KEYS
from secure_bedrock.transport.keywords import refuse_unknown
from secure_bedrock.values import importing

if TYPE_CHECKING:
    from secure_bedrock.client.streams import ConverseStream, InvokeModelStream
    from secure_bedrock.models.requests import MessageLike

_OWN_ARGUMENTS = ("policy", "credentials", "profile_name", "sinks", "resolver")
_CONVERSE_OPTIONS = frozenset({"deadline_s", *ConverseOptions.__annotations__})
_INVOKE_OPTIONS = frozenset({"deadline_s", *InvokeOptions.__annotations__})


class SecureBedrockClient:
    """Calls Amazon Bedrock over the policy's interface VPC endpoint and in no other way.

    Nothing is opened before the first call. Thread-safe and fork-safe. Pickling keeps the policy and the
    arguments, and drops connections and credentials: a client that was given `credentials` refuses to be
    pickled, because the copy would call as somebody else.

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
        policy: PolicyLike = None,
        *,
        credentials: object = None,
        profile_name: str | None = None,
        sinks: Sequence[SinkLike] | None = None,
        resolver: Resolver | None = None,
        **policy_fields: Any,
    ) -> None:
        refuse_unknown("SecureBedrockClient()", policy_fields, (*_OWN_ARGUMENTS, *KEYS))
        self._arguments: dict[str, Any] = {
            "profile_name": profile_name,
            "sinks": sinks,
            "resolver": resolver,
        }
        self._has_credentials = credentials is not None
        self._parts = Parts(
            policy_of(policy, policy_fields), credentials=credentials, **self._arguments
        )
        self._calls = TypedCalls(self._parts)

    @property
    def policy(self) -> Policy:
        """The policy that every call is held against."""
        return self._parts.policy

    def converse(
        self,
        model_id: str,
        messages: "MessageLike | Sequence[MessageLike] | None",
        *,
        deadline_s: float | None = None,
        **options: Unpack[ConverseOptions],
    ) -> ConverseResponse:
        """Send messages and return the whole answer.

        `messages` is a text, a Message, a dict as Converse takes it, or a list of them; the options are system,
        tools, tool_choice, max_tokens, temperature, top_p, stop_sequences, guardrail, output_config, performance,
        service_tier, prompt_variables, additional_model_request_fields, additional_model_response_field_paths and
        request_metadata. `deadline_s` (seconds) bounds the call with its retries; None takes the policy's.
        Raises only errors of `secure_bedrock.errors`.
        """
        refuse_unknown("SecureBedrockClient.converse()", options, _CONVERSE_OPTIONS)
        return self._calls.converse(
            model_id, lambda: converse_params(model_id, messages, **options), deadline_s
        )

    def converse_stream(
        self,
        model_id: str,
        messages: "MessageLike | Sequence[MessageLike] | None",
        *,
        deadline_s: float | None = None,
        **options: Unpack[ConverseOptions],
    ) -> "ConverseStream":
        """Send messages and return the answer as a stream whose first event has come; takes `converse`'s arguments.

        Use it in a `with` block: leaving one closes the connection. Up to the first event a failure is retried
        like that of any call; after it, never.
        """
        refuse_unknown("SecureBedrockClient.converse_stream()", options, _CONVERSE_OPTIONS)
        return self._calls.converse_stream(
            model_id, lambda: converse_params(model_id, messages, **options), deadline_s
        )

    def invoke_model(
        self,
        model_id: str,
        payload: object,
        *,
        deadline_s: float | None = None,
        **options: Unpack[InvokeOptions],
    ) -> InvokeModelResponse:
        """Send a model's native payload and return its native answer.

        `payload` is a dict or a pydantic model, both sent as JSON, or text or bytes, sent as they are; the options
        are content_type, accept (both application/json by default), guardrail, performance, service_tier and
        request_metadata.
        """
        refuse_unknown("SecureBedrockClient.invoke_model()", options, _INVOKE_OPTIONS)
        return self._calls.invoke_model(
            model_id, lambda: invoke_params(model_id, payload, **options), deadline_s
        )

    def invoke_model_stream(
        self,
        model_id: str,
        payload: object,
        *,
        deadline_s: float | None = None,
        **options: Unpack[InvokeOptions],
    ) -> "InvokeModelStream":
        """Send a model's native payload and return its native answer as a stream of chunks; see `invoke_model`."""
        refuse_unknown("SecureBedrockClient.invoke_model_stream()", options, _INVOKE_OPTIONS)
        return self._calls.invoke_model_stream(
            model_id, lambda: invoke_params(model_id, payload, **options), deadline_s
        )

    def client(self, service: str, **boto3_kwargs: Any) -> Any:
        """A hardened botocore client of `service` that shares this client's routes, credentials, retry and audit.

        Takes boto3's keyword arguments, judged as `create_client` judges them.
        """
        with importing():
            from secure_bedrock.transport.hardened.making.arguments import KEYWORDS  # noqa: PLC0415 - loads botocore

        refuse_unknown("SecureBedrockClient.client()", boto3_kwargs, KEYWORDS)
        return self._parts.session().create_client(service, **boto3_kwargs)

    def route(self, service: str = "bedrock-runtime") -> PrivateRoute:
        """The private route of a service and how it was found; EndpointNotFound says what was tried."""
        return self._parts.routes.route(service)

    def close(self) -> None:
        """Close the idle connections of the typed calls; idempotent. A later call opens new ones.

        Clients from `client()` are their holders' to close.
        """
        self._parts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SecureBedrockClient({self.policy!r})"

    def __getstate__(self) -> dict[str, Any]:
        if self._has_credentials:
            raise TypeError(
                "a client with explicit credentials can't be pickled: make it anew where it is needed"
            )
        return {"policy": self.policy, **self._arguments}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]
