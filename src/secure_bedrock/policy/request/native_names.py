"""What JSON of a model's own API names: buckets, servers, tools that run at the provider. A pure, bounded walk.

Such JSON has no table: every provider has its own, and they grow. So names that tell are looked for wherever they
stand, in any spelling of case and underscores, and what is known to be content (a tool's schema, the arguments of a
call, a document's text) is not looked into: no provider reads a location out of it.

Sources, all read 2026-11-20: "Complete request schema" and "Nova Reel", "Nova multimodal embeddings" of the Nova user
guide and "TwelveLabs" of the Bedrock user guide (`s3Location`, `s3Uri`, `systemTool`); Anthropic's Messages API (tools
by `type`, `mcp_servers`, sources of type `url`); OpenAI's Chat Completions and Responses APIs (`image_url`, `file_url`,
`server_url`, `web_search_options`); Cohere's Chat API (`connectors`); Mistral's (`document_url`). Anthropic's Files API
and containers, and OpenAI's files (`file_id`, `container`); Qwen's API (`image`, `video`, `enable_search`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import MAX_DEPTH, MAX_STEPS, Reference

_MODELS: Final = ("model", "model_id", "model_arn", "models", "fallbacks")
_S3: Final = ("s3_location", "s3_uri", "s3_url")
# May hold any scheme; `data:` is content itself, and `s3:` is a bucket.
_URLS: Final = (
    "url",
    "uri",
    "audio_url",
    "document_url",
    "file_uri",
    "file_url",
    "image_url",
    "server_url",
    "video_url",
)
_SERVERS: Final = ("mcp_servers",)
_HOSTED: Final = ("system_tool", "connectors", "web_search_options", "search_parameters")
_TOOLS: Final = ("tools",)
# The same at the top alone, where they ask for something; further down they are any provider's words.
_ASKED: Final = ("plugins", "enable_search", "enable_web_search", "web_search")
_KEPT: Final = ("container",)
_FILES: Final = ("file_id", "file_ids")
# Hold content itself, or say where it is: judged where what they hold begins as a location does.
_MEDIA: Final = frozenset(
    {
        *("audio", "audios", "audiodata", "data", "document", "file", "filedata", "files"),
        *("image", "images", "imagedata", "initimage", "inputaudio", "inputimage", "inputvideo"),
        *("location", "mask", "maskimage", "media", "mediasource", "path", "referenceimage"),
        *("referenceimages", "source", "sources", "video", "videos", "videodata"),
    }
)
_LOCATED: Final = re.compile(
    r"\s*(?:[a-z][a-z0-9+.-]{0,20}://|arn:aws[a-z-]*:s3)", re.ASCII | re.IGNORECASE
)
_BUCKETED: Final = re.compile(r"\s*(?:s3://|arn:)", re.ASCII | re.IGNORECASE)

# Types of tools that the caller runs itself. Any other type runs at the provider, or is not known: web search and
# fetch, MCP, code execution, a search among tools.
_CALLERS_TYPES: Final = re.compile(
    r"function|custom|local_shell|apply_patch|computer_use_preview"
    r"|(?:bash|computer|memory|text_editor)(?:_[0-9]+)?",
    re.ASCII,
)
# Where a tool has no type, one of these says that its definition is all there is to it.
_DEFINES: Final = frozenset({"name", "toolspec", "cachepoint", "function"})

# Content: schemas that a model reads as text, what it called with what, what it answered from.
_CONTENT: Final = frozenset(
    {
        "inputexamples",
        "inputschema",
        "outputschema",
        "schema",
        "json",
        "parameterdefinitions",
        "toolcalls",
        "toolresults",
        "arguments",
        "annotations",
    }
)
# What was answered from: an item's own text is content, `url` and `source` too; a part of a message inside it is not.
_CITED: Final = frozenset({"documents", "citations"})
# Types of what holds text under a name that elsewhere holds media, with that name.
_TEXTS: Final = frozenset({("text", "data"), ("search_result", "source")})
# Types of content blocks that repeat a call of a tool; `input` is what the model called it with.
_CALLS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


def folded(name: str) -> str:
    """A member's name in the one spelling in which names are compared: no case, no `_`, no `-`."""
    return name.replace("_", "").replace("-", "").lower()


_KINDS: Final[Mapping[str, tuple[str, Kind]]] = {
    folded(name): (name, kind)
    for names, kind in (
        (_S3, Kind.S3),
        (_URLS, Kind.URL),
        (_SERVERS, Kind.URL),
        (_HOSTED, Kind.SYSTEM_TOOL),
        (_ASKED, Kind.SYSTEM_TOOL),
        (_KEPT + _FILES, Kind.KEPT),
    )
    for name in names
}
_MODEL_NAMES: Final = {folded(name): name for name in _MODELS}
_OUTRIGHT: Final = frozenset(map(folded, _SERVERS + _HOSTED))
_LOCATIONS: Final = frozenset(map(folded, _S3 + _URLS))
_LOCATION: Final = "s3location"
_AT_TOP: Final = frozenset(map(folded, _ASKED + _KEPT))
_KEPT_FILES: Final = frozenset(map(folded, _FILES))

_ALL: Final = sorted(
    {*_MODELS, *_S3, *_URLS, *_SERVERS, *_HOSTED, *_TOOLS, *_ASKED, *_KEPT, *_FILES}
)
# A name with its colon; or, where no name but a value tells, the beginning of a string (not a quote inside one) that is
# a location or the type of an uploaded file. A slash may be escaped.
TELLING: Final = re.compile(
    r'"(?i:(?:{})"\s*:|(?<!\\")(?:(?:\s|\\[nrtbf])*(?:[a-z][a-z0-9+.-]{{0,20}}:\\?/|arn:aws)|file"))'.format(
        "|".join(name.replace("_", "[_-]*") for name in _ALL)
    ).encode("ascii")
)
"""Finds what tells in JSON bytes, without which they name nothing; escapes have to be looked for beside it."""


def native_references(document: object, path: str) -> tuple[Reference, ...]:
    """What the document names, each at `path..name`; never raises, whatever it holds.

    Names of models are looked for at the top alone: further down they are parts of other things. What lies beyond
    MAX_DEPTH or MAX_STEPS is an ambiguous reference of kind `unknown`.
    """
    found: list[Reference] = []
    if isinstance(document, Mapping):
        _add_models(document, path, found)
    stack: list[tuple[object, int]] = [(document, 0)]
    for _ in range(MAX_STEPS):
        if not stack:
            return tuple(found)
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            break
        if isinstance(value, Mapping):
            inner: Iterable[object] = _members(value, path, found, top=depth == 0)
        else:
            inner = value if isinstance(value, list | tuple) else ()
        below = [(each, depth + 1) for each in inner if isinstance(each, Mapping | list | tuple)]
        below.reverse()
        stack += below
    return (*found, Reference(Kind.UNKNOWN, None, f"{path}..", ambiguous=True))


def _add_models(document: Mapping[object, object], path: str, found: list[Reference]) -> None:
    for key, value in document.items():
        name = _MODEL_NAMES.get(folded(key)) if isinstance(key, str) else None
        if name is not None:
            items = value if isinstance(value, list | tuple) else (value,)
            found.extend(_reference(Kind.MODEL, item, f"{path}.{name}") for item in items)


def _members(
    holder: Mapping[object, object], path: str, found: list[Reference], *, top: bool
) -> list[object]:
    """What to look into further; what the members name is added to `found`."""
    inner: list[object] = []
    for key, value in holder.items():
        name = folded(key) if isinstance(key, str) else ""
        if name in _CONTENT or (not top and _is_content(name, holder)):
            continue
        if name == "tools":
            _add_tools(value, path, found)
        elif name in _OUTRIGHT:
            written, kind = _KINDS[name]
            found.append(Reference(kind, written, f"{path}..{written}"))
            continue
        elif name in _KEPT_FILES or (top and name in _AT_TOP):
            _add_asked(name, value, path, found)
        elif name in _LOCATIONS:
            _add_locations(name, value, path, found)
        elif name in _MEDIA:
            _add_media(name, value, holder, path, found)
        elif name in _CITED:
            inner += _cited(value)
            continue
        inner.append(value)
    return inner


def _add_asked(name: str, value: object, path: str, found: list[Reference]) -> None:
    """What is asked for unless it is null, false or empty."""
    if value:
        written, kind = _KINDS[name]
        found.append(Reference(kind, written, f"{path}..{written}"))


def _add_media(
    name: str, value: object, holder: Mapping[object, object], path: str, found: list[Reference]
) -> None:
    """Locations that stand where content could; an uploaded file that stands for it."""
    said = holder.get("type")
    if isinstance(said, str) and (said, name) in _TEXTS:
        return
    for item in value if isinstance(value, list | tuple) else (value,):
        if isinstance(item, str) and _LOCATED.match(item):
            kind = Kind.S3 if _BUCKETED.match(item) else Kind.URL
            found.append(Reference(kind, item, f"{path}..{name}"))
        elif isinstance(item, Mapping) and item.get("type") == "file" and name == "source":
            found.append(Reference(Kind.KEPT, "source", f"{path}..source"))


def _cited(value: object) -> list[object]:
    """What to look into of documents and citations."""
    if isinstance(value, Mapping):
        return [value]
    items = value if isinstance(value, list | tuple) else ()
    return [
        member
        for item in items
        if isinstance(item, Mapping)
        for key, member in item.items()
        if not isinstance(key, str) or (folded(key) not in _CONTENT and folded(key) != "data")
    ]


def _is_content(name: str, holder: Mapping[object, object]) -> bool:
    """What is content because of what stands beside it: a function's parameters, a call's arguments.

    Never at the top, where any provider may have parameters and an input of its own.
    """
    if name == "input":
        kind = holder.get("type")
        called = "toolUseId" in holder or (isinstance(kind, str) and kind in _CALLS)
    else:
        called = name == "parameters"
    return called and isinstance(holder.get("name"), str)


def _add_tools(tools: object, path: str, found: list[Reference]) -> None:
    items = tools if isinstance(tools, list | tuple) else (tools,)
    found.extend(
        Reference(Kind.SYSTEM_TOOL, "tools", f"{path}..tools")
        for tool in items
        if tool is not None and not _is_callers(tool)
    )


def _is_callers(tool: object) -> bool:
    """Whether the caller runs the tool: its type says so, or it has none and is defined in the request."""
    if not isinstance(tool, Mapping):
        return False
    if "type" in tool:
        kind = tool["type"]
        return isinstance(kind, str) and _CALLERS_TYPES.fullmatch(kind) is not None
    return any(isinstance(key, str) and folded(key) in _DEFINES for key in tool)


def _add_locations(name: str, value: object, path: str, found: list[Reference]) -> None:
    written, kind = _KINDS[name]
    here = f"{path}..{written}"
    for item in value if isinstance(value, list | tuple) else (value,):
        if isinstance(item, str):
            if kind is Kind.S3 or item[:5].lower() == "s3://":
                found.append(Reference(Kind.S3, item, here))
            elif item[:5].lower() != "data:":
                found.append(Reference(Kind.URL, item, here))
        elif name == _LOCATION:
            if not _tells_its_bucket(item):
                found.append(Reference(Kind.S3, None, here, ambiguous=True))
        elif kind is Kind.S3:
            found.append(Reference(Kind.S3, None, here, ambiguous=True))


def _tells_its_bucket(location: object) -> bool:
    """Whether an object that stands for a location holds one by a name that is judged when it is looked into."""
    return isinstance(location, Mapping) and any(
        isinstance(key, str) and folded(key) in _LOCATIONS and isinstance(value, str)
        for key, value in location.items()
    )


def _reference(kind: Kind, value: object, path: str) -> Reference:
    return Reference(kind, value, path, ambiguous=not isinstance(value, str))
