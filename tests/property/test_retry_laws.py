"""Laws of retrying, on a clock that moves only when someone sleeps.

- No call goes on past its deadline.
- Over any calls: attempts ≤ calls + (capacity + refunds) / cheapest retry.
- The jitter is full: the wait is uniform between nothing and its ceiling.
- What AWS asks for is a lower bound, by at most five seconds more.
- Fatal failures are attempted once.
- The quota stays between nothing and its capacity.
- With retries off nothing sleeps.
- Nobody waits for another call's sleep.
- Under a total outage retries add less than 5 % once the quota is spent.
"""

import math
import random
import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from secure_bedrock.errors import (
    AttemptTimeout,
    ConnectFailed,
    IncompleteResponse,
    ModelDenied,
    ModelNotReady,
    SecureBedrockError,
    Throttled,
)
from secure_bedrock.resilience import (
    Failure,
    FailureKind,
    RetryEngine,
    RetryQuota,
    RetrySettings,
    StopReason,
)
from secure_bedrock.resilience.backoff import ceiling_of, wait_of
from secure_bedrock.values import Deadline

KINDS: dict[str, type[SecureBedrockError] | None] = {
    "ok": None,
    "throttle": Throttled,
    "transient": ConnectFailed,
    "not_ready": ModelNotReady,
    "incomplete": IncompleteResponse,
    "timeout": AttemptTimeout,
    "fatal": ModelDenied,
}

outcomes = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=8)


class World:
    """One clock, one engine, many calls."""

    def __init__(self, *, capacity: int = 500, jitter: random.Random, **changes: int) -> None:
        self.now = 0.0
        self.attempts = 0
        self.sleeps: list[float] = []
        self.stops: list[StopReason] = []
        self.engine = RetryEngine(
            RetrySettings(**changes),
            quota=RetryQuota(capacity),
            sleep=self.sleep,
            random=jitter.random,
        )

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def call(
        self, script: Sequence[str], deadline_s: float | None = None, takes_s: float = 0.0
    ) -> bool:
        deadline = Deadline.after(deadline_s, clock=lambda: self.now)

        def attempt(number: int) -> None:
            self.attempts += 1
            self.now += deadline.bounded(takes_s)
            error = KINDS[script[(number - 1) % len(script)]]
            if error is not None:
                raise error("x")

        try:
            self.engine.call(attempt, deadline=deadline, on_stop=self.stops.append)
        except SecureBedrockError:
            return False
        return True


@given(outcomes, st.floats(0.01, 60), st.floats(0, 30), st.randoms(use_true_random=False))
def test_no_call_goes_on_past_its_deadline(
    script: list[str], deadline_s: float, takes_s: float, jitter: random.Random
) -> None:
    world = World(jitter=jitter)

    world.call(script, deadline_s, takes_s)

    assert world.now <= deadline_s + 1e-9
    assert not world.sleeps or world.sleeps[-1] + 0.25 <= deadline_s


@settings(max_examples=50)
@given(
    st.lists(outcomes, max_size=60),
    st.integers(0, 200),
    st.randoms(use_true_random=False),
)
def test_the_quota_bounds_all_attempts(
    calls: list[list[str]], capacity: int, jitter: random.Random
) -> None:
    world = World(capacity=capacity, jitter=jitter)

    refunds = 0
    for script in calls:
        if world.call(script):
            refunds += (
                1 if script[0] == "ok" else 14
            )  # 14 is the dearest retry that a success can give back

    assert world.attempts <= len(calls) + (capacity + refunds) / 5
    assert 0 <= world.engine.quota.available <= capacity


@given(st.lists(st.sampled_from(["throttle", "transient"]), min_size=1, max_size=200))
def test_without_successes_the_capacity_alone_pays(kinds: list[str]) -> None:
    world = World(capacity=100, jitter=random.Random(0))

    for kind in kinds:
        world.call([kind])

    assert world.attempts <= len(kinds) + 100 / 5


def test_a_total_outage_adds_less_than_five_percent_once_the_quota_is_spent() -> None:
    world = World(jitter=random.Random(1))
    while world.engine.quota.available >= 5:
        world.call(["throttle"])
    before = world.attempts

    for _ in range(1000):
        world.call(["throttle"])

    assert world.attempts - before < 1000 * 1.05
    assert world.stops[-1] == "quota"


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_the_jitter_is_full(attempt: int) -> None:
    """Kolmogorov and Smirnov's test against the uniform distribution, at a fixed seed; 1.63/√n is the 1 % bound."""
    failure, draw, count = Failure("throttle"), random.Random(20261120), 4000
    ceiling = ceiling_of(failure, attempt, RetrySettings())
    waits = sorted(wait_of(failure, attempt, RetrySettings(), draw.random()) for _ in range(count))

    distance = max(abs(wait / ceiling - place / count) for place, wait in enumerate(waits))

    assert waits[-1] <= ceiling
    assert distance < 1.63 / math.sqrt(count)
    assert sum(waits) / count == pytest.approx(ceiling / 2, rel=0.05)


@given(
    st.sampled_from(["throttle", "transient", "not_ready"]),
    st.integers(1, 100),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.floats(),
)
def test_what_aws_asks_for_is_a_lower_bound_within_five_seconds(
    kind: FailureKind, attempt: int, jitter: float, asked: float | None
) -> None:
    plain = wait_of(Failure(kind), attempt, RetrySettings(), jitter)
    wait = wait_of(Failure(kind, "", asked), attempt, RetrySettings(), jitter)

    assert plain <= wait <= plain + 5
    assert 0 <= wait <= 25
    if asked is not None and math.isfinite(asked):
        assert wait >= min(asked, plain + 5)
    else:
        assert wait == plain


@given(st.sampled_from([ModelDenied, ValueError, AttemptTimeout]), st.integers(1, 10))
def test_fatal_failures_are_attempted_once(kind: type[Exception], max_attempts: int) -> None:
    attempts = []
    engine = RetryEngine(RetrySettings(max_attempts=max_attempts), sleep=_never)

    def attempt(number: int) -> None:
        attempts.append(number)
        raise kind("x")

    with pytest.raises(kind):
        engine.call(attempt, deadline=Deadline())

    assert attempts == [1]


@given(outcomes, st.randoms(use_true_random=False))
def test_with_retries_off_nothing_sleeps(script: list[str], jitter: random.Random) -> None:
    world = World(jitter=jitter, max_attempts=1, max_timeout_retries=3)

    world.call(script)

    assert (world.attempts, world.sleeps) == (1, [])


@given(outcomes, st.randoms(use_true_random=False))
def test_a_call_that_fails_says_why_exactly_once(script: list[str], jitter: random.Random) -> None:
    world = World(jitter=jitter)

    succeeded = world.call(script)

    assert len(world.stops) == (0 if succeeded else 1)


def test_nobody_waits_for_another_call_s_sleep() -> None:
    """32 calls that sleep 0.1 s at once take far less than the 3.2 s of one after the other."""
    engine = RetryEngine(
        RetrySettings(throttle_base_s=0.1), quota=RetryQuota(500), random=lambda: 1.0
    )
    warm = RetryEngine(
        RetrySettings(throttle_base_s=0.0)
    )  # loads tenacity outside the measured time

    def once(number: int) -> None:
        if number == 1:
            raise Throttled("x")

    warm.call(once, deadline=Deadline())
    threads = [
        threading.Thread(target=lambda: engine.call(once, deadline=Deadline())) for _ in range(32)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - began < 1.6


class QuotaMachine(RuleBasedStateMachine):
    """Any order of taking and giving back keeps the quota within its bounds, and taking is all or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.quota = RetryQuota(100)
        self.model = 100

    @rule(cost=st.integers(1, 120))
    def take(self, cost: int) -> None:
        fits = cost <= self.model
        assert self.quota.take(cost) is fits
        self.model -= cost if fits else 0

    @precondition(lambda self: self.model < 100)
    @rule(amount=st.integers(0, 120))
    def give_back(self, amount: int) -> None:
        self.quota.give_back(amount)
        self.model = min(100, self.model + amount)

    @invariant()
    def stays_within_bounds(self) -> None:
        assert 0 <= self.quota.available == self.model <= 100


TestQuotaMachine = QuotaMachine.TestCase


def _never(seconds: float) -> None:
    raise AssertionError(f"slept {seconds} s")
