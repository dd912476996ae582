"""A local Bedrock, clients of both front ends under one policy, and one way to ask any of them."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest
from botocore.history import get_global_history_recorder

from secure_bedrock import Policy, SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.resilience import RetryEngine, RetrySettings
from secure_bedrock.testing import LocalAuthority, LocalBedrock
from tests.corpus import FIXTURE
from tests.promises.place import ENIS, PUBLIC, Call, Place, call_of

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"

Make = Callable[..., Any]
Ask = Callable[..., str]


@pytest.fixture(scope="session")
def server() -> Iterator[LocalBedrock]:
    with LocalBedrock(tls_names=("127.0.0.1",)) as running:
        yield running


@pytest.fixture
def bedrock(server: LocalBedrock, plain_surroundings: Path) -> LocalBedrock:
    server.clear()
    return server


@pytest.fixture
def events() -> list[InvocationEvent]:
    """What the clients' only sink was given."""
    return []


def no_wait(_seconds: float) -> None:
    """Stands for `time.sleep` between attempts."""


@pytest.fixture
def make(bedrock: LocalBedrock, events: list[InvocationEvent]) -> Iterator[Make]:
    """Makes typed clients that don't wait between attempts; `toml` is added to the policy, `root` before it.

    With `by_name` the policy names no address, so that the resolver is asked.
    """
    made: list[SecureBedrockClient] = []

    def maker(
        toml: str = "",
        *,
        root: str = "",
        by_name: bool = False,
        sleep: Callable[[float], None] = no_wait,
        **arguments: Any,
    ) -> SecureBedrockClient:
        text = root + bedrock.policy_toml() + toml
        if by_name:
            text = text.replace('addresses = ["127.0.0.1"]\n', "")
        policy = Policy.from_toml(text)
        arguments = {"credentials": bedrock.credentials, "sinks": [events.append], **arguments}
        client = SecureBedrockClient(policy, **arguments)
        retry = policy.retry
        settings = RetrySettings(max_attempts=retry.max_attempts, quota=retry.quota)
        client._parts.runner.engine = RetryEngine(settings, sleep=sleep)
        made.append(client)
        return client

    yield maker
    for client in made:
        client.close()


@pytest.fixture
def make_hardened(make: Make) -> Iterator[Make]:
    """Makes hardened botocore clients, as a typed client of the same policy gives them."""
    made: list[Any] = []

    def maker(toml: str = "", **arguments: Any) -> Any:
        made.append(make(toml, **arguments).client("bedrock-runtime"))
        return made[-1]

    yield maker
    for client in made:
        client.close()


@dataclass(frozen=True)
class Front:
    """A front end by its name, and what makes clients of it."""

    name: str
    make: Make


@pytest.fixture(params=["typed", "hardened"])
def front(request: pytest.FixtureRequest, make: Make, make_hardened: Make) -> Front:
    """Each front end in turn."""
    return Front(request.param, make if request.param == "typed" else make_hardened)


@pytest.fixture(scope="session")
def corpus_server(authority: LocalAuthority) -> Iterator[LocalBedrock]:
    """A server of the corpus's Region under the corpus's endpoint name; `Place` clears it."""
    host = FIXTURE["dns_names"][0]
    with LocalBedrock(region=FIXTURE["region"], host=host, authority=authority) as running:
        yield running


@pytest.fixture
def place(corpus_server: LocalBedrock) -> Place:
    """The server behind the corpus's addresses, and behind a public one that is not approved."""
    return Place(corpus_server, *ENIS, PUBLIC)


@pytest.fixture
def hardened(place: Place, hardened_over: Make) -> Any:
    """A hardened client over the place."""
    return hardened_over(
        place.route, place.policy, resolver=place.resolver, connector=place.connector
    )


@pytest.fixture(params=["typed", "hardened"])
def front_name(request: pytest.FixtureRequest) -> str:
    """Each front end's name in turn."""
    name: str = request.param
    return name


@pytest.fixture
def client_over(front_name: str, typed_over: Make, hardened_over: Make) -> Make:
    """Makes clients of the front end over a place."""

    def make(place: Place, **arguments: Any) -> Any:
        maker = typed_over if front_name == "typed" else hardened_over
        network = {"resolver": place.resolver, "connector": place.connector}
        return maker(place.route, place.policy, **network, **arguments)

    return make


@pytest.fixture
def opened(front_name: str, client_over: Make) -> Callable[[Place], Call]:
    """Opens a client of the front end over a place and gives its call."""
    return lambda place: call_of(front_name, client_over(place))


@pytest.fixture(scope="session")
def stock_session() -> boto3.Session:
    return boto3.Session()


@pytest.fixture
def make_stock(bedrock: LocalBedrock, stock_session: boto3.Session) -> Iterator[Make]:
    """Makes unhardened boto3 clients of the same server, one attempt a call, for comparison."""
    made: list[Any] = []
    keys = bedrock.credentials

    def maker(**config: Any) -> Any:
        chosen = {"retries": {"total_max_attempts": 1}, "connect_timeout": 5, **config}
        client = stock_session.client(
            "bedrock-runtime",
            region_name=bedrock.region,
            endpoint_url=bedrock.loopback_url,
            verify=bedrock.ca_path,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token,
            config=botocore.config.Config(**chosen),
        )
        made.append(client)
        return client

    yield maker
    for client in made:
        client.close()


def native(prompt: str) -> dict[str, Any]:
    """The prompt as InvokeModel's body for an Anthropic model."""
    messages = [{"role": "user", "content": prompt}]
    return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "messages": messages}


def native_text(pieces: Iterable[bytes]) -> str:
    """The text of a native answer or of its chunks; "" unless it is whole JSON with a proper end."""
    said, ended = "", False
    try:
        for piece in pieces:
            document = json.loads(piece)
            said += document.get("delta", {}).get("text", "")
            said += "".join(block["text"] for block in document.get("content", ()))
            ended = ended or document["type"] in ("message", "message_stop")
    except ValueError:
        return ""
    return said if ended else ""


def ask_typed(client: SecureBedrockClient, operation: str, prompt: str) -> str:
    match operation:
        case "Converse":
            return client.converse(MODEL, prompt).text
        case "ConverseStream":
            with client.converse_stream(MODEL, prompt) as stream:
                return "".join(stream.text_stream)
        case "InvokeModel":
            return native_text([client.invoke_model(MODEL, native(prompt)).body])
        case _:
            with client.invoke_model_stream(MODEL, native(prompt)) as chunks:
                return native_text(list(chunks))


def ask_boto3(client: Any, operation: str, prompt: str) -> str:
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    match operation:
        case "Converse":
            answer = client.converse(modelId=MODEL, messages=messages)
            message = answer.get("output", {}).get("message", {})
            return "".join(block.get("text", "") for block in message.get("content", ()))
        case "ConverseStream":
            answer = client.converse_stream(modelId=MODEL, messages=messages)
            with closing(answer["stream"]) as stream:
                seen = list(stream)
            deltas = [event.get("contentBlockDelta", {}).get("delta", {}) for event in seen]
            whole = any("messageStop" in event for event in seen)
            return "".join(delta.get("text", "") for delta in deltas) if whole else ""
        case "InvokeModel":
            body = json.dumps(native(prompt))
            return native_text([client.invoke_model(modelId=MODEL, body=body)["body"].read()])
        case _:
            body = json.dumps(native(prompt))
            answer = client.invoke_model_with_response_stream(modelId=MODEL, body=body)
            with closing(answer["body"]) as stream:
                return native_text([e["chunk"]["bytes"] for e in stream if "chunk" in e])


@pytest.fixture
def ask() -> Ask:
    """Asks any client by the operation's name and gives the answer's whole text, "" where it is not whole."""

    def asker(client: Any, operation: str, prompt: str = "Hello there") -> str:
        if isinstance(client, SecureBedrockClient):
            return ask_typed(client, operation, prompt)
        return ask_boto3(client, operation, prompt)

    return asker


class Canaries:
    """Texts that must not turn up, and what finds them; none is fit for an identifier or an error code."""

    window = 8
    prompt = "Zq7k Vx!Jw3 Pm?Rt9 LdYc"
    system = "Qw8n Bz!Kx2 Tv?Gs5 HjWp"
    tool_input = "Xr4m Fj!Zp9 Nc?Wk7 DbQv"
    tool_result = "Jy6t Qg!Vd5 Rz?Bn3 KxMf"
    completion = "Wk2p Hn!Cx8 Gt?Zq6 VmRj"
    access_key = "XQZKCANARYKEYVJ83920WX"
    secret_key = "zX9+wQ7/kJ4vCanarySecretpL2mN8"
    token = "tK5/hY3+rW8zCanaryTokenqB6vD1"

    def __init__(self) -> None:
        self.all = {name: text for name, text in vars(Canaries).items() if isinstance(text, str)}
        del self.all["__module__"], self.all["__doc__"]
        self._windows: dict[str, str] = {}
        for name, text in self.all.items():
            coded = (b64encode(b"." * n + text.encode())[4:-4].decode() for n in range(3))
            for form in (text, *coded):
                for at in range(len(form) - self.window + 1):
                    self._windows[form[at : at + self.window]] = name

    @property
    def together(self) -> str:
        """All of them in one text, as an answer might repeat them."""
        return " ".join(self.all.values())

    def found_in(self, *texts: str) -> set[str]:
        """The names of those of which eight characters in a row, plain or in base64, stand in a text."""
        whole = "\0".join(texts)
        return {name for window, name in self._windows.items() if window in whole}


@pytest.fixture(scope="session")
def canaries() -> Canaries:
    return Canaries()


class History:
    """Keeps what botocore's history recorder is given."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def emit(self, event_type: str, payload: Any, source: str) -> None:
        self.seen.append(f"{event_type} {payload!r} {source}")


@pytest.fixture
def history() -> Iterator[History]:
    recorder: Any = get_global_history_recorder()
    kept = History()
    recorder.add_handler(kept)
    recorder.enable()
    yield kept
    recorder.disable()
    recorder._handlers.remove(kept)
