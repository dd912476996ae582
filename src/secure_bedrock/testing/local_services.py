"""Any AWS service on this machine, told by its host name: it checks and records requests; its answers say nothing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

from secure_bedrock.policy.operation.table import BEDROCK_SERVICES
from secure_bedrock.testing.authority import LocalAuthority
from secure_bedrock.testing.bedrock_checks import SIGNATURE_CODES, Refused, parsed_body
from secure_bedrock.testing.endpoint_names import endpoint_name
from secure_bedrock.testing.local_server import Origin
from secure_bedrock.testing.local_service import LocalService, Outcome
from secure_bedrock.testing.plain_answer import plain_reply
from secure_bedrock.testing.reply import Reply, error_reply, new_request_id
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.service_model import Match, ServiceModel, load_service_model
from secure_bedrock.testing.shape_check import body_problems, problems_of
from secure_bedrock.testing.sigv4_check import LocalCredentials, check_signature

_SHOWN_PROBLEMS = 10


class LocalServices(LocalService):
    """`with LocalServices() as aws:` serves every operation of AWS services on one port of 127.0.0.1.

    Requests are held against botocore's service models and SigV4, as by `LocalBedrock`; an answer has the members that
    the operation's output requires, and a stream one event of each kind. Whatever a request names, model, agent or
    bucket, is taken to exist.

    Args:
        services: botocore's names; each has an endpoint name of its own.
        region, port, authority, credentials: as for `LocalBedrock`.
    """

    def __init__(
        self,
        services: Iterable[str] = tuple(sorted(BEDROCK_SERVICES)),
        *,
        region: str = "eu-west-1",
        port: int = 0,
        authority: LocalAuthority | None = None,
        credentials: LocalCredentials | None = None,
    ) -> None:
        self._hosts = {endpoint_name(service, region): service for service in services}
        super().__init__(
            tuple(self._hosts),
            host=next(iter(self._hosts)),
            region=region,
            port=port,
            authority=authority,
            credentials=credentials,
        )

    @property
    def network(self) -> dict[str, object]:
        """A policy's `[network]` that reaches these services."""
        endpoints = {
            service: {"host": host, "addresses": ["127.0.0.1"], "port": self.port}
            for host, service in self._hosts.items()
        }
        return {"cidrs": ["127.0.0.0/8"], "ca_bundle": self.ca_path, "endpoints": endpoints}

    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        service = self._hosts.get((request.header("host") or "").partition(":")[0])
        model = None if service is None else load_service_model(service)
        match = None if model is None else _matched(model, request)
        request_id = new_request_id()
        reply, refusal = self._answer(model, match, request, request_id)
        return self._recorded(
            request,
            origin,
            reply,
            request_id=request_id,
            operation=match.operation.name if match else None,
            refused=refusal,
            labels=match.labels if match else None,
        )

    def _answer(
        self, model: ServiceModel | None, match: Match | None, request: RawRequest, request_id: str
    ) -> tuple[Reply, str | None]:
        """The reply, with the error's code where it is a refusal."""
        if model is None or match is None:
            code = "UnknownOperationException"
            unknown = "The operation is not known here."
            return error_reply(code, 404, unknown, request_id), code
        try:
            self._check(model, match, request)
        except Refused as refused:
            reply = error_reply(refused.code, refused.status, refused.message, request_id)
            return reply, refused.code
        return plain_reply(model, match.operation, request_id), None

    def _check(self, model: ServiceModel, match: Match, request: RawRequest) -> None:
        if not match.operation.unsigned:
            bad = check_signature(
                request,
                credentials=self.credentials,
                region=self.region,
                service=model.signing_name,
            )
            if bad is not None:
                raise Refused(SIGNATURE_CODES[bad.problem], 403, bad.message)
        problems = list(islice(_problems(model, match, request), _SHOWN_PROBLEMS))
        if problems:
            raise Refused("ValidationException", 400, "; ".join(problems))


def _matched(model: ServiceModel, request: RawRequest) -> Match | None:
    """The operation, by the service's protocol."""
    if model.protocol == "rest-json":
        return model.match(request.method, request.path)
    if (request.method, request.path) != ("POST", "/"):
        return None
    if model.protocol == "json":
        prefix, _, name = (request.header("x-amz-target") or "").rpartition(".")
        return model.named(name) if prefix == model.target_prefix else None
    return model.named(dict(parse_qsl(request.body.decode())).get("Action", ""))


def _problems(model: ServiceModel, match: Match, request: RawRequest) -> Iterable[str]:
    """What is wrong with the body; a form's members are not looked at, nor is a payload of the model's own."""
    if model.protocol in ("query", "ec2") or not match.operation.input_shape:
        return ()
    shape = model.input_of(match.operation)
    payload = shape.get("payload")
    if payload is None:
        body: Any = parsed_body(request.body)
        return body_problems(model.shapes, shape, body)
    name = shape["members"][payload]["shape"]
    if model.shapes[name]["type"] != "structure" or model.shapes[name].get("eventstream"):
        return ()
    return problems_of(model.shapes, name, parsed_body(request.body), "")
