"""P15: under moto, vcrpy, botocore's Stubber and patched calls, ours asks the endpoint or refuses; stock boto3 is fooled."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS
from botocore.stub import Stubber

from secure_bedrock import Policy, SecureBedrockClient, SecureSession, create_client
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import TransportTampered
from secure_bedrock.testing import ConnectLog, LocalBedrock

vcr = pytest.importorskip("vcr", reason="not in the environments of other botocores")

SERVICE = "bedrock-runtime"
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello there"}]}]
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel")
FORGED: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": [{"text": "forged"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    "metrics": {"latencyMs": 1},
}
# Names that moto answers for; nothing is ever there.
PRIVATE_DNS = f"""
region = "eu-west-1"
models = ["{MODEL}"]
[network]
cidrs = ["10.20.0.0/16"]
[operations]
allow = ["Converse", "sts:GetCallerIdentity"]
[network.endpoints.bedrock-runtime]
host = "bedrock-runtime.eu-west-1.amazonaws.com"
addresses = ["10.20.1.10"]
[network.endpoints.sts]
host = "sts.eu-west-1.amazonaws.com"
addresses = ["10.20.1.11"]
"""


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """moto's switch; importing it puts a handler under every client of botocore's, which is taken away again."""
    import moto.core.models

    yield moto.mock_aws
    put_in = ("before-send", moto.core.models.botocore_stubber)
    if put_in in BUILTIN_HANDLERS:
        BUILTIN_HANDLERS.remove(put_in)


Make = Callable[[LocalBedrock], Any]
CLIENTS: dict[str, Make] = {
    "create_client": lambda b: create_client(SERVICE, b.policy, credentials=b.credentials),
    "SecureSession": lambda b: SecureSession(b.policy, credentials=b.credentials).client(SERVICE),
    "SecureBedrockClient": lambda b: SecureBedrockClient(b.policy, credentials=b.credentials),
}


@pytest.mark.parametrize("when", ["before", "inside"])
@pytest.mark.parametrize("name", CLIENTS)
def test_under_moto_the_endpoint_answers(
    name: str, when: str, moto: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    made = CLIENTS[name](bedrock) if when == "before" else None
    with moto(), ConnectLog() as log:
        client = made or CLIENTS[name](bedrock)
        for operation in OPERATIONS:
            assert ask(client, operation) == "You said: Hello there"
    client.close()
    assert set(log.connects) == {("127.0.0.1", bedrock.port)}
    assert len(bedrock.requests) == len(OPERATIONS)


CALLS: dict[str, tuple[Callable[[Any], Any], type[Exception]]] = {
    "sts": (lambda client: client.get_caller_identity(), TransportTampered),
    # moto knows the name, not the operation, and says so in its own way.
    SERVICE: (
        lambda client: client.converse(modelId=MODEL, messages=MESSAGES),
        NotImplementedError,
    ),
}


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("when", ["before", "inside"])
def test_what_moto_answers_for_a_private_name_is_refused(
    service: str, when: str, moto: Any, bedrock: LocalBedrock
) -> None:
    policy = Policy.from_toml(PRIVATE_DNS)
    call, refused = CALLS[service]

    def make() -> Any:
        return create_client(service, policy, credentials=bedrock.credentials)

    made = make() if when == "before" else None
    with moto(), ConnectLog() as log:
        client = made or make()
        with pytest.raises(refused):
            call(client)
    assert log.events == []


def test_a_stock_client_takes_motos_answer(moto: Any, plain_surroundings: Path) -> None:
    """The control: the mock is alive, and answers without a socket."""
    with moto(), ConnectLog() as log:
        client = boto3.Session().client("sts", region_name="eu-west-1")
        assert client.get_caller_identity()["Account"] == "123456789012"
    client.close()
    assert log.connects == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_stock_client_takes_what_vcrpy_plays(
    operation: str, make_stock: Any, bedrock: LocalBedrock, ask: Any, tmp_path: Path
) -> None:
    """The control: a cassette is recorded, and played to a client while the server hears nothing."""
    tape = str(tmp_path / "tape.yaml")
    with vcr.use_cassette(tape):
        assert ask(make_stock(), operation) == "You said: Hello there"
    bedrock.clear()
    with vcr.use_cassette(tape, record_mode="none"):
        assert ask(make_stock(), operation) == "You said: Hello there"
    assert bedrock.requests == []


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", ["none", "once", "all"])
def test_a_cassette_of_vcrpys_is_neither_played_nor_written(
    mode: str, operation: str, make_hardened: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    tape = Path(bedrock.ca_path).with_name(f"tape-{mode}.yaml")
    with vcr.use_cassette(str(tape), record_mode=mode) as cassette, ConnectLog() as log:
        assert ask(make_hardened(), operation) == "You said: Hello there"
    assert log.connects == [("127.0.0.1", bedrock.port)]
    assert len(bedrock.requests) == 1
    assert len(cassette) == 0
    assert not tape.exists()


def stub_answer(stubber: Stubber) -> None:
    stubber.add_response("converse", FORGED)


def stub_error(stubber: Stubber) -> None:
    stubber.add_client_error("converse", "ThrottlingException", http_status_code=429)


@pytest.mark.parametrize("stub", [stub_answer, stub_error])
def test_what_botocores_stubber_answers_is_refused(
    stub: Callable[[Stubber], None],
    make_hardened: Any,
    bedrock: LocalBedrock,
    events: list[InvocationEvent],
) -> None:
    client = make_hardened()
    with Stubber(client) as stubber, ConnectLog() as log:
        stub(stubber)
        with pytest.raises(TransportTampered):
            client.converse(modelId=MODEL, messages=MESSAGES)
    assert log.events == []
    assert bedrock.requests == []
    assert [event.outcome for event in events] == ["refused"]

    assert client.converse(modelId=MODEL, messages=MESSAGES)["stopReason"] == "end_turn"


def forged_error() -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "forged"}}, "Converse")


PATCHES: dict[str, dict[str, Any]] = {
    "an answer": {"return_value": FORGED},
    "an error": {"side_effect": forged_error()},
    "nothing": {"return_value": None},
}


@pytest.mark.parametrize("name", PATCHES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_a_patch_of_botocores_call_answers_is_refused(
    operation: str, name: str, make_hardened: Any, bedrock: LocalBedrock, ask: Any
) -> None:
    client = make_hardened()
    patch = mock.patch("botocore.client.BaseClient._make_api_call", **PATCHES[name])
    with patch, ConnectLog() as log, pytest.raises(TransportTampered):
        ask(client, operation)
    assert log.events == []
    assert bedrock.requests == []


def test_an_error_in_place_of_an_answer_is_refused(
    make_hardened: Any, bedrock: LocalBedrock
) -> None:
    """The endpoint was asked, and what it said is kept back."""
    client = make_hardened()
    genuine: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def exchanged(self: Any, *call: Any) -> Any:
        genuine(self, *call)
        raise forged_error()

    with mock.patch.object(BaseClient, "_make_api_call", exchanged):
        with pytest.raises(TransportTampered):
            client.converse(modelId=MODEL, messages=MESSAGES)
    assert len(bedrock.requests) == 1
