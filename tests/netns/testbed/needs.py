"""What this host lacks for a testbed, for people."""

import os
import shutil
import sys
from pathlib import Path

from .claims import Claim
from .namespaces import Namespace, TestbedError

_COMMANDS = {"ip": "iproute2", "nft": "nftables", "dnsmasq": "dnsmasq-base"}


def missing() -> str | None:
    """Why there can be no testbed here; None where there can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [package for command, package in _COMMANDS.items() if shutil.which(command) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if not Path("/proc/net/if_inet6").exists():
        return "this kernel has IPv6 off"
    if Path("/run/nscd/socket").exists():
        return "nscd answers for the C library here, from outside every namespace"
    return _refused()


def _refused() -> str | None:
    """What the kernel refuses of the least that a testbed does."""
    claim = Claim()
    probe = Namespace(claim.name, "probe")
    try:
        probe.make()
        probe.run(["nft", "-f", "-"], stdin="table inet probe {\n}\n")
        probe.run(probe.command(["true"]))
    except TestbedError as refusal:
        return f"this host refuses network namespaces: {refusal}"
    finally:
        probe.remove()
        claim.release()
    return None
