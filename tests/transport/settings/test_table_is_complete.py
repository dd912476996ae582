"""Nothing that the installed botocore reads is missing from the table, and every row's test runs for that row."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from botocore import configprovider
from botocore.session import Session

from secure_bedrock.transport.settings import NO_EFFECT, SETTINGS

ROOT = Path(__file__).parents[3]
VARIABLES = [row for row in SETTINGS if row.kind == "variable"]
KEYS = {row.name for row in SETTINGS if row.kind == "key"}
_VARIABLE = re.compile(
    r"""['"](_?(?:AWS|BOTO|BOTOCORE|SSL|OPENSSL|REQUESTS|CURL|X_AMZN)_[A-Z0-9_]+|SSLKEYLOGFILE)['"]"""
)


def is_known(variable: str) -> bool:
    return variable in NO_EFFECT or any(row.matches(variable) for row in VARIABLES)


def session_table() -> dict[str, Any]:
    """The names that botocore gave its table over the years."""
    for name in ("BOTOCORE_DEFAULT_SESSION_VARIABLES", "BOTOCORE_DEFAUT_SESSION_VARIABLES"):
        if hasattr(configprovider, name):
            return dict(getattr(configprovider, name))
    raise AssertionError("botocore's table of session variables has another name")


def botocores_rows() -> Iterator[tuple[Any, Any]]:
    """Key (or keys, or section and key) and variable (or variables) of all that botocore reads for a session."""
    tables = (
        session_table(),
        configprovider.DEFAULT_PROXIES_CONFIG_VARS,
        configprovider.DEFAULT_S3_CONFIG_VARS,
        Session.SESSION_VARIABLES,
    )
    for table in tables:
        for row in dict(table).values():
            yield row[0], row[1]


def each(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def test_every_session_variable_of_botocore_is_judged() -> None:
    names = {name for _, variables in botocores_rows() for name in each(variables)}
    assert len(names) > 30
    assert sorted(name for name in names if not is_known(name)) == []


def test_every_config_key_of_botocore_is_judged() -> None:
    keys = {
        key[0] if isinstance(key, tuple) else key
        for keys, _ in botocores_rows()
        for key in each(keys)
    }
    assert len(keys) > 30
    assert sorted(key for key in keys if key not in KEYS and key not in NO_EFFECT) == []


@pytest.mark.parametrize("package", ["botocore", "boto3", "s3transfer", "urllib3"])
def test_every_variable_that_a_package_names_is_judged(package: str) -> None:
    """Also those that are read outside the session's table: credentials, plugins, TLS."""
    folder = Path(str(import_module(package).__file__)).parent
    named = {
        name
        for path in folder.rglob("*.py")
        for name in _VARIABLE.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(name for name in named if not is_known(name)) == []


def test_every_proxy_that_urllib_reads_is_judged() -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "Http_Proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        assert is_known(name)


def test_a_variable_that_is_called_like_a_key_is_not_that_key() -> None:
    assert [row.name for row in SETTINGS if row.kind != "variable" and row.matches(row.name)] == []


def test_what_has_no_effect_is_not_also_judged() -> None:
    judged = {row.name for row in SETTINGS}
    assert judged & set(NO_EFFECT) == set()
    assert [name for name in NO_EFFECT if any(row.matches(name) for row in VARIABLES)] == []
    assert all(NO_EFFECT.values())


@cache
def collected() -> tuple[str, ...]:
    """The ids of the tests that rows name, as pytest itself finds them."""
    files = sorted({row.proven_by.partition("::")[0] for row in SETTINGS})
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return tuple(line for line in found.stdout.splitlines() if "::" in line)


def test_every_row_names_a_test_that_runs_for_it_on_both_front_ends() -> None:
    missing = [
        (row.label, front)
        for row in SETTINGS
        for front in ("typed", "hardened")
        if f"{row.proven_by}[{front}-{row.label}]" not in collected()
    ]
    assert missing == []


def test_no_row_is_proven_by_a_test_that_does_not_exist() -> None:
    """The control of the test above: it can tell."""
    assert f"{SETTINGS[0].proven_by}[typed-NO_SUCH_SETTING]" not in collected()
    assert len(collected()) >= 2 * len(SETTINGS)
