"""Which request lines are which operation, and that none of them is allowed unless a policy lists it."""

from typing import Any

import pytest

from secure_bedrock.policy import Policy
from secure_bedrock.policy.http_surfaces import (
    MANTLE,
    match_surface,
    surface_operations,
    table_of,
)
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.table import SERVICES, operation_table
from tests.policy.http_surfaces.surface_bodies import MODEL

RUNTIME = "bedrock-runtime"
LINES: dict[tuple[str, str, str], str | None] = {
    (RUNTIME, "POST", "/openai/v1/chat/completions"): "ChatCompletions",
    (RUNTIME, "POST", "/v1/chat/completions"): "ChatCompletions",
    (RUNTIME, "POST", "/openai/v1/responses"): "Responses",
    (RUNTIME, "POST", "/anthropic/v1/messages"): "Messages",
    (RUNTIME, "POST", "/v1/messages"): "Messages",
    (RUNTIME, "POST", "/v1/messages?beta=true"): "Messages",
    (RUNTIME, "POST", "/anthropic/v1/messages/count_tokens"): "CountMessageTokens",
    (MANTLE, "POST", "/v1/chat/completions"): "ChatCompletions",
    (MANTLE, "POST", "/openai/v1/responses"): "Responses",
    (MANTLE, "POST", "/v1/responses"): "Responses",
    (MANTLE, "POST", "/anthropic/v1/messages"): "Messages",
    (MANTLE, "POST", "/v1/embeddings"): "Embeddings",
    (MANTLE, "GET", "/v1/models"): "ListModels",
    (MANTLE, "GET", "/v1/models/openai.gpt-oss-120b"): "GetModel",
    # Nothing else is:
    (MANTLE, "POST", "/v1/models"): None,
    (MANTLE, "GET", "/v1/responses"): None,
    (MANTLE, "GET", "/v1/responses/resp_1"): None,
    (MANTLE, "POST", "/v1/responses/"): None,
    (MANTLE, "POST", "/v1/files"): None,
    (MANTLE, "POST", "/v1/batches"): None,
    (MANTLE, "GET", "/v1/models/"): None,
    (MANTLE, "GET", "/v1/models/a/b"): None,
    (MANTLE, "GET", "/v1/models/.."): None,
    (MANTLE, "GET", "/v1/models/%61"): None,
    (MANTLE, "GET", "/v1/models/a%2Fb%"): None,
    (MANTLE, "POST", "//v1/responses"): None,
    (MANTLE, "POST", "/v1//responses"): None,
    (MANTLE, "POST", "/v1/./responses"): None,
    (MANTLE, "POST", "/V1/responses"): None,
    (MANTLE, "POST", "/v1/responses;a=b"): None,
    (MANTLE, "POST", "/v1/responses?"): None,
    (MANTLE, "POST", "/v1/responses?beta=true"): None,
    (MANTLE, "POST", "/v1/messages?beta=false"): None,
    (MANTLE, "POST", "/v1/messages?beta=true&beta=true"): None,
    (MANTLE, "POST", "/v1/messages#beta"): None,
    (MANTLE, "post", "/v1/messages"): None,
    (MANTLE, "POST", "/model/x/converse"): None,
    (RUNTIME, "GET", "/v1/models"): None,
    (RUNTIME, "POST", "/v1/embeddings"): None,
    ("bedrock", "POST", "/v1/messages"): None,
    ("nonsense", "POST", "/v1/messages"): None,
}


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_a_request_line_is_one_operation_by_exactly_its_name(line: tuple[str, str, str]) -> None:
    match = match_surface(*line)
    assert (match.surface.name if match else None) == LINES[line]


def test_a_model_in_the_path_is_named() -> None:
    match = match_surface(MANTLE, "GET", "/openai/v1/models/openai.gpt-oss-120b-1%3A0")
    assert match is not None
    assert [(each.kind, each.value) for each in match.references] == [(Kind.MODEL, MODEL)]


def test_no_surface_has_the_name_of_an_operation_of_the_service_itself() -> None:
    for service in SERVICES:
        assert not surface_operations(service) & operation_table(service).operations
    assert surface_operations("bedrock") == frozenset()


def test_mantle_is_signed_for_in_its_own_name() -> None:
    table = table_of(MANTLE)
    assert (table.service, table.signing_name) == (MANTLE, MANTLE)
    assert table.operations == surface_operations(MANTLE)
    assert table_of(RUNTIME) is operation_table(RUNTIME)
    with pytest.raises(KeyError):
        table_of("nonsense")


def test_no_surface_is_allowed_unless_it_is_listed() -> None:
    keys: Any = {
        "region": "eu-west-1",
        "models": [MODEL],
        "network": {"cidrs": ["10.0.0.0/16"]},
    }
    bare = Policy(**keys)
    for service in (RUNTIME, MANTLE):
        for name in surface_operations(service):
            assert bare.decide_operation(service, name).rule == "operation-not-listed"
            own = Policy(**keys, operations={"allow": [f"{service}:{name}"]})
            assert own.decide_operation(service, name).allowed
    assert (
        Policy(**keys, operations={"allow": ["Messages"]})
        .decide_operation(RUNTIME, "Messages")
        .allowed
    )
