"""What is allowed: the policy file, model identifiers, and pure decisions over them.

Importing it loads neither the parser of the file nor the search for it; the first policy that is made does.
"""

from secure_bedrock.policy.model.identifiers import (
    BaseId,
    FoundationModelArn,
    ModelId,
    OpaqueArn,
    ProfileArn,
    ProfileId,
    parse_model_id,
)
from secure_bedrock.policy.model.residency import Destinations
from secure_bedrock.policy.policy import Policy
from secure_bedrock.policy.sections import (
    AccountPolicy,
    AuditPolicy,
    EndpointPolicy,
    GuardrailPolicy,
    IdentityPolicy,
    LimitsPolicy,
    ModelsPolicy,
    NetworkPolicy,
    OperationsPolicy,
    ResidencyPolicy,
    RetryPolicy,
    Timeouts,
)

__all__ = [
    "AccountPolicy",
    "AuditPolicy",
    "BaseId",
    "Destinations",
    "EndpointPolicy",
    "FoundationModelArn",
    "GuardrailPolicy",
    "IdentityPolicy",
    "LimitsPolicy",
    "ModelId",
    "ModelsPolicy",
    "NetworkPolicy",
    "OpaqueArn",
    "OperationsPolicy",
    "Policy",
    "ProfileArn",
    "ProfileId",
    "ResidencyPolicy",
    "RetryPolicy",
    "Timeouts",
    "parse_model_id",
]
