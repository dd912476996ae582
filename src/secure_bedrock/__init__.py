"""Amazon Bedrock over AWS PrivateLink only: names are loaded on first use, importing does nothing else."""

from typing import TYPE_CHECKING

from secure_bedrock import errors

if TYPE_CHECKING:
    from secure_bedrock.client import SecureBedrockClient
    from secure_bedrock.client.boto3_session import SecureSession
    from secure_bedrock.client.create import create_client
    from secure_bedrock.client.lockdown import lockdown
    from secure_bedrock.policy import Policy
    from secure_bedrock.values import Deadline
    from secure_bedrock.values.version import __version__

__all__ = [
    "Deadline",
    "Policy",
    "SecureBedrockClient",
    "SecureSession",
    "__version__",
    "create_client",
    "errors",
    "lockdown",
]

_HOMES = {
    "Deadline": "secure_bedrock.values",
    "Policy": "secure_bedrock.policy",
    "SecureBedrockClient": "secure_bedrock.client",
    "SecureSession": "secure_bedrock.client.boto3_session",
    "__version__": "secure_bedrock.values.version",
    "create_client": "secure_bedrock.client.create",
    "lockdown": "secure_bedrock.client.lockdown",
}

if not TYPE_CHECKING:  # a __getattr__ that checkers see would hide misspelt imports from them

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
