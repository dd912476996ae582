"""Work in a forked child, and what it said of it."""

import os
import signal
from collections.abc import Callable
from typing import Any

CHILD_S = 20
"""How long a forked child may take before it is killed, in seconds."""


def in_child(work: Callable[[], Any]) -> str:
    """What `work` returned in a forked child, as text, or what it raised."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(CHILD_S)
            os.write(writing, str(work()).encode())
        except BaseException as error:
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said
