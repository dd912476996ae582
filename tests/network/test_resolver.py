"""The system's resolver: what it answers, what it does not know, and what it could not tell."""

import socket
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from typing import Any

import pytest

from secure_bedrock.errors import ConnectFailed
from secure_bedrock.network import SystemResolver

V4, V6 = socket.AF_INET, socket.AF_INET6
HOST = "bedrock-runtime.eu-west-1.amazonaws.com"

GetAddrInfo = Callable[..., list[Any]]


def answering(asked: list[Any], **answers: list[Any]) -> GetAddrInfo:
    """A getaddrinfo that answers by family and notes what it was asked."""

    def getaddrinfo(host: str, port: object, family: socket.AddressFamily, kind: int) -> list[Any]:
        asked.append((host, port, family, kind))
        return [(family, kind, 6, "", sockaddr) for sockaddr in answers[family.name]]

    return getaddrinfo


def failing(error: Exception) -> GetAddrInfo:
    def getaddrinfo(*_: object) -> list[Any]:
        raise error

    return getaddrinfo


def test_the_real_system_answers_a_numeric_name_with_itself() -> None:
    assert SystemResolver().resolve("127.0.0.1", frozenset({V4})) == ("127.0.0.1",)


def test_only_the_families_asked_for_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", answering(asked, AF_INET=[("10.0.1.10", 0)]))

    assert SystemResolver().resolve(HOST, frozenset({V4})) == ("10.0.1.10",)
    assert asked == [(HOST, None, V4, socket.SOCK_STREAM)]


def test_repeats_are_dropped_and_the_order_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    four = [("10.0.2.10", 0), ("10.0.1.10", 0), ("10.0.2.10", 0)]
    six = [("fd12::1", 0, 0, 0), ("fd12::1", 0, 0, 0)]
    monkeypatch.setattr(socket, "getaddrinfo", answering([], AF_INET=four, AF_INET6=six))

    answers = SystemResolver().resolve(HOST, frozenset({V6, V4}))

    assert answers == ("10.0.2.10", "10.0.1.10", "fd12::1")


def test_no_family_means_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", failing(AssertionError("asked")))

    assert SystemResolver().resolve(HOST, frozenset()) == ()


def test_a_scope_comes_back_as_a_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """getaddrinfo keeps the scope apart from the text, where the guard would not see it."""
    six = [("fe80::1", 0, 0, 2), ("fe80::2%eth0", 0, 0, 2)]
    monkeypatch.setattr(socket, "getaddrinfo", answering([], AF_INET6=six))

    assert SystemResolver().resolve(HOST, frozenset({V6})) == ("fe80::1%2", "fe80::2%eth0")


@pytest.mark.skipif(not hasattr(socket, "if_nametoindex"), reason="no interface names here")
def test_the_real_system_gives_a_zone_that_is_seen() -> None:
    index, name = socket.if_nameindex()[0]
    try:
        answers = SystemResolver().resolve(f"fe80::1%{name}", frozenset({V6}))
    except ConnectFailed:
        pytest.skip("this system's resolver takes no zone")

    assert answers == (f"fe80::1%{index}",)


NO_SUCH_NAME: dict[str, Exception] = {
    "no such name": socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "a label that is too long": UnicodeError("label too long"),
    "a NUL": ValueError("embedded null character"),
}
if hasattr(socket, "EAI_NODATA"):
    NO_SUCH_NAME["no address of the family"] = socket.gaierror(socket.EAI_NODATA, "No address")
if hasattr(socket, "EAI_ADDRFAMILY"):
    NO_SUCH_NAME["another family"] = socket.gaierror(socket.EAI_ADDRFAMILY, "Address family")


@pytest.mark.parametrize("error", NO_SUCH_NAME.values(), ids=NO_SUCH_NAME.keys())
def test_a_name_that_does_not_exist_has_no_addresses(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", failing(error))

    assert SystemResolver().resolve(HOST, frozenset({V4})) == ()


@pytest.mark.parametrize("name", ["EAI_NODATA", "EAI_ADDRFAMILY"])
def test_a_platform_without_one_of_the_names_still_knows_the_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 3493 dropped them, and not every C library has kept them: the module is run anew, as there."""
    monkeypatch.delattr(socket, name, raising=False)
    spec = find_spec("secure_bedrock.network.resolver")
    assert spec is not None
    assert spec.loader is not None
    elsewhere = module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    monkeypatch.setattr(socket, "getaddrinfo", failing(error))

    assert elsewhere.SystemResolver().resolve(HOST, frozenset({V4})) == ()


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "a\x00.example"])
def test_what_dns_can_not_spell_has_no_addresses(host: str) -> None:
    assert SystemResolver().resolve(host, frozenset({V4})) == ()


CAN_NOT_TELL: dict[str, OSError] = {
    "temporary": socket.gaierror(socket.EAI_AGAIN, "Temporary failure"),
    "permanent": socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"),
    "the system": OSError(24, "Too many open files"),
    "a system error with the number of 'no such name'": OSError(int(socket.EAI_NONAME), "other"),
}


@pytest.mark.parametrize("error", CAN_NOT_TELL.values(), ids=CAN_NOT_TELL.keys())
def test_a_resolver_that_fails_is_a_failed_connection(
    error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", failing(error))

    with pytest.raises(ConnectFailed) as caught:
        SystemResolver().resolve(HOST, frozenset({V4}))

    assert caught.value.rule == "resolver-failed"
    assert caught.value.__cause__ is error


def test_one_family_that_can_not_be_told_fails_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(host: str, port: object, family: socket.AddressFamily, kind: int) -> list[Any]:
        if family == V6:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
        return [(family, kind, 6, "", ("10.0.1.10", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(ConnectFailed):
        SystemResolver().resolve(HOST, frozenset({V4, V6}))
