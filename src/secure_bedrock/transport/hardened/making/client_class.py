"""A hardened client's class: our calls before botocore's, no presigning, and nothing that a handler put in between."""

from typing import Any, Final

from botocore import xform_name
from botocore.client import BaseClient, ClientCreator
from botocore.model import ServiceModel

from secure_bedrock.errors import TransportTampered
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.hardened.sending.guarded_calls import GuardedCalls
from secure_bedrock.transport.hardened.sending.quiet_signing import refuse_presigning

# Methods that botocore and boto3 put on client classes to sign what others will send.
# Source: botocore.signers, `add_generate_*` (botocore 1.44.5, read 2026-11-20).
_PRESIGNERS: Final = (
    "generate_presigned_url",
    "generate_presigned_post",
    "generate_db_auth_token",
    "generate_db_connect_auth_token",
    "generate_db_connect_admin_auth_token",
)
# What Python and botocore write into every client class, whoever its bases are.
_OF_EVERY_CLASS: Final = frozenset({"__module__", "__doc__", "_PY_TO_OP_NAME"})

# botocore-stubs describes what callers use, not what makes classes.
_ClientCreator: Any = ClientCreator


def client_class(model: ServiceModel, *, api_version: str | None, emitter: Any) -> type:
    """The class of a service's hardened clients.

    `emitter` is the session's, with `harden_class` on it. Raises TransportTampered when another handler of the class's
    making left it with calls, bases or inherited names that are not ours or botocore's; it may add names.
    """
    creator = _ClientCreator(packaged_loader(), None, "", emitter, None, None)
    kind: type = creator.create_client_class(model.service_name, api_version)
    if type(kind) is not type or kind.__mro__ != (kind, GuardedCalls, BaseClient, object):
        raise _replaced("the bases")
    genuine = creator._create_methods(model)  # noqa: SLF001 - what it gives a class
    for operation in model.operation_names:
        name = xform_name(operation)
        if getattr(vars(kind).get(name), "__code__", None) is genuine[name].__code__:
            continue
        # botocore takes away the methods of streams in both directions, which it can't speak.
        if name in vars(kind) or not model.operation_model(operation).has_event_stream_input:
            raise _replaced(name)
    inherited = {*dir(GuardedCalls), *dir(BaseClient), *_PRESIGNERS} - _OF_EVERY_CLASS
    for name in inherited & vars(kind).keys():
        if vars(kind)[name] is not refuse_presigning:
            raise _replaced(name)
    return kind


def harden_class(
    class_attributes: dict[str, Any], base_classes: list[type], **_kwargs: Any
) -> None:
    """Runs last while a client class is made: our calls before BaseClient's, and no presigning."""
    for name in _PRESIGNERS:
        if name in class_attributes or name == "generate_presigned_url":
            class_attributes[name] = refuse_presigning
    base_classes.insert(0, GuardedCalls)


def _replaced(what: str) -> TransportTampered:
    return TransportTampered(
        f"an event handler replaced {what} of the client's class", rule="class-replaced"
    )
