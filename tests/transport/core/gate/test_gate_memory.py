"""A gate that has judged many requests before decides as one that sees its first: whatever came between."""

import pickle
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_bedrock.errors import Denied
from secure_bedrock.policy import Policy
from secure_bedrock.policy.operation.table import encode_label
from secure_bedrock.policy.request.judgement import Judgement, RequestFacts
from secure_bedrock.policy.request.remembered import REMEMBERED, RememberedJudgements
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.gate import (
    authorization,
    header_fields,
    named_operation,
    wire_gate,
)
from secure_bedrock.transport.core.gate.named_operation import MAX_REMEMBERED
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.values import Decision
from tests.signing import KEYS, NOW, Route

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
EU = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
ACCOUNT = "111122223333"
OWN = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:application-inference-profile/abc123def456"
MODELS = (HAIKU, EU, OWN, "amazon.nova-lite-v1:0", "no model at all", "x" * 3000)
RUNTIME = "bedrock-runtime:"


def policy_of(*models: str, **more: Any) -> Policy:
    listed = {"allow": list(models), "accounts": [ACCOUNT]}
    return Policy(region="eu-west-1", models=listed, network={"cidrs": ["10.0.0.0/16"]}, **more)


POLICIES = {
    "one model": policy_of(HAIKU),
    "another": policy_of(EU),
    "all, and another operation": policy_of(
        HAIKU, EU, OWN, operations={"allow": [f"{RUNTIME}Converse", f"{RUNTIME}CountTokens"]}
    ),
    "report": policy_of(HAIKU, mode="report"),
    "short bodies": policy_of(HAIKU, EU, limits={"max_request_bytes": 60}),
    "few tokens": policy_of(HAIKU, EU, limits={"max_tokens": 100}),
    "a guardrail": policy_of(
        HAIKU, EU, guardrail={"id": "abc123def456", "version": "1", "required": True}
    ),
    "one Region": policy_of(HAIKU, OWN, residency={"regions": ["eu-west-1"]}),
}
# Equal to it, all three.
POLICIES["knowing more"] = POLICIES["one Region"].with_destinations({OWN: ["eu-west-1"]})
POLICIES["knowing worse"] = POLICIES["one Region"].with_destinations({OWN: ["us-east-1"]})
BODIES = (
    b'{"messages": []}',
    b"{}",
    b"",
    b"[]",
    b"{" + b" " * 70 + b"}",
    b'{"messages": [], "strange": 1}',
    b'{"messages": [{"role": "user", "content": [{"text": "uri"}]}]}',
    b'{"system": [{"cachePoint": {}}], "additionalModelRequestFields": {"model": "m"}}',
    b'{"messages": [{"role": "user", "content": [{"image": {"source": {"s3Location": {"uri": "s3://b/k"}}}}]}]}',
    b'{"inferenceConfig": {"maxTokens": 50}}',
    b'{"inferenceConfig": {"maxTokens": 500}}',
    b'{"guardrailConfig": {"guardrailIdentifier": "abc123def456", "guardrailVersion": "1"}}',
    b'{"max_tokens": 50, "prompt": "p"}',
)
ADDED = (
    (),
    (("X-Own", "1"),),
    (("X-Amzn-Bedrock-GuardrailIdentifier", "abc123def456"),),
    (
        ("X-Amzn-Bedrock-GuardrailIdentifier", "abc123def456"),
        ("X-Amzn-Bedrock-GuardrailVersion", "1"),
    ),
    (("X-Amz-Target", "Amazon.Converse"),),
)
SPOILT = (
    ("", ""),
    ("eu-west-1/bedrock", "eu-west-2/bedrock"),
    ("/bedrock/", "/sts/"),
    ("host;", ""),
    ("20261120/", "20261121/"),
    ("SignedHeaders=", "SignedHeaders=absent;"),
    ("Signature=", "Signature=A"),
    ("AKIDEXAMPLE", "AKID EXAMPLE"),
)


@dataclass(frozen=True)
class Asked:
    """One request, and whose policy is asked."""

    policy: str
    request: WireRequest
    grants: frozenset[str]


def written(
    model: str,
    call: str,
    body: bytes,
    added: tuple[tuple[str, str], ...],
    spoilt: tuple[str, str],
    *,
    later: int,
    ours: bool,
) -> WireRequest:
    headers = (("Host", Route().authority), ("Content-Type", "application/json"), *added)
    plain = WireRequest("POST", f"/model/{encode_label(model)}/{call}", headers, body, ours)
    now = NOW + timedelta(seconds=later)
    signed = sign(plain, credentials=KEYS, region="eu-west-1", signing_name="bedrock", now=now)
    pairs = tuple(
        (n, v.replace(*spoilt)) if n == "Authorization" else (n, v) for n, v in signed.headers
    )
    return replace(signed, headers=pairs)


REQUESTS = st.builds(
    written,
    st.sampled_from(MODELS),
    st.sampled_from(["converse", "converse-stream", "invoke", "count-tokens", "nothing"]),
    st.sampled_from(BODIES),
    st.sampled_from(ADDED),
    st.sampled_from([SPOILT[0]] * 8 + list(SPOILT)),
    later=st.sampled_from([0, 1, 86_400]),
    ours=st.booleans(),
)
ASKED = st.builds(
    Asked,
    st.sampled_from(sorted(POLICIES)),
    REQUESTS,
    st.sampled_from([frozenset(), frozenset({f"{RUNTIME}Converse"}), frozenset({"sts:X"})]),
)

Outcome = tuple[object, ...]


def outcome(policy: Policy, asked: Asked) -> Outcome:
    """Everything that is seen of the decision."""
    try:
        gated = gate(asked.request, route=Route(), policy=policy, grants=asked.grants)
    except Denied as denial:
        return type(denial), denial.rule, denial.reason, denial.next_step, str(denial)
    return gated.head, gated.body, gated.operation, gated.judgement


def first_outcome(asked: Asked) -> Outcome:
    """The same of a policy and a gate that remember nothing."""
    for forgets in (
        named_operation._by_request_line,
        header_fields._lowered,
        authorization._scope,
        wire_gate._between,
    ):
        forgets.cache_clear()
    return outcome(fresh(asked.policy), asked)


def fresh(name: str) -> Policy:
    policy: Policy = pickle.loads(pickle.dumps(POLICIES[name]))
    return policy


@settings(deadline=None, max_examples=150)
@given(st.lists(ASKED, min_size=1, max_size=12))
def test_what_was_judged_before_changes_no_decision(sequence: Sequence[Asked]) -> None:
    first = [first_outcome(asked) for asked in sequence]

    policies = {name: fresh(name) for name in POLICIES}
    for _ in range(2):
        assert [outcome(policies[asked.policy], asked) for asked in sequence] == first


GOOD = written(HAIKU, "converse", BODIES[0], (), SPOILT[0], later=0, ours=True)


def test_the_sequences_above_hold_requests_that_are_remembered() -> None:
    policy = fresh("one model")
    judgements = [
        gate(request, route=Route(), policy=policy).judgement
        for request in (GOOD, replace(GOOD, body=b"{}"), replace(GOOD, ours=False))
    ]

    assert judgements[0] is judgements[1] is judgements[2]
    assert len(policy._judged) == 1


@pytest.mark.parametrize("name", ["few tokens", "a guardrail"])
def test_nothing_is_remembered_where_the_policy_asks_the_body(name: str) -> None:
    policy = fresh(name)

    for body in BODIES:
        outcome(policy, Asked(name, replace(GOOD, body=body), frozenset()))

    assert not policy._judged


def test_a_limit_of_bytes_holds_after_a_shorter_body_was_let_through() -> None:
    policy = fresh("short bodies")
    most, over = b"{" + b" " * 58 + b"}", b"{" + b" " * 59 + b"}"
    for body in (most, over, most, over):
        found = outcome(policy, Asked("", replace(GOOD, body=body), frozenset()))
        assert ("max-request-bytes" in found) == (body is over)


def test_a_policy_that_knows_more_destinations_remembers_nothing_of_the_other() -> None:
    policy = fresh("knowing more")
    request = written(OWN, "converse", BODIES[0], (), SPOILT[0], later=0, ours=True)
    gate(request, route=Route(), policy=policy)

    wider = policy.with_destinations({OWN: ["eu-west-1", "us-east-1"]})

    assert wider == policy
    with pytest.raises(Denied):
        gate(request, route=Route(), policy=wider)
    gate(request, route=Route(), policy=policy)


def test_a_line_that_is_long_is_judged_and_not_remembered() -> None:
    longest = "/model/" + "a" * (MAX_REMEMBERED - len("/model//converse")) + "/converse"
    longer = longest.replace("/model/", "/model/a")

    for target, remembered in ((longest, True), (longer, False)):
        named = named_operation._by_request_line("bedrock-runtime", "POST", target)
        assert (named.line is not None) == remembered
        assert named.references


YES = Decision(True, "listed", "")
NO = Decision(False, "not-listed", "no")


def line(number: int) -> RequestFacts:
    return RequestFacts("bedrock-runtime", f"Operation{number}")


def test_so_many_judgements_are_kept_and_no_more() -> None:
    remembered = RememberedJudgements(lambda _: Judgement(YES, "model"))
    sizes = []
    for number in range(3 * REMEMBERED):
        remembered[line(number)]
        sizes.append(len(remembered))

    assert max(sizes) == REMEMBERED
    assert sizes[REMEMBERED] == 1


def test_a_refusal_is_judged_anew_each_time_and_pushes_nothing_out() -> None:
    asked = []

    def judge(facts: RequestFacts) -> Judgement:
        asked.append(facts)
        return Judgement(YES if facts is allowed else NO, "model")

    allowed, refused = line(0), line(1)
    remembered = RememberedJudgements(judge)
    for _ in range(2 * REMEMBERED):
        assert remembered[allowed].decision is YES
        assert remembered[refused].decision is NO

    assert asked.count(allowed) == 1
    assert asked.count(refused) == 2 * REMEMBERED


def test_facts_of_the_same_words_are_not_taken_for_each_other() -> None:
    assert line(0) != line(0)
    answers = iter((Judgement(YES, "model"), Judgement(NO, "model")))
    remembered = RememberedJudgements(lambda _: next(answers))

    assert [remembered[line(0)].decision, remembered[line(0)].decision] == [YES, NO]


def test_threads_that_share_a_policy_each_get_their_own_requests_decision() -> None:
    policy = fresh("all, and another operation")
    asked = [
        Asked("", written(model, call, body, (), SPOILT[0], later=0, ours=True), frozenset())
        for model in MODELS
        for call in ("converse", "count-tokens", "invoke")
        for body in BODIES[:9]
    ]
    expected = [outcome(fresh("all, and another operation"), each) for each in asked]
    wrong: list[int] = []
    start = threading.Barrier(8)

    def run(offset: int) -> None:
        start.wait()
        for step in range(2 * len(asked)):
            at = (step * 7 + offset * 13) % len(asked)
            if outcome(policy, asked[at]) != expected[at]:
                wrong.append(at)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert any(len(each) == 4 for each in expected)
    assert any(len(each) == 5 for each in expected)
