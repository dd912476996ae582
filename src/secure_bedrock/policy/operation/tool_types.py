"""Which types of tools the caller runs itself; every other type runs at the service, or is not known.

One table for every place where a request's tools are judged: payloads of a model's own API, and the OpenAI- and
Anthropic-shaped surfaces. Sources: OpenAI API reference, "Create chat completion" and "Create a model response";
Anthropic API reference, "Tools"; Bedrock user guide, "Handle computer use tool requests from agents in conversations"
(read 2026-11-20).
"""

from collections.abc import Mapping
from typing import Final

FUNCTIONS: Final = ("function", "custom")
"""Defined in the request: OpenAI's in both of its APIs; Anthropic's are `custom`."""

LOCAL: Final = ("local_shell", "apply_patch", "computer_use_preview")
"""OpenAI's with a definition of its own, which the caller carries out."""

ANTHROPIC_CLIENT: Final[Mapping[str, tuple[str, ...]]] = {
    "bash": ("20241022", "20250124"),
    "text_editor": ("20241022", "20250124", "20250429", "20250728"),
    "computer": ("20241022", "20250124"),
    "memory": ("20250818",),
}
"""Anthropic's with a definition of its own, which the caller carries out: its versions, newer ones run there too."""

DATED: Final = tuple(
    f"{family}_{date}" for family, dates in ANTHROPIC_CLIENT.items() for date in dates
)
"""The types of `ANTHROPIC_CLIENT` as requests write them."""

OFFERED: Final = frozenset(
    {
        # An agent asks its user; what it wants of Anthropic's tools comes back to the caller (`returnControl`).
        "AMAZON.UserInput",
        *("ANTHROPIC.Bash", "ANTHROPIC.Computer", "ANTHROPIC.TextEditor"),
        # A harness calls what the request names, which is judged by its URL or ARN, or comes back to the caller.
        *("agentcore_gateway", "inline_function", "remote_mcp"),
    }
)
"""What agents and harnesses are offered by name and AWS does not run: values of ActionGroupSignature and
HarnessToolType (botocore 1.44.5). The others of today are code interpreters and a browser."""
