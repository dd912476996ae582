"""Every setting that steers an SDK, its credentials or its TLS: the verdict, the reason, and the test that shows it."""

from collections.abc import Mapping
from typing import Final

from secure_bedrock.errors import TlsDenied
from secure_bedrock.transport.settings.credential_table import CREDENTIAL_SETTINGS
from secure_bedrock.transport.settings.setting import Applies, Kind, Setting
from secure_bedrock.values import Region

_TESTS: Final = "tests/transport/settings"
_SAME_CALL: Final = f"{_TESTS}/test_not_followed.py::test_a_call_with_it_is_the_call_without_it"
_ANY_ANSWER: Final = f"{_TESTS}/test_dns_settings.py::test_an_answer_that_it_brought_is_judged"
_NO_CLIENT: Final = f"{_TESTS}/test_refused_settings.py::test_no_client_is_made"

_DIALLED = "connections are dialled to judged addresses only"
_NO_ENV = "the route comes from the policy; no client of this library reads it"
_OWN_TLS = "TLS contexts are built from the policy alone"
_PACKAGED = "service models come from the installed botocore only"
_OWN_RETRY = "attempts are made and counted by this library"
_SIGV4 = "requests are signed with SigV4, always"
_NO_MONITORING = "no client-side monitoring is started"
_FIXED_IMDS = "only the fixed metadata addresses are asked, by IMDSv2"
_OTHER_REGION = "it differs from the policy's Region, which is used"
_ANSWERS = "every answer is judged, and the certificate must be for the route's own name"
_BELOW = (
    "OpenSSL reads it before any context exists: it can load native code and lower security levels"
)
_INTERPOSED = "it names a library that redirects connections below Python"

# Libraries that take over connect(2) below Python; allocators and profilers are preloaded legitimately.
_INTERPOSERS = ("proxychains", "tsocks", "torsocks", "socksify", "graftcp", "redsocks")


def _interposes(value: str, _region: Region) -> bool:
    return any(library in value.lower() for library in _INTERPOSERS)


def _is_other(value: str, region: Region) -> bool:
    return value not in ("", region)


def _unfollowed(*names: str, reason: str, kind: Kind = "variable") -> tuple[Setting, ...]:
    return tuple(Setting(name, "neutralised", reason, _SAME_CALL, kind) for name in names)


def _reported(*names: str, applies: Applies, kind: Kind = "variable") -> tuple[Setting, ...]:
    return tuple(
        Setting(name, "reported", _OTHER_REGION, _SAME_CALL, kind, applies=applies)
        for name in names
    )


# Source: botocore.configprovider's session variables, botocore.utils.get_environ_proxies, botocore.plugin,
# urllib3.util.ssl_, resolv.conf(5), ld.so(8) and OpenSSL's own variables (botocore 1.44.5, read 2026-11-20). A test
# reads the installed botocore and finds what is missing.
SETTINGS: Final[tuple[Setting, ...]] = (
    *_unfollowed("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", reason=_DIALLED),
    *_unfollowed("NO_PROXY", reason="no proxy is used, so none is excepted"),
    *_unfollowed("BOTO_EXPERIMENTAL__ADD_PROXY_HOST_HEADER", reason=_DIALLED),
    *_unfollowed(
        "AWS_ENDPOINT_URL*",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
        "AWS_ENDPOINT_DISCOVERY_ENABLED",
        "AWS_ENABLE_ENDPOINT_DISCOVERY",
        "AWS_DISABLE_HOST_PREFIX_INJECTION",
        reason=_NO_ENV,
    ),
    *_unfollowed(
        "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "PYTHONHTTPSVERIFY",
        reason=_OWN_TLS,
    ),
    *_unfollowed("SSLKEYLOGFILE", reason="no key log is ever opened"),
    *_unfollowed("AWS_DATA_PATH", reason=_PACKAGED),
    *_unfollowed("BOTOCORE_EXPERIMENTAL__PLUGINS", reason="no plugin is handed a client"),
    *_unfollowed(
        "AWS_CSM_ENABLED",
        "AWS_CSM_HOST",
        "AWS_CSM_PORT",
        "AWS_CSM_CLIENT_ID",
        reason=_NO_MONITORING,
    ),
    *_unfollowed("AWS_BEARER_TOKEN_*", "AWS_AUTH_SCHEME_PREFERENCE", reason=_SIGV4),
    *_unfollowed(
        "AWS_SIGV4A_SIGNING_REGION_SET", reason="requests are signed for the policy's Region"
    ),
    *_unfollowed("AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS", reason=_OWN_RETRY),
    *_unfollowed("AWS_DEFAULTS_MODE", reason="defaults come from the policy"),
    *_unfollowed("AWS_SDK_UA_APP_ID", reason="the user agent says nothing of the application"),
    *_unfollowed("AWS_IMDS_USE_IPV6", reason=_FIXED_IMDS),
    *_unfollowed(
        "AWS_CREDENTIAL_FILE", "BOTO_CONFIG", reason="no provider here reads files of this kind"
    ),
    *_reported("AWS_REGION", "AWS_DEFAULT_REGION", applies=_is_other),
    *(
        Setting(name, "reported", _ANSWERS, _ANY_ANSWER)
        for name in ("HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS")
    ),
    *(
        Setting(name, "refused", _BELOW, _NO_CLIENT, denial=TlsDenied)
        for name in ("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES")
    ),
    *(
        Setting(name, "refused", _INTERPOSED, _NO_CLIENT, applies=_interposes)
        for name in ("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES")
    ),
    *_unfollowed(
        "endpoint_url",
        "services",
        "ignore_configured_endpoint_urls",
        "use_fips_endpoint",
        "use_dualstack_endpoint",
        "sts_regional_endpoints",
        "account_id_endpoint_mode",
        "endpoint_discovery_enabled",
        "disable_host_prefix_injection",
        reason=_NO_ENV,
        kind="key",
    ),
    *_unfollowed(
        "proxy_ca_bundle",
        "proxy_client_cert",
        "proxy_use_forwarding_for_https",
        reason=_DIALLED,
        kind="key",
    ),
    *_unfollowed("ca_bundle", reason=_OWN_TLS, kind="key"),
    *_unfollowed("data_path", "api_versions", reason=_PACKAGED, kind="key"),
    *_unfollowed(
        "csm_enabled", "csm_host", "csm_port", "csm_client_id", reason=_NO_MONITORING, kind="key"
    ),
    *_unfollowed("auth_scheme_preference", reason=_SIGV4, kind="key"),
    *_unfollowed(
        "sigv4a_signing_region_set",
        reason="requests are signed for the policy's Region",
        kind="key",
    ),
    *_unfollowed("retry_mode", "max_attempts", reason=_OWN_RETRY, kind="key"),
    *_unfollowed("defaults_mode", reason="defaults come from the policy", kind="key"),
    *_unfollowed(
        "sdk_ua_app_id", reason="the user agent says nothing of the application", kind="key"
    ),
    *_unfollowed(
        "ec2_metadata_service_endpoint",
        "ec2_metadata_service_endpoint_mode",
        "imds_use_ipv6",
        reason=_FIXED_IMDS,
        kind="key",
    ),
    *_reported("region", applies=_is_other, kind="key"),
    *_unfollowed("~/.aws/models", reason=_PACKAGED, kind="folder"),
    *CREDENTIAL_SETTINGS,
)

_OWN_CHECKSUMS = "Bedrock's operations take no checksum, and requests are never compressed"
_NO_S3 = "it steers S3 addresses, and no S3 client is made"
_METADATA_TIMES = "metadata services are asked once, within fixed times"
_OWN_SOCKETS = "connections set their own socket options"

# What botocore reads and what could not move or disclose traffic even if it were followed: a variable's or a key's
# name, and why. Nobody is told of these.
NO_EFFECT: Final[Mapping[str, str]] = {
    "AWS_REQUEST_CHECKSUM_CALCULATION": _OWN_CHECKSUMS,
    "AWS_RESPONSE_CHECKSUM_VALIDATION": _OWN_CHECKSUMS,
    "AWS_DISABLE_REQUEST_COMPRESSION": _OWN_CHECKSUMS,
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": _OWN_CHECKSUMS,
    "request_checksum_calculation": _OWN_CHECKSUMS,
    "response_checksum_validation": _OWN_CHECKSUMS,
    "disable_request_compression": _OWN_CHECKSUMS,
    "request_min_compression_size_bytes": _OWN_CHECKSUMS,
    "AWS_METADATA_SERVICE_TIMEOUT": _METADATA_TIMES,
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": _METADATA_TIMES,
    "metadata_service_timeout": _METADATA_TIMES,
    "metadata_service_num_attempts": _METADATA_TIMES,
    "AWS_EC2_METADATA_V1_DISABLED": "version 1 is never spoken",
    "ec2_metadata_v1_disabled": "version 1 is never spoken",
    "AWS_ACCOUNT_ID": "no endpoint is made from an account",
    "aws_account_id": "no endpoint is made from an account",
    "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH": _NO_S3,
    "AWS_S3_USE_ARN_REGION": _NO_S3,
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": _NO_S3,
    "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS": _NO_S3,
    "s3": _NO_S3,
    "s3_use_arn_region": _NO_S3,
    "s3_us_east_1_regional_endpoint": _NO_S3,
    "s3_disable_express_session_auth": _NO_S3,
    "BOTOCORE_TCP_KEEPALIVE": _OWN_SOCKETS,
    "tcp_keepalive": _OWN_SOCKETS,
    "BOTO_DISABLE_CRT": "no transfer client is made",
    "BOTO_EXPERIMENTAL__NO_EMPTY_CONTINUE": "no request waits for a 100 Continue",
    "REQUEST_METHOD": "it makes urllib ignore HTTP_PROXY, which is not read",
    "parameter_validation": "parameters are checked before they are serialised",
    "AWS_EXECUTION_ENV": "the user agent does not say where it runs",
    "AWS_LAMBDA_FUNCTION_NAME": "it says that this is Lambda: events go to standard output by default",
    "_X_AMZN_TRACE_ID": "Lambda's trace id goes to the approved endpoint as X-Amzn-Trace-Id, and nowhere else",
}
