"""The lock in an SSM parameter: its tier, its size, and an answer that is none."""

from contextlib import contextmanager
from typing import Any

import pytest

from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.ssm_calls import parameter_over, write_parameter


class Ssm:
    """An SSM client that answers with what it was given."""

    def __init__(self, value: object = None) -> None:
        self.value = value
        self.put: dict[str, Any] = {}

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 botocore's own names
        assert Name
        return {"Parameter": {"Value": self.value}}

    def put_parameter(self, **parameter: Any) -> None:
        self.put = parameter

    @contextmanager
    def open(self, service: str, grants: frozenset[str]) -> Any:
        assert service == "ssm"
        assert len(grants) == 1
        yield self


@pytest.mark.parametrize(
    ("size", "tier"), [(1, "Standard"), (4096, "Standard"), (4097, "Advanced"), (8192, "Advanced")]
)
def test_the_smallest_tier_that_holds_it_is_taken(size: int, tier: str) -> None:
    ssm = Ssm()

    assert write_parameter(ssm.open, "/a", "x" * size) == tier
    assert ssm.put["Tier"] == tier
    assert ssm.put["Overwrite"] is True


def test_a_lock_that_no_parameter_holds_is_not_sent() -> None:
    ssm = Ssm()

    with pytest.raises(CallFailed, match="8193 bytes"):
        write_parameter(ssm.open, "/a", "x" * 8193)
    assert ssm.put == {}


def test_a_parameter_without_text_is_a_failed_call() -> None:
    with pytest.raises(CallFailed, match="gave no text"):
        parameter_over(Ssm(7).open)("/a")
