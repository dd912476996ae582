"""What the table says of an operation, without a request."""

import threading

import pytest

from secure_bedrock.policy.operation.members import Kind, Operation, Place
from secure_bedrock.policy.operation.table import operation_table


def operation(name: str, service: str = "bedrock-runtime") -> Operation:
    return operation_table(service).operation(name)


def test_what_the_table_does_not_know_has_no_operation() -> None:
    for service, name in (("bedrock-runtime", "ChatCompletions"), ("sts", "GetCallerIdentity")):
        with pytest.raises(KeyError):
            operation(name, service)


@pytest.mark.parametrize(
    "path", ["/openai/v1/chat/completions", "/openai/v1/responses", "/v1/messages"]
)
def test_a_path_that_botocore_does_not_model_is_no_operation(path: str) -> None:
    """Their bodies name the model: they may not pass because their paths name none."""
    assert operation_table("bedrock-runtime").match_rest("POST", path) is None


def test_an_operation_is_made_once_also_by_many_threads() -> None:
    table = operation_table("bedrock-agentcore-control")
    names = sorted(table.operations)
    found: list[list[Operation]] = []
    threads = [
        threading.Thread(target=lambda: found.append([table.operation(name) for name in names]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(ours is theirs for row in found for ours, theirs in zip(row, found[0], strict=True))
    assert {bound.place for made in found[0] for bound in made.bound} == {Place.LABEL, Place.QUERY}


def test_an_operation_of_the_json_protocol_has_its_fixed_request_line() -> None:
    made = operation("InvokeDataAutomationAsync", "bedrock-data-automation-runtime")

    assert (made.method, made.template) == ("POST", "/")
    assert Kind.AUTOMATION in made.body_kinds


def test_what_a_body_can_hold_is_known_without_a_body() -> None:
    assert operation("InvokeModel").body_kinds == {Kind.PAYLOAD}
    assert operation("Converse").body_kinds == {
        Kind.DOCUMENT,
        Kind.GUARDRAIL,
        Kind.GUARDRAIL_VERSION,
        Kind.S3,
        Kind.SYSTEM_TOOL,
    }
    assert Kind.LAMBDA in operation("InvokeInlineAgent", "bedrock-agent-runtime").body_kinds


def test_kinds_are_gathered_once() -> None:
    assert operation("Converse").body_kinds is operation("Converse").body_kinds
