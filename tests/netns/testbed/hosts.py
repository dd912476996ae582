"""The three hosts and their links: the application, the VPC's endpoint, the public internet."""

from pathlib import Path

from .namespaces import Namespace
from .plan import (
    APP,
    APP_OUTSIDE,
    APP_OUTSIDE_V6,
    APP_V6,
    ENI_A,
    ENI_B,
    ENI_NEW,
    ENI_V6,
    GATEWAY,
    GATEWAY_V6,
    OTHER_RESOLVER,
    PUBLIC,
    PUBLIC_V6,
    RESOLVER,
    VPC,
    VPC_V6,
)

TO_APP = "to-app"  # the interface by which the other two see the application


class Hosts:
    """`app` has a link into the VPC, where `endpoint` is, and its default route to `internet`."""

    def __init__(self, testbed: str) -> None:
        self.app = Namespace(testbed, "app")
        self.endpoint = Namespace(testbed, "endpoint")
        self.internet = Namespace(testbed, "internet")
        self.all = (self.app, self.endpoint, self.internet)

    def make(self) -> None:
        """Make the namespaces, the links between them, addresses and routes."""
        for host in self.all:
            host.make()
        self.app.ip(
            f"link add vpc type veth peer name {TO_APP} netns {self.endpoint.name}",
            f"link add outside type veth peer name {TO_APP} netns {self.internet.name}",
        )
        self._address()
        self._route()
        # The C library's own way to the VPC's resolver, whatever this host's is.
        self.app.lay_over("resolv.conf", f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n")
        self.app.lay_over("nsswitch.conf", "hosts: files dns\n")
        self.app.lay_over("hosts", "127.0.0.1 localhost\n::1 localhost\n")
        self.app.lay_over("gai.conf", "")

    def remove(self) -> None:
        """Take them away with whatever runs in them."""
        for host in self.all:
            host.remove()

    def arrived_outside(self) -> int:
        """How many frames have come to the internet's end of its link: cheap, to see whether any still come."""
        table = self.internet.enter(lambda: Path("/proc/thread-self/net/dev").read_text())
        (line,) = (line for line in table.splitlines() if line.strip().startswith(f"{TO_APP}:"))
        return int(line.partition(":")[2].split()[1])

    def _address(self) -> None:
        # Without `nodad` an IPv6 address is of no use for its first second.
        self.app.ip(
            f"addr add {APP}/24 dev vpc",
            f"addr add {APP_V6}/64 dev vpc nodad",
            f"addr add {APP_OUTSIDE}/24 dev outside",
            f"addr add {APP_OUTSIDE_V6}/64 dev outside nodad",
            "link set vpc up",
            "link set outside up",
        )
        self.endpoint.ip(
            f"addr add {RESOLVER}/24 dev {TO_APP}",
            f"addr add {OTHER_RESOLVER}/24 dev {TO_APP}",
            *(f"addr add {address}/32 dev {TO_APP}" for address in (ENI_A, ENI_B, ENI_NEW)),
            f"addr add {ENI_V6}/128 dev {TO_APP} nodad",
            f"link set {TO_APP} up",
        )
        self.internet.ip(
            f"addr add {GATEWAY}/24 dev {TO_APP}",
            f"addr add {PUBLIC}/32 dev {TO_APP}",
            f"addr add {GATEWAY_V6}/64 dev {TO_APP} nodad",
            f"addr add {PUBLIC_V6}/128 dev {TO_APP} nodad",
            f"link set {TO_APP} up",
        )

    def _route(self) -> None:
        """An application's subnet is part of the VPC, and everything else goes outside."""
        self.app.ip(
            f"route add {VPC} dev vpc src {APP}",
            f"route add {VPC_V6} dev vpc src {APP_V6}",
            f"route add default via {GATEWAY} dev outside",
            f"route add default via {GATEWAY_V6} dev outside",
        )
        self.endpoint.ip(f"route add {VPC_V6} dev {TO_APP}")
        # So that a packet whose destination was rewritten, after its source was chosen, gets its answer.
        self.internet.ip(f"route add {APP}/32 dev {TO_APP}")
