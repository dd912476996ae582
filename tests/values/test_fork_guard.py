"""A fork waits for imports on a call's way, for a while; the child has a lock that nobody holds."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")

PROGRAM = """
import os, signal, threading, time
import sys
from secure_bedrock.values import importing
room = sys.modules["secure_bedrock.values.fork_guard"]
inside, go_on = threading.Event(), threading.Event()

def hold():
    with importing():
        inside.set()
        go_on.wait(20)

def fork():
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        with importing():
            os._exit(7)
    waited = time.monotonic() - began
    return waited, os.WEXITSTATUS(os.waitpid(child, 0)[1])

"""

HELD = """
threading.Thread(target=hold).start()
assert inside.wait(20)
threading.Timer(0.5, go_on.set).start()
waited, exited = fork()
assert waited >= 0.4, waited
assert exited == 7
"""

TOO_LONG = """
room.WAIT_S = 0.2
threading.Thread(target=hold).start()
assert inside.wait(20)
waited, exited = fork()
assert 0.1 < waited < 5
assert exited == 7
go_on.set()
assert fork()[1] == 7
"""

WITHIN = """
with importing():
    with importing():
        assert fork()[1] == 7
taken = []
def take():
    with importing():
        taken.append(1)
thread = threading.Thread(target=take)
thread.start()
thread.join(5)
assert taken == [1]
"""

CASES = {
    "a fork waits until the import is done": HELD,
    "it goes on after its time": TOO_LONG,
    "who forks inside of an import does not wait for itself": WITHIN,
}


@pytest.mark.parametrize("case", CASES)
def test_forks_and_imports(case: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM + CASES[case]],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
