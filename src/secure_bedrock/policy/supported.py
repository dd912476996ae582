"""What this version enforces; whatever the policy file can say beyond it is refused, never silently accepted."""

from typing import Final

INFERENCE_OPERATIONS: Final = frozenset(
    {
        "bedrock-runtime:Converse",
        "bedrock-runtime:ConverseStream",
        "bedrock-runtime:InvokeModel",
        "bedrock-runtime:InvokeModelWithResponseStream",
        "bedrock-runtime:CountTokens",
        "bedrock-runtime:ApplyGuardrail",
    }
)
"""The default of `operations.allow`."""

OPERATIONS: Final = INFERENCE_OPERATIONS | {
    "sts:GetCallerIdentity",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
}
"""Every operation whose requests this version can judge."""


def not_yet(instead: str) -> ValueError:
    """The refusal of a setting that this version could not keep; `instead` says what to write."""
    return ValueError(f"not supported yet: {instead}")
