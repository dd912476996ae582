"""One call through the engine: which errors come out, after how many attempts, waits and for what reason."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from secure_bedrock.errors import (
    AttemptTimeout,
    ConnectFailed,
    DeadlineExceeded,
    IncompleteResponse,
    ModelDenied,
    ModelNotReady,
    SecureBedrockError,
    Throttled,
)
from secure_bedrock.resilience import RetryEngine, RetryNote, RetryQuota, RetrySettings, StopReason
from secure_bedrock.values import Deadline


class Bench:
    """A clock that moves only when someone sleeps, an engine on it, and what was seen."""

    def __init__(self, *, jitter: float = 0.5, quota: int = 500, **settings: int) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []
        self.notes: list[RetryNote] = []
        self.stops: list[StopReason] = []
        self.attempts = 0
        self.oversleep = 0.0
        self.engine = RetryEngine(
            RetrySettings(**settings),
            quota=RetryQuota(quota),
            sleep=self.sleep,
            random=lambda: jitter,
        )

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds + self.oversleep

    def deadline(self, seconds: float | None) -> Deadline:
        return Deadline.after(seconds, clock=lambda: self.now)

    def call(
        self, *outcomes: BaseException | str, deadline_s: float | None = None, takes_s: float = 0.0
    ) -> str:
        def attempt(number: int) -> str:
            self.attempts += 1
            assert number == self.attempts
            self.now += takes_s
            outcome = outcomes[min(number, len(outcomes)) - 1]
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        return self.engine.call(
            attempt,
            deadline=self.deadline(deadline_s),
            on_retry=self.notes.append,
            on_stop=self.stops.append,
        )


def test_a_success_is_returned_and_nothing_else_happens() -> None:
    bench = Bench()

    assert bench.call("answer") == "answer"
    assert (bench.attempts, bench.sleeps, bench.stops) == (1, [], [])


def test_a_throttle_is_waited_for_and_tried_again() -> None:
    bench = Bench()

    assert bench.call(Throttled("x"), Throttled("x"), "answer") == "answer"
    assert bench.sleeps == [0.5, 1.0]
    assert [(note.attempt, note.wait_s, note.failure.kind) for note in bench.notes] == [
        (1, 0.5, "throttle"),
        (2, 1.0, "throttle"),
    ]
    assert bench.stops == []


# sentence → (settings, error, attempts, stop reason)
ENDS: dict[str, tuple[dict[str, int], Callable[[], Exception], int, StopReason]] = {
    "a throttle ends after four attempts": ({}, lambda: Throttled("x"), 4, "attempts"),
    "a loading model after six": ({}, lambda: ModelNotReady("x"), 6, "attempts"),
    "a cut answer after one repetition": ({}, lambda: IncompleteResponse("x"), 2, "attempts"),
    "a cut answer that arrived in part at once": (
        {},
        lambda: IncompleteResponse("x", partial="half"),
        1,
        "fatal",
    ),
    "a time-out at once": ({}, lambda: AttemptTimeout("x"), 1, "fatal"),
    "a time-out after the repetitions that were asked for": (
        {"max_timeout_retries": 1},
        lambda: AttemptTimeout("x"),
        2,
        "attempts",
    ),
    "a denial at once": ({}, lambda: ModelDenied("x"), 1, "fatal"),
    "a foreign error at once": ({}, lambda: ZeroDivisionError("x"), 1, "fatal"),
    "everything at once when retries are off": (
        {"max_attempts": 1},
        lambda: ModelNotReady("x"),
        1,
        "attempts",
    ),
    "a fault when the quota is spent": ({"quota": 30}, lambda: ConnectFailed("x"), 3, "quota"),
    "a fault at once when there is no quota": (
        {"quota": 0},
        lambda: ConnectFailed("x"),
        1,
        "quota",
    ),
}


@pytest.mark.parametrize(("settings", "make", "attempts", "reason"), ENDS.values(), ids=ENDS)
def test_a_failure_ends(
    settings: dict[str, int], make: Callable[[], Exception], attempts: int, reason: StopReason
) -> None:
    bench = Bench(**settings)
    error = make()

    with pytest.raises(type(error)) as caught:
        bench.call(error)

    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)
    assert (bench.attempts, bench.stops) == (attempts, [reason])
    assert len(bench.notes) == len(bench.sleeps) == attempts - 1


def test_the_last_error_comes_out_not_the_first() -> None:
    first, last = Throttled("first"), ModelDenied("last")

    with pytest.raises(SecureBedrockError) as caught:
        Bench().call(first, last)

    assert caught.value is last
    assert last.__context__ is None


def test_a_wait_that_would_end_past_the_deadline_is_not_begun() -> None:
    bench = Bench(jitter=0.9)
    error = Throttled("x")

    with pytest.raises(Throttled) as caught:
        bench.call(error, deadline_s=1.0)  # 0.9 s to wait and 0.25 s for the attempt don't fit

    assert caught.value is error
    assert (bench.sleeps, bench.stops) == ([], ["deadline"])
    assert bench.engine.quota.available == 500


def test_a_wait_that_fits_is_begun() -> None:
    bench = Bench(jitter=0.9)

    assert bench.call(Throttled("x"), "answer", deadline_s=1.2) == "answer"


def test_a_sleep_that_overslept_the_deadline_starts_no_attempt() -> None:
    bench = Bench()
    bench.oversleep = 60.0
    error = Throttled("x")

    with pytest.raises(Throttled) as caught:
        bench.call(error, "answer", deadline_s=10.0)

    assert caught.value is error
    assert (bench.attempts, bench.stops) == (1, ["deadline"])


def test_a_deadline_that_passed_before_the_call_starts_no_attempt() -> None:
    bench = Bench()

    with pytest.raises(DeadlineExceeded):
        bench.call("answer", deadline_s=0.0)

    assert (bench.attempts, bench.stops) == (0, ["deadline"])


def test_nobody_has_to_listen() -> None:
    engine = RetryEngine(sleep=lambda _: None)
    answers = iter([Throttled("x"), ModelDenied("x")])

    def attempt(_: int) -> None:
        raise next(answers)

    with pytest.raises(ModelDenied):
        engine.call(attempt, deadline=Deadline())


@pytest.mark.parametrize("number", [1, 2])
def test_an_interrupt_is_never_retried(number: int) -> None:
    bench = Bench()
    outcomes = [Throttled("x")] * (number - 1) + [KeyboardInterrupt()]

    with pytest.raises(KeyboardInterrupt):
        bench.call(*outcomes)

    assert (bench.attempts, bench.stops) == (number, [])


def test_a_success_after_retries_gives_back_what_the_last_one_took() -> None:
    bench = Bench()
    bench.call(Throttled("x"), ConnectFailed("x"), "answer")

    assert bench.engine.quota.available == 500 - 5 - 14 + 14

    bench.attempts = 0
    bench.call("answer")

    assert bench.engine.quota.available == 500 - 5 + 1


def test_another_judgement_of_failures_may_be_brought() -> None:
    engine = RetryEngine(sleep=lambda _: None)
    from secure_bedrock.resilience import Failure

    answers = iter([OSError("x")])

    def attempt(number: int) -> int:
        for error in answers:
            raise error
        return number

    assert engine.call(attempt, deadline=Deadline(), failure_of=lambda _: Failure("transient")) == 2


def test_waits_are_drawn_from_the_operating_system() -> None:
    waits: list[float] = []
    engine = RetryEngine(sleep=waits.append)
    with pytest.raises(Throttled):
        engine.call(_throttle, deadline=Deadline())

    assert len(set(waits)) == 3
    assert all(0 <= wait <= 4 for wait in waits)


def _throttle(_: int) -> None:
    raise Throttled("x")


def test_tenacity_is_not_loaded_before_a_failure_is_retried() -> None:
    program = """
import sys
from secure_bedrock.errors import ModelDenied, Throttled
from secure_bedrock.resilience import RetryEngine
from secure_bedrock.values import Deadline
engine = RetryEngine(sleep=lambda _: None)
def fail(error):
    def attempt(number):
        raise error
    return attempt
assert engine.call(lambda number: 7, deadline=Deadline()) == 7
try: engine.call(fail(ModelDenied("x")), deadline=Deadline())
except ModelDenied: pass
assert "tenacity" not in sys.modules
try: engine.call(fail(Throttled("x")), deadline=Deadline())
except Throttled: pass
assert "tenacity" in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
