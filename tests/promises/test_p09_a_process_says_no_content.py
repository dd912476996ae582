"""P09: a process with all logging turned up, and an uncaught error at its end, writes no content and no credential."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock.testing import LocalBedrock, LocalCredentials

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"

PREPARE = """
import json, os, sys, boto3, botocore.config
boto3.set_stream_logger("")
canary = json.loads(os.environ["CANARIES"])
MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
messages = [{"role": "user", "content": [{"text": canary["prompt"]}]}]
system = [{"text": canary["system"]}]
native = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [
    {"role": "user", "content": canary["prompt"]}]}
"""

OURS = """
from secure_bedrock import SecureBedrockClient, SecureSession, create_client, errors
with SecureBedrockClient(os.environ["POLICY"]) as client:
    print(repr(client.converse(MODEL, messages, system=system)))
    with client.converse_stream(MODEL, messages, system=system) as stream:
        print(stream, list(stream), stream.response())
    print(client.invoke_model(MODEL, native))
    with client.invoke_model_stream(MODEL, native) as stream:
        print(stream, len(list(stream)))
    try:
        client.converse(canary["prompt"], MODEL)
    except errors.ModelDenied as refusal:
        print(refusal, repr(refusal))
for hardened in (
    create_client("bedrock-runtime", os.environ["POLICY"]),
    SecureSession(os.environ["POLICY"]).client("bedrock-runtime"),
):
    hardened.converse(modelId=MODEL, messages=messages, system=system)
    list(hardened.converse_stream(modelId=MODEL, messages=messages)["stream"])
    hardened.invoke_model(modelId=MODEL, body=json.dumps(native))["body"].read()
"""

STOCK = """
client = boto3.client("bedrock-runtime", region_name="eu-west-1", endpoint_url=os.environ["URL"],
    verify=os.environ["CA"])
client.converse(modelId=MODEL, messages=messages, system=system)
"""

UNCAUGHT = {
    "typed, a wrong argument": "client = SecureBedrockClient(os.environ['POLICY'])\n"
    "client.converse(MODEL, [{'role': 'user', 'content': canary['prompt'].encode()}])",
    "typed, a model's name": "client = SecureBedrockClient(os.environ['POLICY'])\n"
    "client.converse_stream(canary['prompt'], messages)",
    "hardened, a wrong argument": "client = create_client('bedrock-runtime', os.environ['POLICY'])\n"
    "client.converse(modelId=MODEL, messages=canary['prompt'])",
    "hardened, refused by AWS": "client = create_client('bedrock-runtime', os.environ['POLICY'])\n"
    "client.converse(modelId=MODEL, messages=messages, inferenceConfig={'temperature': 5.0})",
}
IMPORTS = "from secure_bedrock import SecureBedrockClient, create_client\n"


@pytest.fixture(scope="module")
def server(canaries: Any) -> Iterator[LocalBedrock]:
    keys = LocalCredentials(canaries.access_key, canaries.secret_key, canaries.token)
    with LocalBedrock(credentials=keys, tls_names=("127.0.0.1",)) as running:
        yield running


@pytest.fixture
def run(bedrock: LocalBedrock, canaries: Any, tmp_path: Path) -> Any:
    """Runs a script in a process of its own and gives what it wrote and how it ended."""
    import json
    import os

    policy = tmp_path / "secure-bedrock.toml"
    log = tmp_path / "audit.jsonl"
    sinks = f'[audit]\nsinks = ["logging", "stdout", "jsonl:{log}"]\n'
    policy.write_text(bedrock.policy_toml() + sinks)
    surroundings = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": canaries.access_key,
        "AWS_SECRET_ACCESS_KEY": canaries.secret_key,
        "AWS_SESSION_TOKEN": canaries.token,
        "CANARIES": json.dumps({"prompt": canaries.prompt, "system": canaries.system}),
        "POLICY": str(policy),
        "URL": bedrock.loopback_url,
        "CA": bedrock.ca_path,
    }

    def runner(script: str) -> tuple[str, int]:
        done = subprocess.run(
            [sys.executable, "-c", PREPARE + script],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        audit = log.read_text() if log.exists() else ""
        return done.stdout + done.stderr + audit, done.returncode

    return runner


def test_all_logging_turned_up_says_no_content(run: Any, canaries: Any) -> None:
    written, status = run(OURS)

    assert status == 0, written[-2000:]
    assert "[DEBUG]" in written
    assert written.count('"schema":"secure_bedrock.invocation/1"') == 3 * 11
    assert canaries.found_in(written) == set()


def test_stock_boto3_says_all_of_it(run: Any, canaries: Any) -> None:
    written, status = run(STOCK)

    assert status == 0, written[-2000:]
    assert {"prompt", "system", "token", "access_key"} <= canaries.found_in(written)


@pytest.mark.parametrize("name", UNCAUGHT)
def test_an_uncaught_error_says_no_content(name: str, run: Any, canaries: Any) -> None:
    written, status = run(IMPORTS + UNCAUGHT[name])

    assert status == 1
    assert "Traceback (most recent call last)" in written
    assert canaries.found_in(written) == set()
