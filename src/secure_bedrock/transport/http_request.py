"""The gate for an HTTP request that botocore did not make: an SDK's of OpenAI's or Anthropic's API, a framework's."""

from typing import Protocol

from secure_bedrock.errors import EndpointDenied, IdentityDenied, TransportTampered
from secure_bedrock.policy.identity_rules import UNKNOWN, decide_identity
from secure_bedrock.policy.request.judgement import Rules
from secure_bedrock.policy.sections import IdentityPolicy
from secure_bedrock.transport.core.gate.authorization import signing_key
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import GatedRequest, Headers, Route, WireRequest
from secure_bedrock.transport.credentials.told import told_by_signature


class CallerRules(Rules, Protocol):
    """What is asked of a `Policy` where it is asked who signed, too."""

    @property
    def identity(self) -> IdentityPolicy: ...


def judge_http_request(
    policy: CallerRules, *, route: Route, method: str, url: str, headers: Headers, body: bytes
) -> GatedRequest:
    """The bytes to send, with the decision on them, or the Denied that says why not; pure.

    `url` is `https://`, the route's host (and port, where it is not 443) and the path as it is sent; `headers` are
    pairs in their order, signed with SigV4 for the route's service and Region, with `Host`. A stream is asked for in
    the body and is the same decision. What is connection-bound (`Connection`, `Transfer-Encoding`, an `Accept-Encoding`
    other than identity) is refused: leave it out, the connection frames for itself. The decision is of the bytes, so
    nothing but what is returned may be written. Of `[identity]` it holds what a signature tells: a long-lived key, an
    account that is another one. Whose role signed, and accounts that keys do not tell, are the caller's to check.
    """
    if type(url) is not str:
        raise TransportTampered(
            "the URL is not plain text, but a class of its own",
            rule="not-plain",
            next_step="pass str(url)",
        )
    origin = f"https://{route.authority}"
    target = url.removeprefix(origin)
    if target == url or not target.startswith("/"):
        raise EndpointDenied("the URL is not of the pinned endpoint", rule="endpoint-url")
    pairs = tuple((name, value) for name, value in headers)
    gated = gate(WireRequest(method, target, pairs, body), route=route, policy=policy)
    _require_caller(policy.identity, pairs)
    return gated


def _require_caller(identity: IdentityPolicy, headers: Headers) -> None:
    """IdentityDenied for a key that tells of a caller whom the policy refuses; unsigned operations have none."""
    key = signing_key(headers)
    if key is None:
        return
    token = next((value for name, value in headers if name.lower() == "x-amz-security-token"), None)
    decision = decide_identity(identity, told_by_signature(key, token))
    if decision.rule != UNKNOWN:
        decision.or_raise(IdentityDenied)
