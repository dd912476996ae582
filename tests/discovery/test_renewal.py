"""A route whose addresses are outdated is looked for again: once at a time, once in a while, and only where AWS is asked."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from secure_bedrock.discovery import EndpointFacts, Nothing, RouteFinder
from secure_bedrock.discovery.finder import RENEWAL_S
from secure_bedrock.errors import EndpointNotFound
from secure_bedrock.network import RenewableRoutes
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName
from secure_bedrock.values.restore import forget_all

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
SERVICE = "bedrock-runtime"
LIMIT_S = 10.0
POLICY = Policy(
    region="eu-west-1",
    models=["amazon.nova-lite-v1:0"],
    network={"address_check": "eni", "endpoints": {"sts": {}}},
)


class Source:
    """A source that says what it is told to, and counts."""

    name = "source"

    def __init__(self, *, stated: bool = False, observed: bool = True) -> None:
        self.stated, self.observed = stated, observed
        self.asked = 0
        self.go = threading.Event()
        self.go.set()
        self.lists("10.20.1.10")

    def lists(self, *addresses: str) -> None:
        self.answer: EndpointFacts | Nothing = EndpointFacts(
            source=self.name, host=HOST, addresses=addresses, observed=self.observed
        )

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        self.asked += 1
        assert self.go.wait(LIMIT_S)
        return self.answer


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def found(source: Source, clock: Clock | None = None) -> RouteFinder:
    finder = RouteFinder(POLICY, providers=[source], clock=clock or Clock())
    finder.route(SERVICE)
    return finder


def test_a_finder_is_a_source_that_can_look_again() -> None:
    assert isinstance(found(Source()), RenewableRoutes)


def test_new_addresses_make_a_new_route_that_is_kept() -> None:
    source = Source()
    finder = found(source)
    stale = finder.route(SERVICE)
    source.lists("10.20.1.77")
    newer = finder.renew(SERVICE, stale)

    assert newer is not None
    assert newer.addresses == ("10.20.1.77",)
    assert finder.route(SERVICE) is newer
    assert newer.address_check == stale.address_check == "eni"


def test_who_still_has_the_old_one_gets_the_new_one_without_a_question() -> None:
    source, clock = Source(), Clock()
    finder = found(source, clock)
    stale = finder.route(SERVICE)
    source.lists("10.20.1.77")
    newer = finder.renew(SERVICE, stale)

    assert finder.renew(SERVICE, stale) is newer
    assert source.asked == 2


@pytest.mark.parametrize(
    ("after_s", "asked"), [(0.0, 2), (RENEWAL_S - 0.1, 2), (RENEWAL_S, 3)], ids=str
)
def test_nothing_new_is_none_and_is_not_asked_for_again_at_once(after_s: float, asked: int) -> None:
    source, clock = Source(), Clock()
    finder = found(source, clock)
    stale = finder.route(SERVICE)

    assert finder.renew(SERVICE, stale) is None
    clock.now += after_s
    assert finder.renew(SERVICE, stale) is None
    assert source.asked == asked
    assert finder.route(SERVICE) is not None


def test_a_search_that_fails_counts_too_and_loses_nothing() -> None:
    source = Source()
    finder = found(source)
    stale = finder.route(SERVICE)
    source.answer = Nothing("EC2 is down")
    with pytest.raises(EndpointNotFound, match="EC2 is down"):
        finder.renew(SERVICE, stale)

    assert finder.renew(SERVICE, stale) is None
    assert (source.asked, finder.route(SERVICE)) == (2, stale)


@pytest.mark.parametrize(
    ("stated", "observed"), [(True, True), (True, False), (False, False)], ids=str
)
def test_what_does_not_come_from_aws_is_not_asked_again(stated: bool, observed: bool) -> None:
    source = Source(stated=stated, observed=observed)
    finder = found(source)

    assert finder.renew(SERVICE, finder.route(SERVICE)) is None
    assert source.asked == 1


def test_each_service_has_its_own_interval() -> None:
    source = Source()
    finder = found(source)
    finder.renew(SERVICE, finder.route(SERVICE))
    finder.renew("sts", finder.route("sts"))

    assert source.asked == 4


def test_threads_share_one_renewal() -> None:
    source = Source()
    finder = found(source)
    stale = finder.route(SERVICE)
    source.lists("10.20.1.77")
    source.go.clear()
    with ThreadPoolExecutor(64) as pool:
        asked = [pool.submit(finder.renew, SERVICE, stale) for _ in range(64)]
        while source.asked < 2:
            threading.Event().wait(0.001)
        source.go.set()
        routes = {each.result(LIMIT_S) for each in asked}

    assert source.asked == 2
    assert [route and route.addresses for route in routes] == [("10.20.1.77",)]


def test_a_restored_process_finds_its_routes_anew() -> None:
    source = Source()
    finder = found(source)
    finder.renew(SERVICE, finder.route(SERVICE))
    source.lists("10.20.1.77")
    forget_all()

    assert finder.route(SERVICE).addresses == ("10.20.1.77",)
    assert source.asked == 3
    source.lists("10.20.1.78")
    newer = finder.renew(SERVICE, finder.route(SERVICE))  # the interval began before the snapshot
    assert newer is not None
