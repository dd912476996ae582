"""One plain HTTP exchange with a metadata service: a literal address, no proxy, no redirect, no DNS."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from secure_bedrock.errors import CredentialPathDenied

# A credential document is about 1.5 KiB; container tokens and identity documents stay below 16 KiB.
MAX_BODY_BYTES = 64 * 1024
# One second to connect and per read, as botocore's metadata_service_timeout (botocore 1.44.5, read 2026-11-20).
TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class MetadataAddress:
    """Where a metadata service answers: an address literal and a port."""

    address: str
    port: int = 80


class MetadataUnreachable(Exception):
    """Nothing answers there: this host has no such metadata service."""


class Exchange(Protocol):
    """Sends one request and returns status and body; raises MetadataUnreachable."""

    def __call__(
        self, method: str, at: MetadataAddress, path: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes]: ...


def exchange(
    method: str, at: MetadataAddress, path: str, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    """Return status and body; a redirect is returned as it is, never followed."""
    connection = http.client.HTTPConnection(at.address, at.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, path, headers={**headers, "Accept": "*/*"})
        response = connection.getresponse()
        body = response.read(MAX_BODY_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise MetadataUnreachable(f"{at.address}: {type(error).__name__}") from None
    finally:
        connection.close()
    if len(body) > MAX_BODY_BYTES:
        raise CredentialPathDenied(
            f"the metadata service at {at.address} answered with more than {MAX_BODY_BYTES} bytes",
            rule="metadata-answer",
        )
    return response.status, body
