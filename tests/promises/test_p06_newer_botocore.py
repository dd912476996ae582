"""P06: a botocore that is newer than the tables has operations and members that they do not know; those are denied.

The tables are made older than the installed botocore: what a test takes out of them is new to this library, and real
clients write it.
"""

import json
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from secure_bedrock import Policy, SecureBedrockClient, create_client
from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy import http_surfaces
from secure_bedrock.policy.operation import known_members
from secure_bedrock.policy.operation.table import operation_table
from secure_bedrock.testing import LocalAuthority, LocalServices
from secure_bedrock.transport.core.asking import serialise
from secure_bedrock.transport.core.gate import named_operation, request_facts

MODEL = "amazon.nova-lite-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "x"}]}]
OPERATIONS = [
    "Converse",
    "CountTokens",
    "bedrock:ListFoundationModels",
    "bedrock-agent:GetAgent",
    "bedrock-agent-runtime:CreateSession",
    "bedrock-agent-runtime:RetrieveAndGenerate",
]
CACHES = (
    operation_table,
    http_surfaces.table_of,
    known_members._members,
    named_operation._by_request_line,
    request_facts._telling_names,
    serialise._path,
)

Forget = Callable[..., None]


@pytest.fixture(scope="module")
def running(authority: LocalAuthority) -> Iterator[LocalServices]:
    services = ["bedrock", "bedrock-agent", "bedrock-agent-runtime", "bedrock-runtime"]
    with LocalServices(services, authority=authority) as server:
        yield server


@pytest.fixture
def server(running: LocalServices, plain_surroundings: Any) -> LocalServices:
    running.clear()
    return running


@pytest.fixture
def policy(server: LocalServices) -> Policy:
    """Made while the tables know everything that it lists."""
    return Policy(
        region=server.region,
        models=[MODEL],
        operations={"allow": OPERATIONS},
        network=server.network,
    )


@pytest.fixture
def call(server: LocalServices, policy: Policy) -> Iterator[Callable[..., Any]]:
    """Calls an operation by a hardened client; with `exchanged`, these are the parameters after the early check."""
    made: list[Any] = []

    def caller(
        service: str, operation: str, params: Any, *, exchanged: Any = None, **options: Any
    ) -> Any:
        client = create_client(service, policy, credentials=server.credentials, **options)
        made.append(client)
        if exchanged is not None:
            client.meta.events.register("provide-client-params", lambda **_: exchanged)
        return client._make_api_call(operation, params)

    yield caller
    for client in made:
        client.close()


@pytest.fixture
def typed(server: LocalServices, policy: Policy) -> Iterator[SecureBedrockClient]:
    with SecureBedrockClient(policy, credentials=server.credentials, sinks=[_unseen]) as client:
        yield client


def _unseen(_event: object) -> None:
    """A sink that keeps nothing."""


@pytest.fixture
def forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forget]:
    """Makes the tables older, without an operation or a structure's member."""
    real = pkgutil.get_data

    def forgetting(*, operation: str = "", structure: str = "", member: str = "") -> None:
        def older(package: str, resource: str) -> bytes | None:
            data = real(package, resource)
            if package != "secure_bedrock.policy.operation" or data is None:
                return data
            table = json.loads(data)
            table["botocore"] = "1.0.0"
            if operation in table["operations"]:
                del table["operations"][operation]
            shape = table.get("shapes", {}).get(structure, {})
            for key in [key for key in shape if key.rstrip("[]{}") == member]:
                del shape[key]
            return json.dumps(table).encode()

        monkeypatch.setattr(pkgutil, "get_data", older)
        clear()

    yield forgetting
    clear()
    monkeypatch.undo()
    clear()


def clear() -> None:
    for cached in CACHES:
        cached.cache_clear()


CONVERSE = {"modelId": MODEL, "messages": MESSAGES}
RETRIEVE = {
    "input": {"text": "x"},
    "retrieveAndGenerateConfiguration": {
        "type": "KNOWLEDGE_BASE",
        "knowledgeBaseConfiguration": {
            "knowledgeBaseId": "ABCDEFGHIJ",
            "modelArn": MODEL,
            "orchestrationConfiguration": {
                "inferenceConfig": {"textInferenceConfig": {"topP": 0.5}}
            },
        },
    },
}
# What is new, as structure and member of the model, and a call that uses it.
NEW_MEMBERS: dict[str, tuple[str, str, str, str, dict[str, Any]]] = {
    "a parameter": (
        "ConverseRequest",
        "requestMetadata",
        "bedrock-runtime",
        "Converse",
        {**CONVERSE, "requestMetadata": {"a": "b"}},
    ),
    "a kind of content": (
        "ContentBlock",
        "cachePoint",
        "bedrock-runtime",
        "Converse",
        {
            "modelId": MODEL,
            "messages": [{"role": "user", "content": [{"cachePoint": {"type": "default"}}]}],
        },
    ),
    "in a structure that names nothing": (
        "InferenceConfiguration",
        "topP",
        "bedrock-runtime",
        "Converse",
        {**CONVERSE, "inferenceConfig": {"topP": 0.5}},
    ),
    "far down": (
        "TextInferenceConfig",
        "topP",
        "bedrock-agent-runtime",
        "RetrieveAndGenerate",
        RETRIEVE,
    ),
    "in a body that names nothing": (
        "CreateSessionRequest",
        "sessionMetadata",
        "bedrock-agent-runtime",
        "CreateSession",
        {"sessionMetadata": {"a": "b"}},
    ),
    "in a query string": (
        "ListFoundationModelsRequest",
        "byProvider",
        "bedrock",
        "ListFoundationModels",
        {"byProvider": "amazon"},
    ),
}
rows = pytest.mark.parametrize(
    ("structure", "member", "service", "operation", "params"),
    NEW_MEMBERS.values(),
    ids=NEW_MEMBERS,
)


@rows
def test_a_new_member_is_denied(  # noqa: PLR0917 - the row's columns
    structure: str,
    member: str,
    service: str,
    operation: str,
    params: Any,
    call: Callable[..., Any],
    forget: Forget,
    server: LocalServices,
) -> None:
    forget(structure=structure, member=member)
    for given, exchanged in ((params, None), ({}, params)):
        with pytest.raises(OperationDenied) as refusal:
            call(service, operation, given, exchanged=exchanged)
        assert refusal.value.rule == "member-unknown"
    assert server.requests == []


@rows
def test_another_member_is_not(  # noqa: PLR0917 - the row's columns
    structure: str,
    member: str,
    service: str,
    operation: str,
    params: Any,
    call: Callable[..., Any],
    forget: Forget,
    server: LocalServices,
) -> None:
    """The control: the tables are of another botocore, and know all that the call uses."""
    forget(structure=structure, member="somethingElse")
    call(service, operation, params)
    assert [(r.operation, r.refused) for r in server.requests] == [(operation, None)]


NEW_OPERATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "Converse": ("bedrock-runtime", CONVERSE),
    "CountTokens": (
        "bedrock-runtime",
        {"modelId": MODEL, "input": {"converse": {"messages": MESSAGES}}},
    ),
    "GetAgent": ("bedrock-agent", {"agentId": "ABCDEFGHIJ"}),
    "ListFoundationModels": ("bedrock", {}),
}


@pytest.mark.parametrize("operation", NEW_OPERATIONS)
def test_a_new_operation_is_denied_though_the_policy_lists_it(
    operation: str, call: Callable[..., Any], forget: Forget, server: LocalServices
) -> None:
    service, params = NEW_OPERATIONS[operation]
    forget(operation=operation)
    for given, exchanged in ((params, None), ({}, params)):
        with pytest.raises(OperationDenied):
            call(service, operation, given, exchanged=exchanged)
    assert server.requests == []
    forget()
    call(service, operation, params)
    assert [request.operation for request in server.requests] == [operation]


def test_a_typed_call_of_a_new_operation_is_denied(
    typed: SecureBedrockClient, forget: Forget, server: LocalServices
) -> None:
    typed.converse(MODEL, "x")
    assert len(server.requests) == 1
    forget(operation="Converse")
    with pytest.raises(OperationDenied):
        typed.converse(MODEL, "x")
    assert len(server.requests) == 1


TYPED: dict[str, dict[str, Any]] = {
    "a kind of content": {
        "messages": [{"role": "user", "content": [{"novelty": {"modelId": MODEL}}]}]
    },
    "a member of a message": {"messages": [{**MESSAGES[0], "novelty": "x"}]},
    "a kind of system content": {"messages": MESSAGES, "system": [{"novelty": "x"}]},
    "where nothing is named": {"messages": MESSAGES, "performance": {"novelty": "x"}},
}


@pytest.mark.parametrize("arguments", TYPED.values(), ids=TYPED)
def test_a_typed_call_holds_no_member_that_no_table_knows(
    arguments: dict[str, Any], typed: SecureBedrockClient, server: LocalServices
) -> None:
    """Messages may be written as dicts, so that a member can be new whatever botocore is installed."""
    with pytest.raises(OperationDenied) as refusal:
        typed.converse(MODEL, **arguments)
    assert refusal.value.rule == "member-unknown"
    assert server.requests == []
