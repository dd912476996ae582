"""What a rule decided and why: a value, never a bare boolean."""

from dataclasses import dataclass
from typing import NoReturn

from secure_bedrock.errors import Denied


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that a decision rests on, and where it came from."""

    name: str
    value: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one rule.

    `rule` is stable and kebab-case, fit for matching and for logs; `reason` is for people and holds no content.
    A decision has no truth value, so that `if decide(…):` can't admit by mistake: read `.allowed`.
    """

    allowed: bool
    rule: str
    reason: str
    evidence: tuple[Evidence, ...] = ()
    next_step: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a Decision has no truth value; read its .allowed")

    def or_raise(self, denial: type[Denied]) -> None:
        """Raise `denial` with this decision's rule and reason unless it allows."""
        if not self.allowed:
            raise denial(self.reason, rule=self.rule, next_step=self.next_step)
