"""P04: asynchronous clients' parts, which bring connections of their own, are refused and used nowhere."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

import secure_bedrock
from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.errors import CredentialPathDenied, EnvironmentDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from tests.corpus import CorpusEntry
from tests.promises.place import PUBLIC, Place, call_of
from tests.promises.raw_session import RawSession

SERVICE = "bedrock-runtime"
FOREIGN = ("aiohttp", "httpx", "aiobotocore", "requests")
"""What brings connections of its own; asynchronous clients of botocore are built on the first three."""


class AioConfig(Config):
    """aiobotocore's configuration as far as botocore's class goes: connectors and sessions of its own."""

    def __init__(self, *, connector_args: Any = None, http_session_cls: Any = None) -> None:
        super().__init__(read_timeout=9)
        self.connector_args = connector_args
        self.http_session_cls = http_session_cls


AioConfig.__module__ = "aiobotocore.config"


class AioSession:
    """What stands in aiobotocore for botocore's session."""

    def create_client(self, *_args: Any, **_kwargs: Any) -> Any:
        raise AssertionError("asked for a client")


def makers(place: Place, bedrock: LocalBedrock) -> list[Any]:
    """Everything that makes clients and takes a configuration."""
    keys = bedrock.credentials
    typed = SecureBedrockClient(place.policy, credentials=keys, sinks=[])
    return [
        lambda **given: create_client(SERVICE, place.policy, credentials=keys, **given),
        lambda **given: SecureSession(place.policy, credentials=keys).client(SERVICE, **given),
        lambda **given: typed.client(SERVICE, **given),
    ]


@pytest.mark.corpus("time-aio-trust-env")
def test_an_asynchronous_configuration_and_its_proxies_are_refused(
    corpus_entry: CorpusEntry, place: Place, bedrock: LocalBedrock
) -> None:
    """There is no asynchronous client yet; whoever hands in aiobotocore's parts gets none of them used."""
    asks_for_proxy = Config(proxies={"https": f"http://{PUBLIC}:3128"})
    with ConnectLog() as log:
        for make in makers(place, bedrock):
            with pytest.raises(corpus_entry.refusal):
                make(config=asks_for_proxy)
            # Refused as a whole, unread, and so not by the kind of the one option in it.
            with pytest.raises(EnvironmentDenied, match=r"aiobotocore\.config\.AioConfig"):
                make(config=AioConfig(connector_args={"trust_env": True}))
    assert log.events == []


@pytest.mark.corpus("time-aio-httpx-session")
def test_a_session_of_another_kind_is_refused(
    corpus_entry: CorpusEntry, place: Place, bedrock: LocalBedrock, hardened: Any
) -> None:
    with ConnectLog() as log:
        with pytest.raises(corpus_entry.refusal):
            hardened._endpoint.http_session = RawSession()
        for make in makers(place, bedrock):
            with pytest.raises(EnvironmentDenied, match=r"aiobotocore\.config\.AioConfig"):
                make(config=AioConfig(http_session_cls=RawSession))
            with pytest.raises(TypeError, match="http_session_cls"):
                make(http_session_cls=RawSession)
    assert log.events == []
    assert call_of("hardened", hardened)() == "end_turn"


def test_an_asynchronous_session_is_taken_nowhere(place: Place) -> None:
    foreign: Any = AioSession()
    session: Any = SecureSession
    with pytest.raises(EnvironmentDenied, match="botocore_session"):
        session(place.policy, botocore_session=foreign)
    with pytest.raises(TypeError, match="session"):
        session(place.policy, session=foreign)
    for keyword in ("botocore_session", "session"):
        with pytest.raises(TypeError, match=keyword):
            create_client(SERVICE, place.policy, **{keyword: foreign})
    with pytest.raises(CredentialPathDenied):
        create_client(SERVICE, place.policy, credentials=foreign)


def test_nothing_of_ours_uses_another_way_to_connect() -> None:
    """Neither by name in the source, nor by what comes in with all of its modules."""
    root = Path(secure_bedrock.__file__).parent
    files = sorted(root.rglob("*.py"))
    assert len(files) > 100
    assert [str(file) for file in files if imported_by(file) & set(FOREIGN)] == []

    names = [
        ".".join(("secure_bedrock", *file.relative_to(root).with_suffix("").parts))
        for file in files
    ]
    modules = [name.removesuffix(".__init__") for name in names if "__main__" not in name]
    story = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        f"sys.exit(', '.join(set({FOREIGN!r}) & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", story, json.dumps(modules)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def imported_by(file: Path) -> set[str]:
    """The top-level names that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
