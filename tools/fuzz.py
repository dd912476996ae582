#!/usr/bin/env python3
"""Run the targets of tests/fuzz for as long as is asked, and say how many inputs each one saw.

With atheris (`pip install atheris` into the environment) libFuzzer drives them, guided by the library's coverage; its
corpus grows in .hypothesis/fuzz. Without it Hypothesis draws inputs, in rounds of 5000 with a new seed each.
A failing input is shrunk where Hypothesis found it, and kept in .hypothesis/examples, so that the suite repeats it.
"""

import argparse
import contextlib
import faulthandler
import functools
import importlib.util
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / ".hypothesis" / "fuzz"
_ROUND = "5000"
_HANGS_S = 60.0

Target = Callable[..., None]


class TimeIsUp(BaseException):
    """The target's share of the time has passed; a BaseException, so that nothing takes it for a finding."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every chosen target for its share of the time; 1 when one of them failed."""
    options = _options(arguments)
    os.environ["FUZZ_EXAMPLES"] = _ROUND
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]  # the targets import what tests share
    guided = options.engine == "atheris" or (options.engine == "auto" and _has_atheris())
    targets = {n: t for n, t in _targets(guided).items() if options.only in n}
    _say(f"{len(targets)} targets, {options.seconds} s, {'atheris' if guided else 'hypothesis'}")
    share_s = options.seconds / max(1, len(targets))
    work = _by_atheris if guided else _by_hypothesis
    failed = [name for name, target in targets.items() if not work(name, target, share_s)]
    _say(f"failed: {', '.join(failed) or 'none'}")
    return 1 if failed or not targets else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.py fuzz", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="over all targets (60)")
    parser.add_argument("--engine", choices=["auto", "atheris", "hypothesis"], default="auto")
    parser.add_argument("--only", default="", help="a part of the targets' names")
    return parser.parse_args(arguments)


def _has_atheris() -> bool:
    return importlib.util.find_spec("atheris") is not None


def _targets(guided: bool) -> dict[str, Target]:
    """Every property of tests/fuzz by its name, with the library instrumented where coverage guides."""
    if not guided:
        return dict(_properties())
    import atheris  # type: ignore[import-untyped] # noqa: PLC0415 - optional

    with atheris.instrument_imports(include=["secure_bedrock"], enable_loader_override=False):
        return dict(_properties())


def _properties() -> Iterator[tuple[str, Target]]:
    for path in sorted((ROOT / "tests" / "fuzz").glob("test_fuzz_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        for name, value in vars(module).items():
            if name.startswith("test_") and hasattr(value, "hypothesis"):
                yield f"{path.stem}::{name}", value


def _by_hypothesis(name: str, target: Target, share_s: float) -> bool:
    seen = _bounded(target, time.monotonic() + share_s)
    # An input that is never done with has no other end: this prints where it hangs, and exits.
    faulthandler.dump_traceback_later(share_s + _HANGS_S, exit=True)
    told = io.StringIO()
    try:
        with contextlib.redirect_stdout(told):
            while True:
                target()
    except TimeIsUp:
        _say(f"{name}: {seen[0]} inputs")
        return True
    except Exception:  # noqa: BLE001 - whatever it is, it is the finding
        _say(f"{name}: failed after {seen[0]} inputs\n{told.getvalue()}")
        traceback.print_exc()
        return False
    finally:
        faulthandler.cancel_dump_traceback_later()


def _bounded(target: Any, ends: float) -> list[int]:
    """Let the property end with TimeIsUp at that time; a list of one number counts the inputs that it saw."""
    seen = [0]
    inner = target.hypothesis.inner_test

    @functools.wraps(
        inner
    )  # so that Hypothesis keeps what fails under the name that the suite looks it up by
    def judge(*args: Any, **kwargs: Any) -> None:
        if time.monotonic() > ends:
            raise TimeIsUp
        seen[0] += 1
        inner(*args, **kwargs)

    target.hypothesis.inner_test = judge
    return seen


def _by_atheris(name: str, target: Any, share_s: float) -> bool:
    """LibFuzzer ends its process, so each target has one of its own."""
    import atheris  # noqa: PLC0415 - optional

    corpus = CORPUS / name.replace("::", "-")
    corpus.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    pid = os.fork()
    if not pid:
        limits = [
            f"-max_total_time={max(1, round(share_s))}",
            "-max_len=4096",
            "-print_final_stats=1",
        ]
        atheris.Setup(
            [name, *limits, f"-artifact_prefix={corpus}/", str(corpus)],
            target.hypothesis.fuzz_one_input,
        )
        atheris.Fuzz()
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    _say(f"{name}: {'failed' if status else 'passed'} in {time.monotonic() - began:.0f} s")
    return status == 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    sys.exit(main())
