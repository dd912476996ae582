"""P05: a value that says one thing when it is compared and another when it is written gets no model through."""

import enum
from collections.abc import Iterator
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import Denied, EndpointDenied, ModelDenied, TransportTampered
from secure_bedrock.policy import Policy
from secure_bedrock.testing import LocalBedrock

LISTED = "anthropic.claude-3-haiku-20240307-v1:0"
ALSO_LISTED = "amazon.nova-lite-v1:0"
UNLISTED = "anthropic.claude-opus-4-1-20250805-v1:0"
SMUGGLED = f"POST /model/{UNLISTED.replace(':', '%3A')}/converse HTTP/1.1\r\nHost: x\r\nX: y"
MESSAGES = [{"role": "user", "content": [{"text": "x"}]}]


@pytest.fixture
def bedrock() -> Iterator[LocalBedrock]:
    with LocalBedrock(models=None) as running:
        yield running


@pytest.fixture
def events() -> list[InvocationEvent]:
    return []


@pytest.fixture
def client(
    bedrock: LocalBedrock, events: list[InvocationEvent], plain_surroundings: Any
) -> Iterator[SecureBedrockClient]:
    policy = Policy.from_toml(bedrock.policy_toml([LISTED, ALSO_LISTED]))
    made = SecureBedrockClient(policy, credentials=bedrock.credentials, sinks=[events.append])
    with made:
        yield made


class SaysTwoThings(str):
    """Equal to what it was made of, and written as a second request."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return f"application/json\r\nContent-Length: 0\r\n\r\n{SMUGGLED}"


class MethodOfItsOwn(str):
    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return SMUGGLED


class BodyThatRewritesTheHead(bytes):
    def __radd__(self, head: bytes) -> bytes:
        return head.replace(LISTED.replace(":", "%3A").encode(), b"other") + bytes(self)


class FileLike:
    """Gives its one piece once, from wherever it is read."""

    def __init__(self) -> None:
        self.at = 0

    def read(self, *_: int) -> bytes:
        if self.at:
            return b""
        self.at = 1
        return BodyThatRewritesTheHead(b"{}")

    def seek(self, _position: int = 0, whence: int = 0) -> int:
        self.at = 1 if whence == 2 else 0
        return self.tell()

    def tell(self) -> int:
        return 2 * self.at


class EqualToEverything(str):
    """Poisons a cache that is kept under it."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(ALSO_LISTED)

    def __eq__(self, other: object) -> bool:
        return True


class ContentType(str, enum.Enum):  # noqa: UP042 - StrEnum formats as its value, this one does not
    JSON = "application/json"


def targets(bedrock: LocalBedrock) -> list[str]:
    return [request.path for request in bedrock.requests]


def paths(*models: str, verb: str = "converse") -> list[str]:
    return [f"/model/{model.replace(':', '%3A')}/{verb}" for model in models]


def test_a_header_value_with_two_faces_is_sent_as_its_text(
    client: SecureBedrockClient, bedrock: LocalBedrock
) -> None:
    client.invoke_model(LISTED, b'{"prompt": "x"}', content_type=SaysTwoThings("application/json"))

    assert targets(bedrock) == paths(LISTED, verb="invoke")
    assert bedrock.requests[0].headers["content-type"] == "application/json"


def test_an_enum_s_member_is_sent_as_its_value(
    client: SecureBedrockClient, bedrock: LocalBedrock
) -> None:
    client.invoke_model(LISTED, b'{"prompt": "x"}', content_type=ContentType.JSON)

    assert bedrock.requests[0].headers["content-type"] == "application/json"


def test_a_handler_s_method_with_two_faces_is_refused(
    client: SecureBedrockClient, bedrock: LocalBedrock
) -> None:
    hardened = client.client("bedrock-runtime")

    def rewrite(request: Any, **_: Any) -> None:
        request.method = MethodOfItsOwn("POST")

    hardened.meta.events.register("before-send.*.*", rewrite)
    with pytest.raises(TransportTampered) as caught:
        hardened.converse(modelId=LISTED, messages=MESSAGES)

    assert caught.value.rule == "not-plain"
    assert targets(bedrock) == []


def test_a_file_whose_bytes_rewrite_the_head_is_refused(
    client: SecureBedrockClient, bedrock: LocalBedrock
) -> None:
    hardened = client.client("bedrock-runtime")

    with pytest.raises(Denied):
        hardened.invoke_model(modelId=LISTED, body=FileLike())

    assert targets(bedrock) == []


def test_a_model_id_that_equals_everything_poisons_no_later_call(
    client: SecureBedrockClient, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    try:
        client.converse(EqualToEverything(LISTED), "x")
    except ModelDenied:
        sent: list[str] = []
    else:
        sent = [LISTED]
    client.converse(ALSO_LISTED, "y")

    assert targets(bedrock) == paths(*sent, ALSO_LISTED)
    assert events[-1].model_id == ALSO_LISTED


@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_the_event_names_the_model_that_was_sent(
    operation: str,
    client: SecureBedrockClient,
    bedrock: LocalBedrock,
    events: list[InvocationEvent],
) -> None:
    hardened = client.client("bedrock-runtime")

    def rewrite(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "modelId": ALSO_LISTED}

    hardened.meta.events.register("provide-client-params.*.*", rewrite)
    answer = getattr(hardened, operation)(modelId=LISTED, messages=MESSAGES)
    list(answer.get("stream", []))

    assert [request.model_id for request in bedrock.requests] == [ALSO_LISTED]
    assert [event.model_id for event in events] == [ALSO_LISTED]


def test_the_event_of_a_model_that_a_handler_put_in_does_not_blame_the_listed_one(
    client: SecureBedrockClient, bedrock: LocalBedrock, events: list[InvocationEvent]
) -> None:
    hardened = client.client("bedrock-runtime")

    def rewrite(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "modelId": UNLISTED}

    hardened.meta.events.register("provide-client-params.*.*", rewrite)
    with pytest.raises(ModelDenied):
        hardened.converse(modelId=LISTED, messages=MESSAGES)

    assert targets(bedrock) == []
    assert [(event.outcome, event.model_id) for event in events] == [("refused", None)]


@pytest.mark.parametrize("version", ["../../../tmp/foreign", "2023-09-30/../x", "", 20230930])
def test_an_api_version_leads_to_no_model_outside_botocore(
    version: object, client: SecureBedrockClient
) -> None:
    with pytest.raises(EndpointDenied) as caught:
        client.client("bedrock-runtime", api_version=version)

    assert caught.value.rule == "api-version"


def test_botocore_s_own_api_version_is_fine(
    client: SecureBedrockClient, bedrock: LocalBedrock
) -> None:
    hardened = client.client("bedrock-runtime", api_version="2023-09-30")

    assert hardened.converse(modelId=LISTED, messages=MESSAGES)["stopReason"] == "end_turn"
