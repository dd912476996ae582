"""A policy file's text as problems are told of it: by file, key and line."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secure_bedrock.errors import Problem

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class PolicyText:
    """Where each key and list item of a file stands."""

    file: str
    lines: Mapping[Path, int]

    @classmethod
    def of(cls, text: str, file: str, data: Mapping[str, Any] | None = None) -> "PolicyText":
        """The places in a text that is TOML; `data` is what it holds, where that was read already."""
        from secure_bedrock.policy.file.lines import find_lines

        return cls(file, find_lines(text, tomllib.loads(text) if data is None else data))

    def problem(self, message: str, *path: str | int) -> Problem:
        """What is to be said of a key, with its line where the file has it."""
        from secure_bedrock.policy.shown import key_text

        return Problem(message, key_text(path), self.file, self.lines.get(path))
