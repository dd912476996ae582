"""A VPC on this machine: the part of EC2's API that says where private endpoints are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.testing.authority import LocalAuthority
from secure_bedrock.testing.ec2_query import (
    Query,
    QueryError,
    matches,
    page_of,
    parse_query,
    query_error_reply,
    result_reply,
)
from secure_bedrock.testing.endpoint_names import (
    endpoint_name,
    private_name,
    toml_text,
)
from secure_bedrock.testing.local_server import Origin
from secure_bedrock.testing.local_service import LocalService, Outcome
from secure_bedrock.testing.reply import new_request_id
from secure_bedrock.testing.request_reader import RawRequest
from secure_bedrock.testing.sigv4_check import LocalCredentials, check_signature
from secure_bedrock.testing.vpc_facts import (
    Item,
    LocalEndpoint,
    Place,
    endpoint_item,
    instance_interface,
    interface_items,
    vpc_item,
)
from secure_bedrock.testing.vpc_tables import TABLES, Table

VPC_ID = "vpc-0123456789abcdef0"
_OTHER_VPC = "vpc-0fedcba9876543210"
_EC2_ENDPOINT = "vpce-0ec2ec2ec2ec2ec20"
_PAGE = 1000

# How EC2 names what SigV4 finds wrong. IncompleteSignature and its status: EC2 API reference, "Common error types",
# read 2026-11-20; the others are from memory and were not compared with a live account.
_SIGNATURE_ERRORS: Mapping[str, tuple[str, int]] = {
    "missing": ("AuthFailure", 401),
    "incomplete": ("IncompleteSignature", 400),
    "unknown-key": ("AuthFailure", 401),
    "token": ("AuthFailure", 401),
    "expired": ("RequestExpired", 400),
    "scope": ("SignatureDoesNotMatch", 403),
    "signature": ("SignatureDoesNotMatch", 403),
}


def typical_endpoints(region: str = "eu-west-1") -> list[LocalEndpoint]:
    """A VPC as they are: Bedrock's endpoint among others, one being made, one deleted, one in another VPC."""
    return [
        LocalEndpoint(service="bedrock-runtime"),
        LocalEndpoint(service="sts", addresses=["10.20.1.11", "10.20.2.11"]),
        LocalEndpoint(
            service="ec2", addresses=["10.20.1.12", "10.20.2.12"], endpoint_id=_EC2_ENDPOINT
        ),
        LocalEndpoint(service="s3", kind="Gateway", addresses=[]),
        LocalEndpoint(service="bedrock", addresses=["10.20.1.13"], state="pending"),
        LocalEndpoint(service="bedrock-runtime", addresses=["10.20.1.9"], state="deleted"),
        LocalEndpoint(
            service="bedrock-runtime",
            addresses=["10.99.1.10"],
            vpc_id=_OTHER_VPC,
            service_region=region,
        ),
    ]


class LocalVpc(LocalService):
    """`with LocalVpc() as vpc:` serves EC2's description of a VPC on 127.0.0.1 until the block ends.

    Args:
        endpoints: what stands in the VPC; by default `typical_endpoints`.
        cidrs: the VPC's CIDRs, at least one of IPv4. `cidr` gives a single one.
        region: the Region in names and signatures.
        vpc_id: the VPC's id.
        page_size: how much one page holds at most; below 1000 it makes every listing page.
        host, port, tls_names, authority, credentials: as for `LocalBedrock`.
    """

    def __init__(
        self,
        endpoints: Sequence[LocalEndpoint] | None = None,
        *,
        cidr: str = "10.20.0.0/16",
        cidrs: Sequence[str] = (),
        region: str = "eu-west-1",
        vpc_id: str = VPC_ID,
        page_size: int = _PAGE,
        host: str | None = None,
        port: int = 0,
        tls_names: Sequence[str] = (),
        authority: LocalAuthority | None = None,
        credentials: LocalCredentials | None = None,
    ) -> None:
        name = host or endpoint_name("ec2", region, endpoint_id=_EC2_ENDPOINT)
        names = tuple(dict.fromkeys((name, private_name("ec2", region), *tls_names)))
        super().__init__(
            names,
            host=name,
            region=region,
            port=port,
            authority=authority,
            credentials=credentials,
        )
        self.vpc_id = vpc_id
        self._place = Place(vpc_id, region)
        self._cidrs = tuple(cidrs) or (cidr,)
        self._page_size = page_size
        self._lock = threading.Lock()
        self._denied: dict[str, QueryError] = {}
        self.set_endpoints(typical_endpoints(region) if endpoints is None else endpoints)

    def set_endpoints(self, endpoints: Sequence[LocalEndpoint]) -> None:
        """Replace what stands in the VPC, from the next request on."""
        place = self._place
        interfaces = [item for endpoint in endpoints for item in interface_items(endpoint, place)]
        listed: dict[str, list[Item]] = {
            "DescribeVpcEndpoints": [endpoint_item(endpoint, place) for endpoint in endpoints],
            "DescribeNetworkInterfaces": [*interfaces, instance_interface(place, "10.20.9.9")],
            "DescribeVpcs": [vpc_item(self.vpc_id, self._cidrs), *_other_vpcs(endpoints)],
        }
        with self._lock:
            self._listed = listed

    def deny(self, action: str, *, code: str = "UnauthorizedOperation", status: int = 403) -> None:
        """Answer the action with an error until `clear()`."""
        message = "You are not authorized to perform this operation."
        with self._lock:
            self._denied[action] = QueryError(code, message, status)

    def clear(self) -> None:
        """Drop denials and faults, forget the requests; the endpoints stay."""
        with self._lock:
            self._denied.clear()
        super().clear()

    def policy_mapping(self) -> dict[str, object]:
        """The content of `[network.endpoints.ec2]`."""
        found = vpc_endpoint_id_of(self.host)
        section: dict[str, object] = {"vpc_endpoint_id": found} if found else {}
        return {**section, "host": self.host, "addresses": ["127.0.0.1"], "port": self.port}

    def policy_section(self) -> str:
        """`[network.endpoints.ec2]` as TOML, to append to a policy file."""
        return toml_text({"network.endpoints.ec2": self.policy_mapping()})

    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        request_id = new_request_id()
        action: str | None = None
        try:
            self._check_signature(request)
            query = parse_query(request.body)
            action = query.action
            reply = result_reply(action, request_id, self._result(query))
            refused = None
        except QueryError as problem:
            reply = query_error_reply(problem, request_id)
            refused = problem.code
        return self._recorded(
            request, origin, reply, request_id=request_id, operation=action, refused=refused
        )

    def _check_signature(self, request: RawRequest) -> None:
        if (request.method, request.target) != ("POST", "/"):
            raise QueryError("InvalidAction", "Requests are POSTs to /.", 404)
        bad = check_signature(
            request, credentials=self.credentials, region=self.region, service="ec2"
        )
        if bad is not None:
            code, status = _SIGNATURE_ERRORS[bad.problem]
            raise QueryError(code, bad.message, status)

    def _result(self, query: Query) -> Item:
        table = TABLES.get(query.action)
        if table is None:
            raise QueryError("InvalidAction", "The action is not valid for this web service.")
        with self._lock:
            denied, items = self._denied.get(query.action), self._listed[query.action]
        if denied is not None:
            raise denied
        found = select(items, query, table)
        page, token = page_of(found, query, self._page_size, table.page_bounds)
        return {table.set_name: page, "nextToken": token}


def select(items: Sequence[Item], query: Query, table: Table) -> list[Item]:
    """What ids and filters leave of the items; an id that names nothing is an error, as in EC2."""
    query.known_only({"Action", "Version", "MaxResults", "NextToken", "DryRun"}, {table.id_list})
    ids = query.listed(table.id_list)
    known = {item[table.id_member] for item in items}
    missing = [name for name in ids if name not in known]
    if missing:
        raise QueryError(table.not_found, f"The id '{missing[0]}' does not exist")
    if ids and table.ids_alone and "MaxResults" in query.parameters:
        raise QueryError("InvalidParameterCombination", "Give ids or MaxResults, not both.")
    chosen = [item for item in items if not ids or item[table.id_member] in ids]
    for name, patterns in query.filters().items():
        values = _values_for(table, name)
        chosen = [
            item for item in chosen if any(matches(value, patterns) for value in values(item))
        ]
    return chosen


def _values_for(table: Table, name: str) -> Callable[[Item], list[str]]:
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda item: [tag["value"] for tag in item.get("tagSet", ()) if tag["key"] == key]
    if name not in table.filters:
        raise QueryError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return table.filters[name]


def _other_vpcs(endpoints: Sequence[LocalEndpoint]) -> list[Item]:
    names = dict.fromkeys(endpoint.vpc_id for endpoint in endpoints if endpoint.vpc_id)
    return [vpc_item(name, ["10.99.0.0/16"]) for name in names]
