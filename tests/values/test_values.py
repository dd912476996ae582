"""The domain's words: parsed or refused, never guessed."""

import pytest

from secure_bedrock.errors import ModelDenied
from secure_bedrock.values import (
    Deadline,
    Decision,
    dns_suffix_of,
    parse_region,
    parse_service,
    partition_of,
)

PLACES = {
    "commercial": ("eu-west-1", "aws", "amazonaws.com"),
    "a long part": ("ap-southeast-1", "aws", "amazonaws.com"),
    "China": ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
    "GovCloud": ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    "sovereign": ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
    "isolated": ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
    "isolated B": ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"),
}

NOT_REGIONS = {
    "empty": "",
    "upper case": "EU-WEST-1",
    "space": "eu-west-1 ",
    "no number": "eu-west",
    "a host": "eu-west-1.example.com",
    "userinfo": "x@52.94.0.10/#",
    "not ASCII": "eu-wést-1",
    "a digit of another script": "eu-west-\u0661",
    "none": None,
    "bytes": b"eu-west-1",
}

NOT_SERVICES = {
    "empty": "",
    "upper case": "STS",
    "dot": "s3.evil",
    "dash at the end": "bedrock-",
    "longer than a label": "a" * 64,
    "a number": 7,
}


@pytest.mark.parametrize("case", PLACES)
def test_a_region_tells_its_partition_and_suffix(case: str) -> None:
    name, partition, suffix = PLACES[case]

    region = parse_region(name)

    assert (partition_of(region), dns_suffix_of(region)) == (partition, suffix)


@pytest.mark.parametrize("case", NOT_REGIONS)
def test_what_is_no_region_is_refused(case: str) -> None:
    with pytest.raises(ValueError, match="AWS Region"):
        parse_region(NOT_REGIONS[case])


@pytest.mark.parametrize("case", NOT_SERVICES)
def test_what_is_no_service_is_refused(case: str) -> None:
    with pytest.raises(ValueError, match="AWS service"):
        parse_service(NOT_SERVICES[case])


def test_a_service_keeps_its_spelling() -> None:
    assert parse_service("bedrock-runtime") == "bedrock-runtime"


def test_a_decision_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="allowed"):
        bool(Decision(allowed=True, rule="r", reason="because"))


def test_a_denying_decision_raises_with_its_rule_reason_and_next_step() -> None:
    decision = Decision(False, "some-rule", "because of this", next_step="do that")

    with pytest.raises(ModelDenied) as caught:
        decision.or_raise(ModelDenied)

    error = caught.value
    assert (error.rule, error.reason, error.next_step) == (
        "some-rule",
        "because of this",
        "do that",
    )


def test_an_allowing_decision_raises_nothing() -> None:
    assert Decision(True, "some-rule", "fine").or_raise(ModelDenied) is None  # type: ignore[func-returns-value]


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 5_000


def test_a_deadline_counts_down_to_nothing() -> None:
    now = [100.0]
    deadline = Deadline.after(10, clock=lambda: now[0])

    assert (deadline.remaining(), deadline.bounded(3), deadline.passed) == (10, 3, False)
    now[0] = 108.0
    assert (deadline.remaining(), deadline.bounded(3), deadline.passed) == (2, 2, False)
    now[0] = 111.0
    assert (deadline.remaining(), deadline.bounded(3), deadline.passed) == (0, 0, True)


def test_no_deadline_bounds_nothing() -> None:
    deadline = Deadline.after(None)

    assert (deadline.remaining(), deadline.bounded(3), deadline.passed) == (None, 3, False)


def test_a_lambda_deadline_keeps_a_reserve() -> None:
    remaining = Deadline.from_lambda(_Context(), reserve_s=1.5).remaining()

    assert remaining is not None
    assert 3.0 < remaining <= 3.5
