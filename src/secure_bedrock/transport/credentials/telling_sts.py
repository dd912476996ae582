"""A client of STS that remembers whose credentials it was given: botocore's fetchers drop that."""

from collections.abc import Mapping
from typing import Any, Final

_KEPT: Final = 16  # botocore keeps one set of credentials of each role in a profile's chain


class TellingSts:
    """The two operations that botocore's fetchers call; `told` gets the session's ARN by access key id."""

    def __init__(self, client: Any, told: dict[str, str]) -> None:
        self._client = client
        self._told = told

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def assume_role(self, **arguments: Any) -> Any:
        """AssumeRole's answer."""
        return self._noted(self._client.assume_role(**arguments))

    def assume_role_with_web_identity(self, **arguments: Any) -> Any:
        """AssumeRoleWithWebIdentity's answer."""
        return self._noted(self._client.assume_role_with_web_identity(**arguments))

    def _noted(self, answer: Any) -> Any:
        key = _text(answer, "Credentials", "AccessKeyId")
        arn = _text(answer, "AssumedRoleUser", "Arn")
        if key and arn:
            while len(self._told) >= _KEPT:
                del self._told[next(iter(self._told))]
            self._told[key] = arn
        return answer


def _text(answer: Any, table: str, name: str) -> str:
    found = answer.get(table) if isinstance(answer, Mapping) else None
    value = found.get(name) if isinstance(found, Mapping) else None
    return value if isinstance(value, str) else ""
