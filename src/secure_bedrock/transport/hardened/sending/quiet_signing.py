"""SigV4 for hardened botocore clients: always v4, nothing logged, no presigned URL."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn

from botocore import UNSIGNED
from botocore.auth import SIGV4_TIMESTAMP
from botocore.signers import RequestSigner

from secure_bedrock.errors import OperationDenied
from secure_bedrock.transport.core.asking.sign import signer_class
from secure_bedrock.transport.credentials import CredentialSource, FrozenCredentials
from secure_bedrock.transport.credentials.for_botocore import BotocoreCredentials
from secure_bedrock.transport.hardened.sending.call_state import state_of

# botocore-stubs describes what callers use, not what subclasses override.
_RequestSigner: Any = RequestSigner


class QuietSigner(_RequestSigner):  # type: ignore[misc]
    """Signs with SigV4 for one Region and signing name, whatever handlers or settings ask for."""

    def __init__(
        self,
        service_id: Any,
        *,
        region: str,
        signing_name: str,
        source: CredentialSource,
        event_emitter: Any,
        check: Callable[[FrozenCredentials], None],
    ) -> None:
        super().__init__(
            service_id, region, signing_name, "v4", BotocoreCredentials(source), event_emitter
        )
        self._source = source
        self._check = check

    def sign(
        self,
        operation_name: str,
        request: Any,
        _region_name: str | None = None,
        signing_type: str = "standard",
        **_asked: Any,
    ) -> None:
        """Sign in place; credentials are frozen and held against the policy here, once per attempt."""
        if signing_type != "standard":
            refuse_presigning()
        self._event_emitter.emit(
            f"before-sign.{self._service_id.hyphenize()}.{operation_name}",
            request=request,
            signing_name=self._signing_name,
            region_name=self._region_name,
            signature_version="v4",
            request_signer=self,
            operation_name=operation_name,
        )
        state = state_of(request.context)
        if state.unsigned:
            return
        request.context.pop("signing", None)
        request.context["timestamp"] = datetime.now(UTC).strftime(SIGV4_TIMESTAMP)
        values = self._source.frozen()
        self._check(values)
        state.signed_by = values.access_key
        signer = signer_class()(values, self._signing_name, self._region_name)
        signer.add_auth(request)

    def generate_presigned_url(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused: handlers of botocore's put such a URL into requests that copy from another Region."""
        raise OperationDenied(
            "the SDK would put a presigned URL into this request, which anyone can send over any path",
            rule="presigned-url",
            next_step="use boto3's own client where such a copy may leave without this library's checks",
        )

    def get_auth_instance(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused: botocore's presigners of URLs, forms and cookies take their signers from here."""
        refuse_presigning()

    get_auth = get_auth_instance


def is_unsigned(operation_model: Any) -> bool:
    """Whether the packaged model says that the operation takes no signature (AssumeRoleWithWebIdentity …)."""
    return operation_model.resolved_auth_type in ("none", UNSIGNED)


def refuse_presigning(*_args: Any, **_kwargs: Any) -> NoReturn:
    """Raise OperationDenied: what a presigned URL carries is decided by whoever sends it, from wherever."""
    raise OperationDenied(
        "presigned URLs can be sent by anyone over any path, and are refused",
        rule="presigned-url",
        next_step="call the operation itself",
    )
