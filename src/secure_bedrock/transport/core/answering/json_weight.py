"""How much memory a JSON answer would take once it is read, told from its bytes before it is."""

from typing import Final

from secure_bedrock.errors import IncompleteResponse

# Of commas, braces and brackets, which no value of JSON comes without. Ours (2026-11-20): an answer of 128 000 tokens
# has some ten thousand; a million short values or empty objects take about 100 MB.
MAX_MARKS: Final = 1_000_000


def check_weight(body: bytes) -> None:
    """Raise IncompleteResponse (too-large) for a body of more values than any answer has; never too few are counted."""
    if len(body) > MAX_MARKS and sum(map(body.count, (b",", b"{", b"["))) > MAX_MARKS:
        raise IncompleteResponse(f"the answer holds more than {MAX_MARKS} values", rule="too-large")
