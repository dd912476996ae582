"""The User-Agent of hardened clients: ours, botocore's version, and nothing that botocore would gather."""

from typing import Any

import botocore

from secure_bedrock.transport.user_agent import user_agent


def user_agent_text(added: str) -> str:
    """Our User-Agent, botocore's version, and what the caller's Config adds."""
    return f"{user_agent()} Botocore/{botocore.__version__} {added}".rstrip()


class FixedUserAgent:
    """A user agent in the shape that botocore's client asks for."""

    def __init__(self, added: str) -> None:
        self._text = user_agent_text(added)

    def to_string(self) -> str:
        """The header's value."""
        return self._text

    def rebuild_and_replace_user_agent_handler(self, **_kwargs: Any) -> None:
        """Nothing: the header was set when the request was made and does not change."""
