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


def is_operation(service: str, name: str) -> bool:
    """Whether the tables have the operation, so that its requests can be judged; reads the service's table once."""
    if f"{service}:{name}" in INFERENCE_OPERATIONS:
        return True  # the usual policy needs no table for this
    return name in operations_of(service)


def operations_of(service: str) -> frozenset[str]:
    """The operations that the tables have of a service; empty for a service that has no table."""
    # Only a policy that names more than the usual operations reads JSON for it.
    from secure_bedrock.policy.http_surfaces import surface_operations, table_of  # noqa: PLC0415

    try:
        return table_of(service).operations | surface_operations(service)
    except KeyError:
        return frozenset()


def not_yet(instead: str) -> ValueError:
    """The refusal of a setting that this version could not keep; `instead` says what to write."""
    return ValueError(f"not supported yet: {instead}")
