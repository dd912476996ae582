"""From TOML text or a mapping to the policy's sections; every problem is reported at once, with its line."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Final

from secure_bedrock.errors import PolicyInvalid, Problem
from secure_bedrock.policy.file.partitions import foreign_regions
from secure_bedrock.policy.file.public_addresses import public_addresses
from secure_bedrock.policy.file.shape import BAD, Found, Path
from secure_bedrock.policy.file.tables import DOCUMENT
from secure_bedrock.policy.sections import Document
from secure_bedrock.policy.shown import key_text
from secure_bedrock.values import partition_of
from secure_bedrock.values.arns import parse_arn

MAX_CHARACTERS: Final = 1024 * 1024  # far beyond any policy a person could review
_MAX_DEPTH = 8  # network.endpoints.<service>.cidrs[n] is 5 deep
_MAX_VALUES = 100_000
_POSITION = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document was written: the file's name for messages, its directory, and the line of each key."""

    file: str = ""
    directory: str = ""
    lines: Mapping[Path, int] = field(default_factory=dict)

    def problem(self, path: Path, message: str) -> Problem:
        """The problem at a key; a key that is not there has the line of the table that lacks it, where known."""
        line = self.lines.get(path) or self.lines.get(path[:-1])
        return Problem(message, key_text(path), self.file, line)


def read_text(text: str, *, file: str, directory: str) -> tuple[Document, Origin]:
    """The document that a TOML text holds; PolicyInvalid with every problem."""
    data = _parse(text, file)
    from secure_bedrock.policy.file.lines import find_lines  # noqa: PLC0415 with tomllib, on first use

    plain = _checked_plain(data, Origin(file))
    lines = dict(find_lines(text, plain))
    if isinstance(plain.get("models"), list):  # the short form of models.allow
        short = [(path, line) for path, line in lines.items() if path[0] == "models"]
        lines.update({("models", "allow", *path[1:]): line for path, line in short})
    origin = Origin(file, directory, lines)
    return _read(plain, origin), origin


def read_mapping(mapping: Mapping[str, Any], origin: Origin) -> Document:
    """The document that a mapping holds; PolicyInvalid with every problem."""
    return _read(_checked_plain(mapping, origin), origin)


def _read(plain: dict[str, Any], origin: Origin) -> Document:
    found: Found = []
    document = DOCUMENT.read(plain, (), found)
    found.extend(foreign_regions(plain))
    found.extend(public_addresses(plain))
    if document is BAD or found:
        raise invalid([origin.problem(path, message) for path, message in found])
    whole = _with_account(_with_ca_bundle(document, origin), plain)
    _check_guardrail(whole, origin)
    return whole


def invalid(problems: list[Problem]) -> PolicyInvalid:
    """The error that lists the problems, in the order of the lines where they are known.

    Its next step speaks of lines where there is a file or a text, else of the keywords that the caller wrote.
    """
    ordered = tuple(sorted(problems, key=lambda problem: problem.line or 0))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    written = any(problem.file for problem in ordered)
    step = "" if written else "mend the keyword arguments named above"
    return PolicyInvalid(f"the policy has {count}", problems=ordered, next_step=step)


def _parse(text: str, file: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 a policy made of keywords does not need it

    if len(text) > MAX_CHARACTERS:
        raise invalid([Problem("the text is longer than 1 MiB", "", file)])
    if text.startswith("\ufeff"):
        message = "begins with a byte order mark; save it as UTF-8 without one"
        raise invalid([Problem(message, "", file, 1)])
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise invalid([Problem("nested too deeply", "", file)]) from None
    except ValueError as error:  # TOMLDecodeError, and int()'s own for absurdly long numbers
        raise invalid([_syntax_problem(str(error), file)]) from None


def _syntax_problem(message: str, file: str) -> Problem:
    position = _POSITION.search(message)
    line = int(position[1]) if position and position[1] else None
    hint = "; text stands in quotes" if message.startswith("Invalid value") else ""
    return Problem(f"not TOML: {_POSITION.sub('', message)}{hint}", "", file, line)


def _checked_plain(mapping: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """The mapping in dicts, lists and plain values only, as tomllib would give it."""
    budget = [_MAX_VALUES]
    try:
        plain = _plain(mapping, _MAX_DEPTH, budget)
    except ValueError as error:
        raise invalid([origin.problem((), str(error))]) from None
    assert isinstance(plain, dict)
    return plain


def _plain(value: object, depth: int, budget: list[int]) -> object:
    budget[0] -= 1
    if depth < 0 or budget[0] < 0:
        raise ValueError("nested too deeply or too large to be a policy")
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("the keys of a table are strings")
        return {str.__str__(k): _plain(v, depth - 1, budget) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth - 1, budget) for item in value]
    return value


def _with_ca_bundle(document: Document, origin: Origin) -> Document:
    """The CA bundle's path made absolute: it is relative to the policy's directory."""
    written = document.network.ca_bundle
    if written is None:
        return document
    absolute = os.path.abspath(FilePath(origin.directory, written))  # noqa: PTH100 resolve() would follow links
    return replace(document, network=replace(document.network, ca_bundle=absolute))


def _check_guardrail(document: Document, origin: Origin) -> None:
    """PolicyInvalid for a guardrail's ARN of another partition, Region or account."""
    if document.guardrail.id is None or not document.guardrail.id.startswith("arn:"):
        return
    arn = parse_arn(document.guardrail.id)
    if (arn.partition, arn.region) != (partition_of(document.region), document.region):
        message = f"the guardrail's ARN is not of Region {document.region}"
    elif arn.account not in document.models.accounts:
        message = "the account of the guardrail's ARN is not one of models.accounts"
    else:
        return
    raise invalid([origin.problem(("guardrail", "id"), message)])


def _with_account(document: Document, plain: Mapping[str, Any]) -> Document:
    """`models.accounts` and `identity.accounts` are account.account_id where they are not written."""
    own = document.account.account_id
    if own is None:
        return document
    models, identity = document.models, document.identity
    if not _writes_accounts(plain["models"]):
        models = replace(models, accounts=(own,))
    if not _writes_accounts(plain.get("identity")):
        identity = replace(identity, accounts=(own,))
    return replace(document, models=models, identity=identity)


def _writes_accounts(table: object) -> bool:
    return isinstance(table, dict) and "accounts" in table
