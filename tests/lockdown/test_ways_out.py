"""Whatever opens a socket in a locked process, by whatever spelling, gets LockdownViolation and reaches nobody."""

from collections.abc import Callable
from typing import Any

import pytest

Locked = Callable[..., Any]
Came = Callable[[int], bool]

# way → the rule that refuses it. Each is tried toward a listener on 127.0.0.1 that the policy does not name, so that
# it would be reached if it were not refused; names and public addresses never leave (probes/start.py).
WAYS = {
    "connect": "destination-not-listed",
    "connect_ex": "destination-not-listed",
    "create_connection": "destination-not-listed",
    "the C module's own socket": "destination-not-listed",
    "a socket that says it is a Unix one": "destination-not-listed",
    "a subclass's connect": "destination-not-listed",
    "an adopted descriptor": "destination-not-listed",
    "a datagram socket": "destination-not-listed",
    "sendto": "destination-not-listed",
    "sendto with flags": "destination-not-listed",
    "sendmsg": "destination-not-listed",
    "TCP fast open": "destination-not-listed",
    "IPv6": "destination-not-listed",
    "the metadata port beside": "destination-not-listed",
    "a public address": "destination-not-listed",
    "an IPv4-mapped address": "destination-not-listed",
    "an address as bytes": "destination-not-listed",
    "an address as a bytearray": "not-an-address",
    "a name given to connect": "not-an-address",
    "an empty host": "not-an-address",
    "broadcast": "not-an-address",
    "an octal spelling": "not-an-address",
    "a decimal spelling": "not-an-address",
    "full-width digits": "not-an-address",
    "text that lies": "not-an-address",
    "a tuple that lies": "not-an-address",
    "a number that lies": "not-a-port",
    "a scope": "not-an-address",
    "a scope in the text": "not-an-address",
    "getaddrinfo": "name-not-listed",
    "getaddrinfo with bytes": "name-not-listed",
    "getaddrinfo of localhost": "name-not-listed",
    "gethostbyname": "name-not-listed",
    "gethostbyname_ex": "name-not-listed",
    "gethostbyaddr": "name-not-listed",
    "getfqdn": "name-not-listed",
    "a raw socket": "socket-family",
    "a packet socket": "socket-family",
    "a vsock": "socket-family",
    "a netlink socket": "socket-family",
    "urllib": "destination-not-listed",
    "urllib by name": "name-not-listed",
    "urllib through a proxy": "destination-not-listed",
    "http.client": "destination-not-listed",
    "https by http.client": "destination-not-listed",
    "urllib3": "destination-not-listed",
    "urllib3 by name": "name-not-listed",
    "smtplib": "destination-not-listed",
    "xmlrpc": "destination-not-listed",
    "asyncio.open_connection": "destination-not-listed",
    "asyncio.open_connection by name": "name-not-listed",
    "asyncio with TLS": "destination-not-listed",
    "loop.sock_connect": "destination-not-listed",
    "loop.sock_sendto": "destination-not-listed",
    "loop.create_datagram_endpoint": "destination-not-listed",
    "logging.SocketHandler": "destination-not-listed",
    "logging.DatagramHandler": "destination-not-listed",
    "logging.HTTPHandler": "destination-not-listed",
    "logging.SysLogHandler": "destination-not-listed",
    "a thread": "destination-not-listed",
    "a pool of threads": "destination-not-listed",
    "a forked child": "destination-not-listed",
}

TRY_THEM = """
import asyncio, concurrent.futures, http.client, logging, logging.handlers, os, smtplib, socket
import _socket, threading, urllib.request, xmlrpc.client
import urllib3

PORT = int(os.environ["TRAP"])
HERE = ("127.0.0.1", PORT)
made = []

def sock(kind=socket.SOCK_STREAM, family=socket.AF_INET, cls=socket.socket):
    made.append(cls(family, kind))
    return made[-1]

def udp(family=socket.AF_INET):
    return sock(socket.SOCK_DGRAM, family)

class SaysUnix(socket.socket):
    family = socket.AF_UNIX

class Connects(socket.socket):
    def connect(self, address):
        return _socket.socket.connect(self, address)

class Lies(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
    def __str__(self): return "10.0.0.1"
    def encode(self, *_): return b"10.0.0.1"

class LiesToo(tuple):
    def __getitem__(self, place): return ("10.0.0.1", 443)[place]
    def __iter__(self): return iter(("10.0.0.1", 443))

class LiesAsWell(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__

tried("connect", sock().connect, HERE)
tried("connect_ex", sock().connect_ex, HERE)
tried("create_connection", socket.create_connection, HERE, 1)
tried("the C module's own socket", sock(cls=_socket.socket).connect, HERE)
tried("a socket that says it is a Unix one", sock(cls=SaysUnix).connect, HERE)
tried("a subclass's connect", sock(cls=Connects).connect, HERE)
tried("an adopted descriptor", socket.socket(fileno=sock().detach()).connect, HERE)
tried("a datagram socket", udp().connect, HERE)
tried("sendto", udp().sendto, b"x", HERE)
tried("sendto with flags", udp().sendto, b"x", socket.MSG_DONTWAIT, HERE)
tried("sendmsg", udp().sendmsg, [b"x"], [], 0, HERE)
tried("TCP fast open", sock().sendto, b"x", socket.MSG_FASTOPEN, HERE)
tried("IPv6", udp(socket.AF_INET6).connect, ("::1", PORT))
tried("the metadata port beside", udp().connect, ("169.254.169.254", 81))
tried("a public address", udp().connect, ("52.94.0.10", 443))
tried("an IPv4-mapped address", udp(socket.AF_INET6).connect, ("::ffff:127.0.0.1", PORT))
tried("an address as bytes", udp().connect, (b"127.0.0.1", PORT))
tried("an address as a bytearray", udp().connect, (bytearray(b"127.0.0.1"), PORT))
tried("a name given to connect", udp().connect, ("localhost", PORT))
tried("an empty host", udp().connect, ("", PORT))
tried("broadcast", udp().sendto, b"x", ("<broadcast>", PORT))
tried("an octal spelling", udp().connect, ("0177.0.0.1", PORT))
tried("a decimal spelling", udp().connect, ("2130706433", PORT))
tried("full-width digits", udp().connect, ("\\uff11\\uff12\\uff17.0.0.1", PORT))
tried("text that lies", udp().connect, (Lies("127.0.0.1"), PORT))
tried("a tuple that lies", udp().connect, LiesToo(HERE))
tried("a number that lies", udp().connect, ("127.0.0.1", LiesAsWell(PORT)))
tried("a scope", udp(socket.AF_INET6).connect, ("::1", PORT, 0, 1))
tried("a scope in the text", udp(socket.AF_INET6).connect, ("::1%1", PORT))
tried("getaddrinfo", socket.getaddrinfo, "public.example", 443)
tried("getaddrinfo with bytes", socket.getaddrinfo, b"public.example", 443)
tried("getaddrinfo of localhost", socket.getaddrinfo, "localhost", 443)
tried("gethostbyname", socket.gethostbyname, "public.example")
tried("gethostbyname_ex", socket.gethostbyname_ex, "public.example")
tried("gethostbyaddr", socket.gethostbyaddr, "public.example")
tried("getfqdn", socket.getfqdn, "public.example")
tried("a raw socket", sock, socket.SOCK_RAW)
tried("a packet socket", sock, family=socket.AF_PACKET)
tried("a vsock", sock, family=socket.AF_VSOCK)
tried("a netlink socket", sock, family=socket.AF_NETLINK)

url = f"http://127.0.0.1:{PORT}/"
for name in [n for n in os.environ if n.lower().endswith("_proxy")]:
    del os.environ[name]
tried("urllib", urllib.request.urlopen, url, timeout=2)
tried("urllib by name", urllib.request.urlopen, "http://public.example/", timeout=2)
proxied = urllib.request.build_opener(urllib.request.ProxyHandler({"http": url}))
tried("urllib through a proxy", proxied.open, "http://public.example/", timeout=2)
tried("http.client", http.client.HTTPConnection("127.0.0.1", PORT, timeout=2).request, "GET", "/")
tried("https by http.client", http.client.HTTPSConnection("127.0.0.1", PORT, timeout=2).request, "GET", "/")
pool = urllib3.PoolManager(retries=False, timeout=2)
tried("urllib3", pool.request, "GET", url)
tried("urllib3 by name", pool.request, "GET", "http://public.example/")
tried("smtplib", smtplib.SMTP, "127.0.0.1", PORT, "here", 2)
tried("xmlrpc", xmlrpc.client.ServerProxy(url).anything)

async def connect_it():
    loop = asyncio.get_running_loop()
    one = sock(); one.setblocking(False)
    await loop.sock_connect(one, HERE)

async def send_it():
    one = udp(); one.setblocking(False)
    await asyncio.get_running_loop().sock_sendto(one, b"x", HERE)

async def datagram():
    await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=HERE)

def aio(call, *arguments, **named):
    async def run():
        await call(*arguments, **named)
    asyncio.run(run())

tried("asyncio.open_connection", aio, asyncio.open_connection, *HERE)
tried("asyncio.open_connection by name", aio, asyncio.open_connection, "public.example", 443)
tried("asyncio with TLS", aio, asyncio.open_connection, *HERE, ssl=True)
tried("loop.sock_connect", aio, connect_it)
tried("loop.sock_sendto", aio, send_it)
tried("loop.create_datagram_endpoint", aio, datagram)

def log_to(handler):
    logger = logging.Logger("a logger")
    logger.addHandler(handler)
    try:
        logger.warning("a prompt")
    finally:
        handler.close()

tried("logging.SocketHandler", log_to, logging.handlers.SocketHandler(*HERE))
tried("logging.DatagramHandler", log_to, logging.handlers.DatagramHandler(*HERE))
tried("logging.HTTPHandler", log_to, logging.handlers.HTTPHandler(f"127.0.0.1:{PORT}", "/"))
tried("logging.SysLogHandler", lambda: log_to(logging.handlers.SysLogHandler(HERE)))

def in_thread():
    thread = threading.Thread(target=tried, args=("a thread", sock().connect, HERE))
    thread.start()
    thread.join()

in_thread()
with concurrent.futures.ThreadPoolExecutor(1) as threads:
    tried("a pool of threads", threads.submit(sock().connect, HERE).result)

reader, writer = os.pipe()
child = os.fork()
if not child:
    os.write(writer, outcome(sock().connect, HERE).encode())
    os._exit(0)
os.waitpid(child, 0)
outcomes["a forked child"] = os.read(reader, 999).decode()
"""


@pytest.fixture(scope="module")
def arrivals() -> list[int]:
    """How many had come to the listener before the ways were tried."""
    return []


@pytest.fixture(scope="module")
def told(locked: Locked, lasting_trap: Any, arrivals: list[int]) -> Any:
    arrivals.append(lasting_trap.caught)
    return locked(TRY_THEM, TRAP=lasting_trap.port)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_refused(way: str, told: Any) -> None:
    assert told.outcomes[way] == WAYS[way]


def test_every_way_was_tried(told: Any) -> None:
    assert set(told.outcomes) == set(WAYS)


def test_nothing_got_as_far_as_the_operating_system(
    told: Any, lasting_trap: Any, arrivals: list[int]
) -> None:
    """Judged by an audit hook that comes after the lockdown's own, and by the listener."""
    assert set(told.passed) == {
        "127.0.0.1"
    }  # looked up, which asks nobody; a connection would show its port
    assert [lasting_trap.caught] == arrivals


def test_the_same_ways_lead_out_of_a_process_that_is_not_locked_down(
    locked: Locked, lasting_trap: Any, came: Came
) -> None:
    """The listener can be reached: what does not come there was stopped on its way."""
    told = locked(
        """
        import os, socket
        tried("connect", socket.create_connection, ("127.0.0.1", int(os.environ["TRAP"])))
        """,
        policy=None,
        TRAP=lasting_trap.port,
    )

    assert told.outcomes == {"connect": "let through"}
    assert came(1)
