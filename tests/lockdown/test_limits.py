"""What a lockdown does not reach, shown: the page on it says the same."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.testing import LocalBedrock
from tests.corpus import CorpusEntry

Locked = Callable[..., Any]
Came = Callable[[int], bool]

WORKER = '''
"""What a worker of multiprocessing runs: a spawned one imports it, a program's own initialiser included."""

import os
import socket

from secure_bedrock import Policy, errors, lockdown


def reach(port):
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except errors.LockdownViolation as refusal:
        return refusal.rule
    return "let through"


def lock_down():
    lockdown(Policy.from_toml(os.environ["POLICY"]))
'''

IN_WORKERS = """
import multiprocessing, os, sys, warnings
sys.path.insert(0, os.environ["FOLDER"])
import lockdown_worker
port = int(os.environ["TRAP"])

def in_a_worker(method, initializer=None):
    with multiprocessing.get_context(method).Pool(1, initializer) as pool:
        return pool.apply(lockdown_worker.reach, (port,))

outcomes["spawn"] = in_a_worker("spawn")
outcomes["spawn, locked down by itself"] = in_a_worker("spawn", lockdown_worker.lock_down)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # later Pythons warn of forks beside threads
    outcomes["fork"] = in_a_worker("fork")
"""


@pytest.mark.corpus("time-multiprocessing-spawn")
def test_a_spawned_worker(
    corpus_entry: CorpusEntry, locked: Locked, lasting_trap: Any, came: Came, tmp_path: Path
) -> None:
    """It is a new process: it is locked down where its own code asks for it."""
    assert corpus_entry["expect"] == "allowed"
    (tmp_path / "lockdown_worker.py").write_text(WORKER)
    told = locked(
        IN_WORKERS, TRAP=lasting_trap.port, FOLDER=tmp_path, PYTHONPATH=_path_with(tmp_path)
    )

    assert told.outcomes == {
        "spawn": "let through",
        "spawn, locked down by itself": "destination-not-listed",
        "fork": "destination-not-listed",
    }
    assert came(1)


SUBINTERPRETER = """
import os
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

from secure_bedrock import Policy, lockdown

SCRIPT = f"import socket; socket.create_connection(('127.0.0.1', {os.environ['TRAP']}), 2).close()"
early = interpreters.create()
lockdown(Policy.from_toml(os.environ["P"]))
tried("one from before", interpreters.run_string, early, SCRIPT)
if os.environ["MAKE"] == "yes":
    tried("a new one", interpreters.create)
"""


@pytest.mark.corpus("time-subinterpreter")
def test_a_subinterpreter(
    corpus_entry: CorpusEntry, locked: Locked, server: LocalBedrock, lasting_trap: Any, came: Came
) -> None:
    """Audit hooks are an interpreter's own. Python 3.11 refuses to make another one after the lockdown."""
    assert corpus_entry["expect"] == "allowed"
    makes = sys.version_info < (3, 12)
    told = locked(
        SUBINTERPRETER,
        policy=None,
        P=server.policy_toml(),
        TRAP=lasting_trap.port,
        MAKE="yes" if makes else "no",
    )

    assert told.outcomes["one from before"] == "let through"
    assert came(1)
    if makes:
        assert told.outcomes["a new one"] == "RuntimeError: interpreter creation failed"


def test_a_started_program_is_not_locked_down(
    locked: Locked, lasting_trap: Any, came: Came
) -> None:
    told = locked(
        """
        import os, subprocess, sys
        code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2).close()"
        tried("a program", subprocess.run, [sys.executable, "-c", code, os.environ["TRAP"]], check=True)
        """,
        TRAP=lasting_trap.port,
    )

    assert told.outcomes == {"a program": "let through"}
    assert came(1)


@pytest.mark.skipif(sys.platform != "linux", reason="the structure of an address is Linux's")
def test_native_code_is_not_seen(locked: Locked, lasting_trap: Any, came: Came) -> None:
    told = locked(
        """
        import ctypes, os, socket, struct
        at = struct.pack("=H", socket.AF_INET) + struct.pack("!H", int(os.environ["TRAP"]))
        at += socket.inet_aton("127.0.0.1") + bytes(8)
        c = ctypes.CDLL(None)
        with socket.socket() as one:
            outcomes["connect(2)"] = str(c.connect(one.fileno(), at, len(at)))
        """,
        TRAP=lasting_trap.port,
    )

    assert told.outcomes == {"connect(2)": "0"}
    assert told.passed == []
    assert came(1)


def test_a_name_that_a_socket_is_given_is_resolved_before_it_is_refused(locked: Locked) -> None:
    """Shown with a zone that is no interface's, which the resolver refuses without asking a name server."""
    told = locked(
        """
        import socket
        with socket.socket(socket.AF_INET6) as one:
            tried("a name", one.connect, ("::1%nowhere", 443))
        """
    )

    assert told.outcomes["a name"].startswith("gaierror: ")
    assert told.passed == []


def test_a_connection_from_before_lives_on(
    locked: Locked, server: LocalBedrock, lasting_trap: Any
) -> None:
    told = locked(
        """
        import os, socket
        from secure_bedrock import Policy, lockdown
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.connect(("127.0.0.1", int(os.environ["TRAP"])))
        lockdown(Policy.from_toml(os.environ["P"]))
        tried("send to the peer", udp.send, b"x")
        tried("connect again", udp.connect, ("127.0.0.1", int(os.environ["TRAP"])))
        udp.close()
        """,
        policy=None,
        P=server.policy_toml(),
        TRAP=lasting_trap.port,
    )

    assert told.outcomes["send to the peer"] in {
        "let through",
        "ConnectionRefusedError: [Errno 111] Connection refused",
    }
    assert told.outcomes["connect again"] == "destination-not-listed"


def _path_with(folder: Path) -> str:
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
