"""The values that a policy file holds, each checked by itself: a function returns the value or raises ValueError."""

import re
from ipaddress import IPv6Address, ip_network

from secure_bedrock.policy.identity_rules import parse_principal
from secure_bedrock.policy.model.entries import parse_entry
from secure_bedrock.policy.request.places import BUCKET
from secure_bedrock.policy.shown import shown, similar
from secure_bedrock.policy.supported import is_operation, not_yet, operations_of
from secure_bedrock.values import BEDROCK_RUNTIME
from secure_bedrock.values.addresses import Address, parse_address, parse_cidr, spelled
from secure_bedrock.values.arns import is_account, parse_arn
from secure_bedrock.values.ec2_ids import is_ec2_id
from secure_bedrock.values.host_names import is_host_name
from secure_bedrock.values.vpc_cidrs import widest_instead_of

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:/@-]{0,98}[A-Za-z0-9])?", re.ASCII)
# Ids that CreateGuardrail gives, and versions: GuardrailId, GuardrailArn, GuardrailVersion in botocore 1.44.5's bedrock
# model, and the user guide's examples, read 2026-11-20.
_GUARDRAIL = re.compile(r"[a-z0-9]{12}", re.ASCII)
_GUARDRAIL_VERSION = re.compile(r"[1-9][0-9]{0,7}|DRAFT", re.ASCII)
# Names of SSM parameters: PutParameter in the SSM API reference, 2026-11-20; at most 15 levels.
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+|(?:/[A-Za-z0-9_.-]+){1,15}", re.ASCII)
_MAX_PARAMETER = 1011
_MAPPED = "an IPv4-mapped address is never an endpoint's: write the IPv4 address"


def policy_name(text: str) -> str:
    """A name that can stand in events and headers: ASCII letters and digits, with blanks and ._:/@- inside."""
    if not _NAME.fullmatch(text):
        raise ValueError(
            "a name has 1 to 100 ASCII letters, digits, blanks or ._:/@-, and begins and ends with "
            "a letter or digit"
        )
    return text


def account_id(text: str) -> str:
    """An AWS account: 12 digits."""
    if not is_account(text):
        raise ValueError('an AWS account is a string of 12 digits ("111122223333")')
    return text


def principal(text: str) -> str:
    """The ARN of an IAM role or user; a session's ARN is not one, because the next session has another."""
    if ":assumed-role/" in text or parse_principal(text) is None:
        raise ValueError(
            "expected the ARN of a role or user, such as arn:aws:iam::111122223333:role/app"
        )
    return text


def vpc_endpoint_id(text: str) -> str:
    """The id of a VPC endpoint."""
    return _ec2_id(text, "vpce")


def vpc_id(text: str) -> str:
    """The id of a VPC."""
    return _ec2_id(text, "vpc")


def subnet_id(text: str) -> str:
    """The id of a subnet."""
    return _ec2_id(text, "subnet")


def security_group_id(text: str) -> str:
    """The id of a security group."""
    return _ec2_id(text, "sg")


def _ec2_id(text: str, kind: str) -> str:
    if not is_ec2_id(text, kind):
        raise ValueError(f"expected {kind}- and 8 or 17 hexadecimal digits in lower case")
    return text


def host_name(text: str) -> str:
    """A DNS name in lower case: no address, port, scheme or trailing dot. Its meaning is judged with the route."""
    if not is_host_name(text):
        raise ValueError(
            "a host is a DNS name in lower case, without scheme, port, path or trailing dot"
        )
    return text


def address(text: str) -> str:
    """An IP address in its one canonical spelling."""
    try:
        meant = parse_address(text.partition("%")[0].lower())
    except ValueError:
        raise ValueError("expected an IP address such as 10.20.1.10") from None
    if _is_mapped(meant):
        raise ValueError(_MAPPED)
    if spelled(meant) != text:
        raise ValueError("write the address in its short form, in lower case and without a zone")
    return text


def cidr(text: str) -> str:
    """A CIDR in its canonical spelling, no wider than a VPC's can be; loopback may be as wide as it is."""
    try:
        network = parse_cidr(text)
    except ValueError:
        raise ValueError(_instead_of(text)) from None
    if _is_mapped(network[0]) or str(network) != text:
        raise ValueError(_instead_of(text))
    widest = widest_instead_of(network)
    if widest is not None:
        raise ValueError(f"wider than a VPC's CIDR can be (/{widest}); list the VPC's own CIDRs")
    return text


def _instead_of(text: str) -> str:
    """What to write instead of a text that is no CIDR, or not in its canonical spelling."""
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return "expected a CIDR such as 10.20.0.0/16"
    if _is_mapped(meant[0]):
        return _MAPPED
    if "%" in text:
        return "a CIDR has no zone: leave out what stands from the % on"
    if "/" not in text:
        return f"expected a CIDR: add its prefix length ({text}/{meant.prefixlen})"
    return f"a CIDR has no bits outside its prefix: write {meant}"


def _is_mapped(address: Address) -> bool:
    """Python 3.12 and 3.13 spell it in two ways, and the guard refuses it under every route."""
    return isinstance(address, IPv6Address) and address.ipv4_mapped is not None


def model_entry(text: str) -> str:
    """An entry of models.allow or models.deny."""
    parse_entry(text)
    return text


def operation(text: str) -> str:
    """`service:Operation`; a name alone is bedrock-runtime's. ValueError for what no table of operations has."""
    service, name = text.rsplit(":", 1) if ":" in text else (BEDROCK_RUNTIME, text)
    if "*" in text:
        raise ValueError("no star is expanded here: list each operation by its name")
    if is_operation(service, name):
        return f"{service}:{name}"
    known = sorted(operations_of(service))
    if not known:
        raise ValueError(f"no operations of a service {shown(service)} are known")
    raise ValueError(f"{service} has no operation {shown(name)}{similar(name, known)}")


def bucket(text: str) -> str:
    """The name of an S3 bucket, without s3://."""
    if not BUCKET.fullmatch(text):
        raise ValueError(
            "expected a bucket's name: 3 to 63 lower-case letters, digits, dots or hyphens, without "
            "s3:// and without a path"
        )
    return text


def guardrail_id(text: str) -> str:
    """A guardrail's id or ARN; whether the ARN is of this Region and account is judged with the whole policy."""
    if not _GUARDRAIL.fullmatch(text) and not _is_guardrail_arn(text):
        raise ValueError(
            "expected a guardrail's id (12 letters and digits in lower case) or its ARN"
        )
    return text


def _is_guardrail_arn(text: str) -> bool:
    try:
        arn = parse_arn(text)
    except ValueError:
        return False
    kind, _, name = arn.resource.partition("/")
    if (arn.service, kind) != ("bedrock", "guardrail") or arn.region is None:
        return False
    return is_account(arn.account) and _GUARDRAIL.fullmatch(name) is not None


def guardrail_version(text: str) -> str:
    """A guardrail's version: its number, or DRAFT, which changes whenever somebody edits the guardrail."""
    if not _GUARDRAIL_VERSION.fullmatch(text):
        raise ValueError('expected a version\'s number ("3") or "DRAFT"')
    return text


def sink(text: str) -> str:
    """A sink's name: logging, stdout or jsonl:PATH."""
    if text in {"logging", "stdout"} or (text.startswith("jsonl:") and len(text) > len("jsonl:")):
        if "\0" in text:
            raise ValueError("a path holds no NUL")
        return text
    if text in {"emf", "otel"}:
        raise not_yet('write "logging", "stdout" or "jsonl:PATH"')
    raise ValueError('expected "logging", "stdout" or "jsonl:PATH"')


def parameter_name(text: str) -> str:
    """The name of an SSM parameter: letters, digits and ._- in parts, each after a slash where there are several."""
    if len(text) > _MAX_PARAMETER or not _PARAMETER.fullmatch(text):
        raise ValueError('expected the name of an SSM parameter such as "/secure-bedrock/lock"')
    return text


def file_path(text: str) -> str:
    """A file's path, not yet made absolute."""
    if not text or "\0" in text:
        raise ValueError("expected the path of a file")
    return text
