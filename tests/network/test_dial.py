"""Dialling goes to judged addresses only, in order, within one time limit, and leaves no socket open."""

import math
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from secure_bedrock.errors import AddressDenied, ConnectFailed
from secure_bedrock.network import (
    Connector,
    PrivateRoute,
    Resolver,
    RouteGuard,
    SystemConnector,
    dial,
)
from secure_bedrock.values import BEDROCK_RUNTIME, Region

HOST = "bedrock-runtime.eu-west-1.amazonaws.com"
LOOPBACK = "127.0.0.0/8"

# Every socket event while a test listens; an audit hook can't be removed, so there is one for the whole process.
_events: list[tuple[str, Any]] = []
_listening = False


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _listening and event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        _events.append((event, arguments[1] if event != "socket.getaddrinfo" else arguments[0]))


@pytest.fixture(scope="module", autouse=True)
def _oracle() -> None:
    sys.addaudithook(_note)


@contextmanager
def socket_events() -> Iterator[list[tuple[str, Any]]]:
    """What this process's sockets did, as Python's own audit events tell it."""
    global _listening  # noqa: PLW0603 - the hook outlives the test
    _events.clear()
    _listening = True
    try:
        yield _events
    finally:
        _listening = False


class Answers:
    """A resolver that gives one answer set after another and counts the questions."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, frozenset[socket.AddressFamily]]] = []

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        self.asked.append((host, families))
        return self.answers[(len(self.asked) - 1) % len(self.answers)]


class Failing:
    """A resolver of someone's own, with the operating system's errors."""

    def resolve(self, host: str, families: frozenset[socket.AddressFamily]) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")


class Redirecting:
    """A connector that connects to where `routes` says, which may be elsewhere."""

    def __init__(self, routes: dict[str, tuple[str, int]]) -> None:
        self.routes = routes
        self.tried: list[str] = []
        self.opened: list[socket.socket] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.tried.append(address)
        if address not in self.routes:
            raise ConnectionRefusedError(111, "Connection refused")
        sock = SystemConnector().connect(*self.routes[address], timeout_s)
        self.opened.append(sock)
        return sock


class BlackHole:
    """A connector for which some addresses never answer: it waits its time out, as a dropped SYN does."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.waits: list[tuple[str, float]] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.waits.append((address, timeout_s))
        if address in self.dead:
            time.sleep(timeout_s)
            raise TimeoutError("timed out")
        return SystemConnector().connect(address, port, timeout_s)


class Unconnected:
    """A connector whose socket is not connected: its peer went away at once."""

    def __init__(self) -> None:
        self.opened: list[socket.socket] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.opened.append(sock)
        return sock


class ReportingSocket(socket.socket):
    """A socket whose peer is what a test says."""

    peer: object = None

    def getpeername(self) -> Any:
        return self.peer


class Reporting:
    def __init__(self, peer: object) -> None:
        self.peer = peer
        self.opened: list[ReportingSocket] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        sock = ReportingSocket(socket.AF_INET, socket.SOCK_STREAM)
        sock.peer = self.peer
        self.opened.append(sock)
        return sock


def make_guard(port: int, **facts: Any) -> RouteGuard:
    settings: dict[str, Any] = {
        "address_check": "cidr",
        "cidrs": (LOOPBACK,),
        "own_networks": (LOOPBACK,),
    }
    return RouteGuard(
        PrivateRoute(
            service=BEDROCK_RUNTIME,
            region=Region("eu-west-1"),
            host=HOST,
            names=frozenset({HOST}),
            port=port,
            **{**settings, **facts},
        )
    )


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as server:
        yield server


@pytest.fixture
def port(listener: socket.socket) -> int:
    number: int = listener.getsockname()[1]
    return number


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
    return number


def dialled(
    guard: RouteGuard,
    resolver: Resolver,
    connector: Connector | None = None,
    timeout_s: float = 2.0,
) -> str:
    """Dial, close, and say where it went."""
    result = dial(
        guard, resolver=resolver, connector=connector or SystemConnector(), timeout_s=timeout_s
    )
    with result.sock:
        assert result.sock.getpeername()[0] == result.address
    return result.address


def test_the_judged_address_is_dialled_and_the_name_resolved_once(port: int) -> None:
    resolver = Answers(["127.0.0.1"])

    with socket_events() as events:
        address = dialled(make_guard(port), resolver)

    assert address == "127.0.0.1"
    assert resolver.asked == [(HOST, frozenset({socket.AF_INET}))]
    assert events == [("socket.connect", ("127.0.0.1", port))]


def test_a_name_that_flips_between_answers_is_asked_once_per_connection(port: int) -> None:
    """DNS rebinding: whatever the second answer would be, the first one was judged and dialled."""
    resolver = Answers(["127.0.0.1"], ["52.94.0.10"])
    guard = make_guard(port)

    with socket_events() as events:
        assert dialled(guard, resolver) == "127.0.0.1"
        with pytest.raises(AddressDenied):
            dialled(guard, resolver)

    assert events == [("socket.connect", ("127.0.0.1", port))]


def test_final_addresses_are_dialled_without_dns(port: int) -> None:
    guard = make_guard(port, address_check="eni", addresses=("127.0.0.1",), resolve=False)
    resolver = Answers(["52.94.0.10"])

    with socket_events() as events:
        assert dialled(guard, resolver) == "127.0.0.1"

    assert resolver.asked == []
    assert events == [("socket.connect", ("127.0.0.1", port))]


REFUSED: dict[str, tuple[dict[str, Any], Sequence[str], str]] = {
    "a public answer": ({}, ["52.94.0.10"], "outside-vpc-cidrs"),
    "a public answer behind a good one": ({}, ["127.0.0.1", "52.94.0.10"], "outside-vpc-cidrs"),
    "a public answer before a good one": ({}, ["52.94.0.10", "127.0.0.1"], "outside-vpc-cidrs"),
    "an AAAA answer nobody asked for": ({}, ["127.0.0.1", "2600::1"], "outside-vpc-cidrs"),
    "a mapped answer": ({}, ["::ffff:127.0.0.1"], "never-ipv4-mapped"),
    "a zone": ({}, ["fe80::1%eth0"], "scoped-address"),
    "a name for an answer": ({}, ["localhost"], "not-an-address"),
    "one text for a list": ({}, "127.0.0.1", "not-an-address"),
    "no answer": ({}, [], "no-answer"),
    "too many answers": ({}, [f"127.0.0.{n}" for n in range(1, 18)], "too-many-answers"),
    "loopback that the policy does not name": (
        {"own_networks": ()},
        ["127.0.0.1"],
        "never-loopback",
    ),
    "a final address that is not approved": (
        {"addresses": ("127.0.0.1", "52.94.0.10"), "resolve": False},
        [],
        "outside-vpc-cidrs",
    ),
    "no final address": ({"addresses": (), "resolve": False}, [], "no-answer"),
    "nothing that could be approved": ({"cidrs": ()}, ["127.0.0.1"], "nothing-approved"),
}


@pytest.mark.parametrize(("facts", "answers", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_opens_no_connection(
    facts: dict[str, Any], answers: Sequence[str], rule: str, port: int
) -> None:
    guard = make_guard(port, **facts)

    with socket_events() as events, pytest.raises(AddressDenied) as caught:
        dialled(guard, Answers(answers))

    assert caught.value.rule == rule
    assert events == []


def test_a_refusal_names_the_address_and_what_to_do(port: int) -> None:
    guard = make_guard(port)

    for refused in ("52.94.0.10", "169.254.169.254"):
        answers = ("127.0.0.1", refused, "127.0.0.2")
        with pytest.raises(AddressDenied) as caught:
            dialled(guard, Answers(answers))
        judged = guard.judge_answers(answers)
        assert caught.value.address == refused
        assert caught.value.reason == judged.reason
    with pytest.raises(AddressDenied) as caught:
        dialled(guard, Answers([]))
    assert caught.value.address is None
    assert caught.value.next_step == (
        "turn private DNS on, or name the endpoint's own DNS name or addresses"
    )


def test_where_nothing_can_be_approved_the_name_is_not_even_asked_for(port: int) -> None:
    resolver = Answers(["127.0.0.1"])

    with pytest.raises(AddressDenied):
        dialled(make_guard(port, cidrs=()), resolver)

    assert resolver.asked == []


def test_a_refused_port_moves_on_to_the_next_answer(listener: socket.socket, port: int) -> None:
    connector = Redirecting({"127.0.0.1": ("127.0.0.1", port)})

    address = dialled(make_guard(port), Answers(["127.0.0.9", "127.0.0.1"]), connector)

    assert address == "127.0.0.1"
    assert connector.tried == ["127.0.0.9", "127.0.0.1"]


def test_all_addresses_refusing_is_a_failed_connection_and_nothing_else_is_asked(
    closed_port: int,
) -> None:
    """No fall-back to a public name when every interface is down."""
    resolver = Answers(["127.0.0.1", "127.0.0.2"], ["52.94.0.10"])

    with socket_events() as events, pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(closed_port), resolver)

    assert caught.value.rule == "connect-failed"
    refused = f":{closed_port} (ConnectionRefusedError)"
    assert f"127.0.0.1{refused}, 127.0.0.2{refused}" in caught.value.reason
    assert caught.value.next_step == ConnectFailed.default_next_step
    assert len(resolver.asked) == 1
    assert events == [
        ("socket.connect", ("127.0.0.1", closed_port)),
        ("socket.connect", ("127.0.0.2", closed_port)),
    ]


def test_no_more_than_four_different_addresses_are_tried(port: int) -> None:
    connector = Redirecting({})
    answers = ["127.0.0.1", "127.0.0.1", *[f"127.0.0.{n}" for n in range(2, 9)]]

    with pytest.raises(ConnectFailed):
        dialled(make_guard(port), Answers(answers), connector)

    assert connector.tried == ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]


def test_a_dead_address_leaves_time_for_the_next(listener: socket.socket, port: int) -> None:
    connector = BlackHole("127.0.0.9")

    address = dialled(make_guard(port), Answers(["127.0.0.9", "127.0.0.1"]), connector, 0.2)

    assert address == "127.0.0.1"
    assert [wait <= 0.11 for _, wait in connector.waits] == [True, True]


def test_the_time_limit_is_over_all_addresses_together(port: int) -> None:
    connector = BlackHole("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
    answers = Answers(["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"])

    with pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(port), answers, connector, 0.2)

    assert sum(wait for _, wait in connector.waits) <= 0.2
    assert caught.value.rule == "connect-timeout"
    assert caught.value.next_step == (
        "check that the endpoint's security group admits this host on the port"
    )
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_each_address_has_an_equal_share_of_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a clock that stands still but for the waits: an address that refuses at once leaves its share to the others."""
    now = [100.0]
    shares: list[float] = []

    class Waiting:
        def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
            shares.append(timeout_s)
            now[0] += 0.0 if address == "127.0.0.2" else timeout_s
            raise TimeoutError("timed out")

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with pytest.raises(ConnectFailed):
        dialled(make_guard(443), Answers([f"127.0.0.{n}" for n in range(1, 5)]), Waiting(), 12.0)

    assert shares == [3.0, 3.0, 4.5, 4.5]


def test_when_the_clock_stands_at_the_end_no_connector_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    connector = Redirecting({})

    with pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(443), Answers(["127.0.0.1"]), connector, 0.0)

    assert caught.value.rule == "connect-timeout"
    assert connector.tried == []


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, math.nan, -math.inf])
def test_without_time_no_connection_is_opened(timeout_s: float, port: int) -> None:
    with socket_events() as events, pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(port), Answers(["127.0.0.1"]), timeout_s=timeout_s)

    assert caught.value.rule == "connect-timeout"
    assert events == []


@pytest.mark.parametrize("timeout_s", [0.0, math.nan])
def test_without_time_a_connector_is_not_even_asked(timeout_s: float) -> None:
    connector = Redirecting({})

    with pytest.raises(ConnectFailed):
        dialled(make_guard(443), Answers(["127.0.0.1"]), connector, timeout_s)

    assert connector.tried == []


def test_one_refusal_among_time_outs_is_not_a_time_out(closed_port: int) -> None:
    connector = BlackHole("127.0.0.9")

    with pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(closed_port), Answers(["127.0.0.9", "127.0.0.1"]), connector, 0.2)

    assert caught.value.rule == "connect-failed"
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_endless_time_is_an_hour(port: int) -> None:
    connector = BlackHole()

    assert dialled(make_guard(port), Answers(["127.0.0.1"]), connector, math.inf) == "127.0.0.1"
    assert connector.waits == [("127.0.0.1", 3600.0)]
    with SystemConnector().connect("127.0.0.1", port, math.inf) as sock:
        assert sock.gettimeout() == 3600.0


def test_a_peer_that_is_another_address_is_refused_and_its_socket_closed(
    listener: socket.socket, port: int
) -> None:
    connector = Redirecting({"127.0.0.2": ("127.0.0.1", port)})

    with pytest.raises(AddressDenied) as caught:
        dialled(make_guard(port), Answers(["127.0.0.2", "127.0.0.3"]), connector)

    assert caught.value.rule == "peer-mismatch"
    assert connector.tried == ["127.0.0.2"]
    assert [sock.fileno() for sock in connector.opened] == [-1]


def test_a_peer_on_another_port_is_refused_and_its_socket_closed(
    listener: socket.socket, port: int, closed_port: int
) -> None:
    connector = Redirecting({"127.0.0.1": ("127.0.0.1", port)})

    with pytest.raises(AddressDenied) as caught:
        dialled(make_guard(closed_port), Answers(["127.0.0.1"]), connector)

    assert caught.value.rule == "peer-mismatch"
    assert [sock.fileno() for sock in connector.opened] == [-1]


PEERS: dict[str, object] = {
    "a UNIX socket": "",
    "bytes": b"\x00name",
    "too short": ("127.0.0.1",),
    "three parts": ("127.0.0.1", 443, 0),
    "five parts": ("127.0.0.1", 443, 0, 0, 0),
    "a name": ("localhost", 443),
    "a mapped form": ("::ffff:127.0.0.1", 443, 0, 0),
    "a flow label": ("127.0.0.1", 443, 1, 0),
    "a scope": ("127.0.0.1", 443, 0, 2),
    "a zone": ("127.0.0.1%eth0", 443),
    "text for a port": ("127.0.0.1", "443"),
    "an address that is not text": (2130706433, 443),
    "a list": ["127.0.0.1", 443],
    "the path of a local socket": "ab",
}


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS.keys())
def test_a_peer_that_is_not_exactly_the_dialled_one_is_refused(peer: object) -> None:
    connector = Reporting(peer)

    with pytest.raises(AddressDenied) as caught:
        dialled(make_guard(443), Answers(["127.0.0.1"]), connector)

    assert caught.value.rule == "peer-mismatch"
    assert [sock.fileno() for sock in connector.opened] == [-1]


def test_a_peer_that_is_gone_counts_as_a_failed_attempt_and_its_socket_is_closed() -> None:
    connector = Unconnected()

    with pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(443), Answers(["127.0.0.1"]), connector)

    assert caught.value.rule == "connect-failed"
    assert [sock.fileno() for sock in connector.opened] == [-1]


def test_a_resolver_with_the_systems_errors_is_a_failed_connection(port: int) -> None:
    with socket_events() as events, pytest.raises(ConnectFailed) as caught:
        dialled(make_guard(port), Failing())

    assert caught.value.rule == "resolver-failed"
    assert isinstance(caught.value.__cause__, socket.gaierror)
    assert events == []


class TestSystemConnector:
    """The operating system's sockets: numeric addresses, options, time limits."""

    def test_the_socket_sends_small_writes_at_once_and_keeps_alive(self, port: int) -> None:
        with SystemConnector().connect("127.0.0.1", port, 2.0) as sock:
            assert sock.family == socket.AF_INET
            assert sock.gettimeout() == 2.0
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0

    @pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="no TCP_KEEPIDLE here")
    def test_the_probes_come_before_the_endpoint_forgets_the_flow(self, port: int) -> None:
        with SystemConnector().connect("127.0.0.1", port, 2.0) as sock:
            options = [
                sock.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            ]

        assert options == [60, 15, 4]

    @pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="no TCP_KEEPIDLE here")
    def test_the_probes_begin_in_time_where_the_option_has_its_macos_name(
        self, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        option = socket.TCP_KEEPIDLE
        monkeypatch.delattr(socket, "TCP_KEEPIDLE")
        monkeypatch.setattr(socket, "TCP_KEEPALIVE", option, raising=False)

        with SystemConnector().connect("127.0.0.1", port, 2.0) as sock:
            assert sock.getsockopt(socket.IPPROTO_TCP, option) == 60

    def test_ipv6_sockets_can_not_carry_ipv4(self) -> None:
        try:
            server = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            pytest.skip("no IPv6 loopback here")
        with (
            server,
            SystemConnector().connect("::1", server.getsockname()[1], 2.0) as sock,
        ):
            assert sock.family == socket.AF_INET6
            assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1

    def test_an_ipv6_endpoint_is_dialled(self) -> None:
        try:
            server = socket.create_server(("::1", 0), family=socket.AF_INET6)
        except OSError:
            pytest.skip("no IPv6 loopback here")
        with server:
            guard = make_guard(server.getsockname()[1], cidrs=("::1/128",), own_networks=("::1",))
            assert dialled(guard, Answers(["::1"])) == "::1"

    def test_a_mapped_address_does_not_reach_ipv4(self, port: int) -> None:
        with pytest.raises(OSError):
            SystemConnector().connect("::ffff:127.0.0.1", port, 2.0)

    @pytest.mark.parametrize("address", ["localhost", "", "0x7f000001", "127.1", "::1%lo", None])
    def test_a_name_is_never_connected_to(self, address: Any, port: int) -> None:
        with socket_events() as events, pytest.raises(AddressDenied) as caught:
            SystemConnector().connect(address, port, 2.0)

        assert caught.value.rule == "not-an-address"
        assert events == []

    def test_a_refused_port_is_an_os_error_and_leaves_no_socket(self, closed_port: int) -> None:
        # An unclosed socket would fail this test with a ResourceWarning.
        with pytest.raises(ConnectionRefusedError):
            SystemConnector().connect("127.0.0.1", closed_port, 2.0)

    @pytest.mark.parametrize("timeout_s", [0.0, -1.0, math.nan])
    def test_no_time_is_a_time_out_and_not_a_non_blocking_socket(
        self, timeout_s: float, port: int
    ) -> None:
        with pytest.raises(TimeoutError):
            SystemConnector().connect("127.0.0.1", port, timeout_s)

    def test_a_listener_that_does_not_accept_times_out(self) -> None:
        """A full backlog drops the SYN: the kernel's own black hole."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            number: int = server.getsockname()[1]
            waiting = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(4)]
            for sock in waiting:
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", number))
            started = time.monotonic()
            try:
                with pytest.raises(TimeoutError):
                    SystemConnector().connect("127.0.0.1", number, 0.2)
            finally:
                for sock in waiting:
                    sock.close()

        assert 0.15 < time.monotonic() - started < 2.0
