"""A Bedrock on this machine: real wire protocol, requests checked, answers scripted or made up, faults on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.testing.answers import Script, Scripted
from secure_bedrock.testing.authority import LocalAuthority
from secure_bedrock.testing.bedrock_checks import SERVED, Checks, Refused
from secure_bedrock.testing.endpoint_names import (
    endpoint_name,
    private_name,
    toml_text,
)
from secure_bedrock.testing.local_server import Origin
from secure_bedrock.testing.local_service import LocalService, Outcome
from secure_bedrock.testing.received import ReceivedRequest
from secure_bedrock.testing.reply import error_reply, new_request_id
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.service_model import load_service_model
from secure_bedrock.testing.sigv4_check import LocalCredentials
from secure_bedrock.testing.turn import Call

if TYPE_CHECKING:
    from secure_bedrock.policy import Policy

DEFAULT_MODELS = (
    "anthropic.claude-3-haiku-20240307-v1:0",
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "amazon.nova-lite-v1:0",
    "amazon.titan-embed-text-v2:0",
)
"""The models that a local Bedrock has unless told otherwise."""

_SERVICE = "bedrock-runtime"


class LocalBedrock(LocalService):
    """`with LocalBedrock() as bedrock:` serves Bedrock's runtime on 127.0.0.1 until the block ends.

    Args:
        models: what may be named; None admits every identifier (the policy then lists `DEFAULT_MODELS`).
        region: the Region in names and signatures.
        host: the endpoint's name; by default that of an interface endpoint.
        port: 0 for any free one.
        tls_names: more names and addresses for the certificate, such as `127.0.0.1` for a stock client.
        authority: a certificate authority shared with other local services; its owner closes it.
        credentials: the only ones that are accepted.
    """

    def __init__(
        self,
        *,
        models: Iterable[str] | None = DEFAULT_MODELS,
        region: str = "eu-west-1",
        host: str | None = None,
        port: int = 0,
        tls_names: Sequence[str] = (),
        authority: LocalAuthority | None = None,
        credentials: LocalCredentials | None = None,
    ) -> None:
        name = host or endpoint_name(_SERVICE, region)
        names = tuple(dict.fromkeys((name, private_name(_SERVICE, region), *tls_names)))
        super().__init__(
            names,
            host=name,
            region=region,
            port=port,
            authority=authority,
            credentials=credentials,
        )
        self.models = None if models is None else tuple(models)
        self._script = Script()
        self._model = load_service_model(_SERVICE)
        self._checks = Checks(
            model=self._model,
            region=region,
            credentials=self.credentials,
            models=None if self.models is None else frozenset(self.models),
        )

    def script(self, *answers: Scripted) -> None:
        """Queue answers for the next requests of any operation; then the default answers again."""
        self._script.add("", answers)

    def script_for(self, operation: str, *answers: Scripted) -> None:
        """Queue answers for the next requests of one operation; they go before those of `script`."""
        if operation not in SERVED:
            raise ValueError(f"{operation} is not served; these are: {', '.join(sorted(SERVED))}")
        self._script.add(operation, answers)

    def clear(self) -> None:
        """Drop scripted answers and faults, forget the requests."""
        self._script.clear()
        super().clear()

    @property
    def policy(self) -> Policy:
        """A policy that reaches this server and admits its models."""
        from secure_bedrock.policy import Policy  # noqa: PLC0415 - the server itself needs no policy

        return Policy.from_toml(self.policy_toml())

    def policy_toml(self, models: Sequence[str] | None = None) -> str:
        """The policy as a file's text; `models` replaces the list of models."""
        endpoint: dict[str, object] = {
            "host": self.host,
            "addresses": ["127.0.0.1"],
            "port": self.port,
        }
        found = vpc_endpoint_id_of(self.host)
        if found is not None:
            endpoint = {"vpc_endpoint_id": found, **endpoint}
        return toml_text(
            {
                "": {
                    "region": self.region,
                    "models": list(models or self.models or DEFAULT_MODELS),
                },
                "network": {"cidrs": ["127.0.0.0/8"], "ca_bundle": self.ca_path},
                f"network.endpoints.{_SERVICE}": endpoint,
            }
        )

    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        match = self._model.match(request.method, request.path)
        labels = match.labels if match else {}
        request_id = new_request_id()

        def received(refused: str | None = None) -> ReceivedRequest:
            return ReceivedRequest(
                operation=match.operation.name if match else None,
                model_id=labels.get("modelId"),
                labels=labels,
                raw=request,
                peer=origin.peer,
                connection=origin.connection,
                request_id=request_id,
                refused=refused,
            )

        try:
            body = self._checks.pass_all(request, match)
        except Refused as refusal:
            self._log.add(received(refusal.code))
            reply = error_reply(refusal.code, refusal.status, refusal.message, request_id)
            return Outcome(reply=reply, refused=True)
        call = Call(received(), body)
        self._log.add(call.request)
        reply, put_back = self._script.reply_to(call)
        return Outcome(reply=reply, put_back=put_back)
