"""P07: where the policy names Regions, nothing is sent to a model that may answer elsewhere, by either front end."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import Denied, ModelDenied, ResidencyDenied
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalBedrock
from tests.promises.every_call import FRONTS, HARDENED, count, network_of

OWN = "111122223333"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
ARN = f"arn:aws:bedrock:eu-west-1:{OWN}:"
APPLICATION = f"{ARN}application-inference-profile/a1b2c3d4e5f6"
ROUTER = f"{ARN}prompt-router/a1b2c3d4e5f6"
PROMPT = f"{ARN}prompt/ABCDEFGHIJ:3"
IMPORTED = f"{ARN}imported-model/a1b2c3d4e5f6"
EU = f"eu.{HAIKU}"
EU_ARN = f"{ARN}inference-profile/{EU}"
GLOBAL = f"global.{HAIKU}"
LISTED = [HAIKU, EU, f"us.{HAIKU}", GLOBAL, APPLICATION, ROUTER, PROMPT, IMPORTED]
INSIDE = {"regions": ["eu-west-1", "eu-central-1"], "allow_global": True}
ELSEWHERE = {"regions": ["eu-central-1"], "allow_global": True}
BOTH = ["eu-west-1", "eu-central-1"]
Told = dict[str, list[str]]


class Bench:
    """A server that admits every model, and clients of it under a policy that names Regions."""

    def __init__(self, server: LocalBedrock) -> None:
        self.server = server
        self.events: list[InvocationEvent] = []
        self._made: list[SecureBedrockClient] = []

    def policy(
        self,
        residency: dict[str, Any],
        locked: Told,
        allow: Sequence[str] = LISTED,
        **more: Any,
    ) -> Policy:
        return Policy(
            region="eu-west-1",
            models={"allow": allow, "accounts": [OWN]},
            residency=residency,
            network=network_of(self.server),
            **more,
        ).with_destinations(locked)

    def client(self, front: str, policy: Policy) -> Any:
        keys = self.server.credentials
        typed = SecureBedrockClient(policy, credentials=keys, sinks=[self.events.append])
        self._made.append(typed)
        return typed if front == "typed" else typed.client("bedrock-runtime")

    def without_early_check(self) -> None:
        runner: Any = self._made[-1]._parts.runner
        runner.check = lambda _plan: None

    def close(self) -> None:
        for client in self._made:
            client.close()


@pytest.fixture(scope="module")
def any_model(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    with LocalBedrock(models=None, region="eu-west-1", authority=authority) as server:
        yield server


@pytest.fixture
def bench(any_model: LocalBedrock, plain_surroundings: object) -> Iterator[Bench]:
    any_model.clear()
    made = Bench(any_model)
    yield made
    made.close()


Case = tuple[str, dict[str, Any], Told]
GOES: dict[str, Case] = {
    "a base id in its own Region": (HAIKU, INSIDE, {}),
    "an imported model in its own Region": (IMPORTED, INSIDE, {}),
    "a profile that the lock knows": (EU, INSIDE, {EU: BOTH}),
    "a profile's ARN that the lock knows by id": (EU_ARN, INSIDE, {EU: BOTH}),
    "a profile that the file knows": (EU, {**INSIDE, "profiles": {EU: BOTH}}, {}),
    "a profile from outside into the Regions": (EU, ELSEWHERE, {EU: ["eu-central-1"]}),
    "an application profile that the lock knows": (APPLICATION, INSIDE, {APPLICATION: BOTH}),
    "a router that the lock knows": (ROUTER, INSIDE, {ROUTER: BOTH}),
    "a global. profile whose destinations are inside": (GLOBAL, INSIDE, {GLOBAL: BOTH}),
    "a profile of which nobody knows, where no Region is named": (EU, {}, {}),
}
STAYS: dict[str, tuple[str, dict[str, Any], Told, str]] = {
    "a base id outside": (HAIKU, ELSEWHERE, {}, "residency-region"),
    "an imported model outside": (IMPORTED, ELSEWHERE, {}, "residency-region"),
    "a profile of which nobody knows": (EU, INSIDE, {}, "residency-unknown"),
    "its ARN": (EU_ARN, INSIDE, {}, "residency-unknown"),
    "a profile of which others are known": (EU, INSIDE, {ROUTER: BOTH}, "residency-unknown"),
    "a profile that goes outside too": (
        EU,
        INSIDE,
        {EU: [*BOTH, "eu-north-1"]},
        "residency-region",
    ),
    "a profile by its ARN that goes outside": (
        EU_ARN,
        INSIDE,
        {EU: ["us-east-1"]},
        "residency-region",
    ),
    "a profile on which file and lock disagree": (
        EU,
        {**INSIDE, "profiles": {EU: BOTH}},
        {EU: ["eu-west-1"]},
        "residency-conflict",
    ),
    "an application profile of which nobody knows": (APPLICATION, INSIDE, {}, "residency-unknown"),
    "a router of which nobody knows": (ROUTER, INSIDE, {}, "residency-unknown"),
    "a router that goes outside": (ROUTER, INSIDE, {ROUTER: ["us-east-1"]}, "residency-region"),
    "a prompt, which may name a profile": (PROMPT, INSIDE, {}, "residency-unknown"),
    "a global. profile": (GLOBAL, INSIDE, {}, "residency-global"),
    "a global. profile that is not allowed": (
        GLOBAL,
        {**INSIDE, "allow_global": False},
        {GLOBAL: BOTH},
        "model-global",
    ),
}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("sentence", GOES)
def test_what_runs_inside_arrives(sentence: str, front: str, bench: Bench) -> None:
    asked, residency, locked = GOES[sentence]
    client = bench.client(front, bench.policy(residency, locked))
    for operation in ("Converse", "ConverseStream"):
        FRONTS[front][operation](client, asked)
    assert [request.model_id for request in bench.server.requests] == [asked, asked]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("sentence", STAYS)
def test_what_may_run_outside_never_arrives(sentence: str, front: str, bench: Bench) -> None:
    asked, residency, locked, rule = STAYS[sentence]
    client = bench.client(front, bench.policy(residency, locked))
    error = ResidencyDenied if rule.startswith("residency") else ModelDenied
    with ConnectLog() as log:
        for call in FRONTS[front].values():
            with pytest.raises(Denied) as caught:
                call(client, asked)
            assert (type(caught.value), caught.value.rule) == (error, rule)
    assert log.events == []
    assert bench.server.requests == []
    assert [event.guard_reason for event in bench.events] == [rule] * len(FRONTS[front])


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("sentence", STAYS)
def test_the_gate_alone_would_have_stopped_it(sentence: str, front: str, bench: Bench) -> None:
    """The decision is made on the bytes: here the early one is switched off."""
    asked, residency, locked, rule = STAYS[sentence]
    client = bench.client(front, bench.policy(residency, locked))
    bench.without_early_check()
    with ConnectLog() as log:
        for call in FRONTS[front].values():
            with pytest.raises(Denied) as caught:
                call(client, asked)
            assert caught.value.rule == rule
    assert log.events == []
    assert bench.server.requests == []


def test_tokens_are_counted_for_the_base_id_of_a_listed_profile_which_is_not_asked(
    bench: Bench,
) -> None:
    """Frameworks count with the geography taken off the profile's id."""
    client = bench.client("hardened", bench.policy(INSIDE, {}, allow=[EU]))
    assert count(client, HAIKU) > 0
    for operation in HARDENED.values():
        with pytest.raises(ModelDenied):
            operation(client, HAIKU)
    assert [request.operation for request in bench.server.requests] == ["CountTokens"]


def test_tokens_are_not_counted_outside_the_regions(bench: Bench) -> None:
    policy = bench.policy(ELSEWHERE, {EU: ["eu-central-1"]}, allow=[EU])
    client = bench.client("hardened", policy)
    with pytest.raises(ResidencyDenied):
        count(client, HAIKU)
    assert bench.server.requests == []


def test_report_sends_and_says_what_it_would_have_denied(bench: Bench) -> None:
    client = bench.client("typed", bench.policy(INSIDE, {}, mode="report"))
    client.converse(EU, "hello")
    assert [request.model_id for request in bench.server.requests] == [EU]
    assert [event.would_deny for event in bench.events] == ["residency-unknown"]


def test_a_refusal_names_a_profile_inside_and_never_global(bench: Bench) -> None:
    locked = {EU: ["eu-central-1"], f"us.{HAIKU}": ["us-east-1"], GLOBAL: ["eu-central-1"]}
    client = bench.client("typed", bench.policy(ELSEWHERE, locked))
    with pytest.raises(ResidencyDenied) as caught:
        client.converse(HAIKU, "hello")
    assert caught.value.next_step.endswith(f": {EU}")
