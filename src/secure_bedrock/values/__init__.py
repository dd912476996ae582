"""The domain's words as frozen types; every other room speaks in them."""

from secure_bedrock.values.address_check import AddressCheck
from secure_bedrock.values.deadline import Clock, Deadline, LambdaContext
from secure_bedrock.values.decision import Decision, Evidence
from secure_bedrock.values.fork_guard import importing
from secure_bedrock.values.per_process import PerProcess
from secure_bedrock.values.region import Region, dns_suffix_of, parse_region, partition_of
from secure_bedrock.values.restore import forget_at_snapshot
from secure_bedrock.values.service import BEDROCK_RUNTIME, ServiceName, parse_service

__all__ = [
    "BEDROCK_RUNTIME",
    "AddressCheck",
    "Clock",
    "Deadline",
    "Decision",
    "Evidence",
    "LambdaContext",
    "PerProcess",
    "Region",
    "ServiceName",
    "dns_suffix_of",
    "forget_at_snapshot",
    "importing",
    "parse_region",
    "parse_service",
    "partition_of",
]
