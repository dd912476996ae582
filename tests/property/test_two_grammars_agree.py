"""What the policy's grammar takes, the network's takes: a policy that is checked green is not refused at the first call."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.network import parse_address, parse_cidr
from secure_bedrock.network.hosts import is_host_name
from secure_bedrock.policy.file import syntax


def host(text: str) -> None:
    if not is_host_name(text):
        raise ValueError


GRAMMARS: dict[str, tuple[Callable[[str], object], Callable[[str], object]]] = {
    "addresses": (syntax.address, parse_address),
    "cidrs": (syntax.cidr, parse_cidr),
    "hosts": (syntax.host_name, host),
}
PIECES = st.lists(
    st.sampled_from(
        "0 1 7 10 255 256 a f x b - . .. : :: % / /16 /64 fd00 ::ffff: vpce-1 eth0 é A".split()
    ),
    max_size=9,
).map("".join)


@pytest.mark.parametrize("what", GRAMMARS)
@given(text=PIECES)
def test_what_the_policy_takes_the_network_takes(what: str, text: str) -> None:
    ours, theirs = GRAMMARS[what]

    assert takes(theirs, text) or not takes(ours, text)


def takes(grammar: Callable[[str], object], text: str) -> bool:
    try:
        grammar(text)
    except ValueError:
        return False
    return True
