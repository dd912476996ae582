"""A stock boto3 client is content with every operation, error and stream of the local Bedrock."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from secure_bedrock.testing import Answer, LocalBedrock
from secure_bedrock.testing.service_model import load_service_model
from secure_bedrock.testing.shape_check import problems_of

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
HELLO = [{"role": "user", "content": [{"text": "Hello there"}]}]
TOOL = {
    "toolSpec": {
        "name": "look_up",
        "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
}


@pytest.fixture
def client(bedrock: LocalBedrock, stock: Callable[..., Any]) -> Any:
    return stock(bedrock)


def folded(stream: Any) -> dict[str, Any]:
    """A stream's events put together into what Converse would have said."""
    blocks: dict[int, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    for event in stream:
        ((kind, payload),) = event.items()
        if kind == "contentBlockStart":
            blocks[payload["contentBlockIndex"]] = {
                "toolUse": {**payload["start"]["toolUse"], "input": ""}
            }
        elif kind == "contentBlockDelta":
            _add_delta(blocks.setdefault(payload["contentBlockIndex"], {}), payload["delta"])
        elif kind == "messageStop":
            answer["stopReason"] = payload["stopReason"]
        elif kind == "metadata":
            answer |= {"usage": payload["usage"], "metrics": payload["metrics"]}
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    content = [blocks[index] for index in sorted(blocks)]
    return {**answer, "output": {"message": {"role": "assistant", "content": content}}}


def _add_delta(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    elif "reasoningContent" in delta:
        said = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
        for key, value in delta["reasoningContent"].items():
            said[key] = said.get(key, "") + value
    else:
        block["text"] = block.get("text", "") + delta["text"]


def test_converse_gives_text_a_stop_reason_and_usage(client: Any) -> None:
    answer = client.converse(modelId=HAIKU, messages=HELLO)

    assert answer["output"]["message"] == {
        "role": "assistant",
        "content": [{"text": "You said: Hello there"}],
    }
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["totalTokens"] == (
        answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]
    )


def test_a_stream_folds_to_what_converse_says(client: Any, bedrock: LocalBedrock) -> None:
    turns = {
        "default text": None,
        "forced tool": Answer.tool_use("look_up", {"city": "Zürich", "days": [1, 2]}),
        "reasoning, then text": Answer.message(
            {
                "content": [
                    {
                        "reasoningContent": {
                            "reasoningText": {"text": "Well then", "signature": "x"}
                        }
                    },
                    {"text": "A reply of more than three words"},
                ]
            }
        ),
        "no text at all": Answer.text(""),
    }
    for name, answer in turns.items():
        bedrock.script(*([answer, answer] if answer else []))

        said = client.converse(modelId=HAIKU, messages=HELLO)
        told = folded(client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"])

        del said["ResponseMetadata"]
        assert told == said, name


def test_a_default_stream_has_several_deltas(client: Any) -> None:
    events = list(client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"])

    assert sum("contentBlockDelta" in event for event in events) > 1


@pytest.mark.parametrize(
    ("model_id", "request_body", "text_at"),
    [
        (HAIKU, {"messages": [{"role": "user", "content": "Hi"}]}, "content"),
        ("amazon.nova-lite-v1:0", {"messages": [{"role": "user", "content": []}]}, "output"),
        ("amazon.titan-text-lite-v1", {"inputText": "Hi"}, "results"),
        ("meta.llama3-8b-instruct-v1:0", {"prompt": "Hi"}, "generation"),
        ("mistral.mistral-7b-instruct-v0:2", {"prompt": "Hi"}, "outputs"),
        ("mistral.mistral-large-2407-v1:0", {"messages": []}, "choices"),
        ("openai.gpt-oss-20b-1:0", {"messages": [], "tool_choice": "auto"}, "choices"),
        ("cohere.embed-english-v3", {"texts": ["a", "b"]}, "embeddings"),
        ("amazon.titan-embed-text-v2:0", {"inputText": "Hi"}, "embedding"),
    ],
)
def test_invoke_model_speaks_the_dialect_of_the_family(
    stock: Callable[..., Any], model_id: str, request_body: Any, text_at: str
) -> None:
    with LocalBedrock(models=None, tls_names=("127.0.0.1",)) as any_model:
        answer = stock(any_model).invoke_model(modelId=model_id, body=json.dumps(request_body))

    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert text_at in json.loads(answer["body"].read())
    assert answer["contentType"] == "application/json"
    assert int(headers["x-amzn-bedrock-input-token-count"]) >= 1
    assert int(headers["x-amzn-bedrock-output-token-count"]) >= 1


@pytest.mark.parametrize(
    ("model_id", "part"),
    [
        (HAIKU, lambda chunk: chunk.get("delta", {}).get("text", "")),
        (
            "amazon.nova-lite-v1:0",
            lambda chunk: chunk.get("contentBlockDelta", {}).get("delta", {}).get("text", ""),
        ),
        ("amazon.titan-text-lite-v1", lambda chunk: chunk["outputText"]),
        ("meta.llama3-8b-instruct-v1:0", lambda chunk: chunk["generation"]),
        ("qwen.qwen3-32b-v1:0", lambda chunk: chunk["choices"][0]["delta"]["content"]),
    ],
)
def test_the_native_stream_tells_the_text_and_ends_with_metrics(
    stock: Callable[..., Any], model_id: str, part: Callable[[Any], str]
) -> None:
    with LocalBedrock(models=None, tls_names=("127.0.0.1",)) as any_model:
        any_model.script(Answer.text("One two three four five"))
        answer = stock(any_model).invoke_model_with_response_stream(modelId=model_id, body=b"{}")
        chunks = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]

    assert answer["contentType"] == "application/json"
    assert "".join(part(chunk) for chunk in chunks) == "One two three four five"
    assert chunks[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == 6


def test_a_native_tool_use_is_told_in_the_dialect_too(client: Any, bedrock: LocalBedrock) -> None:
    bedrock.script(*[Answer.tool_use("look_up", {"city": "Bern"})] * 2)
    answer = json.loads(client.invoke_model(modelId=HAIKU, body=b"{}")["body"].read())
    stream = client.invoke_model_with_response_stream(modelId=HAIKU, body=b"{}")["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in stream]

    told = "".join(chunk.get("delta", {}).get("partial_json", "") for chunk in chunks)
    assert answer["content"][0]["input"] == json.loads(told) == {"city": "Bern"}
    assert answer["stop_reason"] == "tool_use"


def test_count_tokens_gives_the_number_that_converse_reports(client: Any) -> None:
    system = [{"text": "Be brief."}]
    counted = client.count_tokens(
        modelId=HAIKU, input={"converse": {"messages": HELLO, "system": system}}
    )
    said = client.converse(
        modelId=HAIKU, messages=HELLO, system=system, inferenceConfig={"temperature": 0.5}
    )

    assert counted["inputTokens"] == said["usage"]["inputTokens"]


def test_count_tokens_gives_the_number_that_invoke_model_reports(client: Any) -> None:
    body = json.dumps({"messages": HELLO, "max_tokens": 10}).encode()
    counted = client.count_tokens(modelId=HAIKU, input={"invokeModel": {"body": body}})
    headers = client.invoke_model(modelId=HAIKU, body=body)["ResponseMetadata"]["HTTPHeaders"]

    assert counted["inputTokens"] == int(headers["x-amzn-bedrock-input-token-count"])


def test_a_guardrail_passes_text_unless_an_answer_is_scripted(
    client: Any, bedrock: LocalBedrock
) -> None:
    asked = {
        "guardrailIdentifier": "abc123def456",
        "guardrailVersion": "1",
        "source": "INPUT",
        "content": [{"text": {"text": "x" * 1500}}],
    }
    passed = client.apply_guardrail(**asked)
    bedrock.script_for("ApplyGuardrail", Answer.text("Not about that."))
    stopped = client.apply_guardrail(**asked)

    assert (passed["action"], passed["outputs"]) == ("NONE", [])
    assert passed["usage"]["wordPolicyUnits"] == 2
    assert stopped["action"] == "GUARDRAIL_INTERVENED"
    assert stopped["outputs"] == [{"text": "Not about that."}]


def test_default_answers_fit_the_output_shapes(client: Any, bedrock: LocalBedrock) -> None:
    shapes = load_service_model("bedrock-runtime").shapes
    said = client.converse(
        modelId=HAIKU,
        messages=HELLO,
        toolConfig={"tools": [TOOL], "toolChoice": {"tool": {"name": "look_up"}}},
    )
    guarded = client.apply_guardrail(
        guardrailIdentifier="abc", guardrailVersion="1", source="OUTPUT", content=[]
    )

    for name, answer in {"ConverseResponse": said, "ApplyGuardrailResponse": guarded}.items():
        del answer["ResponseMetadata"]
        assert list(problems_of(shapes, name, answer, "")) == []
    assert said["output"]["message"]["content"][0]["toolUse"]["input"] == {"city": "example"}
    assert len(bedrock.requests) == 2


def test_binary_content_passes_the_checks(client: Any, bedrock: LocalBedrock) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n"}}}
    client.converse(modelId=HAIKU, messages=[{"role": "user", "content": [image]}])

    sent = bedrock.requests[0].json["messages"][0]["content"][0]["image"]["source"]["bytes"]
    assert base64.b64decode(sent) == b"\x89PNG\r\n"


def test_scripted_answers_come_in_order_and_the_named_ones_first(
    client: Any, bedrock: LocalBedrock
) -> None:
    bedrock.script(Answer.text("any 1"), Answer.text("any 2"))
    bedrock.script_for("Converse", Answer.text("named"))

    texts = [
        client.converse(modelId=HAIKU, messages=HELLO)["output"]["message"]["content"][0]["text"]
        for _ in range(4)
    ]

    assert texts == ["named", "any 1", "any 2", "You said: Hello there"]


def test_a_script_may_look_at_the_request(client: Any, bedrock: LocalBedrock) -> None:
    bedrock.script(lambda request: Answer.text(f"{request.operation} of {request.model_id}"))
    answer = client.converse(modelId=HAIKU, messages=HELLO)

    assert answer["output"]["message"]["content"][0]["text"] == f"Converse of {HAIKU}"


def test_an_operation_that_is_not_served_can_not_be_scripted(bedrock: LocalBedrock) -> None:
    with pytest.raises(ValueError, match="StartAsyncInvoke is not served"):
        bedrock.script_for("StartAsyncInvoke", Answer.text("x"))


def test_a_scripted_error_has_its_modelled_status_and_members(
    client: Any, bedrock: LocalBedrock
) -> None:
    bedrock.script(Answer.error("ModelErrorException", message="why", originalStatusCode=500))
    with pytest.raises(client.exceptions.ModelErrorException) as caught:
        client.converse(modelId=HAIKU, messages=HELLO)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert caught.value.response["originalStatusCode"] == 500
    assert caught.value.response["Error"]["Message"] == "why"


def test_a_scripted_error_may_have_another_status_and_headers(
    client: Any, bedrock: LocalBedrock
) -> None:
    bedrock.script(Answer.error("Odd", 418, headers=(("Retry-After", "7"),)))
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        client.converse(modelId=HAIKU, messages=HELLO)

    metadata = caught.value.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["retry-after"]) == (418, "7")


def test_an_unknown_error_without_a_status_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="give its status"):
        Answer.error("Odd")


def test_answers_may_be_json_events_chunks_or_raw(client: Any, bedrock: LocalBedrock) -> None:
    bedrock.script(
        Answer.json({"stopReason": "end_turn"}),
        Answer.raw(200, (("X-Mine", "1"),), b'{"stopReason":"raw"}'),
        Answer.events([("messageStart", {"role": "assistant"})]),
        Answer.chunks([{"mine": 1}]),
    )

    assert client.converse(modelId=HAIKU, messages=HELLO)["stopReason"] == "end_turn"
    raw = client.converse(modelId=HAIKU, messages=HELLO)
    assert (raw["stopReason"], raw["ResponseMetadata"]["HTTPHeaders"]["x-mine"]) == ("raw", "1")
    events = client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"]
    assert list(events) == [{"messageStart": {"role": "assistant"}}]
    chunks = client.invoke_model_with_response_stream(modelId=HAIKU, body=b"{}")["body"]
    assert [json.loads(event["chunk"]["bytes"]) for event in chunks] == [{"mine": 1}]


def test_a_block_that_can_not_be_streamed_is_a_mistake_of_the_test(
    client: Any, bedrock: LocalBedrock
) -> None:
    odd = Answer.message({"content": [{"video": {}}]})
    with pytest.raises(ValueError, match="give events"):
        odd.build(_call(bedrock, client))


def _call(bedrock: LocalBedrock, client: Any) -> Any:
    from secure_bedrock.testing.turn import Call

    client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"].close()
    request = bedrock.requests[-1]
    return Call(request, request.json)


def test_redacted_reasoning_streams_as_it_is(client: Any, bedrock: LocalBedrock) -> None:
    hidden = {"reasoningContent": {"redactedContent": base64.b64encode(b"secret").decode()}}
    bedrock.script(Answer.message({"content": [hidden]}))
    events = list(client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"])

    assert events[1]["contentBlockDelta"]["delta"] == {
        "reasoningContent": {"redactedContent": b"secret"}
    }


def test_a_paced_stream_arrives_piece_by_piece(client: Any, bedrock: LocalBedrock) -> None:
    bedrock.script(Answer.text("one two three four five six seven", pace_s=0.05))
    stream = iter(client.converse_stream(modelId=HAIKU, messages=HELLO)["stream"])

    next(stream)
    first = time.monotonic()
    rest = list(stream)

    assert time.monotonic() - first > 0.1
    assert len(rest) > 4


def test_one_connection_carries_many_requests_and_each_is_recorded(
    client: Any, bedrock: LocalBedrock
) -> None:
    for _ in range(3):
        answer = client.converse(modelId=HAIKU, messages=HELLO)
    requests = bedrock.requests

    assert bedrock.connections == 1
    assert [request.connection for request in requests] == [1, 1, 1]
    last = requests[-1]
    assert (last.operation, last.model_id, last.method) == ("Converse", HAIKU, "POST")
    assert last.path == f"/model/{HAIKU.replace(':', '%3A')}/converse"
    assert last.headers["content-type"] == "application/json"
    assert last.json == json.loads(last.body) == {"messages": HELLO}
    assert last.peer[0] == "127.0.0.1"
    assert last.request_id == answer["ResponseMetadata"]["RequestId"]


def test_a_record_shows_neither_content_nor_credentials(client: Any, bedrock: LocalBedrock) -> None:
    client.converse(modelId=HAIKU, messages=HELLO)
    shown = repr(bedrock.requests[0]) + repr(bedrock.credentials)

    assert "Hello" not in shown
    assert str(bedrock.credentials.token) not in shown
    assert bedrock.credentials.secret_key not in shown


def test_clear_forgets_answers_faults_and_requests(client: Any, bedrock: LocalBedrock) -> None:
    client.converse(modelId=HAIKU, messages=HELLO)
    bedrock.script(Answer.error("Odd", 500))
    bedrock.clear()

    client.converse(modelId=HAIKU, messages=HELLO)
    assert len(bedrock.requests) == 1


def test_many_threads_are_served_at_once(bedrock: LocalBedrock, stock: Callable[..., Any]) -> None:
    client = stock(bedrock)
    answers: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(client.converse(modelId=HAIKU, messages=HELLO))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(answers) == len(bedrock.requests) == 8
