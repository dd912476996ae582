"""One front end's worker, seen from outside: started in the application's host, asked by lines of JSON."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import secure_bedrock

from .namespaces import Namespace, TestbedError

Kind = Literal["raw", "typed", "hardened"]

_WORKER = Path(__file__).with_name("worker.py")
_ANSWER_S = 60.0
_END_S = 5.0


class FrontEnd:
    """A warm process that holds at most one client; with `blind`, one whose guard approves everything."""

    def __init__(
        self, kind: Kind, host: Namespace, directory: Path, *, blind: bool = False
    ) -> None:
        self.kind = kind
        name = f"{kind}-blind" if blind else kind
        self._complaints = directory / f"{name}.log"
        # -P: the testbed's own modules must not stand in front of the standard library's.
        options = [sys.executable, "-P", str(_WORKER), kind, *(["--blind"] if blind else [])]
        with self._complaints.open("w") as log:
            self._process = subprocess.Popen(
                host.command(options),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(directory),
                text=True,
                bufsize=1,
            )

    def wait_until_ready(self) -> None:
        """Until everything that a call needs is loaded."""
        self._answer()

    def open(self, **settings: Any) -> dict[str, Any]:
        """Make the client; the answer is empty unless that raised."""
        return self._ask(do="open", **settings)

    def call(self, model: str, words: str) -> dict[str, Any]:
        """Make one call; the answer is empty when it was answered."""
        return self._ask(do="call", model=model, words=words)

    def close(self) -> None:
        """Close the client and its connections, and restore the environment."""
        self._ask(do="close")

    def end(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, **asked: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
        except BrokenPipeError:
            raise self._broken() from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready = select.select([self._process.stdout], [], [], _ANSWER_S)[0]
        line = self._process.stdout.readline() if ready else ""
        if not line:
            raise self._broken()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _broken(self) -> TestbedError:
        last = self._complaints.read_text().splitlines()[-12:]
        return TestbedError("\n".join([f"the {self.kind} worker gave no answer", *last]))


def _environment(directory: Path) -> dict[str, str]:
    """Nothing of this process's own environment: no proxy, no profile, no credentials."""
    library = Path(secure_bedrock.__file__).resolve().parents[1]
    return {
        "PATH": os.defpath,
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(library),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
