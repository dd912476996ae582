"""A refusal tells nothing of the text that it refuses: neither its message, nor what a traceback prints behind it."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.errors import AddressDenied, EndpointDenied
from secure_bedrock.network import (
    PrivateRoute,
    RouteGuard,
    SystemConnector,
    parse_endpoint_url,
)
from secure_bedrock.values import BEDROCK_RUNTIME, Region

HOST = "bedrock-runtime.eu-west-1.amazonaws.com"


def guard(**facts: Any) -> RouteGuard:
    return RouteGuard(
        PrivateRoute(
            service=BEDROCK_RUNTIME,
            region=Region("eu-west-1"),
            host=HOST,
            names=frozenset({HOST}),
            address_check="cidr",
            **facts,
        )
    )


# Each text begins well enough to reach Python's own parsers, whose messages repeat what they are given.
REFUSALS: dict[str, tuple[type[Exception], Callable[[], object]]] = {
    "an address of a route": (AddressDenied, lambda: guard(own_networks=("10.0.0.256",))),
    "a CIDR of a route": (AddressDenied, lambda: guard(cidrs=("10.0.0.256/16",))),
    "a name that is dialled": (
        AddressDenied,
        lambda: SystemConnector().connect("10.0.0.256", 443, 1),
    ),
    "a URL": (EndpointDenied, lambda: parse_endpoint_url("https://user:10.0.0.256@a.example")),
}


@pytest.mark.parametrize(("kind", "refused"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_traceback_does_not_repeat_the_text(
    kind: type[Exception], refused: Callable[[], object]
) -> None:
    with pytest.raises(kind) as caught:
        refused()

    shown = traceback.format_exception_only(caught.value)
    chained = traceback.TracebackException.from_exception(caught.value)
    assert "256" not in "".join(shown)
    assert chained.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_evidence_says_what_kind_of_text_it_was() -> None:
    judge = guard(cidrs=("10.0.0.0/16",)).judge

    assert [fact.value for fact in judge("fe80::1%eth0").evidence] == ["(with a zone)"]
    assert [fact.value for fact in judge("secret").evidence] == ["(not an address)"]


def test_one_bad_answer_is_said_to_refuse_all() -> None:
    decision = guard(cidrs=("10.0.0.0/16",)).judge_answers(["10.0.1.10", "52.94.0.10"])

    assert decision.reason.startswith("52.94.0.10 is outside")
    assert "none of the 2 answers" in decision.reason
