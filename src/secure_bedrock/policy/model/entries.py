"""What may stand in `models.allow` and `models.deny`: an exact identifier or one of two kinds of glob."""

import re
from dataclasses import dataclass

from secure_bedrock.policy.model.identifiers import (
    GEOGRAPHIES,
    PROVIDER,
    BaseId,
    ModelId,
    parse_base_id,
    parse_model_id,
)

# The star comes after the provider and at least one complete name part: anthropic.claude-*
_OPEN = rf"({PROVIDER})\.[a-z0-9]+(?=[-.])(?:-[a-z0-9]+|\.[0-9][a-z0-9]*)*[-.]?\*"
_MAX_OPEN = 128  # provider (63), dot, name (63) and star


@dataclass(frozen=True, slots=True)
class ExactEntry:
    """One identifier, in one of the forms in which it may be asked for."""

    text: str
    model: ModelId


@dataclass(frozen=True, slots=True)
class GlobEntry:
    """Base ids that begin with the text before the star; never profiles.

    `base:*` is closed (that model's versions and contexts); `provider.part-*` is open: it admits models to come.
    """

    text: str
    is_open: bool

    def admits(self, base: BaseId) -> bool:
        """True where the id begins so; `…-v1:*` reaches neither `…-v1` nor `…-v10:0`."""
        return base.format().startswith(self.text[:-1])


ModelEntry = ExactEntry | GlobEntry


def parse_entry(text: str) -> ModelEntry:
    """Return the parsed entry, or raise ValueError that says what may be written instead."""
    if "*" not in text:
        return ExactEntry(text, parse_model_id(text))
    if text.endswith(":*"):
        if parse_base_id(text[:-2]).context is not None:
            raise ValueError("nothing can follow a context, so ':*' would match nothing")
        return GlobEntry(text, is_open=False)
    match = re.fullmatch(_OPEN, text, re.ASCII)
    if match is None or match[1] in GEOGRAPHIES or len(text) > _MAX_OPEN:
        raise ValueError(
            "a star may stand only after ':' of a base id (amazon.titan-embed-text-v2:*), or after the provider and "
            "at least one complete name part of a base id (anthropic.claude-*); list profiles and ARNs exactly"
        )
    return GlobEntry(text, is_open=True)
