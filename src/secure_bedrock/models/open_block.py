"""A content block that is still arriving, piece by piece."""

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn

from secure_bedrock.models.wire import UNKNOWN_MEMBER, bytes_of, malformed


class OpenBlock:
    """Pieces of one block; `add` and `to_wire` raise IncompleteResponse for pieces that don't belong together."""

    __slots__ = ("_others", "_redacted", "_signature", "_texts", "kind", "start")

    def __init__(self, kind: str, start: Mapping[str, Any] | None = None) -> None:
        self.kind = kind
        self.start = start or {}
        self._texts: list[str] = []
        self._others: list[Any] = []
        self._signature: str | None = None
        self._redacted: list[bytes] = []

    def add_text(self, kind: str, text: str) -> None:
        """More text of a block of this kind."""
        if kind != self.kind and (kind, self.kind) != ("text", "citation"):
            raise malformed("contentBlockDelta")
        self._texts.append(text)

    def add_reasoning(
        self, text: str | None, signature: str | None, redacted: bytes | None
    ) -> None:
        """More reasoning."""
        if self.kind != "reasoningContent":
            raise malformed("contentBlockDelta")
        if text is not None:
            self._texts.append(text)
        if signature is not None:
            self._signature = signature
        if redacted is not None:
            self._redacted.append(redacted)

    def add_other(self, kind: str, value: object) -> None:
        """More of a block that has a start of its own; a citation turns text into cited text."""
        if kind == "citation" and self.kind == "text":
            self.kind = "citation"
        if kind != self.kind:
            raise malformed("contentBlockDelta")
        self._others.append(value)

    def to_wire(self) -> dict[str, Any]:
        """The block under the API's member names, as far as it has arrived."""
        build = self._builders.get(self.kind)
        if build is not None:
            return build(self)
        # Nobody knows how these pieces make a block: they are kept, and can't be sent back.
        lost = {"name": self.kind, "start": self.start, "deltas": list(self._others)}
        return {UNKNOWN_MEMBER: lost}

    def _text(self) -> dict[str, Any]:
        return {"text": "".join(self._texts)}

    def _tool_use(self) -> dict[str, Any]:
        return {"toolUse": {**self.start, "input": _parsed("".join(self._texts))}}

    def _reasoning(self) -> dict[str, Any]:
        if self._redacted:
            return {"reasoningContent": {"redactedContent": b"".join(self._redacted)}}
        inner = {"text": "".join(self._texts)}
        if self._signature is not None:
            inner["signature"] = self._signature
        return {"reasoningContent": {"reasoningText": inner}}

    def _citations(self) -> dict[str, Any]:
        members = {"content": [self._text()], "citations": list(self._others)}
        return {"citationsContent": members}

    def _tool_result(self) -> dict[str, Any]:
        content: list[Any] = []
        for piece in self._others:
            if not isinstance(piece, list):
                raise malformed("toolResult")
            content.extend(piece)
        return {"toolResult": {**self.start, "content": content}}

    def _image(self) -> dict[str, Any]:
        image, data = dict(self.start), list[bytes]()
        for piece in self._others:
            if not isinstance(piece, Mapping):
                raise malformed("image")
            image.update(piece)
            source = piece.get("source")
            if isinstance(source, Mapping) and "bytes" in source:
                data.append(bytes_of(source["bytes"], "bytes"))
        last = image.get("source")
        if data and isinstance(last, Mapping) and "bytes" in last:
            # Joined once: an image comes in thousands of pieces.
            image["source"] = {"bytes": b"".join(data)}
        return {"image": image}

    _builders: ClassVar[dict[str, Callable[[Any], dict[str, Any]]]] = {
        "text": _text,
        "citation": _citations,
        "toolUse": _tool_use,
        "reasoningContent": _reasoning,
        "toolResult": _tool_result,
        "image": _image,
    }


def _parsed(text: str) -> Any:
    """A tool's input: {} for none, the text itself where it is not JSON."""
    if not text:
        return {}
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(_: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON, and could not be sent back
