"""A control plane on this machine: Bedrock's listings of profiles and routers, STS's caller, SSM's parameters."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.testing.authority import LocalAuthority
from secure_bedrock.testing.ec2_query import xml_of
from secure_bedrock.testing.endpoint_names import endpoint_name, private_name
from secure_bedrock.testing.local_profiles import LocalProfile, profile_summary, router_summary
from secure_bedrock.testing.local_server import Origin
from secure_bedrock.testing.local_service import LocalService, Outcome
from secure_bedrock.testing.reply import (
    Reply,
    error_reply,
    json_reply,
    new_request_id,
    standard_headers,
)
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.sigv4_check import LocalCredentials, check_signature
from secure_bedrock.testing.vpc_facts import OWNER

SERVICES: Final = ("bedrock", "sts", "ssm")
"""The services that a local control plane answers for, told apart by the Host header."""

CALLER: Final = f"arn:aws:sts::{OWNER}:assumed-role/deploy/session-of-somebody"
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"
_PAGE = 1000


class LocalControlPlane(LocalService):
    """`with LocalControlPlane() as plane:` serves bedrock, sts and ssm on 127.0.0.1 until the block ends.

    Args:
        profiles: what ListInferenceProfiles knows: system profiles by id, application profiles by ARN.
        routers: what ListPromptRouters knows, by ARN.
        caller: the ARN that GetCallerIdentity tells.
        page_size: how much one page of a listing holds at most.
        region, port, tls_names, authority, credentials: as for `LocalBedrock`.
    """

    def __init__(
        self,
        profiles: Iterable[LocalProfile] = (),
        *,
        routers: Iterable[LocalProfile] = (),
        caller: str = CALLER,
        page_size: int = _PAGE,
        region: str = "eu-west-1",
        port: int = 0,
        tls_names: Sequence[str] = (),
        authority: LocalAuthority | None = None,
        credentials: LocalCredentials | None = None,
    ) -> None:
        own = {service: endpoint_name(service, region) for service in SERVICES}
        public = {private_name(service, region): service for service in SERVICES}
        super().__init__(
            tuple(dict.fromkeys((*own.values(), *public, *tls_names))),
            host=own["bedrock"],
            region=region,
            port=port,
            authority=authority,
            credentials=credentials,
        )
        self._hosts = {host: service for service, host in own.items()} | public
        self._caller = caller
        self._page_size = page_size
        self._lock = threading.Lock()
        self._parameters: dict[str, str] = {}
        self._denied: set[str] = set()
        self.set_profiles(profiles, routers=routers)

    def set_profiles(
        self, profiles: Iterable[LocalProfile], *, routers: Iterable[LocalProfile] = ()
    ) -> None:
        """Replace what the listings know, from the next request on."""
        with self._lock:
            self._profiles = tuple(profiles)
            self._routers = tuple(routers)

    @property
    def parameters(self) -> dict[str, str]:
        """SSM's parameters by name; a copy."""
        with self._lock:
            return dict(self._parameters)

    def set_parameter(self, name: str, value: str) -> None:
        """Store a parameter."""
        with self._lock:
            self._parameters[name] = value

    def deny(self, operation: str) -> None:
        """Answer the operation with AccessDeniedException until `clear()`."""
        with self._lock:
            self._denied.add(operation)

    def clear(self) -> None:
        """Drop denials and faults, forget the requests; profiles and parameters stay."""
        with self._lock:
            self._denied.clear()
        super().clear()

    def policy_tables(self) -> dict[str, dict[str, object]]:
        """The content of `[network.endpoints]` for the three services."""
        return {
            service: {
                "vpc_endpoint_id": vpc_endpoint_id_of(host),
                "host": host,
                "addresses": ["127.0.0.1"],
                "port": self.port,
            }
            for host, service in self._hosts.items()
            if vpc_endpoint_id_of(host)
        }

    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        request_id = new_request_id()
        service = self._hosts.get((request.header("host") or "").partition(":")[0], "")
        operation = _operation(service, request)
        problem = self._problem(service, operation, request)
        if problem is None:
            reply, refused = self._answer(operation, request, request_id)
        else:
            reply, refused = _error(service, problem, 403, request_id), problem
        return self._recorded(
            request,
            origin,
            reply,
            request_id=request_id,
            operation=operation or None,
            refused=refused,
        )

    def _problem(self, service: str, operation: str, request: RawRequest) -> str | None:
        if not operation:
            return "UnknownOperationException"
        bad = check_signature(
            request, credentials=self.credentials, region=self.region, service=service
        )
        if bad is not None:
            return "InvalidSignatureException"
        with self._lock:
            return "AccessDeniedException" if operation in self._denied else None

    def _answer(
        self, operation: str, request: RawRequest, request_id: str
    ) -> tuple[Reply, str | None]:
        match operation:
            case "GetCallerIdentity":
                return _caller_reply(self._caller, request_id), None
            case "ListInferenceProfiles" | "ListPromptRouters":
                return json_reply(self._page(operation, request), request_id), None
            case "PutParameter":
                asked = json.loads(request.body)
                self.set_parameter(asked["Name"], asked["Value"])
                return json_reply({"Version": 1, "Tier": asked["Tier"]}, request_id), None
            case _:
                return self._parameter(json.loads(request.body)["Name"], request_id)

    def _page(self, operation: str, request: RawRequest) -> dict[str, Any]:
        """One page of a listing, as ListInferenceProfiles and ListPromptRouters give it."""
        query = parse_qs(request.query)
        with self._lock:
            if operation == "ListPromptRouters":
                name, items = (
                    "promptRouterSummaries",
                    [router_summary(each) for each in self._routers],
                )
            else:
                wanted = query.get("type", ["SYSTEM_DEFINED"])[0]
                listed = [each for each in self._profiles if each.kind == wanted]
                name = "inferenceProfileSummaries"
                items = [profile_summary(each, self.region) for each in listed]
        start = int(query.get("nextToken", ["0"])[0])
        end = start + self._page_size
        more = {"nextToken": str(end)} if end < len(items) else {}
        return {name: items[start:end], **more}

    def _parameter(self, name: str, request_id: str) -> tuple[Reply, str | None]:
        value = self.parameters.get(name)
        if value is None:
            return _error("ssm", "ParameterNotFound", 400, request_id), "ParameterNotFound"
        parameter = {"Name": name, "Type": "String", "Value": value, "Version": 1}
        return json_reply({"Parameter": parameter}, request_id), None


def _operation(service: str, request: RawRequest) -> str:
    """The operation by the service's protocol; "" for what the service is not known to have here."""
    found = ""
    if service == "bedrock" and request.method == "GET":
        paths = {
            "/inference-profiles": "ListInferenceProfiles",
            "/prompt-routers": "ListPromptRouters",
        }
        found = paths.get(request.path, "")
    elif service == "ssm":
        target = (request.header("x-amz-target") or "").removeprefix("AmazonSSM.")
        found = target if target in ("GetParameter", "PutParameter") else ""
    elif service == "sts":
        action = dict(parse_qsl(request.body.decode())).get("Action", "")
        found = action if action == "GetCallerIdentity" else ""
    return found


def _error(service: str, code: str, status: int, request_id: str) -> Reply:
    """An error in the form of the service's protocol: rest-json, query or json."""
    if service == "sts":
        error = {"Error": {"Type": "Sender", "Code": code, "Message": "Refused."}}
        content = xml_of({**error, "RequestId": request_id})
        text = f'<ErrorResponse xmlns="{_STS}">{content}</ErrorResponse>'
        headers = standard_headers(request_id, "text/xml")
        return Reply(status=status, headers=headers, body=text.encode())
    if service == "ssm":
        return json_reply({"__type": code, "message": "Refused."}, request_id, status=status)
    return error_reply(code, status, "Refused.", request_id)


def _caller_reply(arn: str, request_id: str) -> Reply:
    result = {"Arn": arn, "UserId": "AROAEXAMPLE", "Account": OWNER}
    content = xml_of(
        {"GetCallerIdentityResult": result, "ResponseMetadata": {"RequestId": request_id}}
    )
    text = f'<GetCallerIdentityResponse xmlns="{_STS}">{content}</GetCallerIdentityResponse>'
    return Reply(headers=standard_headers(request_id, "text/xml"), body=text.encode())
