"""P15 and P04: a copied or pickled client, an altered configuration or a foreign session carries no request elsewhere."""

import ast
import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

import secure_bedrock
from secure_bedrock import SecureBedrockClient, SecureSession, create_client
from secure_bedrock.errors import (
    CredentialPathDenied,
    EnvironmentDenied,
    ProxyDenied,
)
from secure_bedrock.testing import ConnectLog, LocalBedrock
from tests.corpus import CorpusEntry
from tests.promises.place import ENIS, PUBLIC, Place, call_of

SERVICE = "bedrock-runtime"
FOREIGN = ("aiohttp", "httpx", "aiobotocore", "requests")
"""What brings connections of its own; asynchronous clients of botocore are built on the first three."""


@pytest.fixture
def place(corpus_server: LocalBedrock) -> Place:
    return Place(corpus_server, *ENIS, PUBLIC)


@pytest.fixture
def hardened(place: Place, hardened_over: Any) -> Any:
    return hardened_over(
        place.route, place.policy, resolver=place.resolver, connector=place.connector
    )


@pytest.mark.corpus("time-pickle-client")
def test_a_pickle_carries_no_client_away_and_what_it_carries_is_judged_where_it_is_read(
    corpus_entry: CorpusEntry,
    bedrock: LocalBedrock,
    make: Any,
    make_hardened: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert corpus_entry["expect"] == "allowed"
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(make_hardened())
    with pytest.raises(TypeError, match="explicit credentials"):
        pickle.dumps(make())

    keys = bedrock.credentials
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.token or "")
    with SecureBedrockClient(bedrock.policy) as client:
        assert call_of("typed", client)() == "end_turn"
        carried = pickle.dumps(client)
    assert pickle.loads(pickle.dumps(bedrock.policy)) == bedrock.policy
    with pickle.loads(carried) as twin:
        assert twin.policy == bedrock.policy
        assert call_of("typed", twin)() == "end_turn"
    assert len({request.connection for request in bedrock.requests}) == 2

    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/libproxychains.so.4")
    with pytest.raises(EnvironmentDenied):
        pickle.loads(carried)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
@pytest.mark.corpus("time-copy-client")
def test_a_copy_has_the_guarded_transport_and_takes_no_other(
    corpus_entry: CorpusEntry, way: Any, place: Place, hardened: Any
) -> None:
    twin = way(hardened)
    raw = HttpxSession()
    with ConnectLog() as log:
        with pytest.raises(corpus_entry.refusal):
            twin._endpoint.http_session = raw
        endpoint = twin._endpoint
        other = copy.copy(endpoint)
        with pytest.raises(corpus_entry.refusal):
            other.http_session = raw
        other._session = raw  # past the property
        twin._endpoint = other
        with pytest.raises(corpus_entry.refusal):
            call_of("hardened", twin)()
        twin._endpoint = endpoint
    assert log.events == []
    assert place.server.requests == []
    assert call_of("hardened", twin)() == call_of("hardened", hardened)() == "end_turn"
    assert place.dialled == ENIS[:1]


@pytest.mark.corpus("time-deepcopy-config")
def test_a_configuration_that_is_altered_afterwards_changes_nothing(
    corpus_entry: CorpusEntry, place: Place, hardened_over: Any, trap: Any
) -> None:
    assert corpus_entry["expect"] == "allowed"
    proxies = {"https": f"http://127.0.0.1:{trap.port}"}
    config = Config(read_timeout=9)
    network = {"resolver": place.resolver, "connector": place.connector}
    client = hardened_over(place.route, place.policy, config=config, **network)

    for altered in (config, copy.deepcopy(config), client.meta.config):
        altered.proxies = proxies
        altered._user_provided_options["proxies"] = proxies
    assert call_of("hardened", client)() == "end_turn"

    # Also that which botocore would make a client with: what is asked for is refused, a bare attribute is not asked for.
    with pytest.raises(ProxyDenied):
        hardened_over(place.route, place.policy, config=copy.deepcopy(config), **network)
    bare: Any = Config()
    bare.proxies = proxies
    twin = hardened_over(place.route, place.policy, config=copy.deepcopy(bare), **network)
    assert call_of("hardened", twin)() == "end_turn"

    assert trap.caught == 0
    assert place.dialled == [ENIS[0]] * 2


@pytest.mark.corpus("time-deepcopy-config")
def test_a_copied_policy_is_as_frozen_as_the_policy(
    corpus_entry: CorpusEntry, place: Place, opened: Any
) -> None:
    assert corpus_entry["expect"] == "allowed"
    call = opened(place)
    for part in (copy.deepcopy(place.policy), place.policy):
        for target in (part, part.network, part.models):
            for field in dataclasses.fields(target):
                with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
                    setattr(target, field.name, None)
    assert call() == "end_turn"
    assert place.dialled == ENIS[:1]


class AioConfig(Config):
    """aiobotocore's configuration as far as botocore's class goes: connectors and sessions of its own."""

    def __init__(self, *, connector_args: Any = None, http_session_cls: Any = None) -> None:
        super().__init__(read_timeout=9)
        self.connector_args = connector_args
        self.http_session_cls = http_session_cls


AioConfig.__module__ = "aiobotocore.config"


class HttpxSession:
    """A session that would send whatever it is given, by whichever signature."""

    def send(self, *given: Any) -> Any:
        raise AssertionError(f"sent {given[0]}")


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
            hardened._endpoint.http_session = HttpxSession()
        for make in makers(place, bedrock):
            with pytest.raises(EnvironmentDenied, match=r"aiobotocore\.config\.AioConfig"):
                make(config=AioConfig(http_session_cls=HttpxSession))
            with pytest.raises(TypeError, match="http_session_cls"):
                make(http_session_cls=HttpxSession)
    assert log.events == []
    assert call_of("hardened", hardened)() == "end_turn"


def test_an_asynchronous_session_is_taken_nowhere(place: Place) -> None:
    foreign: Any = AioSession()
    session: Any = SecureSession
    for keyword in ("botocore_session", "session"):
        with pytest.raises(TypeError, match=keyword):
            session(place.policy, **{keyword: foreign})
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
