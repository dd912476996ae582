"""One setting of the surroundings, and the verdict on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from secure_bedrock.errors import Denied, EnvironmentDenied
from secure_bedrock.values import Region

Verdict = Literal["neutralised", "reported", "judged", "refused"]
"""What is done about a setting.

`neutralised`: it has no effect here, and is told of. `reported`: it acts below this library or contradicts the
policy; nothing follows it, and it is told of with a warning. `judged`: it says where credentials come from, and is
followed over approved paths only; any other value is refused when credentials are needed. `refused`: no client is
made while it is set.
"""

Kind = Literal["variable", "key", "folder"]
"""A variable of the environment, a key of a profile in AWS's files, or a folder in the home directory."""

Applies = Callable[[str, Region], bool]
"""Whether a value is one that the verdict is about, under a policy's Region."""


def _any_value(_value: str, _region: Region) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting (or, ending in `*`, a family of variables) and what this library does about it.

    `proven_by` is the test that sets it to a hostile value: a path in the repository, `::` and a function's name.
    """

    name: str
    verdict: Verdict
    reason: str
    proven_by: str
    kind: Kind = "variable"
    denial: type[Denied] = EnvironmentDenied
    applies: Applies = _any_value

    @property
    def label(self) -> str:
        """The name that people are told; a key's says where it stands."""
        return f"{self.name} in AWS's files" if self.kind == "key" else self.name

    def matches(self, name: str) -> bool:
        """Whether the variable is this one; proxies are read in any case, as urllib does."""
        if self.kind != "variable":
            return False
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name or (self._is_proxy and name.upper() == self.name)

    def found_in(self, environ: Mapping[str, str]) -> list[str]:
        """The names under which it is set to something; one look where there is only one name."""
        if self._is_proxy or self.name.endswith("*"):
            return sorted(name for name in environ if self.matches(name) and environ[name])
        return [self.name] if self.kind == "variable" and environ.get(self.name) else []

    @property
    def _is_proxy(self) -> bool:
        return self.name.endswith("_PROXY")


@dataclass(frozen=True, slots=True)
class Finding:
    """A setting that was found; its value is never kept: proxies hold passwords."""

    name: str
    verdict: Verdict
    reason: str
