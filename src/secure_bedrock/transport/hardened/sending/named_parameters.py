"""What the parameters of a botocore call name, before anything is serialised."""

from collections.abc import Mapping
from typing import Any

from secure_bedrock.errors import OperationDenied
from secure_bedrock.policy.operation.known_members import UPGRADE, stranger_in
from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import Reference, parameter_references
from secure_bedrock.policy.operation.table import operation_table


def named_parameters(model: Any, params: Mapping[str, Any]) -> tuple[Reference, ...]:
    """The references, in the table's order; empty where no table knows the operation, which is refused for that.

    `model` is botocore's OperationModel. What is not of the right type is left out: botocore's own validation names
    it to the caller, and the gate refuses the bytes.
    """
    try:
        operation = operation_table(model.service_model.service_name).operation(model.name)
    except KeyError:
        return ()
    found = parameter_references(operation, params)
    return tuple(each for each in found if not each.ambiguous or each.kind is Kind.MODEL)


def refuse_strangers(model: Any, params: Any) -> None:
    """OperationDenied where botocore is about to serialise a member that the tables do not know.

    Asked of the parameters as they are written, after every event handler: the gate reads bodies whole up to a size
    only.
    """
    service = model.service_model.service_name
    try:
        table = operation_table(service)
    except KeyError:
        return  # the gate knows no such service
    if not table.described or not isinstance(params, Mapping):
        return
    place = stranger_in(service, model.name, params)
    if place is not None:
        raise OperationDenied(
            f"{place} holds a member that this version does not know, so it could name anything",
            rule="member-unknown",
            next_step=UPGRADE,
        )
