"""The retry quota: what it gives, what it takes back, and that threads and forks don't break it."""

import os
import threading

import pytest

from secure_bedrock.resilience import RetryQuota


def test_what_is_taken_is_gone_until_it_is_given_back() -> None:
    quota = RetryQuota(20)

    assert quota.take(14)
    assert not quota.take(14)
    assert quota.available == 6

    quota.give_back(14)

    assert quota.available == 20


def test_it_never_holds_more_than_its_capacity() -> None:
    quota = RetryQuota(10)
    quota.take(1)

    quota.give_back(100)
    quota.give_back(1)

    assert quota.available == 10


def test_a_quota_of_nothing_gives_nothing() -> None:
    assert not RetryQuota(0).take(1)


def test_threads_can_t_take_more_than_there_is() -> None:
    quota = RetryQuota(1000)
    taken = [0] * 8

    def grab(place: int) -> None:
        while quota.take(7):
            taken[place] += 1

    threads = [threading.Thread(target=grab, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(taken) == 1000 // 7
    assert quota.available == 1000 % 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_forked_child_does_not_wait_for_a_lock_that_its_parent_held() -> None:
    quota = RetryQuota(10)
    with quota._lock():
        child = os.fork()
        if child == 0:
            os._exit(0 if quota.take(5) else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert quota.available == 10
