"""One tree of errors: each says what decided and what to do, pickles, and carries no content along."""

import copy
import pickle

import pytest

from secure_bedrock import errors
from secure_bedrock.errors import (
    AccessDenied,
    DiscoveryAttempt,
    EndpointNotFound,
    IncompleteResponse,
    LockdownViolation,
    PolicyInvalid,
    Problem,
    SecureBedrockError,
    ServiceError,
    StreamInterrupted,
    StructuredOutputError,
    Throttled,
)

CLASSES = [
    value
    for name in errors.__all__
    if isinstance(value := getattr(errors, name), type) and issubclass(value, SecureBedrockError)
]

# DESIGN, section 4: the parents of every error.
PARENTS = {
    "PolicyNotFound": "ConfigurationError",
    "PolicyInvalid": "ConfigurationError",
    "EndpointNotFound": "ConfigurationError",
    "LockMismatch": "ConfigurationError",
    "AddressDenied": "RouteDenied",
    "EndpointDenied": "RouteDenied",
    "ProxyDenied": "RouteDenied",
    "RedirectDenied": "RouteDenied",
    "TlsDenied": "RouteDenied",
    "EnvironmentDenied": "RouteDenied",
    "CredentialPathDenied": "RouteDenied",
    "RegionDenied": "RouteDenied",
    "TransportTampered": "RouteDenied",
    "RouteDenied": "Denied",
    "ModelDenied": "Denied",
    "OperationDenied": "Denied",
    "ResidencyDenied": "Denied",
    "GuardrailDenied": "Denied",
    "LimitDenied": "Denied",
    "IdentityDenied": "Denied",
    "AuditUnavailable": "SecureBedrockError",
    "AuditIncomplete": "SecureBedrockError",
    "ServiceError": "SecureBedrockError",
    "Throttled": "ServiceError",
    "QuotaExceeded": "ServiceError",
    "ModelNotReady": "ServiceError",
    "ModelTimeout": "ServiceError",
    "ModelFailed": "ServiceError",
    "AccessDenied": "ServiceError",
    "InvalidRequest": "ServiceError",
    "NotFound": "ServiceError",
    "Unavailable": "ServiceError",
    "TransportError": "SecureBedrockError",
    "ConnectFailed": "TransportError",
    "AttemptTimeout": "TransportError",
    "DeadlineExceeded": "SecureBedrockError",
    "IncompleteResponse": "SecureBedrockError",
    "StreamInterrupted": "SecureBedrockError",
    "StructuredOutputError": "SecureBedrockError",
    "ConfigurationError": "SecureBedrockError",
    "Denied": "SecureBedrockError",
}


@pytest.mark.parametrize("name", PARENTS)
def test_every_error_stands_under_its_parent(name: str) -> None:
    public = [kind for kind in getattr(errors, name).__mro__ if not kind.__name__.startswith("_")]

    assert public[1] is getattr(errors, PARENTS[name])


def test_the_table_of_parents_is_complete() -> None:
    assert {kind.__name__ for kind in CLASSES} == {*PARENTS, "SecureBedrockError"}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_a_rule_and_survives_pickling(kind: type[SecureBedrockError]) -> None:
    error = kind("what was found", rule="some-rule", next_step="do this")

    copied = pickle.loads(pickle.dumps(error))

    assert type(copied) is kind
    assert (copied.reason, copied.rule, copied.next_step) == (
        "what was found",
        "some-rule",
        "do this",
    )
    assert str(copied) == str(error)
    assert repr(copy.copy(error)) == repr(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_names_a_rule_of_its_own_where_none_is_given(
    kind: type[SecureBedrockError],
) -> None:
    assert kind("what was found").rule


def test_what_aws_said_of_itself_survives_pickling() -> None:
    error = Throttled("too much", code="ThrottlingException", http_status=429, retry_after_s=2.5)

    copied = pickle.loads(pickle.dumps(error))

    assert isinstance(copied, ServiceError)
    assert (copied.code, copied.http_status, copied.retry_after_s) == (
        "ThrottlingException",
        429,
        2.5,
    )


def test_the_likely_layer_survives_pickling() -> None:
    error = AccessDenied("refused", likely_layer="endpoint-policy", code="AccessDeniedException")

    copied = pickle.loads(pickle.dumps(error))

    assert (copied.likely_layer, copied.code) == ("endpoint-policy", "AccessDeniedException")


@pytest.mark.parametrize(
    "error",
    [
        IncompleteResponse("cut", partial="CANARY"),
        StreamInterrupted("cut", partial="CANARY", code="throttlingException", retryable=True),
        StructuredOutputError("unfit", response="CANARY", problems=("a.b: missing",)),
        errors.AuditIncomplete("not accepted", response="CANARY"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_content_that_an_error_carries_stays_in_the_process(error: SecureBedrockError) -> None:
    pickled = pickle.dumps(error)

    assert b"CANARY" not in pickled
    assert "CANARY" not in f"{error} {error!r} {error.args}"
    assert type(pickle.loads(pickled)) is type(error)


def test_an_invalid_policy_lists_all_its_problems() -> None:
    problems = (
        Problem("is not a CIDR", "network.cidrs[0]", "policy.toml", 4),
        Problem("is missing", "region"),
    )

    text = str(PolicyInvalid("2 problems", problems=problems))

    assert "policy.toml:4: network.cidrs[0]: is not a CIDR" in text
    assert "region: is missing" in text


def test_an_endpoint_not_found_lists_what_was_tried() -> None:
    error = EndpointNotFound("none", attempts=(DiscoveryAttempt("ec2", "the policy has no route"),))

    assert "ec2: the policy has no route" in str(error)
    assert pickle.loads(pickle.dumps(error)).attempts == error.attempts


def test_a_lockdown_violation_can_not_be_swallowed_as_an_exception() -> None:
    assert not issubclass(LockdownViolation, Exception)


def test_no_error_is_one_of_botocores() -> None:
    assert all(
        base.__module__.partition(".")[0] in ("secure_bedrock", "builtins")
        for kind in CLASSES
        for base in kind.__mro__
    )
