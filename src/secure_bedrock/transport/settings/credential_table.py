"""The settings that say where credentials come from: each is followed over approved paths only."""

from typing import Final

from secure_bedrock.errors import CredentialPathDenied
from secure_bedrock.transport.settings.setting import Kind, Setting

_PATHS: Final = (
    "tests/transport/settings/test_credential_settings.py::"
    "test_credentials_come_over_approved_paths_or_not_at_all"
)

_KEYS = "read where identity.credentials lists env; keys are sent to nobody, they sign"
_FILE_KEYS = "read where identity.credentials lists the file; keys are sent to nobody, they sign"
_PROFILE = "a profile that is named and missing is refused, never replaced by another"
_FILES = "it selects a file; what the file describes is judged like any other"
_ROLE = "roles are assumed over the private route of sts only"
_IMDS = "only the instance metadata addresses are asked, with a session token, without proxy or redirect"
_CONTAINER = (
    "only loopback and the container credential addresses are asked, without proxy or redirect"
)
_SSO = "tokens are exchanged over the private route of sso or sso-oidc only"
_LOGIN = "tokens are exchanged over the private route of signin only"
_PROCESS = "no program is run unless identity.credentials lists custom-process"


def _judged(*names: str, reason: str, kind: Kind = "variable") -> tuple[Setting, ...]:
    return tuple(
        Setting(name, "judged", reason, _PATHS, kind, CredentialPathDenied) for name in names
    )


# Source: botocore.credentials' providers, botocore.utils.ContainerMetadataFetcher and IMDSFetcher (botocore 1.44.5,
# read 2026-11-20).
CREDENTIAL_SETTINGS: Final[tuple[Setting, ...]] = (
    *_judged(
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        reason=_KEYS,
    ),
    *_judged("AWS_PROFILE", "AWS_DEFAULT_PROFILE", reason=_PROFILE),
    *_judged("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", reason=_FILES),
    *_judged("AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", reason=_ROLE),
    *_judged(
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        reason=_IMDS,
    ),
    *_judged(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        reason=_CONTAINER,
    ),
    *_judged("AWS_LOGIN_CACHE_DIRECTORY", reason=_LOGIN),
    *_judged(
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        reason=_FILE_KEYS,
        kind="key",
    ),
    *_judged("credential_process", reason=_PROCESS, kind="key"),
    *_judged(
        "role_arn",
        "source_profile",
        "credential_source",
        "web_identity_token_file",
        "role_session_name",
        "external_id",
        "mfa_serial",
        "duration_seconds",
        reason=_ROLE,
        kind="key",
    ),
    *_judged(
        "sso_session",
        "sso_start_url",
        "sso_region",
        "sso_account_id",
        "sso_role_name",
        reason=_SSO,
        kind="key",
    ),
    *_judged("login_session", reason=_LOGIN, kind="key"),
)
