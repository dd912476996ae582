"""What is wrong in `[network]` and its endpoints is found, and named by its key."""

from typing import Any

import pytest

from tests.policy.file.found_problems import problems


def endpoint(**keys: Any) -> dict[str, Any]:
    return {"network": {"endpoints": {"bedrock-runtime": keys}}}


PRIVATE_NAME = "bedrock-runtime.eu-west-1.amazonaws.com"
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "an address check is one of three": (
        {"network": {"address_check": "ENI"}},
        "network.address_check",
        'expected "eni" or "cidr" or "private", got "ENI"; did you mean "eni"?',
    ),
    "a provider of discovery is known": (
        {"network": {"discovery": ["policy", "dns"]}},
        "network.discovery[1]",
        'expected "policy" or "lock" or "environment" or "ssm" or "ec2" or "private-dns", got "dns"',
    ),
    "an SSM parameter has a name": (
        {"network": {"ssm_parameter": "arn:aws:ssm:eu-west-1:111122223333:parameter/x"}},
        "network.ssm_parameter",
        'expected the name of an SSM parameter such as "/secure-bedrock/lock"',
    ),
    "an SSM parameter's name does not end in a slash": (
        {"network": {"ssm_parameter": "/a/"}},
        "network.ssm_parameter",
        "expected the name of an SSM parameter",
    ),
    "a CIDR has no zone": (
        {"network": {"cidrs": ["fd00::%eth0/64"]}},
        "network.cidrs[0]",
        "no zone",
    ),
    "a host is no number": (
        {"network": {"endpoints": {"bedrock-runtime": {"host": "0.0b"}}}},
        "network.endpoints.bedrock-runtime.host",
        "a host is a DNS name",
    ),
    "a host is not of punycode, which no endpoint's name is": (
        endpoint(host="a.xn--p1ai"),
        "network.endpoints.bedrock-runtime.host",
        "a host is a DNS name",
    ),
    "a CIDR has no address but its first": (
        {"network": {"cidrs": ["10.20.0.1/255.255.0.0"]}},
        "network.cidrs[0]",
        "write 10.20.0.0/16",
    ),
    "a CIDR is spelt in one way": (
        {"network": {"cidrs": ["fd12:0:0:1:0:0:0:0/64"]}},
        "network.cidrs[0]",
        "write fd12:0:0:1::/64",
    ),
    "a CIDR is a CIDR": ({"network": {"cidrs": ["vpc"]}}, "network.cidrs[0]", "expected a CIDR"),
    "a CIDR has a prefix length": (
        {"network": {"cidrs": ["10.0.0.1"]}},
        "network.cidrs[0]",
        "10.0.0.1/32",
    ),
    "a CIDR has no netmask": (
        {"network": {"cidrs": ["10.0.0.0/255.255.0.0"]}},
        "network.cidrs[0]",
        "write 10.0.0.0/16",
    ),
    "a CIDR has no host bits": (
        {"network": {"cidrs": ["10.0.0.1/16"]}},
        "network.cidrs[0]",
        "10.0.0.0/16",
    ),
    "an IPv4 CIDR is no wider than a VPC": (
        {"network": {"cidrs": ["10.0.0.0/15"]}},
        "network.cidrs[0]",
        "(/16)",
    ),
    "an IPv6 CIDR is no wider than a VPC": (
        {"network": {"cidrs": ["2600::/43"]}},
        "network.cidrs[0]",
        "(/44)",
    ),
    "everything is wider than a VPC": (
        {"network": {"cidrs": ["0.0.0.0/0"]}},
        "network.cidrs[0]",
        "(/16)",
    ),
    "around loopback is not loopback": (
        {"network": {"cidrs": ["126.0.0.0/7"]}},
        "network.cidrs[0]",
        "(/16)",
    ),
    "CIDRs are a list": (
        {"network": {"cidrs": "10.0.0.0/16"}},
        "network.cidrs",
        "expected a list of CIDRs",
    ),
    "a CA bundle has a path": (
        {"network": {"ca_bundle": ""}},
        "network.ca_bundle",
        "path of a file",
    ),
    "a path holds no NUL": (
        {"network": {"ca_bundle": "a\0b"}},
        "network.ca_bundle",
        "path of a file",
    ),
    "a path is text": ({"network": {"ca_bundle": b"a"}}, "network.ca_bundle", "got a bytes"),
    "a pool has at least one connection": (
        {"network": {"max_pool_connections": 0}},
        "network.max_pool_connections",
        "an integer from 1 to 10000, got 0",
    ),
    "a count is whole": (
        {"network": {"max_pool_connections": 1.0}},
        "network.max_pool_connections",
        "an integer from 1 to 10000, got 1.0",
    ),
    "a port is a port": (
        endpoint(port=65536),
        "network.endpoints.bedrock-runtime.port",
        "1 to 65535, got 65536",
    ),
    "an endpoint's id is one": (
        endpoint(vpc_endpoint_id="vpc-0abc123def4567890"),
        "network.endpoints.bedrock-runtime.vpc_endpoint_id",
        "expected vpce- and 8 or 17 hexadecimal digits",
    ),
    "a host is no URL": (
        endpoint(host="https://" + PRIVATE_NAME),
        "network.endpoints.bedrock-runtime.host",
        "without scheme",
    ),
    "a host has no upper case": (
        endpoint(host=PRIVATE_NAME.upper()),
        "network.endpoints.bedrock-runtime.host",
        "lower case",
    ),
    "a host has no trailing dot": (
        endpoint(host=PRIVATE_NAME + "."),
        "network.endpoints.bedrock-runtime.host",
        "trailing dot",
    ),
    "a host is no address": (
        endpoint(host="10.0.0.1"),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host has a domain": (
        endpoint(host="localhost"),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host is ASCII": (
        endpoint(host="bücher.example"),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host is not too long": (
        endpoint(host=".".join(["a" * 60] * 5)),
        "network.endpoints.bedrock-runtime.host",
        "DNS name",
    ),
    "a host belongs to the endpoint's id": (
        endpoint(
            vpc_endpoint_id="vpce-0abc123def4567890",
            host=f"vpce-0ffffffffffffffff-a1b2c3d4.{PRIVATE_NAME}",
        ),
        "network.endpoints.bedrock-runtime",
        "another endpoint than vpc_endpoint_id",
    ),
    "an address is a string": (
        endpoint(addresses=[167772161]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "string",
    ),
    "a CIDR is a string": (
        endpoint(cidrs=[167772160], addresses=["10.0.1.10"]),
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "string",
    ),
    "an address is an address": (
        endpoint(addresses=["bedrock.local"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "expected an IP address",
    ),
    "an address has no leading zeros": (
        endpoint(addresses=["10.0.0.01"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "expected an IP address",
    ),
    "an address is spelt in one way": (
        endpoint(addresses=["2600:0:0::1"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "short form",
    ),
    "an address has no zone": (
        endpoint(addresses=["fe80::1%eth0"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "without a zone",
    ),
    "an address is not mapped": (
        endpoint(addresses=["::ffff:a00:10a"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "write the IPv4 address",
    ),
    "an address is not mapped, with dots": (
        endpoint(addresses=["::ffff:10.0.1.10"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "write the IPv4 address",
    ),
    "a public address is no endpoint's": (
        endpoint(addresses=["10.0.1.10", "52.94.0.10"]),
        "network.endpoints.bedrock-runtime.addresses[1]",
        "52.94.0.10 is no private address; if the endpoint's VPC owns it, name that VPC's CIDR",
    ),
    "a public address outside the policy's public CIDR": (
        endpoint(addresses=["44.11.0.10"], cidrs=["44.10.0.0/16"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "44.11.0.10 is no private address",
    ),
    "a public IPv6 address beside an IPv4 CIDR": (
        endpoint(addresses=["2600:1f18::10"], cidrs=["44.10.0.0/16"]),
        "network.endpoints.bedrock-runtime.addresses[0]",
        "2600:1f18::10 is no private address",
    ),
    "a CIDR is not mapped": (
        endpoint(cidrs=["::ffff:a00:0/104"]),
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "write the IPv4 address",
    ),
    "a CIDR is not mapped, with dots": (
        endpoint(cidrs=["::ffff:10.0.0.0/104"]),
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "write the IPv4 address",
    ),
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_mistake_of_the_network_is_found(sentence: str) -> None:
    keys, key, message = WRONG[sentence]
    (problem,) = problems(**keys)
    assert problem.key == key
    assert message in problem.message
    assert (problem.file, problem.line) == ("", None)
