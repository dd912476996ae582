"""Every place of botocore and boto3 that our files reach for, and what each has to be for them.

Imports are listed whether they are public or not; so is every private name. `test_seam_touchpoints.py` holds the table
against the source. urllib3 has no row: nothing of ours imports it, and what botocore asks of its responses is asked
of our RawBody. Files are named from `src/secure_bedrock/transport`.
"""

import importlib
import re
from typing import Any, Final

from botocore.client import ClientCreator
from botocore.model import ServiceModel

from secure_bedrock.transport.core.asking.sign import _STAMP, _Signable
from secure_bedrock.transport.hardened.making.client_class import _PRESIGNERS
from secure_bedrock.transport.hardened.making.config_options import OPTIONS
from secure_bedrock.transport.hardened.reading.quiet_parsing import _FIRST_ERROR_STATUS
from secure_bedrock.transport.hardened.reading.raw_body import RawBody
from tests.transport.hardened.seam_needs import (
    Touch,
    asks_only,
    calls_of_itself,
    equals,
    goes_through,
    holds,
    overridden_by,
    stores,
    takes,
    touch,
)

# What `answer_witness` understands: after-call.<service>, and .<Operation> or .* behind it.
_AFTER_CALL: Final = re.compile(r"after-call(-error)?\.[a-z0-9-]+(\.[A-Za-z0-9]+|\.\*)?", re.ASCII)

_HARDENED = "secure_bedrock.transport.hardened"
_CALLS = f"{_HARDENED}.sending.guarded_calls:GuardedCalls"
_SESSION = f"{_HARDENED}.making.hardened_session:HardenedSession"
_STREAM = f"{_HARDENED}.reading.event_stream:CompleteEventStream"
_PARSING = f"{_HARDENED}.reading.quiet_parsing"
_CONTROL = "secure_bedrock.transport.public_control_plane:_PlainSession"
_PROFILES = "secure_bedrock.transport.credentials.profiles"

# The one way of a call through botocore, and what of it is ours.
_CLIENT = [
    touch(
        "botocore.client:BaseClient",
        "hardened/making/assembly.py",
        takes(
            serializer=0, endpoint=0, response_parser=0, event_emitter=0, request_signer=0, service_model=0,
            loader=0, client_config=0, partition=0, exceptions_factory=0, user_agent_creator=0,
        ),
    ),
    touch(
        "botocore.client:BaseClient",
        "hardened/making/client_class.py",
        holds("it stands above `object` alone", lambda kind: kind.__mro__ == (kind, object)),
    ),
    touch(
        "botocore.client:BaseClient._PY_TO_OP_NAME",
        "hardened/making/client_class.py",
        holds("it is a table of names, which calls nothing", lambda table: type(table) is dict),
    ),
    touch(
        "botocore.client:BaseClient.__init__",
        "hardened/making/assembly.py hardened/sending/guarded_calls.py",
        stores("_serializer", "_endpoint", "_response_parser", "_request_signer", "_user_agent_creator"),
    ),
    touch(
        "botocore.client:BaseClient._make_api_call",
        "hardened/sending/guarded_calls.py",
        overridden_by(f"{_CALLS}._make_api_call"),
        goes_through("_emit_api_params", "_resolve_endpoint_ruleset", "_convert_to_request_dict", "_make_request"),
    ),
    touch(
        "botocore.client:BaseClient._emit_api_params",
        "hardened/sending/guarded_calls.py",
        overridden_by(f"{_CALLS}._emit_api_params"),
    ),
    touch(
        "botocore.client:BaseClient._resolve_endpoint_ruleset",
        "hardened/sending/guarded_calls.py",
        overridden_by(f"{_CALLS}._resolve_endpoint_ruleset"),
    ),
    touch("botocore.client:BaseClient._service_model", "hardened/sending/guarded_calls.py"),
    touch(
        "botocore.client:BaseClient._convert_to_request_dict",
        "hardened/sending/content_free.py hardened/making/fixed_user_agent.py",
        goes_through("serialize_to_request", "to_string"),
    ),
    touch(
        "botocore.client:BaseClient._make_request",
        "hardened/sending/guarded_endpoint.py hardened/sending/guarded_calls.py",
        overridden_by(f"{_CALLS}._make_request"),
        calls_of_itself(),
        goes_through("_endpoint", "make_request"),
    ),
    touch(
        "botocore.client:BaseClient._register_handlers",
        "hardened/making/fixed_user_agent.py",
        goes_through("_request_signer", "handler", "_user_agent_creator", "rebuild_and_replace_user_agent_handler"),
    ),
    touch(
        "botocore.client:ClientCreator",
        "hardened/making/client_class.py",
        takes("loader", None, "user agent", "emitter", None, None),
        holds(
            "its first six parameters are those that we fill by place",
            lambda kind: list(kind.__init__.__code__.co_varnames[1:7])
            == ["loader", "endpoint_resolver", "user_agent", "event_emitter", "retry_handler_factory",
                "retry_config_translator"],
        ),
    ),
    touch(
        "botocore.client:ClientCreator.create_client_class",
        "hardened/making/client_class.py",
        takes("self", "bedrock-runtime", None),
        goes_through("_load_service_model", "_create_client_class"),
    ),
    touch(
        "botocore.client:ClientCreator._create_client_class",
        "hardened/making/client_class.py",
        goes_through("_create_methods", "_event_emitter", "emit"),
    ),
    touch(
        "botocore.client:ClientCreator._create_methods",
        "hardened/making/client_class.py",
        takes("self", object()),
        goes_through("operation_names", "_create_api_method"),
        holds(
            "it gives every operation's method under its Python name, all with one body",
            lambda method: _methods_of(method).keys() == {"converse", "invoke_model"}
            and len({made.__code__ for made in _methods_of(method).values()}) == 1,
        ),
    ),
    touch(
        "botocore:xform_name",
        "hardened/making/client_class.py",
        takes("InvokeModelWithResponseStream"),
        holds("it names methods as clients have them",
              lambda named: named("ListTagsForARNs") == "list_tags_for_arns"),
    ),
    touch("botocore.hooks:HierarchicalEmitter.register_last", "hardened/making/hardened_session.py",
          takes("self", "event", print)),
    touch("botocore.hooks:first_non_none_response", "hardened/sending/guarded_endpoint.py", takes([])),
    touch(
        "botocore.signers",
        "hardened/making/client_class.py",
        holds(
            "every generate_* that it puts on client classes is one that we take off",
            lambda module: set(_presigners_of(module)) <= set(_PRESIGNERS),
        ),
    ),
]  # fmt: skip

_SESSIONS = [
    touch("botocore.session:Session", "hardened/making/hardened_session.py credentials/profiles.py", takes()),
    touch("botocore.session:Session.register_component", "hardened/making/hardened_session.py credentials/profiles.py",
          takes("self", "data_loader", object())),
    touch("botocore.session:Session.get_component", "hardened/making/hardened_session.py", takes("self", "event_emitter")),
    touch("botocore.session:Session.full_config", "hardened/making/hardened_session.py credentials/profiles.py"),
    touch("botocore.session:Session.get_scoped_config", "hardened/making/hardened_session.py",
          overridden_by(f"{_SESSION}.get_scoped_config")),
    touch("botocore.session:Session.get_credentials", "hardened/making/hardened_session.py",
          overridden_by("tests.transport.hardened.seam_table:any_arguments")),
    touch("botocore.session:Session.create_client", "hardened/making/hardened_session.py credentials/profiles.py",
          takes("self", "sts")),
    touch("botocore.session:Session.set_credentials", "hardened/making/hardened_session.py",
          takes("self", "access", "secret", "token"),
          holds("its first three stand in our order, and what else it may be told is the account",
                lambda method: list(method.__code__.co_varnames[1 : method.__code__.co_argcount])
                in (["access_key", "secret_key", "token"], ["access_key", "secret_key", "token", "account_id"]))),
    touch("botocore.session:Session.get_auth_token", "hardened/making/hardened_session.py",
          overridden_by("tests.transport.hardened.seam_table:any_arguments")),
    touch("botocore.session:Session", "public_control_plane.py", takes()),
    touch("botocore.session:Session.get_scoped_config", "public_control_plane.py",
          overridden_by(f"{_CONTROL}.get_scoped_config")),
    touch("botocore.session:Session.full_config", "public_control_plane.py"),
    touch("botocore.session:Session.register_component", "public_control_plane.py",
          takes("self", "config_store", object())),
    touch("botocore.session:Session.create_client", "public_control_plane.py",
          takes("self", "ec2", region_name="", endpoint_url="", verify=True, aws_access_key_id="",
                aws_secret_access_key="", aws_session_token="", config=object()),
          goes_through("_register_client_plugins")),
    touch("botocore.session:Session._register_client_plugins", "public_control_plane.py",
          overridden_by(f"{_CONTROL}._register_client_plugins")),
    touch("botocore.config:Config", "public_control_plane.py",
          holds("it takes every option that we set", lambda kind: set(kind.OPTION_DEFAULTS) >= {
              "connect_timeout", "read_timeout", "retries", "proxies", "signature_version"})),
    touch("boto3:Session", "hardened/making/boto3_session.py", takes(botocore_session=object())),
    touch("boto3.session:Session.__init__", "hardened/making/boto3_session.py", stores("_session")),
    touch(
        "boto3.session:Session.client",
        "hardened/making/boto3_session.py",
        holds(
            "its parameters stand in the order of _POSITIONAL",
            lambda method: list(method.__code__.co_varnames[2 : method.__code__.co_argcount])
            == _positional()[: method.__code__.co_argcount - 2],
        ),
    ),
    touch("boto3.session:Session.resource", "hardened/making/boto3_session.py"),
]  # fmt: skip

_PARTS = [
    touch(
        "botocore.config:Config",
        "hardened/making/assembly.py hardened/making/config_options.py",
        holds(
            "it takes every option that we set",
            lambda kind: set(kind.OPTION_DEFAULTS) >= {
                "region_name", "signature_version", "user_agent", "connect_timeout", "read_timeout",
                "max_pool_connections", "parameter_validation", "proxies", "retries", "inject_host_prefix",
                "use_dualstack_endpoint", "use_fips_endpoint", "ignore_configured_endpoint_urls", "tcp_keepalive",
                "disable_request_compression", "request_checksum_calculation", "response_checksum_validation",
            },
        ),
        holds(
            "every option of its is judged (one that is not is refused, so this may wait)",
            lambda kind: set(kind.OPTION_DEFAULTS) <= {*OPTIONS, "region_name"},
        ),
    ),
    touch("botocore.config:Config.__init__", "hardened/making/config_options.py", stores("_user_provided_options")),
    touch("botocore.errorfactory:ClientExceptionsFactory", "hardened/making/assembly.py", takes()),
    touch("botocore.serialize:create_serializer", "hardened/making/assembly.py", takes("rest-json", False)),
    touch("botocore.model:ServiceModel",
          "hardened/making/assembly.py hardened/making/client_class.py hardened/making/hardened_session.py",
          takes({}, service_name="sts")),
    touch("botocore.model:ServiceModel.resolved_protocol",
          "hardened/making/assembly.py hardened/sending/guarded_endpoint.py"),
    touch("botocore.model:ServiceModel.endpoint_prefix", "hardened/making/assembly.py"),
    touch("botocore.model:ServiceModel.service_id", "hardened/making/assembly.py hardened/sending/guarded_endpoint.py"),
    touch("botocore.model:ServiceModel.signing_name", "hardened/making/assembly.py"),
    touch("botocore.model:ServiceModel.shape_for_error_code", "hardened/sending/guarded_endpoint.py",
          takes("self", "Code")),
    touch("botocore.model:OperationModel.resolved_auth_type", "hardened/sending/quiet_signing.py"),
    touch("botocore.model:OperationModel.has_event_stream_output",
          "hardened/sending/guarded_calls.py hardened/reading/quiet_parsing.py"),
    touch("botocore.model:StructureShape.required_members", "hardened/reading/quiet_parsing.py"),
    touch("botocore.model:OperationModel.output_shape",
          "hardened/sending/guarded_endpoint.py hardened/reading/quiet_parsing.py"),
    touch("botocore.model:ServiceModel.operation_names", "hardened/making/client_class.py"),
    touch("botocore.model:ServiceModel.operation_model",
          "hardened/making/client_class.py hardened/sending/guarded_calls.py",
          takes("self", "Converse")),
    touch("botocore.model:OperationModel.has_event_stream_input", "hardened/making/client_class.py"),
    touch("botocore.model:OperationModel.input_shape", "hardened/sending/named_parameters.py"),
    touch("botocore.model:Shape.serialization", "hardened/sending/named_parameters.py",
          holds("`location` says that a member is not in the body", lambda read: "location" in
                importlib.import_module("botocore.model").Shape.SERIALIZED_ATTRS)),
    touch(
        "botocore.handlers:BUILTIN_HANDLERS",
        "hardened/reading/answer_witness.py",
        holds("a row begins with its event's name", lambda rows: {type(row[0]) for row in rows} == {str}),
        holds(
            "those that edit answers name a service, or an operation of it, or all of them by `.*`",
            lambda rows: all(_AFTER_CALL.fullmatch(name) for name, *_ in rows if name.startswith("after-call")),
        ),
        holds(
            "none edits an answer of Bedrock's, STS's or SSO's",
            lambda rows: not any(
                name.startswith(("after-call.bedrock", "after-call.sts", "after-call.sso", "after-call.*"))
                for name, *_ in rows
            ),
        ),
    ),
    touch("botocore:__version__", "hardened/making/fixed_user_agent.py hardened/sending/named_parameters.py",
          holds("it is the version that the tables are compared with",
                lambda version: re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version) is not None)),
    touch("botocore:UNSIGNED", "hardened/sending/quiet_signing.py"),
    touch(
        "botocore.loaders:Loader",
        "botocore_parts/packaged_loader.py",
        takes(extra_search_paths=[], include_default_search_paths=False),
        goes_through("search_paths"),
    ),
    touch("botocore.loaders:Loader.BUILTIN_DATA_PATH", "botocore_parts/packaged_loader.py",
          holds("it is the package's data", lambda path: re.search(r"botocore.data$", path) is not None)),
    touch("botocore.loaders:Loader.search_paths", "botocore_parts/packaged_loader.py"),
    touch("botocore.loaders:Loader.load_service_model", "hardened/making/hardened_session.py",
          takes("self", "bedrock-runtime", "service-2", None)),
    touch(
        "botocore.configprovider:BOTOCORE_DEFAUT_SESSION_VARIABLES",
        "botocore_parts/neutral_settings.py",
        holds(
            "a row is (file's key, variable, default, conversion)",
            lambda rows: {len(row) for row in rows.values()} == {4} and rows["max_attempts"][1] == "AWS_MAX_ATTEMPTS"
            and rows["config_file"][2] == "~/.aws/config",
        ),
    ),
    touch("botocore.configprovider:ConfigValueStore", "botocore_parts/neutral_settings.py", takes(mapping={})),
    touch("botocore.configprovider:ConstantProvider", "botocore_parts/neutral_settings.py", takes(value=None)),
    touch("botocore.useragent:UserAgentString.to_string", "hardened/making/fixed_user_agent.py", takes("self")),
    touch("botocore.useragent:UserAgentString.rebuild_and_replace_user_agent_handler",
          "hardened/making/fixed_user_agent.py",
          overridden_by("tests.transport.hardened.seam_table:any_arguments")),
    touch("botocore.validate:ParamValidator", "hardened/sending/content_free.py", takes()),
    touch("botocore.validate:ParamValidator.validate", "hardened/sending/content_free.py", takes("self", {}, object())),
    touch("botocore.validate:ValidationErrors", "hardened/sending/content_free.py", stores("_errors")),
    touch("botocore.validate:ValidationErrors.has_errors", "hardened/sending/content_free.py", takes("self")),
    touch("botocore.validate:ValidationErrors._format_error", "hardened/sending/content_free.py",
          holds("an error is (reason, name, more), a missing member under `required_name`, a type under `valid_types`",
                lambda method: {"missing required field", "required_name", "invalid type", "valid_types"}
                <= {str(const) for const in method.__code__.co_consts})),
]  # fmt: skip

_WIRE = [
    touch(
        "botocore.endpoint:Endpoint",
        "hardened/sending/guarded_endpoint.py",
        takes("host", "prefix", "emitter", http_session=object()),
        stores("_event_emitter", "http_session"),
    ),
    touch("botocore.endpoint:Endpoint.make_request", "hardened/sending/guarded_endpoint.py",
          overridden_by(f"{_HARDENED}.sending.guarded_endpoint:GuardedEndpoint.make_request")),
    touch("botocore.endpoint:Endpoint.create_request", "hardened/sending/guarded_endpoint.py",
          takes("self", {}, object()),
          goes_through("stream_output", "_event_emitter", "emit", "prepare_request")),
    touch("botocore.endpoint:convert_to_response_dict", "hardened/sending/guarded_endpoint.py",
          takes(object(), object()), asks_only("http_response", {"headers", "status_code", "content", "raw"})),
    touch("botocore.awsrequest:AWSPreparedRequest.__init__", "hardened/sending/guarded_session.py",
          stores("method", "url", "headers", "body", "stream_output")),
    touch("botocore.awsrequest:AWSPreparedRequest", "hardened/sending/guarded_session.py"),
    touch("botocore.awsrequest:AWSResponse", "hardened/sending/guarded_session.py hardened/sending/call_state.py",
          takes("url", 200, {}, object()), stores("raw")),
    touch("botocore.awsrequest:AWSResponse.content", "hardened/reading/raw_body.py",
          goes_through("raw", "stream")),
    touch("botocore.compat:set_socket_timeout", "hardened/reading/raw_body.py",
          goes_through("_fp", "fp", "raw", "_sock", "settimeout")),
    touch("botocore.response:StreamingBody", "hardened/reading/raw_body.py",
          asks_only("self._raw_stream", dir(RawBody))),
    touch("botocore.httpsession:URLLib3Session.__init__", "hardened/sending/guarded_session.py",
          stores("_proxy_config", "_manager", "_proxy_managers", "_verify")),
    touch("botocore.httpsession:URLLib3Session.send", "hardened/sending/guarded_session.py", takes("self", object())),
    touch("botocore.httpsession:URLLib3Session.close", "hardened/sending/guarded_session.py", takes("self")),
    touch("botocore.signers:RequestSigner", "hardened/sending/quiet_signing.py",
          takes("id", "eu-west-1", "bedrock", "v4", object(), object()),
          holds("its parameters stand in our order", lambda kind: list(kind.__init__.__code__.co_varnames[1:7])
                == ["service_id", "region_name", "signing_name", "signature_version", "credentials", "event_emitter"])),
    touch("botocore.signers:RequestSigner.__init__", "hardened/sending/quiet_signing.py",
          stores("_region_name", "_signing_name", "_service_id", "_event_emitter")),
    touch("botocore.signers:RequestSigner.handler", "hardened/sending/quiet_signing.py", calls_of_itself("sign")),
    touch("botocore.signers:RequestSigner.sign", "hardened/sending/quiet_signing.py",
          holds("it is called with operation, request, Region and signing type first",
                lambda method: list(method.__code__.co_varnames[1:5])
                == ["operation_name", "request", "region_name", "signing_type"])),
    touch("botocore.signers:RequestSigner.generate_presigned_url", "hardened/sending/quiet_signing.py"),
    touch("botocore.auth:SIGV4_TIMESTAMP", "hardened/sending/quiet_signing.py core/asking/sign.py", equals(_STAMP)),
    touch("botocore.auth:SigV4Auth", "core/asking/sign.py", takes(object(), "bedrock", "eu-west-1"),
          asks_only("request", _Signable.__slots__)),
    touch("botocore.auth:SigV4Auth.add_auth", "core/asking/sign.py",
          calls_of_itself("_modify_request_before_signing", "canonical_request", "string_to_sign", "signature",
                          "_inject_signature_to_request"),
          goes_through("_modify_request_before_signing", "canonical_request", "string_to_sign", "signature",
                       "_inject_signature_to_request")),
    touch("botocore.auth:SigV4Auth._modify_request_before_signing", "core/asking/sign.py", takes("self", object())),
    touch("botocore.auth:SigV4Auth.canonical_request", "core/asking/sign.py", takes("self", object())),
    touch("botocore.auth:SigV4Auth.string_to_sign", "core/asking/sign.py", takes("self", object(), "canonical")),
    touch("botocore.auth:SigV4Auth.signature", "core/asking/sign.py", takes("self", "to sign", object())),
    touch("botocore.auth:SigV4Auth._inject_signature_to_request", "core/asking/sign.py", takes("self", object(), "sig")),
]  # fmt: skip

_PARSERS = [
    touch("botocore.parsers:PROTOCOL_PARSERS", "hardened/reading/quiet_parsing.py",
          holds("it has the protocols of the services that are called",
                lambda parsers: {"rest-json", "json", "query", "ec2"} <= set(parsers))),
    touch("botocore.parsers:ResponseParserError",
          "hardened/reading/quiet_parsing.py hardened/reading/botocore_errors.py"),
    touch(
        "botocore.parsers:ResponseParser.parse",
        "hardened/reading/quiet_parsing.py",
        overridden_by(f"{_PARSING}:_parse"),
        goes_through("_is_generic_error_response", "_do_generic_error_parse", "_is_modeled_error_shape",
                     "_do_modeled_error_parse", "_do_error_parse", "_do_parse"),
        calls_of_itself("_is_generic_error_response", "_do_generic_error_parse", "_is_modeled_error_shape",
                        "_do_modeled_error_parse", "_do_error_parse", "_do_parse", "_add_checksum_response_metadata"),
        holds("statuses from 301 on are errors", lambda method: _FIRST_ERROR_STATUS in method.__code__.co_consts),
    ),
    touch("botocore.parsers:ResponseParser.__init__", "hardened/reading/quiet_parsing.py",
          stores("_event_stream_parser"), calls_of_itself("EVENT_STREAM_PARSER_CLS")),
    touch("botocore.parsers:RestJSONParser.EVENT_STREAM_PARSER_CLS", "hardened/reading/quiet_parsing.py"),
    touch("botocore.parsers:RestJSONParser._create_event_stream", "hardened/reading/quiet_parsing.py",
          overridden_by(f"{_PARSING}:_create_event_stream")),
    touch("botocore.parsers:EventStreamJSONParser._parse_body_as_json", "hardened/reading/quiet_parsing.py",
          takes("self", b"{}")),
    touch("botocore.parsers:EventStreamJSONParser._do_error_parse", "hardened/reading/quiet_parsing.py",
          takes("self", {}, object())),
    touch("botocore.parsers:EventStreamJSONParser._initial_body_parse", "hardened/reading/quiet_parsing.py",
          calls_of_itself("_parse_body_as_json")),
    touch("botocore.eventstream:EventStream", "hardened/reading/event_stream.py",
          takes(object(), object(), object(), "Op")),
    touch("botocore.eventstream:EventStream.__init__", "hardened/reading/event_stream.py",
          stores("_raw_stream", "_operation_name", "_event_generator"),
          goes_through("_create_raw_event_generator")),
    touch("botocore.eventstream:EventStream._create_raw_event_generator", "hardened/reading/event_stream.py",
          overridden_by(f"{_STREAM}._create_raw_event_generator"), goes_through("_raw_stream", "stream", "add_data")),
    touch("botocore.eventstream:EventStream._parse_event", "hardened/reading/event_stream.py", takes("self", object())),
    touch("botocore.eventstream:EventStream.close", "hardened/reading/event_stream.py",
          goes_through("_raw_stream", "close")),
    touch("botocore.eventstream:EventStreamBuffer", "hardened/reading/event_stream.py", takes()),
    touch("botocore.eventstream:EventStreamBuffer.add_data", "hardened/reading/event_stream.py", takes("self", b"")),
    touch("botocore.eventstream:EventStreamBuffer.__init__", "hardened/reading/event_stream.py", stores("_prelude")),
    touch("botocore.eventstream:EventStreamMessage.__init__", "hardened/reading/event_stream.py", stores("prelude")),
    touch("botocore.eventstream:MessagePrelude.__init__", "hardened/reading/event_stream.py", stores("total_length")),
    touch("botocore.eventstream:ParserError", "hardened/reading/event_stream.py"),
    touch("botocore.exceptions:EventStreamError", "hardened/reading/event_stream.py", takes({}, "ConverseStream")),
    touch("botocore.exceptions:ClientError", "hardened/sending/failures.py hardened/sending/guarded_calls.py",
          takes({}, "Converse"), stores("response")),
    touch("botocore.exceptions:ConnectionClosedError", "hardened/reading/botocore_errors.py",
          takes(endpoint_url="", error=0)),
    touch("botocore.exceptions:ConnectTimeoutError", "hardened/reading/botocore_errors.py",
          takes(endpoint_url="", error=0)),
    touch("botocore.exceptions:EndpointConnectionError", "hardened/reading/botocore_errors.py",
          takes(endpoint_url="", error=0)),
    touch("botocore.exceptions:ReadTimeoutError", "hardened/reading/botocore_errors.py",
          takes(endpoint_url="", error=0)),
    touch("botocore.exceptions:ParamValidationError", "hardened/sending/content_free.py", takes(report="")),
]  # fmt: skip

_CREDENTIALS = [
    touch("botocore.credentials:RefreshableCredentials", "credentials/botocore_source.py"),
    touch("botocore.credentials:RefreshableCredentials.__init__", "credentials/botocore_source.py",
          stores("_refresh_using", "_expiry_time", "_frozen_credentials")),
    touch("botocore.credentials:DeferredRefreshableCredentials.__init__", "credentials/botocore_source.py",
          stores("_refresh_using", "_expiry_time", "_frozen_credentials")),
    touch("botocore.credentials:RefreshableCredentials._expiry_datetime", "credentials/botocore_source.py",
          holds("it reads a time with its offset", lambda read: read("2026-11-20T00:00:00Z").timestamp() == 1795132800)),
    touch("botocore.credentials:RefreshableCredentials._protected_refresh", "credentials/botocore_source.py",
          goes_through("_refresh_using", "_set_from_data")),
    touch("botocore.credentials:RefreshableCredentials.refresh_needed", "credentials/values.py"),
    touch("botocore.credentials:Credentials.get_frozen_credentials", "credentials/botocore_source.py", takes("self")),
    touch("botocore.credentials:CredentialProvider", "credentials/profiles.py", takes()),
    touch("botocore.credentials:CredentialProvider.METHOD", "credentials/profiles.py"),
    touch("botocore.credentials:CredentialProvider.CANONICAL_NAME", "credentials/profiles.py"),
    touch("botocore.credentials:EnvProvider", "credentials/profiles.py", takes({})),
    touch("botocore.credentials:EnvProvider.METHOD", "credentials/profiles.py", equals("env")),
    touch("botocore.credentials:CanonicalNameCredentialSourcer", "credentials/profiles.py", takes([])),
    touch("botocore.credentials:ProfileProviderBuilder", "credentials/profiles.py",
          takes(object(), cache={}, region_name="eu-west-1")),
    touch("botocore.credentials:ProfileProviderBuilder.providers", "credentials/profiles.py",
          overridden_by(f"{_PROFILES}:_ListedProviders.providers")),
    touch("botocore.credentials:ProcessProvider", "credentials/profiles.py", takes("", object(), popen=object())),
    touch("botocore.credentials:ProcessProvider.METHOD", "credentials/profiles.py", equals("custom-process")),
    touch("botocore.credentials:AssumeRoleProvider", "credentials/profiles.py",
          takes(load_config=0, client_creator=0, cache={}, profile_name="", credential_sourcer=0,
                profile_provider_builder=0)),
    touch("botocore.credentials:AssumeRoleProvider.load", "credentials/profiles.py",
          goes_through("_load_creds_via_assume_role")),
    touch("botocore.credentials:AssumeRoleProvider._load_creds_via_assume_role", "credentials/profiles.py",
          overridden_by(f"{_PROFILES}:_QuietAssumeRole._load_creds_via_assume_role")),
]  # fmt: skip

TABLE: tuple[Touch, ...] = (*_CLIENT, *_SESSIONS, *_PARTS, *_WIRE, *_PARSERS, *_CREDENTIALS)

# Names of our own that botocore happens to use too, for something else: (file, name).
OURS = frozenset(
    {
        ("hardened/making/assembly.py", "_config"),
        ("hardened/making/boto3_session.py", "_defaults"),
        ("hardened/making/config_options.py", "_user_agent"),
        ("hardened/sending/content_free.py", "_serializer"),
        ("hardened/sending/guarded_endpoint.py", "_session"),
        ("credentials/profiles.py", "_environ"),
        ("credentials/profiles.py", "_profile"),
        ("credentials/profiles.py", "_providers"),
    }
)


def any_arguments(*_args: object, **_keywords: object) -> None:
    """Stands for an override that looks at none of its arguments."""


def _methods_of(create_methods: Any) -> dict[str, Any]:
    """What it makes of a service with two operations."""
    shape = {"type": "structure", "members": {}}
    operations = {
        name: {"name": name, "input": {"shape": "Empty"}} for name in ("Converse", "InvokeModel")
    }
    model = ServiceModel(
        {"operations": operations, "shapes": {"Empty": shape}}, service_name="bedrock-runtime"
    )
    make: Any = ClientCreator
    creator = make(None, None, "", None, None, None)
    return dict(create_methods(creator, model))


def _presigners_of(module: object) -> list[str]:
    import inspect

    source = inspect.getsource(module)  # type: ignore[arg-type]
    return re.findall(r"class_attributes\[\s*['\"](generate_\w+)['\"]\s*\]", source)


def _positional() -> list[str]:
    from secure_bedrock.transport.hardened.making.boto3_session import _POSITIONAL

    return list(_POSITIONAL)
