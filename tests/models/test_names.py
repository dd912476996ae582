"""The room's names are loaded on first use."""

import pytest

from secure_bedrock import models


def test_every_name_can_be_had_and_no_other() -> None:
    assert dir(models) == sorted(models.__all__)
    assert all(getattr(models, name) is not None for name in models.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Prompt'"):
        models.Prompt  # type: ignore[attr-defined]  # noqa: B018  # the point of the test
