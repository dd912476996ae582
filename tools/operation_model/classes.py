"""What each operation is for: by the first word of its name, and by hand where the word does not say."""

from collections.abc import Collection
from typing import Final

READ: Final = frozenset({"Check", "Get", "List", "Search", "Validate"})
REMOVE: Final = frozenset(
    {"Cancel", "Delete", "Deregister", "Disassociate", "End", "Stop", "Tag", "Untag"}
)
CHANGE: Final = frozenset(
    {
        "Add", "Associate", "Complete", "Copy", "Create", "Prepare", "Put", "Register", "Reset", "Rotate",
        "Save", "Set", "Submit", "Update",
    }
)  # fmt: skip
EXITS: Final = frozenset({"lambda", "s3", "store", "url"})
"""Kinds that make a change a `data-exit`: from then on content goes where they say."""

BY_HAND: Final[dict[str, str]] = {
    name: kind
    for kind, names in {
        "inference": """
            bedrock-runtime:Converse bedrock-runtime:ConverseStream bedrock-runtime:CountTokens
            bedrock-runtime:InvokeModel bedrock-runtime:InvokeModelWithBidirectionalStream
            bedrock-runtime:InvokeModelWithResponseStream bedrock-agent-runtime:Rerank
        """,
        "indirect-inference": """
            bedrock-runtime:ApplyGuardrail bedrock-runtime:InvokeGuardrailChecks
            bedrock:StartAutomatedReasoningPolicyBuildWorkflow bedrock:StartAutomatedReasoningPolicyTestWorkflow
            bedrock-agent-runtime:AgenticRetrieveStream bedrock-agent-runtime:GenerateQuery
            bedrock-agent-runtime:InvokeAgent bedrock-agent-runtime:InvokeFlow
            bedrock-agent-runtime:InvokeInlineAgent bedrock-agent-runtime:OptimizePrompt
            bedrock-agent-runtime:Retrieve bedrock-agent-runtime:RetrieveAndGenerate
            bedrock-agent-runtime:RetrieveAndGenerateStream bedrock-agent-runtime:StartFlowExecution
            bedrock-agentcore:CreateEvent bedrock-agentcore:Evaluate bedrock-agentcore:InvokeAgentRuntime
            bedrock-agentcore:InvokeAgentRuntimeCommand bedrock-agentcore:RetrieveMemoryRecords
            bedrock-agentcore:StartMemoryExtractionJob bedrock-agentcore:StartRecommendation
            bedrock-agentcore-control:StartPolicyGeneration
            sagemaker-runtime:InvokeEndpoint sagemaker-runtime:InvokeEndpointWithResponseStream
        """,
        "read": "bedrock:ExportAutomatedReasoningPolicyVersion",
        "control": """
            bedrock:BatchDeleteAdvancedPromptOptimizationJob bedrock:BatchDeleteEvaluationJob
            bedrock-agentcore:BatchCreateMemoryRecords bedrock-agentcore:BatchDeleteMemoryRecords
            bedrock-agentcore:BatchUpdateMemoryRecords bedrock-agentcore-control:BatchPutGatewayRateLimits
        """,
        "data-exit": """
            bedrock-runtime:StartAsyncInvoke
            bedrock-agent:IngestKnowledgeBaseDocuments bedrock-agent:StartIngestionJob
            bedrock-agentcore:IngestData bedrock-agentcore:InvokeBrowser bedrock-agentcore:InvokeCodeInterpreter
            bedrock-agentcore:InvokeHarness bedrock-agentcore:InvokeWebSearch bedrock-agentcore:ProcessPayment
            bedrock-agentcore:StartBatchEvaluation bedrock-agentcore:StartBrowserSession
            bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:StartDatasetGeneration
            bedrock-agentcore-control:SynchronizeGatewayTargets
            bedrock-data-automation:InvokeBlueprintOptimizationAsync
            bedrock-data-automation:InvokeDataAutomationLibraryIngestionJob
            bedrock-data-automation-runtime:InvokeDataAutomation
            bedrock-data-automation-runtime:InvokeDataAutomationAsync
            sagemaker-runtime:InvokeEndpointAsync
        """,
    }.items()
    for name in names.split()
}
"""`service:Operation` to its class, read one by one (botocore 1.44.5, 2026-11-20)."""


class Unclassified(Exception):
    """An operation whose name begins with a word that says nothing, and that nobody has read."""


def class_of(service: str, operation: str, kinds: Collection[str]) -> str:
    """The class of an operation that names members of `kinds`; Unclassified where someone has to read it first."""
    name = f"{service}:{operation}"
    if name in BY_HAND:
        return BY_HAND[name]
    verb = _first_word(operation)
    if verb in READ:
        return "read"
    if verb in REMOVE:
        return "control"
    if verb not in CHANGE:
        raise Unclassified(name)
    return "data-exit" if operation.endswith("Job") or not EXITS.isdisjoint(kinds) else "control"


def _first_word(operation: str) -> str:
    for index, letter in enumerate(operation[1:], 1):
        if letter.isupper():
            return operation[:index]
    return operation
