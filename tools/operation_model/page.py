"""docs/reference/operations.md: the table of operations as a page that people read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

Table = dict[str, Any]

PLACES = ("label", "query", "header")
CLASSES = {
    "inference": "a model answers, and the request names it",
    "indirect-inference": "a model answers that something else names: an agent, a flow, a knowledge base, a runtime, "
    "a SageMaker endpoint, a guardrail",
    "read": "nothing changes and no model answers",
    "control": "resources change, and nothing that the request names receives content",
    "data-exit": "content moves, or is set up to move, to where the request says: a bucket, a Lambda function, a URL, "
    "a store, a job",
}
HEAD = """# The table of operations

Which operations of Amazon Bedrock's services this library knows, what each is for, and which members of its requests
name a model, a place or something that reaches one. `tools/generate_operations.py` writes this page together with the
tables that the wire gate reads (`policy/operation/tables/*.json`), from botocore {botocore}'s packaged service models.

What is not here is denied: an operation that the table does not know, and in a body that is read, a member that it
does not know. The table says where to look, not what may be called: that is `operations.allow` in
[the policy file](policy.md). Paths that botocore does not model (`/openai/v1/...` on bedrock-runtime, whose body names
the model) are in a [table of their own](http-surfaces.md).

The tables of {names_only} know the names of operations
alone. They can be listed all the same; no request to these services names a model, and what else it names is not
judged.

A path reads from the outside in: `label:`, `query:` and `header:` are sent outside the body, `[]` is every item of a
list, `{{}}` every value of a map. `(again)` marks a structure that holds itself: its members are looked for at every
depth. Kinds `document` and `payload` are the caller's own format, in which a list of members cannot see: of these, what
a model's own API reads is read for names that tell, and parameters of a connector are refused. A `model-choice` that a
request leaves out is refused as one that leaves the choice to AWS: that is what leaving it out can mean. A
`built-in-tool` is refused (`system-tool`) unless it comes back to the caller: `AMAZON.UserInput`, `ANTHROPIC.Bash`,
`ANTHROPIC.Computer`, `ANTHROPIC.TextEditor`, a harness's `inline_function`; or is judged by its URL or ARN beside it:
`remote_mcp`, `agentcore_gateway`.

## Classes

| class | what it says | operations |
| --- | --- | --- |
{classes}

## Services

| service | operations | members that name something | operations naming a model | members naming a model |
| --- | --- | --- | --- | --- |
{services}
"""


def page(tables: Iterable[Table], names_only: Iterable[str]) -> str:
    """The page's text; `names_only` are the services whose tables hold names alone."""
    tables = list(tables)
    rows = [row for table in tables for row in table["operations"].values()]
    counts = Counter(row["class"] for row in rows)
    head = HEAD.format(
        botocore=tables[0]["botocore"],
        names_only=", ".join(f"`{service}`" for service in sorted(names_only)),
        classes="\n".join(f"| `{c}` | {text} | {counts[c]} |" for c, text in CLASSES.items()),
        services="\n".join(_summary(table) for table in tables),
    )
    return head + "".join(_section(table) for table in tables)


def named(table: Table, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every path of an operation that names something, with its kind; a recursive structure is entered once."""
    for place in PLACES:
        for key, kind in row.get(place, {}).items():
            yield f"{place}:{_wire(key)}", kind
    if "payload" in row:
        yield "body", row["payload"]
    if "body" in row:
        yield from _below(table, row["body"], "", ())


def _below(
    table: Table, structure: str, path: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for key, to in table["shapes"][structure].items():
        here = f"{path}.{_wire(key)}" if path else _wire(key)
        if to is None:
            continue
        if not to.startswith("#"):
            yield here, to
        elif to[1:] in (*above, structure):
            yield f"{here} (again)", "structure"
        else:
            yield from _below(table, to[1:], here, (*above, structure))


def _wire(key: str) -> str:
    """`member as name[]` is `name[]` on the wire."""
    return key.partition(" as ")[2] or key


def _summary(table: Table) -> str:
    rows = table["operations"]
    kinds = {name: Counter(kind for _, kind in named(table, row)) for name, row in rows.items()}
    members = sum(sum(count.values()) - count["structure"] for count in kinds.values())
    models = sum(count["model"] for count in kinds.values())
    naming = sum("model" in count for count in kinds.values())
    return f"| [{table['service']}](#{table['service']}) | {len(rows)} | {members} | {naming} | {models} |"


def _section(table: Table) -> str:
    lines = [f"\n## {table['service']}\n", "| operation | class | names |", "| --- | --- | --- |"]
    for name, row in table["operations"].items():
        lines.append(f"| `{name}` | {row['class']} | {_cell(table, row)} |")
    return "\n".join(lines) + "\n"


def _cell(table: Table, row: dict[str, Any]) -> str:
    """Grouped by kind; a structure that is met in many places (a content block) is told by its count."""
    by_kind: dict[str, list[str]] = {}
    for path, kind in named(table, row):
        by_kind.setdefault(kind, []).append(path)
    return "; ".join(f"**{kind}** {_paths(paths)}" for kind, paths in sorted(by_kind.items()))


def _paths(paths: list[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths)
