#!/usr/bin/env python3
"""Run the project's own commands: demo, test, check and what else a developer needs.

Standard library only: it makes `.venv` from the hashed locks in `requirements/`, builds the wheel from the
tree when a source file changed, installs that wheel, and works from any directory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent
MINIMUM = (3, 11)


class CommandFailed(Exception):
    """A step ended with a status other than 0; `status` is what to exit with."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


def kept_bytecode() -> dict[str, str]:
    """The surroundings for pytest, with bytecode kept in any case.

    Without it each worker of each run rewrites the asserts of every test file anew, which takes it eight seconds.
    """
    return {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def say(text: str) -> None:
    print(f"dev.py: {text}", file=sys.stderr, flush=True)


def run(command: Sequence[str | Path], *, env: dict[str, str] | None = None) -> None:
    status = subprocess.run(list(map(str, command)), cwd=ROOT, env=env, check=False).returncode
    if status != 0:
        words = " ".join(map(str, command[:4]))
        raise CommandFailed(f"{words} … ended with status {status}", status)


class Environment:
    """A virtual environment with a lock and the project's built wheel in it."""

    def __init__(self, directory: Path, lock: Path, python: str | None = None) -> None:
        self.directory = directory
        self.lock = lock
        self.made_by = python
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.python = directory / scripts / ("python.exe" if os.name == "nt" else "python")
        self.scripts = directory / scripts

    def ready(self) -> Environment:
        """Make what is missing: environment, locked packages, the wheel. Cheap when nothing changed."""
        if not self.python.exists():
            self._make()
        self._install_lock()
        self._install_wheel()
        return self

    def tool(self, name: str) -> Path:
        return self.scripts / (name + (".exe" if os.name == "nt" else ""))

    def pip(self, *arguments: str | Path) -> None:
        run([self.python, "-m", "pip", "--disable-pip-version-check", "-q", "install", *arguments])

    def _make(self) -> None:
        say(f"making {self.directory.name} (once)")
        shutil.rmtree(self.directory, ignore_errors=True)
        if self.made_by is None:
            venv.EnvBuilder(with_pip=True).create(self.directory)
        else:
            run([self.made_by, "-m", "venv", self.directory])

    def _install_lock(self) -> None:
        stamp = self.directory / f"{self.lock.stem}.sha256"
        # The larger lock holds the smaller one's packages at the same versions.
        if stamp.name == "demo.sha256" and self._fresh(self.directory / "dev.sha256", DEV_LOCK):
            return
        if not self._fresh(stamp, self.lock):
            say(f"installing {self.lock.name} (hashed; about a minute the first time)")
            try:
                self.pip("--require-hashes", "-r", self.lock)
            except CommandFailed as failure:
                what = f"installing {self.lock.name} failed; is the package index reachable?"
                raise CommandFailed(what, failure.status) from failure
            stamp.write_text(_digest([self.lock]))

    def _install_wheel(self) -> None:
        sources = _sources()
        stamp = self.directory / "wheel.sha256"
        digest = _digest(sources)
        if stamp.exists() and stamp.read_text() == digest:
            return
        say("building and installing the wheel")
        dist = self.directory / "wheel"
        shutil.rmtree(dist, ignore_errors=True)
        pip: list[str | Path] = [self.python, "-m", "pip", "--disable-pip-version-check", "-q"]
        run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", dist, ROOT])
        (wheel,) = dist.glob("*.whl")
        run([*pip, "install", "--no-deps", "--force-reinstall", wheel])
        stamp.write_text(digest)

    @staticmethod
    def _fresh(stamp: Path, lock: Path) -> bool:
        return stamp.exists() and stamp.read_text() == _digest([lock])


# Whatever of the tests botocore has a part in. The typed clients take a signature from it and nothing else, and two
# laws hold that; the controls, which show what stock boto3 does, need one version only.
BOTOCORES_PART = ("-k", "not [typed and not -typed and not stock")
SEAM_TESTS = (
    "tests/promises",
    "tests/transport/hardened",
    "tests/transport/credentials/test_chain.py",
    "tests/transport/credentials/test_credential_process.py",
    "tests/transport/credentials/test_quiet_refresh.py",
    "tests/transport/core/gate/test_gate_admits_botocore.py",
    "tests/transport/core/asking/test_sign.py",
    "tests/property/test_typed_path_equals_botocore.py",
    "tests/property/test_typed_answers_equal_botocore.py",
    *BOTOCORES_PART,
)

# With the lowest dependencies: every room that touches one, the typed clients and tenacity's among them.
LOWEST_TESTS = (
    "tests/transport",
    "tests/promises",
    "tests/client",
    "tests/discovery",
    "tests/resilience",
    "tests/property",
    *BOTOCORES_PART,
)

ON_EVERY_CORE = ("-n", "auto", "--dist", "loadgroup")

# Between the lower bound and the newest: each minor version's last, of 1.43 the one that aiobotocore 3.10 holds to.
BETWEEN = ("1.41.6", "1.42.97", "1.43.117")

DEMO_LOCK = ROOT / "requirements" / "demo.txt"
DEV_LOCK = ROOT / "requirements" / "dev.txt"
VERSION_LOCKS = ROOT / "requirements" / "versions"


def _sources() -> list[Path]:
    tree = [
        p for p in sorted((ROOT / "src").rglob("*")) if p.is_file() and "__pycache__" not in p.parts
    ]
    return [*tree, ROOT / "pyproject.toml", ROOT / "README.md", ROOT / "LICENSE"]


def _digest(paths: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _environment(arguments: argparse.Namespace, lock: Path = DEV_LOCK) -> Environment:
    return Environment(ROOT / arguments.venv, lock, arguments.python).ready()


def demo(arguments: argparse.Namespace) -> None:
    """The main job on this machine: a private call, refused public ones, the audit trail."""
    environment = _environment(arguments, DEMO_LOCK)
    run([environment.tool("secure-bedrock"), "demo", *arguments.rest])


def test(arguments: argparse.Namespace) -> None:
    """The whole suite against the built wheel, with the coverage gates."""
    environment = _environment(arguments)
    if arguments.rest:
        run([environment.python, "-m", "pytest", *arguments.rest], env=kept_bytecode())
        return
    run([environment.python, "-m", "coverage", "erase"])
    pytest: list[str | Path] = [environment.python, "-m", "pytest", "-q", *ON_EVERY_CORE]
    run([*pytest, "--cov", "--cov-report="], env=kept_bytecode())
    report: list[str | Path] = [environment.python, "-m", "coverage", "report"]
    run([*report, "--fail-under=95"])
    run(
        [
            *report,
            "--fail-under=100",
            "--include=*/secure_bedrock/network/*,*/secure_bedrock/policy/*",
        ]
    )
    say("the suite passed and the coverage gates held")


def exhaustive(arguments: argparse.Namespace) -> None:
    """The long matrices whole, of which the suite runs some cases: an answer cut at every byte."""
    environment = _environment(arguments)
    command: list[str | Path] = [
        environment.python,
        "-m",
        "pytest",
        "-q",
        *ON_EVERY_CORE,
        "-m",
        "exhaustive",
    ]
    run([*command, *arguments.rest], env=kept_bytecode())


def check(arguments: argparse.Namespace) -> None:
    """ruff, mypy --strict, pyright and the layer contracts."""
    environment = _environment(arguments)
    with_source = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    run([environment.tool("ruff"), "check", "."])
    run([environment.tool("ruff"), "format", "--check", "."])
    run([environment.tool("mypy")])
    run([environment.tool("pyright"), "--pythonpath", environment.python])
    run([environment.tool("lint-imports")], env=with_source)


def versions(arguments: argparse.Namespace) -> None:
    """The seam and its promises on botocore's versions from the lower bound to the newest, in one table."""
    base = _environment(arguments)
    locks = _version_locks()
    outcomes = list(_on_versions(base, locks, arguments))
    print(f"{'botocore':12}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for one in outcomes:
        counts = f"{one.passed:>8}{one.failed:>8}{one.skipped:>9}"
        print(f"{one.version:12}{counts}{one.seconds:>9.0f}")
    if not all(one.holds for one in outcomes):
        raise CommandFailed("not every version of botocore holds", 1)


def test_lowest(arguments: argparse.Namespace) -> None:
    """The first of `versions` alone: the suite's core with the lowest dependencies."""
    base, (lock, *_) = _environment(arguments), _version_locks()
    (outcome,) = _on_versions(base, [lock], arguments)
    if not outcome.holds:
        raise CommandFailed("the suite's core fails with the lowest dependencies", 1)


@dataclass(frozen=True)
class Outcome:
    """What the chosen tests said beside one version of botocore."""

    version: str
    passed: int
    failed: int
    skipped: int
    seconds: float

    @property
    def holds(self) -> bool:
        return self.passed > 0 and not self.failed


def _on_versions(
    base: Environment, locks: Sequence[Path], arguments: argparse.Namespace
) -> Iterator[Outcome]:
    """Run tests beside each lock, the lowest first, in environments that are gone afterwards.

    While one is tested the next is made, which needs one core and waits for the disk.
    """
    with (
        tempfile.TemporaryDirectory(dir=ROOT, prefix=".venv-") as folder,
        ThreadPoolExecutor(1) as ahead,
    ):
        made = ahead.submit(_throw_away, base, locks[0], Path(folder), arguments.python)
        for at, lock in enumerate(locks):
            say(f"botocore {lock.stem}")
            begun, one = time.monotonic(), made.result()
            if lock is not locks[-1]:
                made = ahead.submit(
                    _throw_away, base, locks[at + 1], Path(folder), arguments.python
                )
            chosen = arguments.rest or (SEAM_TESTS if at else LOWEST_TESTS)
            counts = _counted(one.python, chosen, one.directory / "report.xml")
            shutil.rmtree(one.directory)
            yield Outcome(lock.stem, *counts, time.monotonic() - begun)


def _throw_away(base: Environment, lock: Path, folder: Path, python: str | None) -> Environment:
    """An environment without a pip of its own: the base's fills it, which is quicker."""
    made = Environment(folder / lock.stem, lock, python)
    run([python or sys.executable, "-m", "venv", "--without-pip", made.directory])
    pip: list[str | Path] = [base.python, "-m", "pip", "--disable-pip-version-check"]
    pip += ["--python", made.python, "install", "-q"]
    run([*pip, "--require-hashes", "-r", lock])
    (wheel,) = (base.directory / "wheel").glob("*.whl")
    run([*pip, "--no-deps", wheel])
    return made


def _counted(python: Path, tests: Sequence[str], report: Path) -> tuple[int, int, int]:
    """Counts of passed, failed (with errors) and skipped tests; what it says goes to stderr."""
    options = ["-q", *ON_EVERY_CORE, "-p", "no:cacheprovider", f"--junit-xml={report}"]
    command = [str(python), "-m", "pytest", *options, *tests]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=sys.stderr, env=kept_bytecode())
    status = done.returncode
    if status not in (0, 1) or not report.exists():
        raise CommandFailed(f"pytest ended with status {status}", status or 1)
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - pytest wrote it just now
    if suite is None:
        raise CommandFailed("pytest's report holds no suite", 1)
    total, failed, errors, skipped = (
        int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
    )
    return total - failed - errors - skipped, failed + errors, skipped


def _version_locks() -> list[Path]:
    """The locks of requirements/versions, the lowest botocore first."""
    return sorted(
        VERSION_LOCKS.glob("*.txt"),
        key=lambda lock: [int(part) for part in _pinned(lock)["botocore"].split(".")],
    )


def _pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock.read_text(), re.MULTILINE))


def bench(arguments: argparse.Namespace) -> None:
    """Raw boto3 and ours, alternately in one process, as ratios."""
    environment = _environment(arguments)
    run([environment.python, "-m", "benchmarks.compare", *arguments.rest])


def route_matrix(arguments: argparse.Namespace) -> None:
    """What leaves a VPC, ours beside boto3, by kernel counters (Linux, root); writes docs/evidence/."""
    environment = _environment(arguments)
    run([environment.python, "-m", "tests.netns.testbed", *arguments.rest])


def fuzz(arguments: argparse.Namespace) -> None:
    """Random inputs against every parser and the gate for --seconds N; by atheris where it is installed."""
    environment = _environment(arguments)
    run([environment.python, ROOT / "tools" / "fuzz.py", *arguments.rest])


def mutate(arguments: argparse.Namespace) -> None:
    """Small changes of the guard and the wire gate, one at a time: do the tests notice?"""
    environment = _environment(arguments)
    run([environment.python, ROOT / "tools" / "mutate.py", *arguments.rest])


def lock(arguments: argparse.Namespace) -> None:
    """Write requirements/ anew: the dependency groups, and one lock for each version of botocore that is tried."""
    environment = _environment(arguments)
    environment.pip("uv")
    handed_on = list(arguments.rest)
    _compile(environment, handed_on, "dev", DEV_LOCK)
    _compile(environment, ["-c", "requirements/dev.txt", *handed_on], "demo", DEMO_LOCK)
    tried = _tried_versions()
    for stale in {*VERSION_LOCKS.glob("*.txt")} - {VERSION_LOCKS / f"{name}.txt" for name in tried}:
        stale.unlink()
    for version, pins in tried.items():
        with tempfile.TemporaryDirectory() as folder:
            constraints = Path(folder) / "pins.txt"
            constraints.write_text("\n".join(pins))
            options = ["--no-annotate", "-c", str(constraints), *handed_on]
            _compile(environment, options, "suite", VERSION_LOCKS / f"{version}.txt")


def _compile(environment: Environment, options: list[str], group: str, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    command: list[str | Path] = [environment.tool("uv"), "pip", "compile", "-q", "--universal"]
    command += ["--generate-hashes", "--no-header", "--no-emit-index-url"]
    command += ["--python-version", "3.11", *options, "--group", group]
    run([*command, "-o", target.relative_to(ROOT)])


def _tried_versions() -> dict[str, list[str]]:
    """For each version of botocore: what is pinned with it; the rest is as in dev.txt, which has the newest."""
    newest = _pinned(DEV_LOCK)
    lowest = dict(entry.split("==") for entry in _lower_bounds())
    aside = {
        name: pin for name, pin in newest.items() if name not in ("boto3", "botocore", "s3transfer")
    }
    tried = {lowest["botocore"]: {**aside, **lowest}}
    for version in BETWEEN:
        tried[version] = {**aside, "botocore": version}
    tried[newest["botocore"]] = newest
    return {
        version: [f"{name}=={pin}" for name, pin in pins.items()] for version, pins in tried.items()
    }


def _lower_bounds() -> list[str]:
    import tomllib  # noqa: PLC0415 - the rest runs before Python 3.11 is known to be there

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = [entry.replace(">=", "==") for entry in project["dependencies"]]
    return [entry if entry.count(".") > 1 else entry + ".0" for entry in pinned]


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "demo": demo,
    "test": test,
    "exhaustive": exhaustive,
    "check": check,
    "versions": versions,
    "test-lowest": test_lowest,
    "bench": bench,
    "route-matrix": route_matrix,
    "fuzz": fuzz,
    "mutate": mutate,
    "lock": lock,
}

# What further arguments are handed to; `check` takes none.
HANDED_ON = {
    "demo": "secure-bedrock demo",
    "test": "pytest, which then runs without the coverage gates",
    "exhaustive": "pytest",
    "versions": "pytest, in place of the chosen tests",
    "test-lowest": "pytest, in place of the chosen tests",
    "fuzz": "tools/fuzz.py",
    "mutate": "tools/mutate.py",
    "bench": "benchmarks/compare.py",
    "route-matrix": "python -m tests.netns.testbed",
    "lock": "uv pip compile",
}


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="dev.py", description=about, allow_abbrev=False)
    parser.add_argument(
        "--venv", default=".venv", help="directory of the environment (default: .venv)"
    )
    parser.add_argument(
        "--python", help="the Python that makes the environment (default: this one)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, function in COMMANDS.items():
        summary = (function.__doc__ or "").splitlines()[0]
        onward = f"Further arguments go to {HANDED_ON[name]}." if name in HANDED_ON else None
        commands.add_parser(
            name, help=summary, description=summary, epilog=onward, allow_abbrev=False
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    if sys.version_info < MINIMUM:
        say(
            f"Python {'.'.join(map(str, MINIMUM))} or newer is needed; this is {sys.version.split()[0]}"
        )
        return 2
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command not in HANDED_ON:
        parser.error(f"{arguments.command} takes no arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        COMMANDS[arguments.command](arguments)
    except CommandFailed as failure:
        say(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
