"""A route whose addresses are outdated is looked for again: once at a time, once in a while, and only where AWS is asked."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from secure_bedrock.discovery import EndpointFacts, Nothing, RouteFinder
from secure_bedrock.discovery.renewals import RENEWAL_S, Asked, may_ask
from secure_bedrock.errors import DeadlineExceeded, EndpointNotFound
from secure_bedrock.network import RenewableRoutes
from secure_bedrock.policy import Policy
from secure_bedrock.transport.call_deadline import time_left, within
from secure_bedrock.values import Deadline, ServiceName
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
        if isinstance(self.answer, Nothing):
            return self.answer
        return dataclasses.replace(self.answer, host=HOST.replace(SERVICE, service))


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


class Slow(Source):
    """AWS, which takes `needs_s` seconds to answer, or all the time that its caller has."""

    needs_s = 0.0

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        left_s = time_left()
        answer = super().find(service, known)
        if left_s is None or left_s > self.needs_s:
            return answer
        threading.Event().wait(left_s)
        return Nothing("no answer in time")


def slow_source(needs_s: float) -> Slow:
    source = Slow()
    source.needs_s = needs_s
    return source


@pytest.mark.parametrize("left_s", [None, 30.0], ids=["no deadline", "a later deadline"])
def test_a_search_that_its_callers_deadline_cut_short_costs_nobody_else_the_interval(
    left_s: float | None,
) -> None:
    source = slow_source(5.0)
    finder = found(source)
    stale = finder.route(SERVICE)
    source.lists("10.20.1.77")
    with within(Deadline.after(0.05)), pytest.raises(DeadlineExceeded, match="no answer in time"):
        finder.renew(SERVICE, stale)
    with within(Deadline() if left_s is None else Deadline.after(left_s)):
        newer = finder.renew(SERVICE, stale)

    assert newer is not None
    assert newer.addresses == ("10.20.1.77",)
    assert source.asked == 3


def test_who_has_as_little_time_asks_again_a_second_later() -> None:
    source, clock = slow_source(5.0), Clock()
    finder = found(source, clock)
    stale = finder.route(SERVICE)
    asked = []
    for after_s in (0.0, 0.5, 0.5):
        clock.now += after_s
        with within(Deadline.after(0.05)):
            try:
                assert finder.renew(SERVICE, stale) is None
            except DeadlineExceeded:
                asked.append(clock.now)

    assert asked == [0.0, 1.0]


def test_a_deadline_that_ends_the_first_search_is_what_the_caller_gets() -> None:
    source = slow_source(5.0)
    finder = RouteFinder(POLICY, providers=[source])
    with within(Deadline.after(0.05)), pytest.raises(DeadlineExceeded, match="no answer in time"):
        finder.route(SERVICE)

    assert finder.route(SERVICE).addresses == ("10.20.1.10",)


def test_no_later_source_fills_in_for_one_that_had_no_time() -> None:
    first, second = slow_source(5.0), Source()
    finder = RouteFinder(POLICY, providers=[first, second])
    with within(Deadline.after(0.05)), pytest.raises(DeadlineExceeded):
        finder.route(SERVICE)

    assert second.asked == 0


def test_a_source_that_has_nothing_in_time_is_not_taken_for_a_late_one() -> None:
    source = Source()
    source.answer = Nothing("no such endpoint")
    finder = RouteFinder(POLICY, providers=[source])
    with within(Deadline.after(LIMIT_S)), pytest.raises(EndpointNotFound):
        finder.route(SERVICE)


MAY_ASK = {
    "never asked": (None, 0.0, 0.1, True),
    "asked in full": (Asked(100.0), 129.9, None, False),
    "asked in full, half a minute ago": (Asked(100.0), 130.0, 0.1, True),
    "cut short, no deadline now": (Asked(100.0, too_short_s=0.4), 100.0, None, True),
    "cut short, twice the time now": (Asked(100.0, too_short_s=0.4), 100.0, 0.8, True),
    "cut short, little more time now": (Asked(100.0, too_short_s=0.4), 100.9, 0.79, False),
    "cut short, a second ago": (Asked(100.0, too_short_s=0.4), 101.0, 0.1, True),
}


@pytest.mark.parametrize(("last", "now", "left_s", "may"), MAY_ASK.values(), ids=MAY_ASK.keys())
def test_haste_delays_only_the_hasty(
    last: Asked | None, now: float, left_s: float | None, may: bool
) -> None:
    assert may_ask(last, now, left_s) is may


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
