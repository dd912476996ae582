"""A long payload of a model's own API is parsed only where a name in it may tell, however that name is spelt."""

import pytest

from secure_bedrock.transport.core.gate.body_search import READ_WHOLE
from secure_bedrock.transport.core.gate.native_payload import native_document

TEXT = "x" * READ_WHOLE

PARSED = {
    "a name that tells": '{"tools": [], "a": "%s"}',
    "with a long s": '{"tool\u017f": [], "a": "%s"}',
    "with a long s, escaped": '{"tool\\u017f": [], "a": "%s"}',
    "with a Kelvin sign": '{"callbac\u212a": 1, "a": "%s"}',
}
LEFT_ALONE = {
    "text alone": '{"a": "%s"}',
    "text beyond ASCII": '{"a": "ä€𝄞%s"}',
    "text with escapes": '{"a": "\\n\\u00e4%s"}',
}


@pytest.mark.parametrize("written", PARSED.values(), ids=PARSED)
def test_a_long_payload_with_such_a_name_is_parsed(written: str) -> None:
    found = native_document((written % TEXT).encode())

    assert found is not None
    assert found["a"] == TEXT


@pytest.mark.parametrize("written", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_long_payload_without_one_is_not(written: str) -> None:
    assert native_document((written % TEXT).encode()) is None
