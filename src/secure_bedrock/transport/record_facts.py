"""What an answer's head and its peer add to a call's audit record, on both front ends."""

from secure_bedrock.audit import CallRecord
from secure_bedrock.transport.driver import GuardedResponse


def note_response(record: CallRecord, response: GuardedResponse) -> None:
    """Write who answered, over which TLS, with which status and request id into the record."""
    peer = response.peer
    record.peer_ip = peer.address
    record.tls_version = peer.tls_version
    record.tls_cipher = peer.tls_cipher
    record.peer_cert_sha256 = peer.certificate_sha256
    record.http_status = response.head.status
    record.aws_request_id = response.head.get("x-amzn-requestid")
