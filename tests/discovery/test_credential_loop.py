"""Credentials that come from STS, whose endpoint EC2 would have to name, which wants credentials: one error, no hang."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.discovery import Provider, RouteFinder
from secure_bedrock.discovery.aws.ec2_calls import DescribeCalls, HardenedDescribeCalls
from secure_bedrock.discovery.providers import Ec2Provider, PolicyProvider, PrivateDnsProvider
from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.policy import Policy
from secure_bedrock.testing import LocalVpc
from secure_bedrock.transport.credentials.fetching import LOOP, fetching

MODEL = "amazon.nova-lite-v1:0"
ENOUGH_S = 20


@pytest.fixture(autouse=True)
def role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A role that is assumed with long-lived keys, and nothing else of this machine."""
    (tmp_path / "config").write_text(
        "[default]\nrole_arn=arn:aws:iam::111122223333:role/app\nsource_profile=base\n"
    )
    (tmp_path / "keys").write_text("[base]\naws_access_key_id=AKIABASE\naws_secret_access_key=s\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def vpc() -> Iterator[LocalVpc]:
    with LocalVpc() as running:
        yield running


def client_over(vpc: LocalVpc) -> SecureBedrockClient:
    """Its policy leaves everything but EC2's own endpoint to EC2."""
    network = {
        "address_check": "eni",
        "ca_bundle": vpc.ca_path,
        "endpoints": {"ec2": vpc.policy_mapping(), "sts": {}},
    }
    return SecureBedrockClient(Policy(region="eu-west-1", models=[MODEL], network=network))


def outcomes_of(*works: Callable[[], object]) -> list[BaseException | None]:
    """How each ends that begins at the same moment; a hang is a failure."""
    start = threading.Barrier(len(works))
    ends: list[BaseException | None] = [TimeoutError("it hangs")] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        start.wait(ENOUGH_S)
        try:
            work()
            ends[place] = None
        except Exception as error:
            ends[place] = error

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(ENOUGH_S)
    return ends


WAYS: dict[str, Callable[[SecureBedrockClient], object]] = {
    "a call": lambda client: client.converse(MODEL, "hello"),
    "Bedrock's route": lambda client: client.route("bedrock-runtime"),
    "the route of STS itself": lambda client: client.route("sts"),
    "a client of STS": lambda client: client.client("sts").get_caller_identity(),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_is_refused_by_name_and_nothing_is_sent(
    vpc: LocalVpc, way: Callable[[SecureBedrockClient], object]
) -> None:
    client = client_over(vpc)

    (error,) = outcomes_of(lambda: way(client))

    assert isinstance(error, CredentialPathDenied), error
    assert error.rule == LOOP
    assert "no private endpoint found for sts" in error.reason
    assert "[network.endpoints.sts]" in error.next_step
    assert "lock" in error.next_step
    assert vpc.requests == []


def test_threads_that_need_each_others_answer_are_all_refused(vpc: LocalVpc) -> None:
    """One thread holds the credentials' lock and needs the route, another searches it and needs the credentials."""
    client = client_over(vpc)
    works = [lambda way=way: way(client) for way in WAYS.values()] * 3

    errors = outcomes_of(*works)

    assert {getattr(error, "rule", error) for error in errors} == {LOOP}


class Unsigned:
    """A botocore client of EC2 whose calls find no credentials, since they would be needed to fetch themselves."""

    def get_paginator(self, operation_name: str) -> Any:
        raise CredentialPathDenied(f"needed for {operation_name}", rule=LOOP)


@contextmanager
def unsigned() -> Iterator[DescribeCalls]:
    yield HardenedDescribeCalls(Unsigned())


@pytest.fixture
def finder() -> RouteFinder:
    """EC2 is asked for the host, and private DNS would know it."""
    policy = Policy(
        region="eu-west-1",
        models=[MODEL],
        network={"cidrs": ["10.20.0.0/16"], "endpoints": {"ec2": {}, "sts": {}}},
    )
    sources: list[Provider] = [
        PolicyProvider(policy),
        Ec2Provider(policy, unsigned),
        PrivateDnsProvider(policy),
    ]
    return RouteFinder(policy, providers=sources)


def test_a_source_that_needs_no_credentials_ends_the_loop(finder: RouteFinder) -> None:
    with fetching(finder):
        route = finder.route("sts")

    assert route.host == "sts.eu-west-1.amazonaws.com"
    assert (route.address_check, route.cidrs) == ("cidr", ("10.20.0.0/16",))


def test_outside_of_it_the_refusal_is_the_callers(finder: RouteFinder) -> None:
    with pytest.raises(CredentialPathDenied, match="needed for describe_vpc_endpoints"):
        finder.route("sts")


def test_who_fetches_credentials_does_not_wait_for_a_search_that_waits_for_them(
    finder: RouteFinder,
) -> None:
    searched, asked = threading.Event(), threading.Event()

    class Waiting:
        """A source that goes on once the credentials are there."""

        name, stated = "policy", False

        def find(self, service: Any, known: Any) -> Any:
            if not searched.is_set():
                searched.set()
                assert asked.wait(ENOUGH_S)
            return PolicyProvider(finder._policy).find(service, known)

    own = RouteFinder(finder._policy, providers=[Waiting(), PrivateDnsProvider(finder._policy)])

    def fetch() -> None:
        assert searched.wait(ENOUGH_S)
        with fetching(own):
            own.route("sts")
        asked.set()

    assert outcomes_of(lambda: own.route("sts"), fetch) == [None, None]
