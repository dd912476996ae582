"""The sinks that come with the library."""

import io
import json
import logging
import os
import pickle
import stat
import sys
import threading
from pathlib import Path

import pytest

from secure_bedrock.audit import (
    AuditTrail,
    InvocationEvent,
    JsonLinesSink,
    LoggingSink,
    Sink,
    StdoutSink,
    sinks_from,
)
from secure_bedrock.errors import ConfigurationError

EVENT = InvocationEvent(
    event_id="id",
    ts="2026-11-20T08:00:00.000Z",
    service="bedrock-runtime",
    operation="Converse",
    outcome="ok",
    duration_ms=1.0,
    environment="100 %s\r\n",
)


def test_logging_gets_the_line_as_the_message_at_info(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "secure_bedrock.audit"):
        sink = LoggingSink()
        assert sink.ready()
        sink.emit(EVENT)

    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("secure_bedrock.audit", logging.INFO)
    ]
    assert caplog.records[0].getMessage() == EVENT.to_json()


def test_logging_is_not_ready_when_its_level_is_above_info() -> None:
    logging.getLogger("quiet.audit").setLevel(logging.WARNING)

    assert not LoggingSink("quiet.audit").ready()


def test_logging_is_not_ready_when_nobody_handles_its_records() -> None:
    logger = logging.getLogger("deaf.audit")
    logger.setLevel(logging.INFO)
    logger.propagate = False

    assert not LoggingSink("deaf.audit").ready()


def test_stdout_gets_one_line_in_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    class Out(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[str] = []

        def write(self, text: str) -> int:
            self.calls.append(text)
            return len(text)

        def flush(self) -> None:
            self.calls.append("flush")

    out = Out()
    monkeypatch.setattr(sys, "stdout", out)
    StdoutSink().emit(EVENT)

    assert out.calls == [EVENT.to_json() + "\n", "flush"]


def test_without_a_stdout_the_event_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    with pytest.raises(OSError, match="no standard output"):
        StdoutSink().emit(EVENT)


def test_a_new_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    sink = JsonLinesSink(path)
    sink.emit(EVENT)
    sink.emit(EVENT)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == (EVENT.to_json() + "\n") * 2

    sink.close()
    sink.close()
    with pytest.raises(OSError):
        sink.emit(EVENT)


def test_a_file_that_is_there_is_continued_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("before\n")
    path.chmod(0o640)
    sink = JsonLinesSink(str(path))
    sink.emit(EVENT)
    sink.close()

    assert path.read_text() == "before\n" + EVENT.to_json() + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_missing_directory_is_reported_when_the_sink_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file or directory") as caught:
        JsonLinesSink(tmp_path / "missing" / "audit.jsonl")

    assert "make its directory" in caught.value.next_step
    assert caught.value.rule == "audit-sink"


def test_a_half_written_line_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "audit.jsonl"
    sink = JsonLinesSink(path)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:9]))
    with pytest.raises(OSError, match="only a part"):
        sink.emit(EVENT)
    monkeypatch.undo()
    sink.emit(EVENT)
    sink.emit(EVENT)
    sink.close()

    assert path.read_text().splitlines() == [EVENT.to_json()[:9], EVENT.to_json(), EVENT.to_json()]


def test_threads_and_forked_processes_never_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    sink = JsonLinesSink(path)

    def work() -> None:
        for _ in range(100):
            sink.emit(EVENT)

    children = []
    if hasattr(os, "fork"):
        for _ in range(2):
            child = os.fork()
            if child == 0:
                work()
                os._exit(0)
            children.append(child)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for child in children:
        os.waitpid(child, 0)
    sink.close()

    lines = path.read_text().splitlines()
    assert len(lines) == 100 * (4 + len(children))
    assert {json.loads(line)["event_id"] for line in lines} == {"id"}


def test_a_file_sink_is_pickled_by_its_path(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "audit.jsonl")
    copy = pickle.loads(pickle.dumps(sink))
    copy.emit(EVENT)
    copy.close()
    sink.close()

    assert copy.path == sink.path
    assert len(sink.path.read_text().splitlines()) == 1


def test_a_policy_names_its_sinks(tmp_path: Path) -> None:
    path = tmp_path / "a:b.jsonl"
    sinks = sinks_from(["logging", "stdout", f"jsonl:{path}"])

    assert [type(sink) for sink in sinks] == [LoggingSink, StdoutSink, JsonLinesSink]
    assert all(isinstance(sink, Sink) for sink in sinks)
    assert path.exists()
    AuditTrail(sinks).close()


@pytest.mark.parametrize("name", ["", "syslog", "jsonl", "jsonl:", "logging:x", "Logging"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no audit sink is called"):
        sinks_from([name])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no FIFO")
@pytest.mark.parametrize("with_reader", [False, True])
def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path, *, with_reader: bool) -> None:
    fifo = tmp_path / "audit.jsonl"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK) if with_reader else -1
    with pytest.raises(ConfigurationError, match=r"audit\.jsonl"):
        JsonLinesSink(fifo)
    if with_reader:
        os.close(reader)
