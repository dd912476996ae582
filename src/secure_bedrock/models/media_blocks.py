"""Blocks that hold a file: images and documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from secure_bedrock.errors import InvalidRequest
from secure_bedrock.models.quiet_repr import never_raises
from secure_bedrock.models.wire import bytes_of, optional_text_of, rest_of, struct_of, text_of

_IMAGE: Final = frozenset({"format", "source"})
_DOCUMENT: Final = frozenset({"format", "name", "source"})
# Source: PNG (RFC 2083 §3.1), JPEG (ITU T.81 B.1.1.3), GIF89a specification §17, WebP container (RFC 9649 §2.4).
_IMAGE_STARTS: Final = (
    ("png", b"\x89PNG\r\n\x1a\n", 0),
    ("jpeg", b"\xff\xd8\xff", 0),
    ("gif", b"GIF8", 0),
    ("webp", b"WEBP", 8),
)

# Names and required members are those of bedrock-runtime's service-2.json (botocore 1.44.5, read 2026-11-20).
# `extra` keeps members that these classes don't know, so that a block can be sent back as it came.


@dataclass(frozen=True, slots=True, repr=False)
class ImageBlock:
    """An image; `format` is png, jpeg, gif or webp, `source` holds `bytes` or `s3Location`."""

    format: str
    source: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """An image whose format is told by its first bytes; InvalidRequest when they tell none."""
        for name, start, at in _IMAGE_STARTS:
            if data[at : at + len(start)] == start:
                return cls(name, {"bytes": bytes(data)})
        raise InvalidRequest("the image is none of png, jpeg, gif and webp", rule="image-format")

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        return {"image": {**self.extra, "format": self.format, "source": dict(self.source)}}

    @never_raises
    def __repr__(self) -> str:
        return f"ImageBlock({_size_of(self.source)})"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentBlock:
    """A document; `source` holds `bytes`, `s3Location`, `text` or `content`, `format` is pdf, csv, docx, md …"""

    name: str
    source: Mapping[str, Any]
    format: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The block under botocore's member names."""
        members = {**self.extra, "name": self.name, "source": dict(self.source)}
        if self.format is not None:
            members["format"] = self.format
        return {"document": members}

    @never_raises
    def __repr__(self) -> str:
        return f"DocumentBlock({_size_of(self.source)})"


def image_of(members: Mapping[str, Any]) -> ImageBlock:
    """The image in an answer's block."""
    return ImageBlock(text_of(members, "format"), _source(members), rest_of(members, _IMAGE))


def document_of(members: Mapping[str, Any]) -> DocumentBlock:
    """The document in an answer's block."""
    return DocumentBlock(
        text_of(members, "name"),
        _source(members),
        optional_text_of(members, "format"),
        rest_of(members, _DOCUMENT),
    )


def _source(members: Mapping[str, Any]) -> Mapping[str, Any]:
    source = struct_of(members, "source")
    if "bytes" in source:
        return {**source, "bytes": bytes_of(source["bytes"], "bytes")}
    return source


def _size_of(source: Mapping[str, Any]) -> str:
    data = source.get("bytes")
    return f"{len(data)} bytes" if isinstance(data, bytes) else "by reference"
