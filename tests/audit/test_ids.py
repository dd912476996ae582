"""Event ids: valid UUIDv7, in order of time, never twice."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.audit import new_event_id


@given(st.floats(0, 2**38))
def test_an_id_is_a_uuid_of_version_7_that_tells_its_time(now_s: float) -> None:
    parsed = uuid.UUID(new_event_id(now_s))

    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == int(now_s * 1000)
    assert str(parsed) == str(uuid.UUID(str(parsed)))


def test_ids_sort_by_time() -> None:
    ids = [new_event_id(1_763_000_000 + second / 1000) for second in range(100)]

    assert ids == sorted(ids)


def test_no_id_comes_twice() -> None:
    assert len({new_event_id(1.0) for _ in range(10_000)}) == 10_000


def test_without_a_time_it_is_now() -> None:
    assert new_event_id(0.0) < new_event_id()
