"""P15: a copied or pickled client, or a configuration that is altered afterwards, carries no request elsewhere."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from botocore.config import Config

from secure_bedrock import SecureBedrockClient
from secure_bedrock.errors import EnvironmentDenied, ProxyDenied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from tests.corpus import CorpusEntry
from tests.promises.place import ENIS, Place, call_of
from tests.promises.raw_session import RawSession


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
    raw = RawSession()
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

    held: list[Any] = [config, copy.deepcopy(config), client.meta.config]
    for altered in held:
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
