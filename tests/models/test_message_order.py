"""Events make one message in one order alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.errors import IncompleteResponse
from secure_bedrock.models.message_order import MessageOrder

START, STOP, COST, NEW = "messageStart", "messageStop", "metadata", "event of tomorrow"
BLOCK = ("contentBlockStart", "contentBlockDelta", "contentBlockStop")


def take(*names: str) -> MessageOrder:
    order = MessageOrder()
    for name in names:
        order.take(name)
    return order


# sentence → (events, whether the message ended)
KEPT: dict[str, tuple[tuple[str, ...], bool]] = {
    "nothing": ((), False),
    "a whole message": ((START, *BLOCK, STOP, COST), True),
    "a message without content": ((START, STOP), True),
    "a message that is not over": ((START, *BLOCK), False),
    "metadata and events of tomorrow at any time": (
        (COST, NEW, START, COST, STOP, NEW, COST),
        True,
    ),
}


@pytest.mark.parametrize(("names", "ended"), KEPT.values(), ids=KEPT)
def test_an_order_that_is_kept(names: tuple[str, ...], ended: bool) -> None:
    assert take(*names).ended is ended


BROKEN: dict[str, tuple[str, ...]] = {
    "a stop alone": (STOP,),
    "content before the start": (BLOCK[1], START, STOP),
    "a block's start before the start": (BLOCK[0],),
    "a block's end before the start": (BLOCK[2],),
    "a stop before the start": (STOP, START, BLOCK[1]),
    "two starts": (START, START),
    "content after the stop": (START, STOP, BLOCK[1]),
    "a block's end after the stop": (START, BLOCK[1], STOP, BLOCK[2]),
    "two stops": (START, STOP, STOP),
    "a second message": (START, STOP, START),
}


@pytest.mark.parametrize("names", BROKEN.values(), ids=BROKEN)
def test_an_order_that_is_broken(names: tuple[str, ...]) -> None:
    with pytest.raises(IncompleteResponse) as caught:
        take(*names)
    assert caught.value.rule == "malformed-stream"


@given(st.lists(st.sampled_from([START, STOP, COST, NEW, *BLOCK]), max_size=8))
def test_what_ends_is_a_start_then_content_then_one_stop(names: list[str]) -> None:
    kept = [name for name in names if name not in (COST, NEW)]
    whole = kept[:1] == [START] and kept[-1:] == [STOP] and set(kept[1:-1]) <= set(BLOCK)
    try:
        ended = take(*names).ended
    except IncompleteResponse:
        ended = False
    assert ended == (whole and len(kept) > 1)
