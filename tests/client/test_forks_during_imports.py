"""A child that is forked while another thread makes its first call ends its own in time: no import of it is half done.

Each case runs in a process of its own, in which nothing is loaded yet. There one module takes its time to be imported.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.testing import LocalBedrock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")

LIMIT_S = 60

PROGRAM = """
import json, os, signal, sys, threading, time
case = json.loads(sys.argv[1])
parent, importing = os.getpid(), threading.Event()

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == case.get("slow") and os.getpid() == parent:
            importing.set()
            time.sleep(1.0)

sys.meta_path.insert(0, Slow())
from secure_bedrock import Policy, SecureBedrockClient, create_client
policy, model = Policy.from_toml(case["policy"]), "anthropic.claude-3-haiku-20240307-v1:0"
class Given:
    access_key, secret_key, token = case["keys"]
given = {"credentials": Given()} if case["explicit"] else {}
messages = [{"role": "user", "content": [{"text": "hello"}]}]
if case["front"] == "typed":
    client = SecureBedrockClient(policy, sinks=[], **given)
else:
    client = create_client("bedrock-runtime", policy, **given)

def call():
    if case["front"] == "hardened":
        client.converse(modelId=model, messages=messages)
    elif case["front"] == "typed" and case.get("stream"):
        with client.converse_stream(model, "hello", deadline_s=10) as stream:
            list(stream)
    else:
        client.converse(model, "hello", deadline_s=10)

for name, text in case.get("appearing", {}).items():
    open(name, "w").write(text)
"""

WHAT_IS_LOADED = """
before = set(sys.modules)
call()
print(json.dumps(sorted(set(sys.modules) - before)))
"""

FORKING = """
importing.clear()
thread = threading.Thread(target=call)
thread.start()
seen = importing.wait(0.5)
child = os.fork()
if child == 0:
    signal.alarm(10)
    call()
    os._exit(7)
_, status = os.waitpid(child, 0)
thread.join(30)
print(json.dumps([seen, os.WIFEXITED(status) and os.WEXITSTATUS(status)]))
"""


@pytest.fixture(scope="module")
def local() -> Iterator[LocalBedrock]:
    with LocalBedrock() as made:
        yield made


def run(program: str, local: LocalBedrock, home: Path, **case: Any) -> Any:
    """What the program printed; `case` says whose credentials are used and through which front end."""
    keys = local.credentials
    case = {"front": "typed", "explicit": False, **case}
    case["keys"] = [keys.access_key, keys.secret_key, keys.token]
    case["policy"] = local.policy_toml() + '\n[identity]\ncredentials = ["custom-process", "env"]\n'
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM + program, json.dumps(case)],
        env={**inherited, "HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def aws_config(local: LocalBedrock, home: Path) -> dict[str, str]:
    """AWS's config file, by its path, of a profile whose process gives the credentials that the service knows."""
    keys = local.credentials
    document = {
        "Version": 1,
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "SessionToken": keys.token,
        "Expiration": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }
    (home / "document").write_text(json.dumps(document))
    (home / ".aws").mkdir()
    text = f"[default]\ncredential_process = cat {home / 'document'}\n"
    return {str(home / ".aws" / "config"): text}


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).write_text(text)


@pytest.mark.parametrize("front", ["typed", "hardened"])
@pytest.mark.parametrize("explicit", [True, False], ids=["passed", "a profile's"])
def test_a_call_imports_nothing(
    front: str, explicit: bool, local: LocalBedrock, tmp_path: Path
) -> None:
    if not explicit:
        write(aws_config(local, tmp_path))

    assert run(WHAT_IS_LOADED, local, tmp_path, front=front, explicit=explicit) == []


PROFILES = "secure_bedrock.transport.credentials.profiles"
AT_CONSTRUCTION: dict[str, dict[str, Any]] = {
    "the providers of profiles": {"slow": PROFILES},
    "the providers of profiles, hardened": {"slow": PROFILES, "front": "hardened"},
    "botocore's providers": {"slow": "botocore.credentials"},
    "the signer": {"slow": "botocore.auth", "explicit": True},
    "host names": {"slow": "encodings.idna", "explicit": True},
    "host names, hardened": {"slow": "encodings.idna", "explicit": True, "front": "hardened"},
}


@pytest.mark.parametrize("case", AT_CONSTRUCTION)
def test_what_every_call_needs_is_there_before_the_first(
    case: str, local: LocalBedrock, tmp_path: Path
) -> None:
    write(aws_config(local, tmp_path))

    seen, exited = run(FORKING, local, tmp_path, **AT_CONSTRUCTION[case])

    assert (seen, exited) == (False, 7)


def test_a_fork_waits_for_the_import_of_the_first_stream(
    local: LocalBedrock, tmp_path: Path
) -> None:
    slow = "secure_bedrock.client.streams"

    assert run(FORKING, local, tmp_path, slow=slow, stream=True, explicit=True) == [True, 7]


def test_a_fork_waits_for_the_import_of_what_turned_up_after_the_client_was_made(
    local: LocalBedrock, tmp_path: Path
) -> None:
    appearing = aws_config(local, tmp_path)

    assert run(FORKING, local, tmp_path, slow=PROFILES, appearing=appearing) == [True, 7]
