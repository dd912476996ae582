"""A Bedrock and a VPC on this machine: servers that speak AWS's wire protocols on 127.0.0.1, and fakes beside them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secure_bedrock.testing.answers import Answer
    from secure_bedrock.testing.authority import LocalAuthority
    from secure_bedrock.testing.bedrock import DEFAULT_MODELS, LocalBedrock
    from secure_bedrock.testing.control_plane import LocalControlPlane
    from secure_bedrock.testing.faults import Fault
    from secure_bedrock.testing.local_profiles import LocalProfile
    from secure_bedrock.testing.local_services import LocalServices
    from secure_bedrock.testing.network_fakes import LoopbackConnector, StaticResolver
    from secure_bedrock.testing.received import ReceivedRequest
    from secure_bedrock.testing.sigv4_check import LocalCredentials
    from secure_bedrock.testing.socket_log import ConnectLog
    from secure_bedrock.testing.vpc import LocalVpc
    from secure_bedrock.testing.vpc_facts import LocalEndpoint

__all__ = [
    "DEFAULT_MODELS",
    "Answer",
    "ConnectLog",
    "Fault",
    "LocalAuthority",
    "LocalBedrock",
    "LocalControlPlane",
    "LocalCredentials",
    "LocalEndpoint",
    "LocalProfile",
    "LocalServices",
    "LocalVpc",
    "LoopbackConnector",
    "ReceivedRequest",
    "StaticResolver",
]

_HOMES = {
    "DEFAULT_MODELS": "bedrock",
    "Answer": "answers",
    "ConnectLog": "socket_log",
    "Fault": "faults",
    "LocalAuthority": "authority",
    "LocalBedrock": "bedrock",
    "LocalControlPlane": "control_plane",
    "LocalCredentials": "sigv4_check",
    "LocalEndpoint": "vpc_facts",
    "LocalProfile": "local_profiles",
    "LocalServices": "local_services",
    "LocalVpc": "vpc",
    "LoopbackConnector": "network_fakes",
    "ReceivedRequest": "received",
    "StaticResolver": "network_fakes",
}

if not TYPE_CHECKING:  # a __getattr__ that checkers see would hide misspelt imports from them

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - names are loaded on first use

        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted(__all__)
