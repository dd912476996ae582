"""Where facts about an endpoint come from: one file for each source, all behind `Provider`."""

from secure_bedrock.discovery.providers.ec2 import Ec2Provider
from secure_bedrock.discovery.providers.environment import EnvironmentProvider
from secure_bedrock.discovery.providers.interface import Provider
from secure_bedrock.discovery.providers.lock import LockProvider
from secure_bedrock.discovery.providers.policy import PolicyProvider
from secure_bedrock.discovery.providers.private_dns import PrivateDnsProvider
from secure_bedrock.discovery.providers.ssm import SsmProvider

__all__ = [
    "Ec2Provider",
    "EnvironmentProvider",
    "LockProvider",
    "PolicyProvider",
    "PrivateDnsProvider",
    "Provider",
    "SsmProvider",
]
