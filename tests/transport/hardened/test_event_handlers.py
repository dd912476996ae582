"""Every botocore event by every place in the order by what a handler could try: refused, or without effect.

Judged by the sockets of the process and by what the server received. `ANSWERED` stands for the endpoint's own answer,
`ERROR` for its own refusal (of a signature that a handler broke, say); both mean that only the endpoint was spoken to.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ParamValidationError
from botocore.hooks import HierarchicalEmitter

from secure_bedrock.discovery import RouteFinder
from secure_bedrock.errors import (
    Denied,
    EndpointDenied,
    ModelDenied,
    OperationDenied,
    RegionDenied,
    TransportTampered,
)
from secure_bedrock.testing import ConnectLog, Fault, LocalBedrock
from secure_bedrock.transport.hardened.making.build import hardened_session
from secure_bedrock.transport.hardened.sending.call_state import CONTEXT_KEY, CallState

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
OTHER = "anthropic.claude-v2:1"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
FORGED: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "forged"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "metrics": {"latencyMs": 1},
}
PUBLIC = "52.94.0.10"
ANSWERED, ERROR = "answered", "error"
Outcome = str | type[Exception]
Rows = dict[str, tuple[Callable[..., Any], tuple[Outcome, ...]]]


def answer_of(status: int) -> tuple[Any, Any]:
    return SimpleNamespace(status_code=status, headers={}), {"Error": {"Code": "X"}, **FORGED}


def elsewhere(url: str) -> str:
    return url.replace(url.split("/")[2], PUBLIC)


def in_path(model_id: str) -> str:
    return f"/{model_id.replace(':', '%3A')}/"


def changes(**values: Callable[[Any], Any]) -> Callable[..., None]:
    """A handler that changes attributes of the request."""

    def handler(request: Any, **_: Any) -> None:
        for name, change in values.items():
            setattr(request, name, change(getattr(request, name)))

    return handler


def heads(**headers: str | None) -> Callable[..., None]:
    """A handler that sets headers of the request, or takes them away."""

    def handler(request: Any, **_: Any) -> None:
        for name, value in headers.items():
            if name.replace("_", "-") in request.headers:
                del request.headers[name.replace("_", "-")]
            if value is not None:
                request.headers[name.replace("_", "-")] = value

    return handler


def to(member: str, **items: Any) -> Callable[..., None]:
    """A handler that updates a dict which it is shown."""
    return lambda **shown: shown[member].update(items)


def gives(value: Any) -> Callable[..., Any]:
    return lambda **_: value


def forgets(context: dict[str, Any], **_: Any) -> None:
    del context[CONTEXT_KEY]


def loses_its_call(request: Any, **_: Any) -> None:
    getattr(request, "context", {}).clear()  # prepared requests of older versions have none


def calls_it_unsigned(request: Any, **_: Any) -> None:
    for state in getattr(request, "context", {}).values():
        if isinstance(state, CallState):
            state.unsigned = True


def signs_again(request: Any, **_: Any) -> None:
    keys: Any = Credentials("AKIDOTHER", "other")
    SigV4Auth(keys, "bedrock", "eu-west-1").add_auth(request)


def other_body(_body: Any) -> bytes:
    return b'{"messages": [{"role": "user", "content": [{"text": "something else"}]}]}'


def forge(member: str) -> Callable[..., None]:
    def handler(**shown: Any) -> None:
        shown[member]["output"]["message"]["content"][0]["text"] = "forged"

    return handler


REFUSED_OR_SIGNED_AGAIN = (ANSWERED, OperationDenied)
"""Before the signer nothing of it stays; after it nothing of it passes."""
REQUEST: Rows = {
    "a public host": (changes(url=elsewhere), (TransportTampered,)),
    "plain HTTP": (changes(url=lambda u: u.replace("https", "http")), (TransportTampered,)),
    "a longer host": (
        changes(url=lambda u: u.replace("https://", "https://x.")),
        (TransportTampered,),
    ),
    "credentials in the URL": (
        changes(url=lambda u: u.replace("https://", f"https://{PUBLIC}@")),
        (TransportTampered,),
    ),
    "another model": (
        changes(url=lambda u: u.replace(in_path(MODEL), in_path(OTHER))),
        (ModelDenied,),
    ),
    "another operation": (
        changes(url=lambda u: u.replace("/converse", "/async-invoke")),
        (OperationDenied,),
    ),
    "a query": (changes(url=lambda u: f"{u}?X-Amz-Signature=1"), (OperationDenied,)),
    "another method": (changes(method=lambda _: "GET"), (OperationDenied,)),
    "another Host": (heads(Host="evil.example"), (EndpointDenied,)),
    "no signature": (heads(Authorization=None), REFUSED_OR_SIGNED_AGAIN),
    "a bearer token": (heads(Authorization="Bearer hush"), REFUSED_OR_SIGNED_AGAIN),
    "another coding": (heads(Content_Encoding="gzip"), (Denied,)),
    "another framing": (heads(Transfer_Encoding="chunked"), (Denied,)),
    # Before the signer it is missed; after it the transport holds the call itself.
    "no call": (loses_its_call, (ANSWERED, TransportTampered)),
    "an unsigned call": (calls_it_unsigned, (ANSWERED, OperationDenied)),
    "no event stream": (changes(stream_output=lambda value: not value), (ANSWERED,)),
}


@dataclass(frozen=True)
class Attack:
    """What a handler of an event does, and how the call may end."""

    event: str
    handler: Callable[..., Any]
    outcomes: tuple[Outcome, ...]


ROWS: dict[str, Rows] = {
    "provide-client-params": {
        "another model": (
            lambda params, **_: {**params, "modelId": OTHER},
            (ModelDenied,),
        ),
        "the global profile": (
            lambda params, **_: {**params, "modelId": f"global.{MODEL}"},
            (ModelDenied,),
        ),
        "a way up": (lambda params, **_: {**params, "modelId": ".."}, (OperationDenied,)),
        "a URL as model": (
            lambda params, **_: {**params, "modelId": f"https://{PUBLIC}/"},
            (ModelDenied,),
        ),
        "an answer": (gives(FORGED), (ParamValidationError,)),
        "no call": (forgets, (TransportTampered,)),
    },
    "before-parameter-build": {
        "another model": (to("params", modelId=OTHER), (ModelDenied,)),
        "another signer": (
            to("context", auth_type="none", signing={"region": "us-east-1"}),
            (ANSWERED,),
        ),
        "other settings": (
            to("context", client_region="us-east-1"),
            (ANSWERED,),
        ),
        "an answer": (gives(FORGED), (ANSWERED,)),
    },
    "before-endpoint-resolution": {
        "a public endpoint": (
            to("builtins", **{"SDK::Endpoint": f"https://{PUBLIC}"}),
            (ANSWERED,),
        ),
        "an answer": (gives((f"https://{PUBLIC}", {}, {})), (ANSWERED,)),
    },
    "before-call": {
        "a public host": (
            lambda params, **_: params.update(url=elsewhere(params["url"])),
            (TransportTampered,),
        ),
        "another model": (
            lambda params, **_: params.update(
                url=params["url"].replace(in_path(MODEL), in_path(OTHER))
            ),
            (ModelDenied,),
        ),
        "another path before the URL": (
            to("params", url_path=f"/model/{OTHER}/converse"),
            (ANSWERED,),
        ),
        "another body": (to("params", body=other_body(None)), (ANSWERED,)),
        "another Host": (
            lambda params, **_: params["headers"].update(Host="evil.example"),
            (EndpointDenied,),
        ),
        "a bearer token": (
            lambda params, **_: params["headers"].update(Authorization="Bearer hush"),
            (ANSWERED,),
        ),
        "another Region": (
            lambda request_signer, **_: setattr(request_signer, "_region_name", "us-east-1"),
            (RegionDenied,),
        ),
        "another signature version": (
            lambda request_signer, **_: setattr(request_signer, "_signature_version", UNSIGNED),
            (ANSWERED,),
        ),
        "no call": (lambda params, **_: params["context"].clear(), (TransportTampered,)),
        "an answer": (gives(answer_of(200)), (TransportTampered,)),
        "an error": (gives(answer_of(500)), (TransportTampered,)),
    },
    "request-created": {
        **REQUEST,
        "another body": (changes(data=other_body), (ANSWERED, ERROR)),
        "an answer": (gives(answer_of(200)), (ANSWERED,)),
    },
    "before-sign": {
        **REQUEST,
        "another body": (changes(data=other_body), (ANSWERED,)),
        "another Region": (
            lambda request_signer, **_: setattr(request_signer, "_region_name", "us-east-1"),
            (RegionDenied,),
        ),
        "an answer": (gives(answer_of(200)), (ANSWERED,)),
    },
    "choose-signer": {
        "a bearer token": (gives("bearer"), (ANSWERED,)),
        "no signature": (gives(UNSIGNED), (ANSWERED,)),
        "a query": (gives("v4-query"), (ANSWERED,)),
    },
    "before-send": {
        **REQUEST,
        "no call": (loses_its_call, (ANSWERED,)),
        "another body": (changes(body=other_body), (OperationDenied,)),
        "another body as long": (
            changes(body=lambda body: body.replace(b"hello", b"jello")),
            (ERROR,),
        ),
        "an answer": (gives(answer_of(200)[0]), (TransportTampered,)),
        "anything": (gives(b""), (TransportTampered,)),
    },
    "needs-retry": {
        "again": (gives(0), (ANSWERED,)),
        "again, elsewhere": (to("request_dict", url=f"https://{PUBLIC}/"), (ANSWERED,)),
    },
    "response-received": {
        "an answer": (gives(FORGED), (ANSWERED,)),
        "an edited answer": (forge("parsed_response"), (TransportTampered,)),
        "an added member": (to("parsed_response", extra=1), (TransportTampered,)),
        "no call": (lambda context, **_: context.clear(), (ANSWERED,)),
    },
    "after-call": {
        "an answer": (gives(FORGED), (ANSWERED,)),
        "an edited answer": (forge("parsed"), (TransportTampered,)),
        "no answer": (lambda parsed, **_: parsed.clear(), (TransportTampered,)),
        "another list": (
            lambda parsed, **_: parsed["output"]["message"].update(content=[]),
            (TransportTampered,),
        ),
        "an error": (
            lambda http_response, **_: setattr(http_response, "status_code", 500),
            (TransportTampered,),
        ),
    },
    "choose-service-name": {"another service": (gives("s3"), (ANSWERED,))},
    "creating-serializer": {"another serializer": (gives(SimpleNamespace()), (ANSWERED,))},
    "before-parse": {
        "an answer": (gives(FORGED), (ANSWERED,)),
        "another body": (to("response_dict", body=b"{}", status_code=500), (ANSWERED,)),
    },
    "after-call-error": {"an answer": (gives(FORGED), (ANSWERED,))},
    "getattr": {"an answer": (gives(gives(FORGED)), (ANSWERED,))},
}
ATTACKS = {
    f"{event}: {name}": Attack(event, *row)
    for event, rows in ROWS.items()
    for name, row in rows.items()
}
AFTERWARDS = {"response-received", "after-call"}
ORDERS = [
    (where, how) for where in ("session", "client") for how in ("register_first", "register_last")
]


@pytest.fixture(scope="module")
def session(server: LocalBedrock) -> Any:
    """One session for all: its emitter is copied into each client that it makes."""
    policy = server.policy
    return hardened_session(
        policy, routes=RouteFinder(policy), credentials=server.credentials, environ={}
    )


Made = Callable[[tuple[str, str], str, Callable[..., Any]], Any]


@pytest.fixture
def made(session: Any) -> Iterator[Made]:
    """Makes a client with a handler at a place in the order: on the session before, or on the client after.

    On the session it is for every service, which botocore runs after what is for one.
    """
    clients: list[Any] = []
    emitter = session.get_component("event_emitter")

    def make_with(order: tuple[str, str], event: str, handler: Callable[..., Any]) -> Any:
        where, how = order
        if where == "session":
            getattr(emitter, how)(event, handler)
        client = session.create_client(SERVICE)
        clients.append(client)
        if where == "session":
            emitter.unregister(event, handler)
        else:
            getattr(client.meta.events, how)(f"{event}.{SERVICE}", handler)
        return client

    yield make_with
    for client in clients:
        client.close()


def outcome_of(client: Any) -> Outcome:
    """How a call ends; an answer has to be the endpoint's own."""
    try:
        answer = client.converse(modelId=MODEL, messages=MESSAGES)
    except ClientError as error:
        metadata: dict[str, Any] = {**error.response["ResponseMetadata"]}
        return ERROR if "RequestId" in metadata else type(error)
    except Exception as error:
        return type(error)
    assert answer["output"]["message"]["content"][0]["text"].startswith("You said: ")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]
    return ANSWERED


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("name", ATTACKS)
def test_a_handler_moves_widens_and_answers_nothing(
    name: str, order: tuple[str, str], made: Made, bedrock: LocalBedrock
) -> None:
    attack = ATTACKS[name]
    with ConnectLog() as log:
        outcome = outcome_of(made(order, attack.event, attack.handler))

    if isinstance(outcome, str):
        assert outcome in attack.outcomes
    else:
        refusals = tuple(kind for kind in attack.outcomes if not isinstance(kind, str))
        assert issubclass(outcome, refusals), outcome
    spoken = isinstance(outcome, str) or attack.event in AFTERWARDS
    assert log.connects == ([("127.0.0.1", bedrock.port)] if spoken else [])
    assert log.lookups == []
    assert len(bedrock.requests) == int(spoken)
    for request in bedrock.requests:
        assert (request.operation, request.model_id) == ("Converse", MODEL)
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
        assert (request.refused is None) is (outcome != ERROR)


def becomes_forged(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    http_response.status_code = 200
    parsed.clear()
    parsed.update(FORGED)


ERROR_EDITS: dict[str, Callable[..., None]] = {
    "made an answer": lambda http_response, **_: setattr(http_response, "status_code", 200),
    "made an answer with content": becomes_forged,
    "made another error": lambda parsed, **_: parsed["Error"].update(Code="ThrottlingException"),
}


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("name", ERROR_EDITS)
def test_an_error_is_not_made_something_else(
    name: str, order: tuple[str, str], made: Made, bedrock: LocalBedrock
) -> None:
    client = made(order, "after-call", ERROR_EDITS[name])
    bedrock.fault(Fault.error("ValidationException", 400))
    assert outcome_of(client) is TransportTampered
    assert len(bedrock.requests) == 1


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_a_handler_of_failures_sees_them_and_answers_nothing(
    order: tuple[str, str], made: Made, bedrock: LocalBedrock
) -> None:
    seen: list[str] = []

    def handler(exception: Exception, **_: Any) -> Any:
        seen.append(type(exception).__name__)
        return answer_of(200)

    client = made(order, "after-call-error", handler)
    client.meta.events.register("before-send", changes(url=elsewhere))
    with ConnectLog() as log:
        assert outcome_of(client) is TransportTampered
    assert log.events == []
    assert seen == ["TransportTampered"]


def test_every_event_of_a_stock_client_is_in_the_table(
    bedrock: LocalBedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what botocore emits while a client is made and used, with its errors."""
    emitted: set[str] = set()
    genuine: Any = HierarchicalEmitter._emit  # type: ignore[attr-defined]

    def emit(self: Any, event_name: str, *more: Any, **named: Any) -> Any:
        emitted.add(event_name.partition(".")[0])
        return genuine(self, event_name, *more, **named)

    monkeypatch.setattr(HierarchicalEmitter, "_emit", emit)
    client: Any = botocore.session.Session().create_client(
        SERVICE,
        region_name=bedrock.region,
        endpoint_url=f"https://localhost:{bedrock.port}",
        verify=bedrock.ca_path,
        aws_access_key_id=bedrock.credentials.access_key,
        aws_secret_access_key=bedrock.credentials.secret_key,
        aws_session_token=bedrock.credentials.token,
    )
    assert outcome_of(client) == ANSWERED
    assert not hasattr(client, "missing")
    client.meta.events.register("before-send", changes(url=lambda _: "nonsense"))
    assert outcome_of(client) not in (ANSWERED, ERROR)
    client.close()

    tried = {attack.event for attack in ATTACKS.values()} | {"creating-client-class"}
    assert emitted - tried == set()
    # The first is not for an endpoint that is given, older versions lack the second.
    assert tried - emitted <= {"before-endpoint-resolution", "creating-serializer"}
