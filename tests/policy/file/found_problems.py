"""The problems of a policy that is right but for what a test writes."""

from typing import Any

import pytest

from secure_bedrock.errors import PolicyInvalid, Problem
from secure_bedrock.policy import Policy


def problems(**keys: Any) -> tuple[Problem, ...]:
    """The problems of a policy that is right but for `keys`."""
    with pytest.raises(PolicyInvalid) as error:
        Policy(**{"region": "eu-west-1", "models": [], **keys})
    return error.value.problems
