"""P05: for each member of each operation of Bedrock's services that names something, what is not allowed never arrives.

Requests are built from botocore's service models and sent by real hardened clients to a server on loopback: one with an
identifier that the policy allows, which arrives and is answered, and one with another, which does not; and once more
with the identifier exchanged after the early check, so that the bytes are judged by the gate alone.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore
import pytest
from botocore.exceptions import ParamValidationError

import generate_operations as generator
from operation_model.page import named
from secure_bedrock import Policy, create_client
from secure_bedrock.errors import Denied, ModelDenied
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.testing import ConnectLog, LocalAuthority, LocalServices
from tests.service_shapes import DESCRIBED, NEVER, Filler, Member, members_of

if botocore.__version__ != operation_table("bedrock").botocore_version:
    pytest.skip("the tables are of another botocore", allow_module_level=True)

LISTED = "amazon.nova-lite-v1:0"
UNLISTED = "anthropic.claude-3-haiku-20240307-v1:0"
OURS, THEIRS = "111122223333", "999988887777"
FOREIGN = f"arn:aws:bedrock:eu-west-1:{THEIRS}:thing/".ljust(80, "a")  # no member asks for more
FILLER = Filler(
    {
        "model": LISTED,
        "endpoint": "mine",
        "s3": "reports",
        "account": OURS,
        "lambda": f"arn:aws:lambda:eu-west-1:{OURS}:function:tool",
        "key": f"arn:aws:kms:eu-west-1:{OURS}:key/0e1e2e3e-1111-2222-3333-444455556666",
        "role": f"arn:aws:iam::{OURS}:role/x",
    }
)
# A value that the policy does not allow, with the rule that says so. Identifiers without an ARN are the account's own.
DENIED: dict[str, tuple[Any, str]] = {
    "model": (UNLISTED, "model-not-listed"),
    "endpoint": ("yours", "model-not-listed"),
    "document": ({"model": UNLISTED}, "model-not-listed"),
    "external-model": (LISTED, "model-outside-aws"),
    "model-choice": ("MANAGED", "model-choice"),
    "s3": ("elsewhere", "s3-bucket"),
    "account": (THEIRS, "arn-account"),
    "url": ("https://example.com/x", "url"),
    "system-tool": ("nova_grounding", "system-tool"),
    "built-in-tool": ("AMAZON.CodeInterpreter", "system-tool"),
    "lambda": (f"arn:aws:lambda:eu-west-1:{THEIRS}:function:tool", "arn-account"),
    "key": (
        f"arn:aws:kms:eu-west-1:{THEIRS}:key/0e1e2e3e-1111-2222-3333-444455556666",
        "arn-account",
    ),
    "role": (f"arn:aws:iam::{THEIRS}:role/x", "arn-account"),
    **dict.fromkeys(
        "agent automation evaluator flow gateway guardrail harness knowledge-base memory prompt resource runtime"
        " secret store".split(),
        (FOREIGN, "arn-account"),
    ),
}
UNJUDGED = {"guardrail-version", "payload"}
# Documents in which a model could be named, and which the model's own API gets.
OVERRIDES = {
    "additionalModelRequestFields",
    "additionalParams",
    "inferenceParams",
    "modelConfiguration",
    "modelInput",
}
# Documents in which a connector is told where to read.
CONNECTORS = {"connectorParameters", "parameterValues"}
# Needs HTTP/2, which no client of botocore speaks.
NOT_CALLABLE = "InvokeModelWithBidirectionalStream"

ALL = [member for service in DESCRIBED for member in members_of(service)]
JUDGED = [
    member
    for member in ALL
    if member.kind not in UNJUDGED
    and (member.kind != "document" or member.path[-1] in OVERRIDES | CONNECTORS)
    and member.operation != NOT_CALLABLE
]
MODELS = [member for member in JUDGED if member.kind == "model"]
OTHERS: dict[tuple[str, str], list[Member]] = {}
for each in JUDGED:
    if each.kind != "model":
        OTHERS.setdefault((each.service, each.operation), []).append(each)


class Place:
    """The server, and a hardened client of each service; `exchanged` replaces a call's parameters after the early check."""

    def __init__(self, server: LocalServices) -> None:
        self.server = server
        self.exchanged: dict[str, Any] | None = None
        self.passed_early = 0
        self.policy = Policy(
            region=server.region,
            models={
                "allow": [LISTED, f"arn:aws:sagemaker:eu-west-1:{OURS}:endpoint/mine"],
                "accounts": [OURS],
            },
            operations={
                "allow": [
                    f"{s}:{name}" for s in DESCRIBED for name in operation_table(s).operations
                ],
                "s3_buckets": ["reports"],
            },
            network=server.network,
        )
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            client = create_client(service, self.policy, credentials=self.server.credentials)
            client.meta.events.register("provide-client-params", self._exchange)
            self._clients[service] = client
        return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def call(self, member: Member, parameters: dict[str, Any]) -> None:
        """The call, its answer read to the end."""
        answer = self.client(member.service)._make_api_call(member.operation, parameters)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] // 100 == 2
        for value in answer.values():
            if hasattr(value, "close"):
                for _ in value:
                    pass

    def call_past_the_early_check(self, member: Member, parameters: dict[str, Any]) -> None:
        """The early check sees a call that names nothing; what is serialised, signed and gated are the parameters."""
        self.exchanged = parameters
        try:
            self.call(member, {})
        finally:
            self.exchanged = None

    def _exchange(self, **_: Any) -> dict[str, Any] | None:
        self.passed_early += 1
        return self.exchanged

    def arrived(self) -> list[str]:
        """What the server received since it was last asked: operations, with the error where it refused them."""
        received = [f"{r.operation} {r.refused or ''}".strip() for r in self.server.requests]
        self.server.clear()
        return received


@pytest.fixture(scope="module")
def running(authority: LocalAuthority) -> Iterator[Place]:
    with LocalServices(DESCRIBED, authority=authority) as server:
        place = Place(server)
        yield place
        place.close()


@pytest.fixture
def place(running: Place, plain_surroundings: Any) -> Place:
    running.server.clear()
    return running


def assert_judged(place: Place, member: Member) -> None:
    """Allowed arrives, unless something else that the model requires can't be allowed; denied does not, twice."""
    value, rule = DENIED[member.kind]
    if member.path[-1] == "inferenceParams":
        value = json.dumps(value)
    if member.path[-1] in CONNECTORS:
        rule = "member-unknown"
    if member.path[-1] == "awsSkills":
        value = {"paths": ["*"]}
    denied, allowed = FILLER.fill(member, value), FILLER.fill(member)
    beside = {DENIED[kind][1] for kind in denied.blocked}
    assert_denied(place, member, denied.parameters, {rule, *beside})
    if member.kind in NEVER:
        return
    if allowed.blocked:
        refused = {DENIED[kind][1] for kind in allowed.blocked}
        assert_denied(place, member, allowed.parameters, refused)
        return
    for call in (place.call, place.call_past_the_early_check):
        call(member, allowed.parameters)
        assert place.arrived() == [member.operation]


def assert_denied(
    place: Place, member: Member, parameters: dict[str, Any], rules: set[str]
) -> None:
    """Once before anything is serialised, and once on the bytes."""
    place.passed_early = 0
    for call, passed_early in ((place.call, 0), (place.call_past_the_early_check, 1)):
        with pytest.raises(Denied) as refusal:
            call(member, parameters)
        assert refusal.value.rule in rules
        assert isinstance(refusal.value, ModelDenied) == ("model" in refusal.value.rule)
        assert place.passed_early == passed_early
    assert place.arrived() == []


def test_the_rows_are_what_the_table_names() -> None:
    """Both walks are independent: this file's over botocore's shapes, the other over the generated tables."""
    tables = [generator.table_of(service, generator.packaged_loader()) for service in DESCRIBED]
    of_the_table = Counter(
        (table["service"], name, kind)
        for table in tables
        for name, row in table["operations"].items()
        for path, kind in named(table, row)
        if kind != "structure" and name != NOT_CALLABLE
    )
    of_the_shapes = Counter(
        (m.service, m.operation, m.kind) for m in ALL if m.operation != NOT_CALLABLE
    )
    assert of_the_shapes == of_the_table
    assert {m.kind for m in ALL} - set(DENIED) == UNJUDGED
    blocked = [m for m in JUDGED if m.kind not in NEVER and FILLER.fill(m).blocked]
    count = (
        f"{len(MODELS)} members that name a model, in {len({(m.service, m.operation) for m in MODELS})} operations; "
        f"{len(JUDGED) - len(MODELS)} others that are judged, in {len(OTHERS)}; "
        f"{len(blocked)} of all stand beside one that is required and that no policy can allow"
    )
    print(count)  # noqa: T201 - how much the tests below say


KNOWLEDGE = "bedrock-agent-runtime:RetrieveAndGenerate retrieveAndGenerateConfiguration"
BASE = f"{KNOWLEDGE}.knowledgeBaseConfiguration"
SEARCH = f"{BASE}.retrievalConfiguration.vectorSearchConfiguration"
PARSING = "bedrock-agent:CreateDataSource vectorIngestionConfiguration.parsingConfiguration"
INLINE = "bedrock-agent-runtime:InvokeInlineAgent promptOverrideConfiguration"
EASILY_FORGOTTEN = {
    f"{BASE}.modelArn": "model",
    f"{KNOWLEDGE}.externalSourcesConfiguration.modelArn": "model",
    f"{SEARCH}.implicitFilterConfiguration.modelArn": "model",
    f"{SEARCH}.rerankingConfiguration.bedrockRerankingConfiguration.modelConfiguration.modelArn": "model",
    f"{BASE}.orchestrationConfiguration.additionalModelRequestFields": "document",
    f"{PARSING}.bedrockFoundationModelConfiguration.modelArn": "model",
    f"{PARSING}.parsingStrategy": "model-choice",
    f"{INLINE}.promptConfigurations[].foundationModel": "model",
    f"{INLINE}.promptConfigurations[].additionalModelRequestFields": "document",
    f"{INLINE}.overrideLambda": "lambda",
    "bedrock:CreateEvaluationJob inferenceConfig.models[].bedrockModel.inferenceParams": "document",
    "bedrock-runtime:Converse messages[].content[].document.source.s3Location.uri": "s3",
    "bedrock-runtime:Converse messages[].content[].image.source.s3Location.uri": "s3",
    "bedrock-runtime:Converse messages[].content[].video.source.s3Location.uri": "s3",
}


def test_models_behind_models_are_among_them() -> None:
    assert {str(member): member.kind for member in JUDGED}.items() >= EASILY_FORGOTTEN.items()


def test_a_model_of_a_stream_both_ways_is_judged_as_the_others_are(place: Place) -> None:
    """Botocore has no client for it (it needs HTTP/2), so nothing can arrive whatever is named."""
    members = [member for member in ALL if member.operation == NOT_CALLABLE]
    assert [m.kind for m in members] == ["model"]
    with pytest.raises(ModelDenied):
        place.call(members[0], {"modelId": UNLISTED})
    with pytest.raises(ParamValidationError):
        place.call(members[0], {"modelId": LISTED})
    assert place.arrived() == []


@pytest.mark.parametrize("member", MODELS, ids=str)
def test_a_model_that_is_not_listed_never_arrives(place: Place, member: Member) -> None:
    with ConnectLog() as log:
        assert_judged(place, member)
    assert_loopback(place, log)


@pytest.mark.parametrize("members", OTHERS.values(), ids=map(":".join, OTHERS))
def test_nothing_else_that_is_not_allowed_arrives(place: Place, members: list[Member]) -> None:
    with ConnectLog() as log:
        for member in members:
            assert_judged(place, member)
    assert_loopback(place, log)


def assert_loopback(place: Place, log: ConnectLog) -> None:
    assert log.lookups == []
    assert set(log.connects) <= {("127.0.0.1", place.server.port)}
