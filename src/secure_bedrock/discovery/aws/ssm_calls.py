"""The lock in an SSM parameter: read and written through a client that may do nothing else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from secure_bedrock.discovery.aws.calls import CallFailed, calling
from secure_bedrock.discovery.aws.hardened_clients import OpenClient

_READ: Final = frozenset({"ssm:GetParameter"})
_WRITE: Final = frozenset({"ssm:PutParameter"})
# What a parameter of each tier holds, in bytes: SSM user guide, "Managing parameter tiers", read 2026-11-20.
_STANDARD: Final = 4096
_ADVANCED: Final = 8192

ReadParameter = Callable[[str], str]
"""The value of an SSM parameter by its name; raises CallFailed."""


def parameter_over(open_client: OpenClient) -> ReadParameter:
    """Reads parameters through clients of their own."""

    def read(name: str) -> str:
        with open_client("ssm", _READ) as client, calling("ssm:GetParameter"):
            parameter = client.get_parameter(Name=name).get("Parameter", {})
        value = parameter.get("Value")
        if not isinstance(value, str):
            raise CallFailed("ssm:GetParameter gave no text")
        return value

    return read


def write_parameter(open_client: OpenClient, name: str, value: str) -> str:
    """Write the parameter, over whatever it held, and return its tier; CallFailed where SSM takes no such value."""
    size = len(value.encode())
    if size > _ADVANCED:
        raise CallFailed(f"the lock has {size} bytes, and an SSM parameter holds {_ADVANCED}")
    tier = "Standard" if size <= _STANDARD else "Advanced"
    opened: AbstractContextManager[Any] = open_client("ssm", _WRITE)
    with opened as client, calling("ssm:PutParameter"):
        client.put_parameter(Name=name, Value=value, Type="String", Overwrite=True, Tier=tier)
    return tier
