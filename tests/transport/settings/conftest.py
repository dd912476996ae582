"""One place to set a hostile value in, and the front end that then calls."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from secure_bedrock import Policy
from secure_bedrock.testing import LocalBedrock
from tests.fronts import FRONTS


class Surroundings:
    """An environment and a home that hold what a test puts there; `{trap}`, `{home}` in texts are filled in."""

    def __init__(
        self, home: Path, trap: Any, patch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
    ) -> None:
        self.home, self.trap, self._patch, self._log = home, trap, patch, log
        log.set_level(logging.INFO, logger="secure_bedrock")

    def told(self) -> list[tuple[int, str]]:
        """Level and text of every line about settings so far; they are then forgotten."""
        lines = [(record.levelno, record.getMessage()) for record in self._log.records]
        self._log.clear()
        return [(level, text) for level, text in lines if "not followed" in text]

    def filled(self, text: str) -> str:
        return text.replace("{trap}", str(self.trap.port)).replace("{home}", str(self.home))

    def variables(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            self._patch.setenv(name, self.filled(value))

    def file(self, path: str, text: str) -> None:
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.filled(text), encoding="utf-8")

    def policy(self, bedrock: LocalBedrock) -> Policy:
        """The server's policy with a trust store of its own: TLS contexts are kept for files that were seen."""
        trusted = self.home / f"ca-{uuid4().hex}.pem"
        trusted.write_bytes(Path(bedrock.ca_path).read_bytes())
        return Policy.from_toml(bedrock.policy_toml().replace(bedrock.ca_path, str(trusted)))

    def keys_in_file(self, bedrock: LocalBedrock) -> None:
        """Working credentials, so that botocore's own session reads the files and the environment."""
        given = bedrock.credentials
        self.file(
            ".aws/credentials",
            f"[default]\naws_access_key_id={given.access_key}\n"
            f"aws_secret_access_key={given.secret_key}\naws_session_token={given.token}\n",
        )


@pytest.fixture
def around(
    plain_surroundings: Path,
    trap: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Surroundings:
    """A clean place, with a listener that nothing may come to."""
    for name in ("LD_PRELOAD", "LD_AUDIT", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS"):
        monkeypatch.delenv(name, raising=False)
    return Surroundings(plain_surroundings, trap, monkeypatch, caplog)


@pytest.fixture(params=FRONTS)
def call(request: pytest.FixtureRequest) -> Callable[[Policy], str]:
    """Makes a client under a policy and calls it once; gives the stop reason."""
    return FRONTS[request.param]
