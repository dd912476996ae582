"""What a policy file takes is the one grammar's, in its canonical spelling: the guard refuses none of it unread."""

from collections.abc import Callable
from ipaddress import IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secure_bedrock.policy.file import syntax
from secure_bedrock.values.addresses import Address, parse_address, parse_cidr
from secure_bedrock.values.host_names import is_host_name


def is_canonical_address(text: str) -> bool:
    address = parse_address(text)
    return str(address) == text and not is_mapped(address)


def is_vpc_cidr(text: str) -> bool:
    network = parse_cidr(text)
    narrow = network.prefixlen >= {4: 16, 6: 44}[network.version] or network.is_loopback
    return str(network) == text and narrow and not is_mapped(network[0])


def is_mapped(address: Address) -> bool:
    """By its number: `ipaddress` answers for mapped addresses otherwise on each Python."""
    return isinstance(address, IPv6Address) and int(address) >> 32 == 0xFFFF


def taken(text: str, grammar: Callable[[str], object]) -> bool:
    try:
        return bool(grammar(text))
    except ValueError:
        return False


GRAMMARS: dict[str, tuple[Callable[[str], object], Callable[[str], bool]]] = {
    "addresses": (syntax.address, is_canonical_address),
    "cidrs": (syntax.cidr, is_vpc_cidr),
    "hosts": (syntax.host_name, is_host_name),
}
PIECES = st.lists(
    st.sampled_from(
        "0 1 7 10 255 256 a f x b - . .. : :: % / /8 /16 /64 fd00 ::ffff: vpce-1 xn-- eth0 é A".split()
    ),
    max_size=9,
).map("".join)


@pytest.mark.parametrize("what", GRAMMARS)
@given(text=PIECES)
@example(text="a.xn--p1ai")
@example(text="::ffff:10.0.0.1")
@example(text="::ffff:10.0.0.0/128")
@example(text="FD00::1")
@example(text="fe80::1%eth0")
@example(text="10.20.0.0/255.255.0.0")
@example(text="010.0.0.0/16")
@example(text="127.0.0.0/8")
def test_what_the_policy_takes_is_what_the_one_grammar_takes(what: str, text: str) -> None:
    policys, grammar = GRAMMARS[what]

    assert taken(text, policys) == taken(text, grammar)
