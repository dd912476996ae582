"""Which members name something: rules by member name, exceptions by hand, and the net that nothing may slip through.

A member is written `Structure.member`, as botocore's models write it. The order: EXCEPTIONS (one member, read by
hand), KINDS (a member name that means the same everywhere), NAMES_NOTHING (a member name that never names what a
gate must judge). A member that NET catches and none of these explains is an error of the generator: someone has to
read it. Read against botocore 1.44.5, 2026-11-20.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

KINDS: Final[dict[str, str]] = {
    "model": """
        baseModelArnEquals baseModelIdentifier copyFrom customModelDeploymentIdentifier desiredModelId
        embeddingModelArn excludedModels foundationModel foundationModelArnEquals includedModels
        inferenceProfileIdentifier model modelArn modelArnEquals modelId modelIdentifier modelPackageArn
        modelSourceIdentifier modelSourceEquals promptRouterArn provisionedModelId provisionedThroughput
        sourceModelArn sourceModelArnEquals targetModelId teacherModelIdentifier
        TargetModel
    """,
    "prompt": "promptArn promptIdentifier",
    "guardrail": "guardrailId guardrailIdentifier guardrailProfileIdentifier",
    "guardrail-version": "guardrailVersion",
    "agent": "agentAliasArn agentAliasId agentId agentIdentifier aliasArn",
    "flow": "aliasIdentifier flowAliasIdentifier flowIdentifier",
    "knowledge-base": "knowledgeBaseArn knowledgeBaseId kendraIndexArn",
    "runtime": "agentRuntimeArn agentRuntimeEndpointArn agentRuntimeId",
    "harness": "harnessArn harnessId",
    "gateway": "gatewayArn gatewayIdentifier",
    "evaluator": """
        evaluatorArn evaluatorId baseEvaluatorId onlineEvaluationConfigArn onlineEvaluationConfigId
        batchEvaluationArn batchEvaluationId
    """,
    "memory": "memoryId",
    "automation": """
        blueprintArn projectArn dataAutomationProjectArn dataAutomationProfileArn libraryArn
    """,
    "endpoint": """
        EndpointName InferenceComponentName TargetContainerHostname TargetVariant endpointArn endpointIdentifier
    """,
    "s3": """
        s3Uri bucket bucketArn bucketName s3BucketName payloadDeliveryBucketName InputLocation S3OutputPathExtension
    """,
    "lambda": "lambda lambdaArn overrideLambda",
    "url": """
        url hostUrl siteUrls apiBase discoveryUrl authorizationEndpoint tokenEndpoint defaultReturnUrl
        containerUri redirectUrl resourceOauth2ReturnUrl allowedResourceOauth2ReturnUrls routingDomain defaultDomain
        alternateDomains domainEndpoint endpoint server issuer requestHost endpointServiceName resourceTarget
        restApiId hostHeader tlsServerName
    """,
    "store": """
        collectionArn domainArn graphArn vectorBucketArn indexArn workgroupArn clusterIdentifier
        connectionString accessPointArn fileSystemArn dataStreamArn topicArn logGroupArns logGroupName logGroupNames
        logGroupNamePrefixes
    """,
    "secret": """
        apiKeyArn credentialArn credentialProviderArn credentialsSecretArn providerArn secretArn secretId
        usernamePasswordSecretArn
    """,
    "key": """
        customModelKmsKeyId customerEncryptionKeyArn customerEncryptionKeyId encryptionKeyArn importedModelKmsKeyId
        kmsEncryptionKey kmsKeyArn kmsKeyId modelKmsKeyArn modelKmsKeyId s3EncryptionKeyId
    """,
    "role": """
        agentResourceRoleArn capacityProviderOperatorRoleArn evaluationExecutionRoleArn executionRole
        executionRoleArn memoryExecutionRoleArn roleArn
    """,
    "resource": """
        resourceARN resourceArn policyArn policies bundleArn bundleId browserArn codeInterpreterArn paymentManagerArn
        sourceArn botAliasArn targetResourceScope invocationArn jobArn capacityProviderArn
        resourceConfigurationIdentifier sessionUri browserIdentifier codeInterpreterIdentifier
        executionIdentifier jobIdentifier jobIdentifiers profileId profileIdentifier recordId registryId registryIds
        sessionIdentifier connectorId consentPortalIdentifier flowDefinitionArn
    """,
    "document": """
        additionalModelRequestFields additionalParams modelInput modelConfiguration connectorParameters
        inferenceParams parameterValues
    """,
    "payload": "Body body",
}
"""Kind to the member names that always mean it."""

EXCEPTIONS: Final[dict[str, tuple[str | None, str]]] = {
    "AgentActionGroup.parentActionGroupSignature": (
        "built-in-tool",
        "AMAZON.CodeInterpreter runs at AWS",
    ),
    "AgenticRetrieveConfiguration.foundationModelType": (
        "model-choice",
        "MANAGED lets AWS choose the model",
    ),
    "AgenticRetrieveConfiguration.rerankingModelType": (
        "model-choice",
        "MANAGED lets AWS choose the model",
    ),
    "ApiSchemaConfiguration.inlinePayload": (
        "url",
        "an OpenAPI or Smithy text, which names the servers that a gateway calls",
    ),
    "BidirectionalInputPayloadPart.bytes": ("payload", "the model's own format"),
    "ComponentConfiguration.configuration": (
        "document",
        "a component's settings, in no fixed shape",
    ),
    "ConsentPortalSource.identifier": (
        "gateway",
        "the gateway whose targets the portal asks consent for",
    ),
    "ContentBody.body": (None, "the text of an answer to an agent"),
    "CreateAgentActionGroupRequest.parentActionGroupSignature": (
        "built-in-tool",
        "AMAZON.CodeInterpreter runs at AWS",
    ),
    "CreateInferenceProfileRequest.description": (None, "the caller's own words"),
    "CreateInferenceProfileRequest.inferenceProfileName": (None, "the name of what is being made"),
    "CryptoX402PaymentInput.payload": ("document", "a payment's terms, in no fixed shape"),
    "CustomS3Location.uri": ("s3", "an object"),
    "GatewayPolicyEngineConfiguration.arn": ("resource", "a policy engine"),
    "HarnessAgentCoreMemoryConfiguration.arn": ("memory", "the memory that a harness writes to"),
    "HarnessGeminiModelConfig.modelId": ("external-model", "a model of Google's own service"),
    "HarnessHookEventBridgeTarget.arn": ("store", "the bus that receives a hook's content"),
    "HarnessHookLambdaTarget.arn": ("lambda", "the function that receives a hook's content"),
    "HarnessHookSnsTarget.arn": ("store", "the topic that receives a hook's content"),
    "HarnessLiteLlmModelConfig.modelId": ("external-model", "a model of any provider"),
    "HarnessManagedMemoryConfiguration.arn": ("memory", "the memory that a harness writes to"),
    "HarnessOpenAiModelConfig.modelId": ("external-model", "a model of OpenAI's own service"),
    "HarnessSkill.awsSkills": ("built-in-tool", "skills of AWS's own, which run in its runtime"),
    "HarnessSkillS3Source.uri": ("s3", "an object"),
    "HarnessTool.type": ("built-in-tool", "a browser and a code interpreter run at AWS"),
    "HostingEnvironment.arn": ("resource", "where a workload runs"),
    "IamPrincipal.arn": (None, "who may do something, not where it goes"),
    "InferenceConnectorSource.connectorId": (
        "external-model",
        "the models of a provider: openai, anthropic, or all of bedrock-mantle",
    ),
    "InvokeAgentRuntimeCommandRequest.accountId": (
        "account",
        "whose runtime it is: a part of its name",
    ),
    "InvokeAgentRuntimeCommandRequestBody.command": (None, "a command's text"),
    "InvokeAgentRuntimeRequest.accountId": ("account", "whose runtime it is: a part of its name"),
    "InvokeAgentRuntimeRequest.payload": ("payload", "the agent's own format"),
    "LambdaInterceptorConfiguration.arn": (
        "lambda",
        "the function that sees what passes a gateway",
    ),
    "LambdaTransformConfiguration.arn": ("lambda", "the function that sees what passes a gateway"),
    "LaunchParameters.instanceProfileArn": ("role", "a machine's role"),
    "ManagedKnowledgeBaseConfiguration.embeddingModelType": (
        "model-choice",
        "MANAGED lets AWS choose the model",
    ),
    "ManagedSearchConfiguration.rerankingModelType": (
        "model-choice",
        "MANAGED lets AWS choose the model",
    ),
    "MatchModelEntry.value": ("model", "a pattern of model ids that a rule routes"),
    "ParsingConfiguration.parsingStrategy": (
        "model-choice",
        "BEDROCK_DATA_AUTOMATION and SMART_PARSING let AWS choose the model",
    ),
    "PrivateEndpointOverride.domain": ("url", "a host that is called"),
    "RdsConfiguration.resourceArn": ("store", "a database cluster"),
    "Resource.arn": ("resource", "an AgentCore resource"),
    "RuntimeTargetConfiguration.arn": ("runtime", "the runtime behind a gateway's target"),
    "S3CertificateConfiguration.uri": ("s3", "an object"),
    "S3Configuration.uri": ("s3", "an object"),
    "S3Location.uri": ("s3", "an object or a prefix"),
    "S3ObjectDoc.uri": ("s3", "an object"),
    "S3ObjectFile.uri": ("s3", "an object"),
    "SharePointSourceConfiguration.domain": ("url", "a host that is called"),
    "SystemTool.name": (
        "system-tool",
        "a tool that runs at the model's provider, not at the caller's",
    ),
    "UpdateAgentActionGroupRequest.parentActionGroupSignature": (
        "built-in-tool",
        "AMAZON.CodeInterpreter runs at AWS",
    ),
    "VersionCreatedBySource.arn": (None, "who made a version: a note"),
    "WebLocation.domain": (
        None,
        "where a citation of an earlier answer came from: nothing is called",
    ),
    "WebLocation.url": (None, "where a citation of an earlier answer came from: nothing is called"),
}
"""`Structure.member` to its kind (None: it names nothing), and why the rule for its name is not right for it."""

STRUCTURES: Final = frozenset({"HarnessSkill.awsSkills"})
"""Those of EXCEPTIONS that are structures: that they stand there says it, whatever they hold."""

NEEDED: Final[dict[str, dict[str, str]]] = {
    "KnowledgeBaseConfiguration.type": {"MANAGED": "managedKnowledgeBaseConfiguration"},
    "ManagedKnowledgeBaseConfiguration.embeddingModelType": {"CUSTOM": "embeddingModelArn"},
}
"""By a member, its values with which AWS chooses a model unless another member of the structure names one."""

NAMES_NOTHING: Final[dict[str, str]] = {
    "the caller's own words, or a model's": """
        basePromptTemplate appendToPrompt blob blockedInputMessaging blockedOutputsMessaging bytes content data
        definition description dimensionInstruction document examples expression filters formData inlineContent
        input inputSchema instructions jobDescription json jsonDocument libraryDescription parsingPromptText pattern
        payload projectDescription prompt promptSessionAttributes redactedContent schema sessionSpans
        stringListValue stringValue summarizationSystemPrompt text textPromptTemplate type value key metadataKey
    """,
    "the name of what is being made, or a new name for it": """
        agentAliasName agentName agentRuntimeName batchEvaluationName blueprintName customModelName
        desiredProvisionedModelName endpointName evaluatorName flowExecutionName harnessName importedModelName
        inferenceProfileName jobName libraryName modelDeploymentName modelName name onlineEvaluationConfigName
        projectName promptRouterName provisionedModelName targetModelName
    """,
    "a filter over names, which finds but reaches nothing": "nameContains targetModelNameContains",
    "a version or variant of what another member names": """
        agentRuntimeVersion agentVersion blueprintVersion defaultVariant flowVersion harnessVersion promptVersion
        qualifier targetVersion version versionId
    """,
    "a part of what another member names": """
        agentInsightId agentInsightStoreId buildWorkflowId condition configId dimensionKeys dimensionName
        evaluationDimensionName executionId inclusionPrefixes jsonKey localeId memoryRecordId
        memoryStrategyId namespace namespacePath path paths prefix rateLimitId ruleId s3ObjectKey source sourceOutput
        strategyId systemPromptJsonPath target targetId targetIdList targetInput targetName targetPaths
        toolDescriptionJsonPath vectorIndexName
    """,
    "whose bucket another member's is: a check that AWS makes, not a place": """
        bucketOwner bucketOwnerAccountId s3BucketOwner
    """,
    "a secret itself, not where one is kept": "apiKeySecret appSecret clientSecret walletSecret",
    "a conversation or a trace, judged when it was begun": """
        runtimeSessionId sessionId toolUseId traceId traceParent traceState baggage
    """,
    "a token or a user's id": "actorId clientRequestToken clientToken nextToken runtimeUserId",
    "a choice or a label inside the service": """
        additionalModelResponseFieldPaths allowedTools applicationName domain domainPatterns exclude include
        identifier inferenceSourceIdentifier metricNames projectId ragSourceIdentifier ratingMethod separator
        serverName tokenEndpointAuthMethods toolName toolNames userAgent userAgentHeader
    """,
    "hardware and network of the caller's account": """
        capacityReservationResourceGroupArn licenseConfigurationArn securityGroupIds securityGroups
    """,
}
"""Why, to the member names that the net catches although they name nothing that a gate must judge."""

NET: Final = re.compile(
    r"model|foundation|inference-?profile|inferencecomponent|variant|prompt|guardrail|agent|flow|knowledge-?base|s3"
    r"|bucket|lambda|ur[il]|endpoint|arn|host|domain|server|secret|harness|runtime|gateway|blueprint|project"
    r"|evaluator|evaluation|memory|automation|connection|target|issuer|tool",
    re.IGNORECASE,
)
"""What a member's name, its shape's name or its pattern look like when it may name something."""

NET_IN_DOCUMENTATION: Final = re.compile(
    r"arn:aws|https?://|s3://|\b(foundation |custom |base )?model('s)? (id|identifier|arn|name)\b"
    r"|\binference profile|\bARN\b|Amazon Resource Name",
    re.IGNORECASE,
)
"""The same of its documentation, in which `model` alone stands nearly everywhere."""

STRONG: Final = re.compile(
    r"(Model|Profile|Guardrail|Prompt|Router)(Id|Identifier|Arn)$|FoundationModel|InferenceProfile|ModelPattern"
    r"|LambdaArn|S3Uri|:bedrock|foundation-model|inference-profile|guardrail/",
)
"""A shape's name or pattern that no general reason explains away: such a member needs a kind or an exception."""

_BY_NAME: Final = {name: kind for kind, names in KINDS.items() for name in names.split()}
_NOTHING: Final = {name: why for why, names in NAMES_NOTHING.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A string, blob, document or one of STRUCTURES that a structure has as a member, containers taken off."""

    structure: str
    member: str
    shape: str
    pattern: str
    documentation: str
    opaque: bool
    enumerated: bool

    @property
    def key(self) -> str:
        """As EXCEPTIONS names it."""
        return f"{self.structure}.{self.member}"


class Unexplained(Exception):
    """A member that may name something, and that no rule explains."""


def kind_of(leaf: Leaf) -> str | None:
    """A member's kind, None where it names nothing; Unexplained where someone has to read it first."""
    if leaf.key in EXCEPTIONS:
        return EXCEPTIONS[leaf.key][0]
    if leaf.enumerated:
        if leaf.member in _BY_NAME:
            raise Unexplained(f"{leaf.key} is a choice among {leaf.shape}")
        return None
    if leaf.member in _BY_NAME:
        return _BY_NAME[leaf.member]
    text = f"{leaf.shape} {leaf.pattern}"
    if STRONG.search(leaf.shape) or STRONG.search(leaf.pattern):
        raise Unexplained(f"{leaf.key} ({text})")
    caught = leaf.opaque or NET.search(f"{leaf.member} {text}")
    if (caught or NET_IN_DOCUMENTATION.search(leaf.documentation)) and leaf.member not in _NOTHING:
        raise Unexplained(f"{leaf.key} ({text})")
    return None


def unused_rules(leaves: Iterable[Leaf]) -> list[str]:
    """Rules that explain no member of any service: a misspelling, or something that AWS took away."""
    leaves = list(leaves)
    members, keys = {leaf.member for leaf in leaves}, {leaf.key for leaf in leaves}
    names = [name for name in (*_BY_NAME, *_NOTHING) if name not in members]
    return sorted([*names, *(key for key in EXCEPTIONS if key not in keys)])
