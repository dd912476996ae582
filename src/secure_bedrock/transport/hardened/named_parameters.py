"""What the parameters of a botocore call name, before anything is serialised."""

from collections.abc import Mapping
from typing import Any, Final

from botocore import __version__ as installed

from secure_bedrock.policy.operation_members import Kind
from secure_bedrock.policy.operations import operation_table
from secure_bedrock.policy.references import Reference, has_strangers, parameter_references

_STRANGERS: Final = (Reference(Kind.UNKNOWN, None, "a parameter", ambiguous=True),)


def named_parameters(model: Any, params: Mapping[str, Any]) -> tuple[Reference, ...]:
    """The references, in the table's order; empty where no table knows the operation, which is refused for that.

    `model` is botocore's OperationModel. What is not of the right type is left out: botocore's own validation names
    it to the caller, and the gate refuses the bytes. Where botocore is not the table's, a member that the table does
    not know is a reference of kind unknown.
    """
    try:
        table = operation_table(model.service_model.service_name)
        operation = table.operation(model.name)
    except KeyError:
        return ()
    found = parameter_references(operation, params)
    named = tuple(each for each in found if not each.ambiguous or each.kind is Kind.MODEL)
    if installed != table.botocore_version and has_strangers(
        operation, params, outside=_outside(model)
    ):
        return named + _STRANGERS
    return named


def _outside(model: Any) -> frozenset[str]:
    """Parameters that are sent in path, query or header."""
    members = model.input_shape.members if model.input_shape is not None else {}
    return frozenset(name for name, shape in members.items() if shape.serialization.get("location"))
