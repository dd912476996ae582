"""Which file is the policy: the argument, else the environment's, else the one file in the known places."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from secure_bedrock.errors import PolicyInvalid, PolicyNotFound, Problem

FILE_NAME: Final = "secure-bedrock.toml"
VARIABLE: Final = "SECURE_BEDROCK_POLICY"
# Where Lambda unpacks layers: Lambda developer guide, 2026-11-20.
LAYER_DIRECTORY: Final = Path("/opt")
MAX_BYTES: Final = 1024 * 1024


def find_policy(
    path: str | os.PathLike[str] | None,
    environ: Mapping[str, str],
    *,
    layer_directory: Path = LAYER_DIRECTORY,
) -> tuple[Path, str]:
    """The policy file and its text. PolicyNotFound where there is none, PolicyInvalid where two differ."""
    if path is not None:
        return _named(os.fspath(path), "the path given")
    if VARIABLE in environ:
        return _named(environ[VARIABLE], VARIABLE)
    return _only_one(_known_places(environ, layer_directory))


def _named(text: str, origin: str) -> tuple[Path, str]:
    """The file that someone named: it has to be there."""
    if not text:
        raise PolicyNotFound(f"{origin} is empty, so no policy file was looked for")
    path = Path(text)
    found = read_policy_file(path)
    if found is None:
        raise PolicyNotFound(
            f"there is no policy file at {text} ({origin})",
            next_step="correct the path, or write one with `secure-bedrock init`",
        )
    return path, found


def _known_places(environ: Mapping[str, str], layer_directory: Path) -> list[Path]:
    task_root = environ.get("LAMBDA_TASK_ROOT")
    places = [Path(FILE_NAME), layer_directory / FILE_NAME]
    if task_root:
        places.insert(1, Path(task_root) / FILE_NAME)
    return places


def _only_one(places: list[Path]) -> tuple[Path, str]:
    """The first file that is there; every other one has to be equal to it."""
    read = [(place, read_policy_file(place)) for place in places]
    found = [(place, text) for place, text in read if text is not None]
    if not found:
        raise PolicyNotFound(f"no policy file: looked for {', '.join(map(str, places))}")
    first, text = found[0]
    for other, other_text in found[1:]:
        if other_text != text:
            message = f"differs from {first}: two policies were found, and neither is chosen"
            raise _unreadable(other, message)
    return first, text


def read_policy_file(path: Path) -> str | None:
    """The text of a policy file, None where nothing is at the path; PolicyInvalid where it can't be read."""
    try:
        data = _read(path)
    except FileNotFoundError:
        if path.is_symlink():
            raise _unreadable(path, "a link that leads nowhere") from None
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, f"can't be read: {reason}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, "not UTF-8", line) from None


def _read(path: Path) -> bytes:
    """The bytes of a regular file of bounded size; a pipe or a device is not opened."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise ValueError("it is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError("it is larger than 1 MiB")
    return data


def _unreadable(path: Path, message: str, line: int | None = None) -> PolicyInvalid:
    problem = Problem(message, "", str(path), line)
    return PolicyInvalid("the policy file can't be used", problems=(problem,))
