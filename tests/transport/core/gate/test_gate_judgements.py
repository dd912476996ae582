"""What the policy answers is what the gate does: each family's error, the grants, and what mode "report" would deny."""

from dataclasses import dataclass

import pytest

from secure_bedrock.errors import Denied, ModelDenied, OperationDenied, ResidencyDenied
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.judgement import RequestFacts
from secure_bedrock.transport.core.gate.wire_gate import gate, require_allowed, require_service
from secure_bedrock.values import Decision
from tests.lenient import Lenient
from tests.signing import Route
from tests.transport.core.gate.test_gate_strictness import signed

YES = Decision(True, "yes", "")
NO = Decision(False, "no", "not in this test")
OF_RESIDENCY = Decision(False, "residency-region", "not in this test")
IMAGE = (
    b'{"messages":[{"content":[{"image":{"source":{"s3Location":{"uri":"s3://bucket/key"}}}}]}]}'
)
CONVERSE = frozenset({"bedrock-runtime:Converse"})


@dataclass
class Answers(Lenient):
    """Rules that answer with what they are given."""

    mode: str = "enforce"
    operation: Decision = YES
    model: Decision = YES
    place: Decision | None = None

    def decide_operation(self, service: str, operation: str) -> Decision:
        return self.operation

    def decide_model(self, model_id: object, *, operation: str = "") -> Decision:
        return self.model

    def refuse_place(self, kind: Kind, value: object) -> Decision | None:
        return self.place


ERRORS: dict[str, tuple[Answers, type[Denied]]] = {
    "an operation": (Answers(operation=NO), OperationDenied),
    "a model": (Answers(model=NO), ModelDenied),
    "where a model runs": (Answers(model=OF_RESIDENCY), ResidencyDenied),
    "a place": (Answers(place=NO), OperationDenied),
}


@pytest.mark.parametrize(("rules", "error"), ERRORS.values(), ids=ERRORS)
def test_a_refusal_is_the_error_of_what_it_is_about(rules: Answers, error: type[Denied]) -> None:
    with pytest.raises(Denied) as refused:
        gate(signed(body=IMAGE), route=Route(), policy=rules)
    assert type(refused.value) is error
    assert refused.value.reason == "not in this test"


EARLY: dict[str, tuple[Answers, type[Denied]]] = {
    name: row for name, row in ERRORS.items() if name != "a place"
}


@pytest.mark.parametrize(("rules", "error"), EARLY.values(), ids=EARLY)
def test_what_is_asked_before_there_are_bytes_is_refused_alike(
    rules: Answers, error: type[Denied]
) -> None:
    model = Reference(Kind.MODEL, "some.model-v1:0", "modelId")
    facts = RequestFacts("bedrock-runtime", "Converse", (model,))

    require_allowed(Answers(), facts)
    with pytest.raises(Denied) as refused:
        require_allowed(rules, facts)
    assert type(refused.value) is error


@pytest.mark.parametrize(
    "grants", [frozenset(), frozenset({"sts:AssumeRole", "bedrock-runtime:ConverseStream"})]
)
def test_what_is_not_granted_is_asked_of_the_policy(grants: frozenset[str]) -> None:
    with pytest.raises(OperationDenied):
        gate(signed(), route=Route(), policy=Answers(operation=NO), grants=grants)


def test_what_is_granted_is_not_asked_and_what_it_names_is() -> None:
    rules = Answers(operation=NO)
    assert gate(signed(), route=Route(), policy=rules, grants=CONVERSE).operation == "Converse"
    with pytest.raises(ModelDenied):
        gate(signed(), route=Route(), policy=Answers(model=NO), grants=CONVERSE)


def test_what_mode_report_would_deny_goes_with_the_request() -> None:
    gated = gate(signed(), route=Route(), policy=Answers(mode="report", operation=NO))
    assert (gated.would_deny, gated.decision.rule) == (NO, "reported")
    assert gate(signed(), route=Route(), policy=Answers()).would_deny is None


def test_a_service_without_a_table_is_refused_before_a_request_of_it_is_made() -> None:
    require_service("bedrock-runtime")
    with pytest.raises(OperationDenied) as refused:
        require_service("s3")
    assert refused.value.rule == "service-unknown"
