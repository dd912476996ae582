"""The testbed as a whole: hosts, DNS, servers, firewall and warm front ends; made once, taken down for certain."""

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from .claims import Claim
from .firewall import Firewall
from .front_end import FrontEnd, Kind
from .hosts import Hosts
from .name_server import NameServer
from .namespaces import TestbedError, sweep
from .other_models import lay_out
from .plan import OTHER_RESOLVER, RESOLVER
from .rows import Scene
from .servers import Servers

_SETTLE_S = 1.0
_STILL_S = 0.01


class Testbed:
    """`with Testbed() as testbed:`; also taken down at interpreter exit, and by the next run after a crash."""

    __test__ = False

    def __init__(self) -> None:
        sweep()
        self._claim = Claim()
        self.name = self._claim.name
        self.hosts = Hosts(self.name)
        self.firewall = Firewall(self.hosts)
        self._undo = ExitStack()
        self._front_ends: dict[Kind, FrontEnd] = {}

    def __enter__(self) -> Self:
        atexit.register(self.close)
        self._undo.callback(self._claim.release)
        try:
            self._start()
        except BaseException as error:
            try:
                self.close()
            except TestbedError as also:
                error.add_note(f"and while it was taken down: {also}")
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take everything down, in the reverse order; a second time it does nothing."""
        atexit.unregister(self.close)
        self._undo.close()

    def front_end(self, kind: Kind) -> FrontEnd:
        """The warm worker of this kind."""
        return self._front_ends[kind]

    def blind_front_end(self, kind: Kind) -> FrontEnd:
        """Another worker, whose guard approves everything; the caller ends it."""
        worker = FrontEnd(kind, self.hosts.app, self.directory, blind=True)
        worker.wait_until_ready()
        return worker

    def arrange(self, scene: Scene) -> None:
        """Make the network as the scene has it; what the servers received stays."""
        self._resolver.answer(scene.names)
        self._other_resolver.answer(scene.other_names)
        self.firewall.alternate_resolvers(on=scene.alternating is not None)
        self.firewall.fail(reset=scene.reset, drop=scene.drop)
        if scene.redirect:
            self.servers.redirect(scene.redirect)

    def settle(self) -> None:
        """Wait until nothing is under way any more: no connection outside, and no frame for a moment."""
        ends = time.monotonic() + _SETTLE_S
        last = -1
        while time.monotonic() < ends:
            now = self.hosts.arrived_outside()
            if now == last and not self.servers.outside_busy:
                return
            last = now
            time.sleep(_STILL_S)

    def _start(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"{self.name}-files_"))
        self._undo.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.other_models = lay_out(self.directory)
        self._begin(self.hosts.make, self.hosts.remove)
        # Each loads boto3 for a second or so: they do it while the rest is set up.
        for kind in ("raw", "typed", "hardened"):
            self._add_front_end(kind)
        self.firewall.start()
        self.servers = Servers(self.hosts)
        self._begin(self.servers.start, self.servers.stop)
        self._resolver = NameServer(self.hosts.endpoint, RESOLVER, self.directory)
        self._other_resolver = NameServer(self.hosts.endpoint, OTHER_RESOLVER, self.directory)
        self._undo.callback(self._other_resolver.stop)
        self._undo.callback(self._resolver.stop)
        for worker in self._front_ends.values():
            worker.wait_until_ready()

    def _begin(self, do: Callable[[], None], undo: Callable[[], None]) -> None:
        self._undo.callback(undo)  # first: half of what is done must be undone too
        do()

    def _add_front_end(self, kind: Kind) -> None:
        worker = self._front_ends[kind] = FrontEnd(kind, self.hosts.app, self.directory)
        self._undo.callback(worker.end)
