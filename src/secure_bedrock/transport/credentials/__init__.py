"""Credential values and where they come from: botocore's providers or the caller give them, the paths are ours."""

from secure_bedrock.transport.credentials.values import (
    ClientFor,
    CredentialSource,
    Expiring,
    FrozenCredentials,
    RefreshingCredentials,
    StaticCredentials,
    freeze,
)

__all__ = [
    "ClientFor",
    "CredentialSource",
    "Expiring",
    "FrozenCredentials",
    "RefreshingCredentials",
    "StaticCredentials",
    "freeze",
]
