"""Nothing that a handler, a mock or a patch answers or rewrites is taken for Bedrock's answer."""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session
from botocore.stub import Stubber

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import (
    EndpointDenied,
    ModelDenied,
    OperationDenied,
    RouteDenied,
    TransportTampered,
)
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.hardened.making.build import hardened_session
from secure_bedrock.transport.hardened.reading.raw_body import RawBody
from secure_bedrock.transport.hardened.sending.call_state import CONTEXT_KEY

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
SERVICE = "bedrock-runtime"
Base: Any = BaseClient  # botocore-stubs has no private members
FORGED = {"output": {"message": {"role": "assistant", "content": [{"text": "forged"}]}}}


def converse(client: Any) -> Any:
    return client.converse(modelId=MODEL, messages=MESSAGES)


def test_a_before_send_handler_that_answers_is_found_out(
    make: Any, events: list[InvocationEvent]
) -> None:
    client = make()
    headers: Any = {}
    raw: Any = RawBody(iter((b"{}",)))
    forged = AWSResponse("https://x", 200, headers, raw)
    client.meta.events.register(f"before-send.{SERVICE}", lambda **_: forged)
    with ConnectLog() as log, pytest.raises(TransportTampered, match="handler"):
        converse(client)
    assert log.connects == []
    assert [event.outcome for event in events] == ["refused"]


@pytest.mark.parametrize("status", [200, 500])
def test_a_before_call_handler_that_answers_is_found_out(make: Any, status: int) -> None:
    client = make()
    answer = (SimpleNamespace(status_code=status), {"Error": {"Code": "X"}, **FORGED})
    client.meta.events.register(f"before-call.{SERVICE}", lambda **_: answer)
    with ConnectLog() as log, pytest.raises(TransportTampered, match="did not come through"):
        converse(client)
    assert log.connects == []


def test_botocores_stubber_is_found_out(make: Any) -> None:
    client = make()
    with Stubber(client) as stubber:
        stubber.add_response(
            "converse",
            {
                **FORGED,
                "stopReason": "end_turn",
                "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                "metrics": {"latencyMs": 1},
            },
        )
        with pytest.raises(TransportTampered):
            converse(client)


def test_a_patched_call_of_botocore_is_found_out(make: Any) -> None:
    client = make()
    with mock.patch.object(BaseClient, "_make_api_call", return_value=FORGED):
        with pytest.raises(TransportTampered):
            converse(client)


def test_an_answer_that_was_exchanged_afterwards_is_found_out(make: Any) -> None:
    client = make()
    genuine = Base._make_api_call

    def exchanged(self: Any, *args: Any) -> Any:
        return dict(genuine(self, *args), **FORGED)

    with mock.patch.object(BaseClient, "_make_api_call", exchanged):
        with pytest.raises(TransportTampered):
            converse(client)


def test_the_transport_can_not_be_replaced(make: Any) -> None:
    client = make()
    with pytest.raises(TransportTampered):
        client._endpoint.http_session = URLLib3Session()
    client._endpoint.http_session = client._endpoint.http_session
    assert converse(client)["stopReason"] == "end_turn"


def test_a_replaced_endpoint_is_found_out(make: Any) -> None:
    client = make()
    client._endpoint = SimpleNamespace(
        make_request=lambda *_: (SimpleNamespace(status_code=200), FORGED), close=lambda: None
    )
    with pytest.raises(TransportTampered):
        converse(client)


@pytest.mark.parametrize("part", ["_proxy_config", "_manager"])
def test_botocores_own_connection_parts_are_not_there_to_be_bent(make: Any, part: str) -> None:
    session = make()._endpoint.http_session
    with pytest.raises(TransportTampered, match=part):
        getattr(session, part)
    assert not hasattr(session, "anything_else")


def _elsewhere(url: str) -> str:
    host = url.split("/")[2]
    return url.replace(host, "52.94.0.10")


REWRITES: dict[str, tuple[str, Any]] = {
    "request-created rewrites the URL": (
        "request-created",
        lambda request, **_: setattr(request, "url", _elsewhere(request.url)),
    ),
    "before-sign rewrites the URL": (
        "before-sign",
        lambda request, **_: setattr(request, "url", _elsewhere(request.url)),
    ),
    "before-send rewrites the URL": (
        "before-send",
        lambda request, **_: setattr(request, "url", _elsewhere(request.url)),
    ),
    "before-send takes the scheme down": (
        "before-send",
        lambda request, **_: setattr(request, "url", request.url.replace("https", "http")),
    ),
    "before-send makes the host a longer one": (
        "before-send",
        lambda request, **_: setattr(request, "url", request.url.replace("/model", ".x/model")),
    ),
    "before-call rewrites the URL": (
        "before-call",
        lambda params, **_: params.update(url=_elsewhere(params["url"])),
    ),
    "before-sign takes the call's token away": (
        "before-sign",
        lambda request, **_: request.context.clear(),
    ),
}


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewritten_request_does_not_leave(name: str, make: Any) -> None:
    event, handler = REWRITES[name]
    client = make()
    client.meta.events.register(f"{event}.{SERVICE}", handler)
    with ConnectLog() as log, pytest.raises(TransportTampered):
        converse(client)
    assert log.events == []


OTHERS = Credentials("ASIAOTHEROTHEROTHER2", "another secret", "another token")


def signs_again(request: Any, **_: Any) -> None:
    plain = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
        if name.lower() not in ("authorization", "x-amz-date", "x-amz-security-token")
        and not name.lower().startswith("amz-sdk-")
    }
    body = request.body if hasattr(request, "body") else request.data
    again = AWSRequest(request.method, request.url, plain, body)
    SigV4Auth(OTHERS, "bedrock", "eu-west-1").add_auth(again)
    for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
        del request.headers[name]
        request.headers[name] = again.headers[name]


@pytest.mark.parametrize("event", ["request-created", "before-send"])
def test_a_request_that_a_handler_signed_again_with_other_credentials_does_not_leave(
    event: str, make: Any
) -> None:
    client = make()
    client.meta.events.register_last(f"{event}.{SERVICE}", signs_again)
    with ConnectLog() as log, pytest.raises(TransportTampered) as caught:
        converse(client)
    assert caught.value.rule == "other-credentials"
    assert OTHERS.access_key not in str(caught.value)
    assert log.connects == []


def test_a_host_header_of_another_is_refused(make: Any) -> None:
    client = make()
    client.meta.events.register(
        f"before-send.{SERVICE}", lambda request, **_: request.headers.update(Host="evil.example")
    )
    with ConnectLog() as log, pytest.raises(EndpointDenied):
        converse(client)
    assert log.connects == []


def test_a_model_that_a_handler_put_in_is_judged_at_the_gate(make: Any) -> None:
    client = make()

    def other_model(params: Any, **_: Any) -> Any:
        return {**params, "modelId": f"global.{params['modelId']}"}

    client.meta.events.register(f"provide-client-params.{SERVICE}", other_model)
    with ConnectLog() as log, pytest.raises(ModelDenied):
        converse(client)
    assert log.connects == []


def test_a_path_rewritten_after_signing_is_judged_at_the_gate(make: Any) -> None:
    client = make()
    client.meta.events.register(
        f"before-send.{SERVICE}",
        lambda request, **_: setattr(
            request, "url", request.url.replace("/converse", "/invoke-with-bidirectional-stream")
        ),
    )
    with ConnectLog() as log, pytest.raises((OperationDenied, RouteDenied)):
        converse(client)
    assert log.connects == []


def test_endpoint_rules_and_their_handlers_have_no_say(make: Any, bedrock: LocalBedrock) -> None:
    client = make()
    client._ruleset_resolver = None
    client.meta._endpoint_url = "https://52.94.0.10"
    client.meta.events.register(
        "before-endpoint-resolution",
        lambda builtins, **_: builtins.update({"SDK::Endpoint": "https://52.94.0.10"}),
    )
    assert converse(client)["stopReason"] == "end_turn"
    assert len(bedrock.requests) == 1


def test_a_signer_that_a_handler_chooses_is_not_used(make: Any, bedrock: LocalBedrock) -> None:
    client = make()
    client.meta.events.register("choose-signer", lambda **_: "bearer")
    converse(client)
    assert bedrock.requests[0].headers["authorization"].startswith("AWS4-HMAC-SHA256 ")


def test_calls_past_the_clients_own_entry_are_refused(make: Any) -> None:
    client = make()
    with pytest.raises(TransportTampered, match="past"):
        Base._make_api_call(client, "Converse", {"modelId": MODEL, "messages": MESSAGES})


def test_handlers_run_once_per_call_and_tokens_stay_in_later_attempts(
    make: Any, bedrock: LocalBedrock
) -> None:
    from secure_bedrock.testing import Fault

    seen: list[Any] = []
    client = make()
    client.meta.events.register(
        f"before-parameter-build.{SERVICE}", lambda context, **_: seen.append(context[CONTEXT_KEY])
    )
    bedrock.fault(Fault.throttle())
    converse(client)
    assert len(bedrock.requests) == 2
    assert len(seen) == 1


def test_a_handler_may_look_at_answers(make: Any) -> None:
    seen: list[Any] = []
    client = make()
    client.meta.events.register(
        f"after-call.{SERVICE}", lambda parsed, **_: seen.append(parsed["stopReason"])
    )
    converse(client)
    assert seen == ["end_turn"]


def test_a_handler_that_changes_the_clients_class_is_found_out(bedrock: LocalBedrock) -> None:
    policy = bedrock.policy
    session: Any = hardened_session(
        policy, routes=RouteFinder(policy), credentials=bedrock.credentials, environ={}
    )

    def replace(class_attributes: Any, **_: Any) -> None:
        class_attributes["_make_api_call"] = lambda *_args: FORGED

    session.register("creating-client-class", replace)
    with pytest.raises(TransportTampered, match="_make_api_call"):
        session.create_client(SERVICE)


def test_a_sessions_own_settings_move_nothing(bedrock: LocalBedrock) -> None:
    policy = bedrock.policy
    session: Any = hardened_session(
        policy, routes=RouteFinder(policy), credentials=bedrock.credentials
    )
    session.set_config_variable("region", "us-east-1")
    session.set_config_variable("endpoint_url", "https://52.94.0.10")
    session.register_component("data_loader", None)
    client = session.create_client(SERVICE)
    with ConnectLog() as log:
        assert converse(client)["stopReason"] == "end_turn"
    assert {address for address, _ in log.connects} == {"127.0.0.1"}
    assert session.get_config_variable("region") == bedrock.region
    client.close()
