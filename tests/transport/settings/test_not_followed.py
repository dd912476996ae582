"""A call under each setting that is not followed is, byte for byte, the call without it."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.loaders import Loader

from secure_bedrock import Policy
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.testing.received import ReceivedRequest
from secure_bedrock.transport.botocore_parts.packaged_loader import packaged_loader
from secure_bedrock.transport.settings import NO_EFFECT, SETTINGS, Setting

PROXY, URL = "http://user:hunter2@127.0.0.1:{trap}", "https://127.0.0.1:{trap}"
RULES = json.dumps(
    {
        "version": "1.0",
        "parameters": {},
        "rules": [{"conditions": [], "endpoint": {"url": URL}, "type": "endpoint"}],
    }
)
# What stock clients load in the place of the packaged model: Converse goes to another path.
MODEL_FILES = {
    "bedrock-runtime/2023-09-30/endpoint-rule-set-1.json": RULES,
    **{
        f"bedrock-runtime/{version}/service-2.json": json.dumps(
            {
                "version": "2.0",
                "metadata": {
                    "apiVersion": version,
                    "endpointPrefix": "bedrock-runtime",
                    "protocol": "rest-json",
                    "serviceId": "Bedrock Runtime",
                    "signatureVersion": "v4",
                },
                "operations": {
                    "Converse": {"name": "Converse", "http": {"method": "POST", "requestUri": "/x"}}
                },
                "shapes": {},
            }
        )
        for version in ("2023-09-30", "2099-01-01")
    },
}

# The variables that are set for a row of the table; a row that isn't here has "true", which switches on what a
# switch can switch.
VARIABLES: Mapping[str, Mapping[str, str]] = {
    "HTTPS_PROXY": {"HTTPS_PROXY": PROXY, "https_proxy": PROXY, "Https_Proxy": PROXY},
    "HTTP_PROXY": {"HTTP_PROXY": PROXY, "http_proxy": PROXY},
    "ALL_PROXY": {"ALL_PROXY": PROXY, "all_proxy": PROXY},
    "NO_PROXY": {"NO_PROXY": "127.0.0.1", "No_Proxy": "*", "https_proxy": PROXY},
    "BOTO_EXPERIMENTAL__ADD_PROXY_HOST_HEADER": {
        "BOTO_EXPERIMENTAL__ADD_PROXY_HOST_HEADER": "true",
        "https_proxy": PROXY,
    },
    "AWS_ENDPOINT_URL*": dict.fromkeys(
        (
            "AWS_ENDPOINT_URL",
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
            "AWS_ENDPOINT_URL_BEDROCK",
            "AWS_ENDPOINT_URL_STS",
        ),
        URL,
    ),
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    "AWS_STS_REGIONAL_ENDPOINTS": {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"},
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": {"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"},
    **{
        name: {name: "{home}/nothing.pem"}
        for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    },
    "SSL_CERT_DIR": {"SSL_CERT_DIR": "{home}"},
    "PYTHONHTTPSVERIFY": {"PYTHONHTTPSVERIFY": "0"},
    "SSLKEYLOGFILE": {"SSLKEYLOGFILE": "{home}/disclosed"},
    "AWS_DATA_PATH": {"AWS_DATA_PATH": "{home}/m"},
    "BOTOCORE_EXPERIMENTAL__PLUGINS": {"BOTOCORE_EXPERIMENTAL__PLUGINS": "evil=evil_plugin"},
    "AWS_CSM_HOST": {"AWS_CSM_HOST": "52.94.0.10", "AWS_CSM_ENABLED": "true"},
    "AWS_CSM_PORT": {"AWS_CSM_PORT": "{trap}", "AWS_CSM_ENABLED": "true"},
    "AWS_BEARER_TOKEN_*": {"AWS_BEARER_TOKEN_BEDROCK": "hush", "AWS_BEARER_TOKEN_STS": "hush"},
    "AWS_AUTH_SCHEME_PREFERENCE": {"AWS_AUTH_SCHEME_PREFERENCE": "httpBearerAuth,noAuth"},
    "AWS_SIGV4A_SIGNING_REGION_SET": {"AWS_SIGV4A_SIGNING_REGION_SET": "*"},
    "AWS_RETRY_MODE": {"AWS_RETRY_MODE": "adaptive"},
    "AWS_MAX_ATTEMPTS": {"AWS_MAX_ATTEMPTS": "9"},
    "AWS_DEFAULTS_MODE": {"AWS_DEFAULTS_MODE": "auto"},
    "AWS_SDK_UA_APP_ID": {"AWS_SDK_UA_APP_ID": "claims"},
    "AWS_CREDENTIAL_FILE": {"AWS_CREDENTIAL_FILE": "{home}/other"},
    "BOTO_CONFIG": {"BOTO_CONFIG": "{home}/other"},
    "AWS_REGION": {"AWS_REGION": "us-east-1"},
    "AWS_DEFAULT_REGION": {"AWS_DEFAULT_REGION": "us-east-1"},
    "AWS_REQUEST_CHECKSUM_CALCULATION": {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported"},
    "AWS_RESPONSE_CHECKSUM_VALIDATION": {"AWS_RESPONSE_CHECKSUM_VALIDATION": "when_supported"},
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": {"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "0"},
    "AWS_METADATA_SERVICE_TIMEOUT": {"AWS_METADATA_SERVICE_TIMEOUT": "900"},
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": {"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "900"},
    "AWS_ACCOUNT_ID": {"AWS_ACCOUNT_ID": "999988887777"},
    "AWS_EXECUTION_ENV": {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"},
    "REQUEST_METHOD": {"REQUEST_METHOD": "GET", "HTTP_PROXY": PROXY},
    "AWS_LAMBDA_FUNCTION_NAME": {"AWS_LAMBDA_FUNCTION_NAME": "f"},
    "_X_AMZN_TRACE_ID": {"_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793"},
}
# The values of a key in the config file, for keys to which "true" says nothing.
KEYS: Mapping[str, str] = {
    "endpoint_url": URL,
    "services": "s\n[services s]\nbedrock_runtime =\n  endpoint_url = " + URL,
    "sts_regional_endpoints": "legacy",
    "account_id_endpoint_mode": "required",
    "proxy_ca_bundle": "{home}/nothing.pem",
    "proxy_client_cert": "{home}/nothing.pem",
    "ca_bundle": "{home}/nothing.pem",
    "data_path": "{home}/m",
    "api_versions": "\n  bedrock-runtime = 2099-01-01",
    "csm_host": "52.94.0.10\ncsm_enabled = true",
    "csm_port": "{trap}\ncsm_enabled = true",
    "auth_scheme_preference": "httpBearerAuth,noAuth",
    "sigv4a_signing_region_set": "*",
    "retry_mode": "adaptive",
    "max_attempts": "9",
    "defaults_mode": "auto",
    "sdk_ua_app_id": "claims",
    "ec2_metadata_service_endpoint": "http://127.0.0.1:{trap}/",
    "ec2_metadata_service_endpoint_mode": "IPv6",
    "region": "us-east-1",
    "request_checksum_calculation": "when_supported",
    "response_checksum_validation": "when_supported",
    "request_min_compression_size_bytes": "0",
    "metadata_service_timeout": "900",
    "metadata_service_num_attempts": "900",
    "aws_account_id": "999988887777",
    "s3": "\n  use_accelerate_endpoint = true",
    "s3_us_east_1_regional_endpoint": "legacy",
}
MODELS = ("AWS_DATA_PATH", "data_path", "api_versions", "~/.aws/models")
THIS = "test_not_followed.py::test_a_call_with_it_is_the_call_without_it"
ROWS = {row.label: row for row in SETTINGS if row.proven_by.endswith(THIS)}

# Made anew for every call, or made of what is.
PER_CALL = {"authorization", "x-amz-date", "amz-sdk-invocation-id"}
Call = Callable[[Policy], str]


def said(request: ReceivedRequest) -> tuple[str, str, bytes, dict[str, str]]:
    kept = {name: text for name, text in request.headers.items() if name not in PER_CALL}
    scope = request.headers["authorization"].partition("Signature=")[0].split("/", 2)
    return request.method, request.path, request.body, {**kept, "scope": scope[2]}


def put(row: Setting, around: Any) -> None:
    """What the row is about, with a value that moves, loosens or discloses a stock client's traffic where it can."""
    if row.name in MODELS:
        packaged_loader.cache_clear()  # it keeps what it read
    for file, text in MODEL_FILES.items():
        around.file(f"m/{file}", text)
    if row.kind == "folder":
        for file, text in MODEL_FILES.items():
            around.file(f"{row.name.removeprefix('~/')}/{file}", text)
    elif row.kind == "key":
        around.file(".aws/config", f"[default]\n{row.name} = {KEYS.get(row.name, 'true')}\n")
    else:
        around.variables(VARIABLES.get(row.name, {row.name: "true"}))


@pytest.fixture
def plain(bedrock: LocalBedrock, around: Any, call: Call, monkeypatch: Any) -> Any:
    """What a call says where nothing is set."""
    # botocore settled on a home when it was imported.
    monkeypatch.setattr(Loader, "CUSTOMER_DATA_PATH", str(around.home / ".aws" / "models"))
    around.keys_in_file(bedrock)
    assert call(bedrock.policy) == "end_turn"
    (request,) = bedrock.requests
    bedrock.clear()
    return said(request)


def observed(bedrock: LocalBedrock, call: Call, around: Any) -> ReceivedRequest:
    """The request of a call that went to the approved endpoint and left no other trace."""
    policy = around.policy(bedrock)
    before = set(around.home.rglob("*"))
    with ConnectLog() as log:
        assert call(policy) == "end_turn"
    assert log.connects == [("127.0.0.1", bedrock.port)]
    assert [event.kind for event in log.events] == ["connect"]
    assert around.trap.caught == 0
    assert set(around.home.rglob("*")) == before
    (request,) = bedrock.requests
    assert request.refused is None
    return request


@pytest.mark.parametrize("label", ROWS)
def test_a_call_with_it_is_the_call_without_it(
    label: str, call: Call, plain: Any, bedrock: LocalBedrock, around: Any
) -> None:
    row = ROWS[label]
    put(row, around)
    assert around.told() == []
    assert said(observed(bedrock, call, around)) == plain

    ((level, line),) = around.told()
    names = set(VARIABLES.get(label, {label: ""})) if row.kind == "variable" else {label}
    assert {name for name in names if name not in line} == set()
    assert level == (logging.WARNING if row.verdict == "reported" else logging.INFO)
    assert "hunter2" not in line
    assert str(around.trap.port) not in line


@pytest.mark.parametrize("name", NO_EFFECT)
def test_what_is_said_to_have_no_effect_has_none(
    name: str, call: Call, plain: Any, bedrock: LocalBedrock, around: Any
) -> None:
    kind: Any = "key" if name.islower() else "variable"
    put(Setting(name, "neutralised", NO_EFFECT[name], "", kind), around)
    assert said(observed(bedrock, call, around)) == plain


def test_the_trace_of_lambda_goes_to_the_endpoint_and_nowhere_else(
    call: Call, plain: Any, bedrock: LocalBedrock, around: Any
) -> None:
    for name in ("AWS_LAMBDA_FUNCTION_NAME", "_X_AMZN_TRACE_ID"):
        around.variables(VARIABLES[name])
    *_, headers = said(observed(bedrock, call, around))
    assert headers.pop("x-amzn-trace-id").startswith("Root=1-5759e988")
    assert headers == plain[3]


def test_every_value_of_these_tables_belongs_to_a_row() -> None:
    """A row that was renamed would otherwise be set to `true`, which may say nothing to it."""
    names = {row.name for row in ROWS.values()} | set(NO_EFFECT)
    assert (set(VARIABLES) | set(KEYS)) - names == set()
