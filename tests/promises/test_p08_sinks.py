"""P08: the sinks that a policy file names get every event, and none of them can break a call."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from secure_bedrock import SecureBedrockClient, create_client
from secure_bedrock.audit import InvocationEvent
from secure_bedrock.errors import ConfigurationError, ModelDenied
from secure_bedrock.testing import LocalBedrock

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello there"}]}]


@pytest.fixture
def keys(bedrock: LocalBedrock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bedrock.credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bedrock.credentials.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", bedrock.credentials.token or "")


@pytest.fixture
def policy_file(bedrock: LocalBedrock, tmp_path: Path) -> Path:
    return tmp_path / "secure-bedrock.toml"


def call_four_times(path: Path) -> None:
    """Twice by each front end, made from the same file: one answered, one refused."""
    with SecureBedrockClient(path) as typed:
        typed.converse(MODEL, "Hello there")
        with pytest.raises(ModelDenied):
            typed.converse("amazon.titan-text-express-v1", "Hello there")
    hardened: Any = create_client("bedrock-runtime", path)
    hardened.converse(modelId=MODEL, messages=MESSAGES)
    with pytest.raises(ModelDenied):
        hardened.converse(modelId="amazon.titan-text-express-v1", messages=MESSAGES)
    hardened.close()


def outcomes(lines: list[str]) -> list[str]:
    return [json.loads(line)["outcome"] for line in lines]


FOUR = ["ok", "refused", "ok", "refused"]


def test_logging_is_the_default(
    bedrock: LocalBedrock, policy_file: Path, keys: None, caplog: pytest.LogCaptureFixture
) -> None:
    policy_file.write_text(bedrock.policy_toml())
    with caplog.at_level(logging.INFO):
        call_four_times(policy_file)
    audit = [r.getMessage() for r in caplog.records if r.name == "secure_bedrock.audit"]

    assert outcomes(audit) == FOUR


def test_in_lambda_it_is_standard_output(
    bedrock: LocalBedrock,
    policy_file: Path,
    keys: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "claims")
    policy_file.write_text(bedrock.policy_toml())
    call_four_times(policy_file)

    assert outcomes(capsys.readouterr().out.splitlines()) == FOUR


def test_standard_output_can_be_asked_for(
    bedrock: LocalBedrock, policy_file: Path, keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    policy_file.write_text(bedrock.policy_toml() + '[audit]\nsinks = ["stdout"]\n')
    call_four_times(policy_file)

    assert outcomes(capsys.readouterr().out.splitlines()) == FOUR


def test_a_file_gets_one_line_for_each_event(
    bedrock: LocalBedrock, policy_file: Path, keys: None, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    policy_file.write_text(bedrock.policy_toml() + f'[audit]\nsinks = ["jsonl:{log}"]\n')
    call_four_times(policy_file)

    assert outcomes(log.read_text().splitlines()) == FOUR
    assert log.stat().st_mode & 0o777 == 0o600


def test_several_sinks_get_the_same_event(
    bedrock: LocalBedrock,
    policy_file: Path,
    keys: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = tmp_path / "audit.jsonl"
    policy_file.write_text(bedrock.policy_toml() + f'[audit]\nsinks = ["stdout", "jsonl:{log}"]\n')
    call_four_times(policy_file)

    assert capsys.readouterr().out == log.read_text()


def test_a_file_that_can_not_be_written_is_said_before_the_first_call(
    bedrock: LocalBedrock, policy_file: Path, keys: None, tmp_path: Path
) -> None:
    missing = tmp_path / "no" / "such" / "audit.jsonl"
    policy_file.write_text(bedrock.policy_toml() + f'[audit]\nsinks = ["jsonl:{missing}"]\n')
    with pytest.raises(ConfigurationError, match=r"audit\.jsonl"):
        SecureBedrockClient(policy_file)
    with pytest.raises(ConfigurationError, match=r"audit\.jsonl"):
        create_client("bedrock-runtime", policy_file)


class Failing:
    """A sink that fails as disks and networks do, a few times or always."""

    def __init__(self, times: float = float("inf")) -> None:
        self.left = times
        self.taken: list[InvocationEvent] = []

    def emit(self, event: InvocationEvent) -> None:
        if self.left > 0:
            self.left -= 1
            raise OSError(28, "No space left on device")
        self.taken.append(event)


@pytest.fixture
def complaints(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING):
        yield caplog


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_a_failing_sink_breaks_no_call_and_keeps_no_event_from_the_others(
    operation: str,
    front: Any,
    ask: Any,
    events: list[InvocationEvent],
    complaints: pytest.LogCaptureFixture,
) -> None:
    client = front.make(sinks=[Failing(), events.append])
    for _ in range(5):
        assert ask(client, operation) == "You said: Hello there"

    assert [event.outcome for event in events] == ["ok"] * 5
    (complaint,) = [r for r in complaints.records if r.name == "secure_bedrock.audit.trail"]
    assert "Failing failed with OSError" in complaint.getMessage()
    assert complaint.exc_info is None


def test_a_sink_that_comes_back_is_told_how_many_it_missed(
    front: Any, ask: Any, complaints: pytest.LogCaptureFixture
) -> None:
    sink = Failing(times=3)
    client = front.make(sinks=[sink])
    for _ in range(5):
        ask(client, "Converse")

    assert [event.dropped_before for event in sink.taken] == [3, None]


def test_a_failing_sink_hides_no_error_of_the_call(
    make: Any, complaints: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelDenied) as caught:
        make(sinks=[Failing()]).converse("amazon.titan-text-express-v1", "Hello there")

    assert caught.value.__context__ is None
