"""The packaged operation tables against the installed botocore, and matching of request lines."""

from pathlib import Path

import botocore
import pytest
from botocore.serialize import RestJSONSerializer
from hypothesis import given
from hypothesis import strategies as st

import generate_operations as generator
from secure_bedrock.policy.operation.table import (
    BEDROCK_SERVICES,
    SERVICES,
    OperationMatch,
    encode_label,
    operation_table,
)

RUNTIME = operation_table("bedrock-runtime")


def test_every_service_has_its_tables_and_no_table_is_left_over() -> None:
    assert {path.stem for path in generator.TABLES.glob("*.json")} == SERVICES
    assert {path.stem for path in generator.MEMBERS.glob("*.json")} == BEDROCK_SERVICES


RECORDED = tuple(int(part) for part in RUNTIME.botocore_version.split("."))
INSTALLED = tuple(int(part) for part in botocore.__version__.split("."))
older = pytest.mark.skipif(INSTALLED < RECORDED, reason="the tables are of a newer botocore")


@older
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_table_is_what_the_installed_botocore_gives(service: str) -> None:
    """An operation or a member that a newer botocore has, and the table has not, fails here."""
    fresh = generator.table_of(service, generator.packaged_loader())
    fresh["botocore"] = RUNTIME.botocore_version

    path = generator.TABLES / f"{service}.json"
    assert path.read_text(encoding="utf-8") == generator.rendered(fresh)


@older
@pytest.mark.parametrize("service", sorted(BEDROCK_SERVICES))
def test_the_members_are_what_the_installed_botocore_gives(service: str) -> None:
    fresh = generator.members_of(service, generator.packaged_loader())

    path = generator.MEMBERS / f"{service}.json"
    assert path.read_text(encoding="utf-8") == generator.rendered(fresh)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_an_older_botocore_knows_of_an_operation_is_the_same(service: str) -> None:
    model = generator.packaged_loader().load_service_model(service, "service-2")
    table = operation_table(service)
    metadata = model["metadata"]
    ours = {name: f"{row.method} {row.template}" for name, row in table.rest.items()}
    theirs = {
        name: f"{operation['http']['method']} {operation['http']['requestUri']}"
        for name, operation in model["operations"].items()
    }

    assert table.protocol == metadata["protocol"]
    assert table.api_version == metadata["apiVersion"]
    assert table.signing_name == metadata.get("signingName", metadata["endpointPrefix"])
    assert table.target_prefix == metadata.get("targetPrefix")
    assert table.operations.intersection(theirs)
    assert {name: theirs[name] for name in ours if name in theirs} == {
        name: line for name, line in ours.items() if name in theirs
    }


@older
def test_checking_the_tables_writes_nothing_and_says_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "TABLES", tmp_path / "tables")
    monkeypatch.setattr(generator, "PAGE", tmp_path / "operations.md")

    assert generator.main(["--check"]) == 1
    assert not (tmp_path / "tables").exists()
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


def test_a_service_without_a_table_is_unknown() -> None:
    with pytest.raises(KeyError):
        operation_table("../bedrock-runtime")


def test_a_table_is_read_once() -> None:
    assert operation_table("sts") is operation_table("sts")


def test_what_needs_no_signature_is_recorded() -> None:
    assert operation_table("sts").unsigned == {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}
    assert RUNTIME.unsigned == frozenset()


ARN = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-text-express-v1"

MATCHES = {
    "a base id": ("POST", "/model/a.b-v1%3A0/converse", ("Converse", {"modelId": "a.b-v1:0"})),
    "an ARN, its slash encoded": (
        "POST",
        f"/model/{encode_label(ARN)}/invoke",
        ("InvokeModel", {"modelId": ARN}),
    ),
    "a name that is another template's literal": (
        "POST",
        "/model/invoke/converse",
        ("Converse", {"modelId": "invoke"}),
    ),
    "two labels": (
        "POST",
        "/guardrail/gr1/version/DRAFT/apply",
        ("ApplyGuardrail", {"guardrailIdentifier": "gr1", "guardrailVersion": "DRAFT"}),
    ),
    "no label": ("POST", "/guardrail-checks/invoke", ("InvokeGuardrailChecks", {})),
}


@pytest.mark.parametrize("row", MATCHES.values(), ids=MATCHES)
def test_a_request_line_names_its_operation(
    row: tuple[str, str, tuple[str, dict[str, str]]],
) -> None:
    method, path, (name, labels) = row

    assert RUNTIME.match_rest(method, path) == OperationMatch(name, labels)


MISSES = {
    "another method": ("GET", "/model/a/converse"),
    "a lower-case method": ("post", "/model/a/converse"),
    "an unknown template": ("POST", "/model/a/converse-twice"),
    "no leading slash": ("POST", "model/a/converse"),
    "a host in front": ("POST", "https://evil.example/model/a/converse"),
    "an empty path": ("POST", ""),
    "a trailing slash": ("POST", "/model/a/converse/"),
    "an empty label": ("POST", "/model//converse"),
    "a dot label": ("POST", "/model/./converse"),
    "a dot-dot label": ("POST", "/model/../converse"),
    "an encoded dot-dot label": ("POST", "/model/%2E%2E/converse"),
    "a bare colon": ("POST", "/model/a:0/converse"),
    "a bare slash inside an ARN": ("POST", "/model/arn%3Aaws/x/converse"),
    "lower-case hex": ("POST", "/model/a%3a0/converse"),
    "a needlessly encoded letter": ("POST", "/model/%61/converse"),
    "an encoding of an encoding": ("POST", "/model/a%253A0/converse"),
    "a broken escape": ("POST", "/model/a%zz/converse"),
    "bytes that are not UTF-8": ("POST", "/model/a%FF/converse"),
    "a line feed": ("POST", "/model/a%0Ab/converse"),
    "a NUL": ("POST", "/model/a%00/converse"),
    "letters outside ASCII, unencoded": ("POST", "/model/ä/converse"),
    "an encoded literal": ("POST", "/model/a/%63onverse"),
}


@pytest.mark.parametrize("row", MISSES.values(), ids=MISSES)
def test_a_request_line_that_is_unknown_or_ambiguous_names_no_operation(
    row: tuple[str, str],
) -> None:
    assert RUNTIME.match_rest(*row) is None


def test_a_literal_wins_over_a_label() -> None:
    """As Smithy orders templates: `/guardrail-checks/invoke` is never read as a label's value."""
    table = operation_table("bedrock-agentcore-control")
    for operation in table.rest.values():
        path = "/".join("value" if part is None else part for part in operation.segments)
        match = table.match_rest(operation.method, path)

        assert match is not None
        found = table.rest[match.name].segments
        assert [part is None for part in found] <= [part is None for part in operation.segments]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_path_that_botocore_renders_is_read_as_its_operation(service: str) -> None:
    table = operation_table(service)
    value = "arn:aws:bedrock:eu-west-1:111122223333:thing/ä b~1"
    for name, operation in table.rest.items():
        labels = dict.fromkeys(operation.labels, value)
        path = RestJSONSerializer()._render_uri_template(operation.template, labels)  # type: ignore[attr-defined]

        assert table.match_rest(operation.method, path) == OperationMatch(name, labels)


@given(st.text(min_size=1))
def test_a_label_is_read_back_as_it_was_written_or_not_at_all(text: str) -> None:
    match = RUNTIME.match_rest("POST", f"/model/{encode_label(text)}/converse")

    assert match is None or match.labels == {"modelId": text}
    if text.isascii() and text.replace(":", "").replace("/", "").isalnum():
        assert match is not None
