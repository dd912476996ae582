"""P04: whatever an approved endpoint says of another place, nothing goes there, and a redirect is a named refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.testing import ConnectLog, Fault
from secure_bedrock.testing.reply import Reply
from tests.corpus import BYPASS, CorpusEntry
from tests.promises.place import ENIS, MESSAGES, MODEL, Place

NATIVE = b'{"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}'
CALLS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "typed": {
        "Converse": lambda c: c.converse(MODEL, "hello"),
        "ConverseStream": lambda c: list(c.converse_stream(MODEL, "hello")),
        "InvokeModel": lambda c: c.invoke_model(MODEL, NATIVE),
    },
    "hardened": {
        "Converse": lambda c: c.converse(modelId=MODEL, messages=MESSAGES),
        "ConverseStream": lambda c: list(
            c.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
        ),
        "InvokeModel": lambda c: c.invoke_model(modelId=MODEL, body=NATIVE)["body"].read(),
    },
}
REDIRECTS = [
    name
    for name, entry in BYPASS.items()
    if entry["category"] == "redirect" and entry["expect"] == "refused"
]


def require_one_way(place: Place, log: ConnectLog, *, requests: int) -> None:
    """One connection, to the endpoint's address, asked for by its name alone."""
    assert place.dialled == ENIS[:1]
    assert place.asked == [place.server.host]
    assert log.connects == [("127.0.0.1", place.server.port)]
    assert log.public == []
    assert [request.refused for request in place.server.requests] == [None] * requests


@pytest.mark.parametrize("operation", CALLS["typed"])
@pytest.mark.corpus(*REDIRECTS)
def test_a_redirect_is_refused_by_name_and_nothing_follows_it(
    corpus_entry: CorpusEntry, operation: str, front_name: str, client_over: Any, place: Place
) -> None:
    client = client_over(place)
    told = corpus_entry["setup"]["server"]
    place.server.fault(Fault.redirect(told["status"], told["location"]), times=None)

    with ConnectLog() as log, pytest.raises(corpus_entry.refusal) as caught:
        CALLS[front_name][operation](client)

    assert str(told["status"]) in str(caught.value)
    require_one_way(place, log, requests=1)


@pytest.mark.corpus("redir-alt-svc")
def test_another_place_for_the_same_service_is_not_tried(
    corpus_entry: CorpusEntry, front_name: str, client_over: Any, place: Place
) -> None:
    client = client_over(place)
    told = corpus_entry["setup"]["server"]
    assert corpus_entry["expect"] == "allowed_ignored"

    def advertised(reply: Reply) -> Any:
        extra = tuple(told["headers"].items())
        return Reply(
            status=told["status"], headers=(*reply.headers, *extra), body=reply.body
        ).steps()

    place.server.fault(Fault("alt-svc", "plain", advertised, delivers=True), times=None)

    with ConnectLog() as log:
        answers = [CALLS[front_name]["Converse"](client) for _ in range(3)]

    if front_name == "hardened":  # what was said arrived, and is not hidden
        heads = [answer["ResponseMetadata"]["HTTPHeaders"] for answer in answers]
        assert [head["alt-svc"] for head in heads] == [told["headers"]["Alt-Svc"]] * 3

    require_one_way(place, log, requests=3)
