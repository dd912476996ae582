"""Settings of the C library's resolver act below Python: what they bring is judged like any other answer."""

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from secure_bedrock import Policy
from secure_bedrock.errors import AddressDenied, TlsDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.settings import SETTINGS

VALUES: Mapping[str, str] = {
    "HOSTALIASES": "{home}/aliases",
    "LOCALDOMAIN": "evil.invalid",
    "RES_OPTIONS": "ndots:15",
}
THIS = "test_dns_settings.py::test_an_answer_that_it_brought_is_judged"
ROWS = [row.label for row in SETTINGS if row.proven_by.endswith(THIS)]
Call = Callable[[Policy], str]


def by_name(bedrock: LocalBedrock) -> Policy:
    """A policy whose endpoint is found by DNS."""
    return Policy.from_toml(
        bedrock.policy_toml().replace('addresses = ["127.0.0.1"]', "")
        + "[retry]\nmax_attempts = 1\n"
    )


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Lets the machine's resolver give every name one address; the list says which names were asked."""

    def give(address: str) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: Any, port: Any, *_more: Any, **_named: Any) -> list[Any]:
            asked.append(str(host))
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return give


@pytest.mark.parametrize("label", ROWS)
def test_an_answer_that_it_brought_is_judged(
    label: str, call: Call, bedrock: LocalBedrock, around: Any, answers: Any
) -> None:
    around.keys_in_file(bedrock)
    around.file("aliases", f"{bedrock.host} evil.invalid\n")
    around.variables({label: VALUES[label]})

    asked = answers("52.94.0.10")
    with ConnectLog() as log, pytest.raises(AddressDenied):
        call(by_name(bedrock))
    assert asked == [bedrock.host]
    assert log.connects == []
    assert bedrock.requests == []
    ((level, line),) = around.told()
    assert level == logging.WARNING
    assert label in line

    answers("127.0.0.1")
    assert call(by_name(bedrock)) == "end_turn"


@pytest.mark.parametrize("label", ROWS)
def test_a_neighbour_at_an_approved_address_has_not_the_certificate(
    label: str, call: Call, bedrock: LocalBedrock, around: Any, answers: Any
) -> None:
    """A search domain's answer may lie within the CIDRs; its server has no certificate for the route's name."""
    around.keys_in_file(bedrock)
    around.variables({label: VALUES[label]})
    answers("127.0.0.1")
    with LocalBedrock(host="evil.invalid", authority=bedrock.authority) as neighbour:
        text = bedrock.policy_toml().replace('addresses = ["127.0.0.1"]', "")
        text = text.replace(f"port = {bedrock.port}", f"port = {neighbour.port}")
        # Of its certificate's names, the private-DNS one is the service's: it has to go as well.
        neighbour._names = ("evil.invalid",)
        with pytest.raises(TlsDenied):
            call(Policy.from_toml(text + "[retry]\nmax_attempts = 1\n"))
        assert neighbour.requests == []
