"""Who fetches credentials is told apart from who does not: by thread, by task, by whose they are, and by time."""

import asyncio
import contextvars
import threading

from secure_bedrock.transport.credentials.fetching import fetch_of, fetching, is_fetching

ONE, OTHER = object(), object()


def test_it_is_told_whose_credentials_are_fetched() -> None:
    with fetching(ONE) as outer:
        with fetching(OTHER) as inner:
            assert (fetch_of(ONE), fetch_of(OTHER)) == (outer, inner)
        assert (fetch_of(ONE), fetch_of(OTHER)) == (outer, None)
        assert is_fetching()

    assert fetch_of(ONE) is None
    assert not is_fetching()


def test_another_thread_fetches_nothing_of_it() -> None:
    seen: list[object] = []

    def look() -> None:
        seen.append(fetch_of(ONE))

    with fetching(ONE):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert seen == [None]


def test_who_is_waited_for_in_a_copied_context_finds_the_loop() -> None:
    async def ask() -> object:
        return await asyncio.to_thread(fetch_of, ONE)

    with fetching(ONE) as fetch:
        assert asyncio.run(ask()) is fetch


def test_a_copied_context_that_outlives_the_fetching_is_free_again() -> None:
    with fetching(ONE):
        copied = contextvars.copy_context()
        assert copied.run(is_fetching)

    assert copied.run(fetch_of, ONE) is None
    assert not copied.run(is_fetching)


def test_a_task_of_its_own_fetches_nothing_of_another_task() -> None:
    async def both() -> object:
        fetched, looked = asyncio.Event(), asyncio.Event()

        async def fetch() -> None:
            with fetching(ONE):
                fetched.set()
                await looked.wait()

        async def look() -> object:
            await fetched.wait()
            found = fetch_of(ONE)
            looked.set()
            return found

        return (await asyncio.gather(fetch(), look()))[1]

    assert asyncio.run(both()) is None
