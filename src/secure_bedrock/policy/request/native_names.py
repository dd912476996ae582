"""What JSON of a model's own API names: buckets, servers, tools that run at the provider. A pure, bounded walk.

Names that tell are looked for wherever they stand (`native_words`), and what is known to be content (a tool's schema,
the arguments of a call, a document's text) is not looked into: no provider reads a location out of it.
"""

from collections.abc import Iterable, Iterator, Mapping

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.operation.references import MAX_DEPTH, MAX_STEPS, Reference
from secure_bedrock.policy.request.locations import location_kind
from secure_bedrock.policy.request.native_words import (
    AT_TOP,
    CALLERS_TYPES,
    CALLS,
    CITED,
    CONTENT,
    DEFINED,
    DEFINES,
    KEPT_FILES,
    KINDS,
    LOCATIONS,
    MEDIA,
    MODEL_NAMES,
    OUTRIGHT,
    SETTINGS,
    TEXTS,
    folded,
)


def native_references(document: object, path: str) -> tuple[Reference, ...]:
    """What the document names, each at `path..name`; never raises, whatever it holds.

    Names of models are looked for at the top and in its settings alone: further down they are parts of other things.
    What lies beyond MAX_DEPTH or MAX_STEPS is an ambiguous reference of kind `unknown`.
    """
    found: list[Reference] = []
    if isinstance(document, Mapping):
        _add_models(document, path, found)
        for key, held in document.items():
            if isinstance(key, str) and isinstance(held, Mapping) and folded(key) in SETTINGS:
                _add_models(held, path, found)
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
        name = MODEL_NAMES.get(folded(key)) if isinstance(key, str) else None
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
        if name in CONTENT or (not top and _is_content(name, holder)):
            continue
        if name == "tools":
            _add_tools(value, path, found)
        elif name in OUTRIGHT:
            written, kind = KINDS[name]
            found.append(Reference(kind, written, f"{path}..{written}"))
            continue
        elif name in KEPT_FILES or (top and name in AT_TOP):
            _add_asked(name, value, path, found)
        elif name in LOCATIONS:
            _add_locations(name, value, path, found)
        elif name in MEDIA:
            _add_media(name, value, holder, path, found)
        elif name in CITED:
            inner += _cited(value)
            continue
        inner.append(value)
    return inner


def _add_asked(name: str, value: object, path: str, found: list[Reference]) -> None:
    """What is asked for unless it is null, false or empty."""
    if value:
        written, kind = KINDS[name]
        found.append(Reference(kind, written, f"{path}..{written}"))


def _add_media(
    name: str, value: object, holder: Mapping[object, object], path: str, found: list[Reference]
) -> None:
    """Locations that stand where content could; an uploaded file that stands for it."""
    said = holder.get("type")
    if isinstance(said, str) and (said, name) in TEXTS:
        return
    for item in _items(value):
        kind = location_kind(item) if isinstance(item, str) else None
        if kind is not None:
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
        if not isinstance(key, str) or (folded(key) not in CONTENT and folded(key) != "data")
    ]


def _is_content(name: str, holder: Mapping[object, object]) -> bool:
    """What is content because of what stands beside it: a function's parameters, a call's arguments.

    Never at the top, where any provider may have parameters and an input of its own.
    """
    if name == "input":
        kind = holder.get("type")
        called = "toolUseId" in holder or (isinstance(kind, str) and kind in CALLS)
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
    kinds = [kind for key, kind in tool.items() if _name(key) == "type"]
    if kinds:
        return all(isinstance(kind, str) and CALLERS_TYPES.fullmatch(kind) for kind in kinds)
    names = {_name(key) for key in tool}
    return names <= DEFINED and not names.isdisjoint(DEFINES)


def _name(key: object) -> str:
    return folded(key) if isinstance(key, str) else ""


def _items(value: object) -> Iterator[object]:
    """What stands there, lists in lists taken off, in its order."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, list | tuple):
            left.extend(reversed(item))
        else:
            yield item


def _add_locations(name: str, value: object, path: str, found: list[Reference]) -> None:
    written, kind = KINDS[name]
    here = f"{path}..{written}"
    for item in _items(value):
        if isinstance(item, str):
            if kind is Kind.S3 or item[:5].lower() == "s3://":
                found.append(Reference(Kind.S3, item, here))
            elif item[:5].lower() != "data:":
                found.append(Reference(Kind.URL, item, here))
        elif name == "s3location":
            if not _tells_its_bucket(item):
                found.append(Reference(Kind.S3, None, here, ambiguous=True))
        elif kind is Kind.S3:
            found.append(Reference(Kind.S3, None, here, ambiguous=True))


def _tells_its_bucket(location: object) -> bool:
    """Whether an object that stands for a location holds one by a name that is judged when it is looked into."""
    return isinstance(location, Mapping) and any(
        isinstance(key, str) and folded(key) in LOCATIONS and isinstance(value, str)
        for key, value in location.items()
    )


def _reference(kind: Kind, value: object, path: str) -> Reference:
    return Reference(kind, value, path, ambiguous=not isinstance(value, str))
