"""P14: importing the package does no I/O, makes no client, configures no logging, changes no global."""

import json
import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "pydantic", "tenacity", "urllib3", "cryptography", "trustme")

PROBE = """
import json, logging, sys, threading
import os, importlib, re, types, enum, typing, collections.abc  # what any interpreter has at hand
opened = []
def hook(event, args):
    if event.startswith("socket.") or event == "subprocess.Popen":
        opened.append(event)
    if event == "open" and isinstance(args[0], str) and not args[0].endswith((".py", ".pyc")):
        opened.append("open " + args[0])
sys.addaudithook(hook)
before = (logging.root.level, list(logging.root.handlers), dict(os.environ), threading.active_count())
{statement}
after = (logging.root.level, list(logging.root.handlers), dict(os.environ), threading.active_count())
print(json.dumps({{"opened": opened, "changed": before != after, "modules": sorted(sys.modules)}}))
"""


def probe(statement: str) -> dict[str, object]:
    script = PROBE.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def loaded_of(found: dict[str, object]) -> set[str]:
    modules = found["modules"]
    assert isinstance(modules, list)
    return {name.partition(".")[0] for name in modules}


def test_importing_opens_nothing_and_changes_no_global() -> None:
    found = probe("import secure_bedrock")

    assert found["opened"] == []
    assert found["changed"] is False


@pytest.mark.parametrize("package", HEAVY)
def test_importing_loads_no_heavy_package(package: str) -> None:
    assert package not in loaded_of(probe("import secure_bedrock"))


@pytest.mark.parametrize("package", HEAVY)
def test_help_loads_no_heavy_package(package: str) -> None:
    statement = (
        "import contextlib, io\n"
        "from secure_bedrock.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])"
    )

    assert package not in loaded_of(probe(statement))


def test_naming_a_class_loads_only_its_room() -> None:
    assert "boto3" not in loaded_of(probe("from secure_bedrock import Policy, Deadline"))


def test_a_misspelt_name_is_an_attribute_error() -> None:
    import secure_bedrock

    with pytest.raises(AttributeError, match="SecureBedrokClient"):
        getattr(secure_bedrock, "SecureBedrokClient")  # noqa: B009 - a checker would see the plain access


def test_dir_lists_the_public_names_only() -> None:
    import secure_bedrock

    assert set(dir(secure_bedrock)) == set(secure_bedrock.__all__)


def test_the_version_is_the_distributions() -> None:
    """The build takes it from the source; a tree that is only on the path has no distribution to differ from."""
    from importlib.metadata import PackageNotFoundError, version

    import secure_bedrock

    try:
        distributed = version("secure-bedrock")
    except PackageNotFoundError:
        pytest.skip("secure-bedrock is not installed here")
    assert secure_bedrock.__version__ == distributed
