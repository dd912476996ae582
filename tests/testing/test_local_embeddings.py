"""Embeddings without a model: unit vectors, the same for the same words, nearer for common ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.testing import LocalBedrock
from secure_bedrock.testing.native_embeddings import embedding_of


def near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@given(st.text(max_size=60), st.integers(2, 64))
def test_an_embedding_is_a_unit_vector_of_the_asked_length(text: str, length: int) -> None:
    vector = embedding_of(text, length)

    assert len(vector) == length
    assert near(vector, vector) == pytest.approx(1.0, abs=1e-3)


def test_words_that_cancel_out_leave_the_first_axis() -> None:
    words = [f"w{n}" for n in range(50)]
    pair = next(
        (a, b) for a in words for b in words if near(embedding_of(a, 2), embedding_of(b, 2)) == -1.0
    )

    assert embedding_of(" ".join(pair), 2) == [1.0, 0.0]


def test_common_words_bring_texts_together() -> None:
    lamp = embedding_of("the red lamp", 1024)

    assert near(lamp, embedding_of("a red lamp", 1024)) > near(lamp, embedding_of("a chair", 1024))


@pytest.mark.parametrize(
    ("model_id", "body", "shape"),
    [
        ("amazon.titan-embed-text-v1", {"inputText": "a"}, 1536),
        ("amazon.titan-embed-text-v2:0", {"inputText": "a"}, 1024),
        ("amazon.titan-embed-text-v2:0", {"inputText": "a", "dimensions": 256}, 256),
    ],
)
def test_titan_answers_in_the_length_of_its_generation(
    stock: Callable[..., Any], model_id: str, body: dict[str, Any], shape: int
) -> None:
    with LocalBedrock(models=None, tls_names=("127.0.0.1",)) as bedrock:
        answer = stock(bedrock).invoke_model(modelId=model_id, body=json.dumps(body))
        said = json.loads(answer["body"].read())

    assert len(said["embedding"]) == shape
    assert said["inputTextTokenCount"] == 1


def test_types_of_embeddings_are_told_by_name(stock: Callable[..., Any]) -> None:
    with LocalBedrock(models=None, tls_names=("127.0.0.1",)) as bedrock:

        def ask(model_id: str, body: dict[str, Any]) -> Any:
            answer = stock(bedrock).invoke_model(modelId=model_id, body=json.dumps(body))
            return json.loads(answer["body"].read())

        titan = ask("amazon.titan-embed-text-v2:0", {"inputText": "a"})
        first = ask("amazon.titan-embed-text-v1", {"inputText": "a"})
        cohere = ask("cohere.embed-v4:0", {"texts": ["a"], "embedding_types": ["float"]})
        plain = ask("cohere.embed-v4:0", {"texts": ["a"], "output_dimension": 256})

    assert titan["embeddingsByType"]["float"] == titan["embedding"]
    assert "embeddingsByType" not in first
    assert len(cohere["embeddings"]["float"][0]) == 1024
    assert (plain["response_type"], len(plain["embeddings"][0])) == ("embeddings_floats", 256)
