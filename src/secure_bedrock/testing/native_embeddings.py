"""Embeddings without a model: a hashed bag of words, so that texts with common words are near each other."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

from secure_bedrock.testing.turn import Call, Turn, stable_id, tokens_of

_WORD = re.compile(r"\w+")

# Default lengths. Titan V2: AWS, "Amazon Titan Embeddings G1 - Text" model parameters, read 2026-11-20. Titan G1 and
# Cohere (Embed v3's length, also for v4): from memory, unconfirmed.
_TITAN_G1, _TITAN_V2, _COHERE = 1536, 1024, 1024


def embedding_of(text: str, length: int) -> list[float]:
    """A unit vector (the first axis for a text without words); the same for the same text."""
    vector = [0.0] * length
    for word in _WORD.findall(text.lower()) or [""]:
        digest = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        vector[(digest >> 1) % length] += 1.0 if digest & 1 else -1.0
    size = math.sqrt(sum(part * part for part in vector))
    if size == 0.0:  # words that cancelled each other out
        vector[0] = size = 1.0
    return [round(part / size, 6) for part in vector]


def titan_embedding(call: Call, _turn: Turn) -> dict[str, Any]:
    """Titan's answer; V2 always tells its floats by type too, whatever `embeddingTypes` says (binary isn't made)."""
    text = str(call.body.get("inputText", ""))
    first_generation = "embed-text-v1" in call.model_id or "embed-g1" in call.model_id
    length = int(call.body.get("dimensions", _TITAN_G1 if first_generation else _TITAN_V2))
    vector = embedding_of(text, length)
    answer: dict[str, Any] = {"embedding": vector, "inputTextTokenCount": tokens_of(text)}
    if not first_generation:
        answer["embeddingsByType"] = {"float": vector}
    return answer


def cohere_embeddings(call: Call, _turn: Turn) -> dict[str, Any]:
    """Cohere's answer: a list, or a list by type where `embedding_types` is given."""
    texts = [str(text) for text in call.body.get("texts", ())]
    length = int(call.body.get("output_dimension", _COHERE))
    vectors = [embedding_of(text, length) for text in texts]
    by_type = "embedding_types" in call.body
    return {
        "id": stable_id("", *texts),
        "texts": texts,
        "response_type": "embeddings_by_type" if by_type else "embeddings_floats",
        "embeddings": {"float": vectors} if by_type else vectors,
    }
