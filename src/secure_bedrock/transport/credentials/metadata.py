"""Credentials of the machine: the container role and the instance role, from fixed addresses only."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.network import never, parse_address
from secure_bedrock.transport.credentials import Expiring, FrozenCredentials
from secure_bedrock.transport.credentials.metadata_http import (
    Exchange,
    MetadataAddress,
    MetadataUnreachable,
    exchange,
)
from secure_bedrock.transport.credentials.told import account_of_key
from secure_bedrock.transport.credentials.values import ROLE_NAME_ONLY

# Instance metadata: IPv4 and IPv6. Source: AWS EC2 user guide, "Use IMDS", read 2026-11-20.
IMDS = {"ipv4": MetadataAddress("169.254.169.254"), "ipv6": MetadataAddress("fd00:ec2::254")}
# Container credentials: ECS, then EKS Pod Identity in both families.
# Source: AWS SDKs reference guide, "Container credential provider", read 2026-11-20.
ECS = MetadataAddress("169.254.170.2")
CONTAINER_HOSTS = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})

_TOKEN_PATH = "/latest/api/token"  # noqa: S105 - the path that gives a session token, not a token
_ROLES_PATH = "/latest/meta-data/iam/security-credentials/"
_TOKEN_TTL_S = "21600"  # noqa: S105 - six hours, the longest that IMDSv2 grants
_ROLE_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}", re.ASCII)  # IAM role names
_PATH = re.compile(r"/[\x21-\x7e]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ContainerRequest:
    """Where a container asks for its role's credentials; `token` goes into the Authorization header.

    `names_role`: the host is ECS's own and not the environment's choice, so that the role it names is believed.
    """

    at: MetadataAddress
    path: str
    token: str | None = None
    names_role: bool = False

    def __repr__(self) -> str:
        return f"ContainerRequest(at={self.at!r})"


def container_request(environ: Mapping[str, str]) -> ContainerRequest | None:
    """What the container environment asks for, or None; CredentialPathDenied for any other address."""
    relative = environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    full = environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if relative:
        path = _path(relative, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        return ContainerRequest(ECS, path, _token(environ), names_role=True)
    if not full:
        return None
    at, path = _full_uri(full)
    return ContainerRequest(at, path, _token(environ))


def imds_address(environ: Mapping[str, str]) -> MetadataAddress | None:
    """Which instance metadata address to ask, None when it is disabled; CredentialPathDenied for any other."""
    if environ.get("AWS_EC2_METADATA_DISABLED", "false").lower() == "true":
        return None
    mode = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv4").lower()
    if mode not in IMDS:
        raise CredentialPathDenied(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6", rule="metadata-mode"
        )
    wanted = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")
    if not wanted:
        return IMDS[mode]
    for at in IMDS.values():
        if wanted.rstrip("/") in (f"http://{at.address}", f"http://[{at.address}]"):
            return at
    raise CredentialPathDenied(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT points away from the instance metadata addresses",
        rule="metadata-address",
        next_step="unset it: credentials of a stranger's account would send prompts to that account's logs",
    )


def fetch_container(environ: Mapping[str, str], *, send: Exchange = exchange) -> Expiring | None:
    """The container role's credentials, or None where the environment names none."""
    request = container_request(environ)
    if request is None:
        return None
    headers = {"Authorization": request.token} if request.token else {}
    try:
        status, body = send("GET", request.at, request.path, headers)
    except MetadataUnreachable as error:
        raise _unusable(f"the container credential service does not answer ({error})") from None
    found, role = _document(status, body, "container-role")
    # ECS's document tells it: Amazon ECS developer guide, "Task IAM role", read 2026-11-20. The account has to be
    # told by the key as well, or else AWS is asked.
    if not request.names_role or account_of_key(found.values.access_key) is None:
        return found
    return _named(found, role)


def fetch_instance(environ: Mapping[str, str], *, send: Exchange = exchange) -> Expiring | None:
    """The instance role's credentials by IMDSv2, or None where no metadata service or role is."""
    at = imds_address(environ)
    if at is None:
        return None
    try:
        status, body = send(
            "PUT", at, _TOKEN_PATH, {"X-aws-ec2-metadata-token-ttl-seconds": _TOKEN_TTL_S}
        )
        headers = {"X-aws-ec2-metadata-token": _text(status, body, "session token")}
        status, body = send("GET", at, _ROLES_PATH, headers)
        if status == 404:
            return None
        role = _text(status, body, "role name").strip()
        if not _ROLE_NAME.fullmatch(role):
            raise _unusable("the instance metadata named no role")
        status, body = send("GET", at, _ROLES_PATH + role, headers)
    except MetadataUnreachable:
        return None
    return _named(_document(status, body, "iam-role")[0], ROLE_NAME_ONLY + role)


def _full_uri(uri: str) -> tuple[MetadataAddress, str]:
    name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets that hold no address
        parts = urlsplit("")
    host = parts.hostname or ""
    host = "127.0.0.1" if host == "localhost" else host  # never asked of DNS
    if parts.scheme != "http" or "@" in parts.netloc or not _is_container_host(host):
        raise CredentialPathDenied(
            f"{name} is not plain HTTP to loopback or to a container credential address",
            rule="container-address",
        )
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return MetadataAddress(host, _port(parts, name)), _path(target or "/", name)


def _port(parts: SplitResult, name: str) -> int:
    try:
        port = 80 if parts.port is None else parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise CredentialPathDenied(
            f"the port in {name} is no number from 1 to 65535",
            rule="container-port",
            next_step="correct the port, or leave it out for 80",
        )
    return port


def _is_container_host(host: str) -> bool:
    if host in CONTAINER_HOSTS:
        return True
    try:
        return never(parse_address(host)) == "loopback"
    except ValueError:
        return False


def _path(text: str, name: str) -> str:
    if not _PATH.fullmatch(text) or text.startswith("//"):
        raise CredentialPathDenied(f"{name} is not an absolute path", rule="container-address")
    return text


def _token(environ: Mapping[str, str]) -> str | None:
    file = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if file:
        try:
            token = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise _unusable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE can't be read") from None
    else:
        token = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    if "\r" in token or "\n" in token or not token.isascii():
        raise _unusable("the container authorization token holds a line break or is not ASCII")
    return token or None


def _text(status: int, body: bytes, what: str) -> str:
    if status != 200:
        raise _unusable(f"the instance metadata refused the {what} (HTTP {status})")
    text = body.decode("ascii", "replace")
    if not text.isprintable() and what == "session token":
        raise _unusable(f"the instance metadata gave no usable {what}")
    return text


def _document(status: int, body: bytes, method: str) -> tuple[Expiring, str | None]:
    """The credentials, whose session token is never missing, and the document's own word on the role."""
    try:
        document: Any = json.loads(body) if status == 200 else None
        if document.get("Code", "Success") != "Success":
            document = None
        values = FrozenCredentials(
            document["AccessKeyId"],
            document["SecretAccessKey"],
            document["Token"] or "",  # "" is no token's form, and is refused
            method,
        )
        role = _text_or_none(document.get("RoleArn"))
        expires_at = datetime.fromisoformat(document["Expiration"]).timestamp()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unusable(f"the {method} credential document is not usable (HTTP {status})") from None
    return Expiring(values, expires_at), role


def _named(found: Expiring, principal: str | None) -> Expiring:
    return replace(found, values=replace(found.values, principal=principal))


def _text_or_none(value: object) -> str | None:
    return value if type(value) is str else None


def _unusable(reason: str) -> CredentialPathDenied:
    return CredentialPathDenied(reason, rule="metadata-answer")
