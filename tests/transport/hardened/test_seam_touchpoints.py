"""Each place of botocore's that the seam relies on is there and is what our files need; the table is whole."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.client import BaseClient

import secure_bedrock
from secure_bedrock.transport.hardened.sending.guarded_calls import GuardedCalls
from tests.transport.hardened.seam_needs import Touch, found_at, stored
from tests.transport.hardened.seam_table import OURS, TABLE

TRANSPORT = Path(secure_bedrock.__file__).parent / "transport"
FOREIGN = ("botocore", "boto3", "urllib3", "s3transfer")
_PRIVATE = re.compile(r"_[A-Za-z]\w*", re.ASCII)


@pytest.mark.parametrize("touch", TABLE, ids=lambda touch: touch.place)
def test_it_is_what_our_files_rely_on(touch: Touch) -> None:
    files = " and ".join(f"src/secure_bedrock/transport/{name}" for name in touch.by)
    try:
        value = found_at(touch.place)
    except (ImportError, AttributeError):
        pytest.fail(f"{touch.place} is gone: {files} relies on it")
    for need in touch.needs:
        trouble = need(value)
        assert trouble is None, f"{touch.place}: {trouble}; {files} relies on it"


def test_the_table_names_only_files_that_are_there() -> None:
    assert [name for touch in TABLE for name in touch.by if not (TRANSPORT / name).is_file()] == []


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(TRANSPORT.rglob("*.py")):
        yield path.relative_to(TRANSPORT).as_posix(), ast.parse(path.read_text("utf-8"))


def imports_of(tree: ast.Module) -> Iterator[str]:
    """What a file takes from the foreign packages, as `module` or `module:name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FOREIGN:
            yield from (f"{node.module}:{alias.name}" for alias in node.names)
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] in FOREIGN)


def private_names_of(tree: ast.Module) -> set[str]:
    """Every private name that a file reads, writes, defines in a class or spells in a string."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Constant(value=str() as name):
                found.add(name)
            case ast.ClassDef(body=body):
                found |= {item.name for item in body if isinstance(item, ast.FunctionDef)}
                found |= {ast.unparse(i.target) for i in body if isinstance(i, ast.AnnAssign)}
    return {name for name in found if _PRIVATE.fullmatch(name)}


def names_of_botocore() -> set[str]:
    """The private names that the modules of the table define or assign."""
    found: set[str] = set()
    for module in {touch.module for touch in TABLE}:
        for node in ast.walk(ast.parse(inspect.getsource(importlib.import_module(module)))):
            match node:
                case ast.FunctionDef(name=name) | ast.Attribute(attr=name):
                    found.add(name)
    return {name for name in found if _PRIVATE.fullmatch(name)}


def defined_in_ours(trees: dict[str, ast.Module]) -> set[str]:
    """The private names that some file of ours defines or assigns itself."""
    found: set[str] = set()
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
    return found


def listed(name: str) -> set[str]:
    """Names and imports that the table has for a file."""
    mine = [touch for touch in TABLE if name in touch.by]
    places = {touch.module for touch in mine} | {
        f"{touch.module}:{touch.names[0]}" for touch in mine
    }
    return places | {word for touch in mine for word in words_of(touch)}


def words_of(touch: Touch) -> set[str]:
    """The row's names, and those that its needs were made with (`stores("_errors")`)."""
    cells = [cell.cell_contents for need in touch.needs for cell in need.__closure__ or ()]
    words = {
        word for cell in cells if isinstance(cell, tuple) for word in cell if type(word) is str
    }
    return words.union(touch.names)


def test_every_import_is_in_the_table() -> None:
    """Add the row, with what is needed of it, when a file of ours begins to use more of botocore."""
    missing = [
        (name, used)
        for name, tree in sources()
        for used in imports_of(tree)
        if used not in listed(name)
    ]
    assert missing == []


def test_every_private_name_is_in_the_table() -> None:
    trees = dict(sources())
    theirs, ours = names_of_botocore(), defined_in_ours(trees)
    missing = []
    for name, tree in trees.items():
        used = private_names_of(tree)
        reaches = used & theirs if any(imports_of(tree)) else set()
        missing += [
            (name, word)
            for word in sorted(reaches | (attributes_of(tree) - ours))
            if word not in listed(name) and (name, word) not in OURS
        ]
    assert missing == []


def attributes_of(tree: ast.Module) -> set[str]:
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {name for name in found if _PRIVATE.fullmatch(name)}


def test_every_row_is_used() -> None:
    """A row goes when its file spells none of its names any more, nor its module's."""
    text = {name: (TRANSPORT / name).read_text("utf-8") for touch in TABLE for name in touch.by}
    words = {t.place: {*words_of(t), t.module.rpartition(".")[2]} - {""} for t in TABLE}
    unused = [
        (touch.place, name)
        for touch in TABLE
        for name in touch.by
        if not any(re.search(rf"\b{re.escape(word)}\b", text[name]) for word in words[touch.place])
    ]
    assert unused == []


def subclasses() -> Iterator[type]:
    """Our classes that have one of the foreign packages' among their bases."""
    for name, tree in sources():
        if any(imports_of(tree)):
            dotted = name.removesuffix(".py").replace("/", ".")
            module = importlib.import_module(f"secure_bedrock.transport.{dotted}")
            for kind in vars(module).values():
                if (
                    inspect.isclass(kind)
                    and kind.__module__ == module.__name__
                    and (_foreign_bases(kind) or kind is GuardedCalls)
                ):
                    yield kind


def _foreign_bases(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base.__module__.split(".")[0] in FOREIGN]


@pytest.mark.parametrize("kind", list(subclasses()), ids=lambda kind: kind.__qualname__)
def test_no_attribute_of_ours_hides_one_of_botocores(kind: type) -> None:
    """Beside those of the table: a name that a newer botocore takes would be two things at once."""
    bases = [BaseClient] if kind is GuardedCalls else _foreign_bases(kind)
    theirs = {name for base in bases for name in (*vars(base), *stored(base))}
    (file,) = [
        name
        for name, _ in sources()
        if kind.__module__.endswith(name.removesuffix(".py").replace("/", "."))
    ]
    assert set(stored(kind)) & theirs <= listed(file)
