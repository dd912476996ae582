"""The judgement of a request, row by row: names in fields for the model's own API, and what is let through and said."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference
from secure_bedrock.policy.request.judgement import (
    Judgement,
    RequestFacts,
    first_model,
    judge_request,
)
from secure_bedrock.policy.request.terms import RequestTerms
from secure_bedrock.policy.sections import GuardrailPolicy, LimitsPolicy
from secure_bedrock.values import Decision
from tests.lenient import Lenient

YES = Decision(True, "yes", "")


def no(rule: str) -> Decision:
    return Decision(False, rule, "")


@dataclass
class Answers(Lenient):
    """Rules that answer with what they are given."""

    mode: str = "enforce"
    operation: Decision = YES
    model: Decision = YES
    endpoint: Decision = YES
    place: Decision | None = None

    def decide_operation(self, service: str, operation: str) -> Decision:
        return self.operation

    def decide_model(self, model_id: object, *, operation: str = "") -> Decision:
        return self.model

    def decide_endpoint(self, name: object, *, operation: str = "") -> Decision:
        return self.endpoint

    def refuse_place(self, kind: Kind, value: object) -> Decision | None:
        return self.place


def judged(rules: Answers, *references: Reference) -> Judgement:
    return judge_request(rules, RequestFacts("bedrock-runtime", "Converse", references))


def named(kind: Kind, value: object = "x", path: str = "body.x") -> Reference:
    return Reference(kind, value, path)


MODEL = named(Kind.MODEL, "m")
BUCKET = named(Kind.S3, "b")


@pytest.mark.parametrize(
    "path", ["body.additionalModelRequestFields", "body.additionalParams", "body.modelInput"]
)
@pytest.mark.parametrize(
    "name", ["model", "modelId", "model_id", "modelArn", "models", "fallbacks"]
)
def test_each_name_of_a_model_in_fields_for_its_own_api_is_asked(path: str, name: str) -> None:
    rules = Answers(model=no("x"))
    for value in ("m", ["m"], ("m",), {"id": "m"}, None):
        judgement = judged(rules, named(Kind.DOCUMENT, {"temperature": 1, name: value}, path))
        assert (judgement.decision, judgement.family) == (rules.model, "model")
    assert judged(rules, named(Kind.DOCUMENT, {name: []}, path)).decision.allowed


@pytest.mark.parametrize("name", ["mcp_servers", "mcpServers"])
def test_each_name_of_servers_in_such_fields_is_a_url(name: str) -> None:
    rules = Answers(place=no("url"))
    judgement = judged(rules, named(Kind.DOCUMENT, {name: []}, "body.modelInput"))
    assert (judgement.decision, judgement.family) == (rules.place, "place")
    allowing = judged(Answers(), named(Kind.DOCUMENT, {name: []}, "body.modelInput"))
    assert allowing.decision.allowed


def test_every_model_of_a_list_in_such_fields_is_asked() -> None:
    asked: list[object] = []

    class Keeping(Answers):
        def decide_model(self, model_id: object, *, operation: str = "") -> Decision:
            asked.append((model_id, operation))
            return YES

    names = ["modelId", "models", "model_id", "model", "modelArn"]
    fields = {name: name for name in names} | {"fallbacks": ["a", "b"]}
    judged(Keeping(), named(Kind.DOCUMENT, fields, "body.modelInput"))
    assert asked == [(model, "Converse") for model in (*names, "a", "b")]


def test_such_fields_are_an_object() -> None:
    values: tuple[object, ...] = ([], "x", None)
    for value in values:
        judgement = judged(Answers(), named(Kind.DOCUMENT, value, "body.modelInput"))
        assert (judgement.decision.rule, judgement.family) == ("member-ambiguous", "place")
        assert judgement.decision.reason == "body.modelInput should be an object and is not"
        assert judgement.decision.next_step == "pass an object"


def test_the_policy_is_told_which_operation_asks_for_an_endpoint() -> None:
    class ForConverse(Answers):
        def decide_endpoint(self, name: object, *, operation: str = "") -> Decision:
            return YES if (name, operation) == ("x", "Converse") else no("x")

    assert judged(ForConverse(), named(Kind.ENDPOINT)).decision.allowed


@pytest.mark.parametrize("kind", [Kind.PAYLOAD, Kind.GUARDRAIL_VERSION])
def test_what_is_no_place_is_not_judged_as_one(kind: Kind) -> None:
    assert judged(Answers(place=no("never")), named(kind)).decision.allowed


def test_what_is_of_unknown_kind_is_refused_though_it_is_text() -> None:
    judgement = judged(Answers(), named(Kind.UNKNOWN))
    assert (judgement.decision.rule, judgement.family) == ("member-unknown", "place")
    assert "body.x" in judgement.decision.reason


def test_a_model_that_is_no_text_is_the_policys_to_refuse() -> None:
    rules = Answers(model=no("model-type"))
    assert judged(rules, Reference(Kind.MODEL, 7, "body.x", ambiguous=True)).family == "model"


def test_a_place_that_is_no_text_is_ambiguous() -> None:
    judgement = judged(Answers(), Reference(Kind.S3, 7, "body.x", ambiguous=True))
    assert (judgement.decision.rule, judgement.family) == ("member-ambiguous", "place")
    assert judgement.decision.reason == "body.x should be a string and is not"
    assert judgement.decision.next_step == "pass a string"


class Text(str):
    """A str that is none of the plain ones."""

    __slots__ = ()


RESOURCES: dict[str, tuple[object, bool]] = {
    "a model's ARN in a text of its own class": (
        Text("arn:aws:bedrock:eu-west-1:111122223333:provisioned-model/abcdefghijkl"),
        False,
    ),
    "a model's ARN": (
        "arn:aws:bedrock:eu-west-1:111122223333:provisioned-model/abcdefghijkl",
        True,
    ),
    "a model's id, which a resource is not named by": ("amazon.nova-lite-v1:0", False),
    "another ARN": ("arn:aws:bedrock:eu-west-1:111122223333:agent/ABCDEFGHIJ", False),
}


@pytest.mark.parametrize(("value", "is_model"), RESOURCES.values(), ids=RESOURCES)
def test_a_resource_is_a_model_where_its_arn_is_one(value: object, is_model: bool) -> None:
    rules = Answers(model=no("a"), place=no("b"))
    assert judged(rules, named(Kind.RESOURCE, value)).decision.rule == ("a" if is_model else "b")
    assert judged(rules, named(Kind.AGENT, value)).decision.rule == "b"


FAMILIES: dict[str, tuple[Answers, Reference, str]] = {
    "an operation": (Answers(operation=no("x")), MODEL, "operation"),
    "a model": (Answers(model=no("x")), MODEL, "model"),
    "an endpoint": (Answers(endpoint=no("x")), named(Kind.ENDPOINT), "model"),
    "where a model runs": (Answers(model=no("residency-region")), MODEL, "residency"),
    "where an endpoint runs": (
        Answers(endpoint=no("residency-unknown")),
        named(Kind.ENDPOINT),
        "residency",
    ),
    "where a model in fields for its own API runs": (
        Answers(model=no("residency-region")),
        named(Kind.DOCUMENT, {"model": "m"}, "body.modelInput"),
        "residency",
    ),
    "a place": (Answers(place=no("x")), BUCKET, "place"),
    "where a guardrail judges": (
        Answers(place=no("residency-region")),
        named(Kind.GUARDRAIL),
        "residency",
    ),
    "a place that a rule of models refuses": (
        Answers(place=no("model-denied")),
        named(Kind.RESOURCE),
        "model",
    ),
    "a place whose rule has no more than the word": (Answers(place=no("model")), BUCKET, "place"),
}


@pytest.mark.parametrize(("rules", "reference", "family"), FAMILIES.values(), ids=FAMILIES)
def test_a_refusal_says_what_it_is_about(rules: Answers, reference: Reference, family: str) -> None:
    judgement = judged(rules, reference)
    assert (judgement.decision.allowed, judgement.family) == (False, family)


@pytest.mark.parametrize(("rules", "reference", "family"), FAMILIES.values(), ids=FAMILIES)
def test_mode_report_lets_everything_through_but_places(
    rules: Answers, reference: Reference, family: str
) -> None:
    judgement = judged(dataclasses.replace(rules, mode="report"), reference)
    assert judgement.decision.allowed is (family != "place")


@pytest.mark.parametrize("rule", ["operation-type", "operation-unknown", "model-type", "model-id"])
def test_mode_report_lets_nothing_through_that_no_table_knows(rule: str) -> None:
    family = rule.partition("-")[0]
    judgement = judged(Answers(mode="report", **{family: no(rule)}), MODEL)
    assert (judgement.decision.rule, judgement.would_deny) == (rule, None)


def test_mode_report_says_the_first_that_it_would_deny() -> None:
    rules = Answers(mode="report", operation=no("first"), model=no("second"))
    judgement = judged(rules, MODEL)
    assert judgement.would_deny == rules.operation
    assert judgement.decision == Decision(True, "reported", 'mode = "report" lets it through')

    refused = judged(dataclasses.replace(rules, place=no("third")), MODEL, BUCKET)
    assert (refused.decision.rule, refused.would_deny) == ("third", rules.operation)
    assert refused.model_id == "m"


def test_the_last_word_that_allows_is_the_decision() -> None:
    rules = Answers(operation=Decision(True, "listed", ""), model=Decision(True, "exact", ""))
    assert (judged(rules).decision.rule, judged(rules).family) == ("listed", "operation")
    assert (judged(rules, MODEL).decision.rule, judged(rules, MODEL).family) == ("exact", "model")
    assert judged(rules, MODEL).would_deny is None


FIRST: dict[str, tuple[tuple[Reference, ...], str | None]] = {
    "nothing": ((), None),
    "no model": ((BUCKET,), None),
    "the first of two": ((BUCKET, MODEL, named(Kind.MODEL, "n")), "m"),
    "the first is no text": ((named(Kind.MODEL, 7), MODEL), None),
}


@pytest.mark.parametrize(("references", "model"), FIRST.values(), ids=FIRST)
def test_a_record_names_the_first_model(
    references: tuple[Reference, ...], model: str | None
) -> None:
    assert first_model(references) == model


@pytest.mark.parametrize("value", [RequestFacts("s", "Op"), Judgement(YES, "operation")])
def test_facts_and_judgements_are_frozen_values(value: Any) -> None:
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)
    assert not hasattr(value, "__dict__")


def test_a_grant_that_names_nothing_is_allowed_as_an_operation() -> None:
    judgement = judge_request(
        Answers(operation=no("x")), RequestFacts("sts", "AssumeRole", granted=True)
    )
    expected = Decision(True, "granted", "this library calls it for itself")
    assert judgement == Judgement(expected, "operation")


class Strict(Answers):
    """Rules that ask for a guardrail, and for few bytes."""

    guardrail = GuardrailPolicy(required=True, id="abc123def456", version="1")
    limits = LimitsPolicy(max_request_bytes=2)


class Small(Answers):
    """Rules that ask for few bytes."""

    limits = LimitsPolicy(max_request_bytes=2)


class Short(Answers):
    """Rules that ask for few tokens, except of models that write none."""

    limits = LimitsPolicy(max_tokens=5)


def of_terms(
    rules: Answers, *, size: int = 3, early: bool = False, operation: str = "Converse"
) -> Judgement:
    facts = RequestFacts(
        "bedrock-runtime",
        operation,
        (named(Kind.MODEL, "amazon.titan-embed-text-v2:0"),),
        terms=RequestTerms(body_bytes=size),
        early=early,
    )
    return judge_request(rules, facts)


@pytest.mark.parametrize("mode", ["enforce", "report"])
def test_guardrail_and_limits_are_refused_under_their_own_names(mode: str) -> None:
    assert (of_terms(Strict(mode=mode)).family, of_terms(Small(mode=mode)).family) == (
        "guardrail",
        "limit",
    )
    assert not of_terms(Strict(mode=mode)).decision.allowed
    assert not of_terms(Small(mode=mode)).decision.allowed
    assert of_terms(Small(mode=mode), size=2).decision.allowed


def test_guardrail_and_limits_are_asked_of_the_bytes_alone() -> None:
    assert of_terms(Strict(), early=True).decision.allowed
    assert of_terms(Small(), early=True).decision.allowed


def test_limits_know_the_model_and_the_operation() -> None:
    assert of_terms(Short(), operation="InvokeModel").decision.allowed  # it writes no text
    assert of_terms(Short()).family == "limit"
