"""What can go wrong between a client and Bedrock: every fault by name, each does on the wire what it says."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from secure_bedrock.testing import fault_effects as effects
from secure_bedrock.testing import frames
from secure_bedrock.testing.authority import Certificate
from secure_bedrock.testing.reply import HangUp, Reply, Steps

Scope = Literal["connection", "answer", "plain", "stream"]
"""Where a fault strikes: a new connection, any answer, one with a plain body, or an event stream."""

# Where redirects point to unless told otherwise: the public endpoint, under a name that never resolves.
_PUBLIC = "https://bedrock-runtime.eu-west-1.amazonaws.com.invalid/"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, made by the class methods; `name` is stable and kebab-case.

    A fault of scope `connection` strikes the next new connection, the others the next answer that their scope fits.
    Requests that the server refuses itself (signature, validation) don't use one up. Unless the fault `delivers`
    the answer whole, a scripted answer that it strikes is kept for the next request: a client that tries again
    gets it then.
    """

    name: str
    scope: Scope
    effect: effects.Effect = field(repr=False)
    certificate: Certificate = "right"
    delivers: bool = False

    @classmethod
    def throttle(
        cls, message: str = "Too many requests, please wait before trying again."
    ) -> Fault:
        """ThrottlingException, status 429."""
        return cls("throttle", "answer", effects.error("ThrottlingException", 429, message))

    @classmethod
    def status(cls, status: int) -> Fault:
        """A failure with this status: in JSON for 500 and 503, in HTML as from a balancer otherwise."""
        return cls(f"status-{status}", "answer", effects.failed_status(status))

    @classmethod
    def error(cls, code: str, status: int, message: str = "As the test asked.") -> Fault:
        """Any other error of the service."""
        return cls(f"error-{code}", "answer", effects.error(code, status, message))

    @classmethod
    def stall(cls, seconds: float, *, where: Literal["head", "body"] = "head") -> Fault:
        """Silence before the head, or in the middle of the body; the answer is right but late."""
        stall = effects.stall_before_head if where == "head" else effects.stall_in_body
        return cls(f"stall-{where}", "answer", stall(seconds), delivers=True)

    @classmethod
    def cut(cls, at: int | None = None) -> Fault:
        """The raw answer (head included) ends at byte `at`, or in the middle of its body; no TLS close, just FIN."""
        return cls("cut", "answer", effects.cut(at))

    @classmethod
    def drip(cls, size: int = 64, pause_s: float = 0.005) -> Fault:
        """The right answer in pieces of `size` bytes."""
        return cls("drip", "answer", effects.drip(size, pause_s), delivers=True)

    @classmethod
    def redirect(cls, status: int = 307, location: str = _PUBLIC) -> Fault:
        """A redirect to `location`."""
        headers = (("Location", location), ("Content-Type", "application/json"))
        return cls(f"redirect-{status}", "answer", effects.instead(status, headers, b"{}"))

    @classmethod
    def stream_exception(cls, kind: str = "modelStreamErrorException") -> Fault:
        """A modelled exception after half of the stream, which ends there."""
        message = frames.exception(kind, effects.EXCEPTIONS.get(kind, "As the test asked."))
        return cls(f"stream-{kind}", "stream", effects.insert_event(message, ends=True))

    @classmethod
    def stream_error(cls, code: str = "InternalFailure", message: str = "It broke.") -> Fault:
        """An unmodelled error message after half of the stream, which ends there."""
        framed = frames.error(code, message)
        return cls("stream-error", "stream", effects.insert_event(framed, ends=True))

    @classmethod
    def bad_certificate(cls, certificate: Certificate) -> Fault:
        """A new connection is shown a certificate with this flaw."""
        return cls(f"certificate-{certificate}", "connection", _untouched, certificate)

    @classmethod
    def all(cls, *, stall_s: float = 0.3) -> Mapping[str, Fault]:
        """Every fault by name, each with its default settings; `stall_s` is how long the stalls last."""
        listed = [*_of_connections(), *_of_answers(stall_s), *_of_plain_bodies(), *_of_streams()]
        return {fault.name: fault for fault in listed}

    def strikes(self, reply: Reply) -> bool:
        """True when the fault fits an answer of this form."""
        fitting = "stream" if reply.streams else "plain"
        return self.scope in ("answer", fitting)


def _untouched(reply: Reply) -> Steps:
    return reply.steps()


def _of_connections() -> list[Fault]:
    flaws: tuple[Certificate, ...] = ("other-name", "expired", "unknown-issuer", "self-signed")
    return [
        Fault("reset-after-accept", "connection", lambda _reply: (HangUp(reset=True),)),
        *(Fault.bad_certificate(flaw) for flaw in flaws),
    ]


def _of_answers(stall_s: float) -> list[Fault]:
    return [
        Fault.throttle(),
        *(Fault.status(status) for status in (500, 502, 503, 504)),
        *(Fault.redirect(status) for status in (301, 302, 307, 308)),
        Fault.stall(stall_s, where="head"),
        Fault.stall(stall_s, where="body"),
        Fault.cut(),
        Fault("cut-in-head", "answer", effects.cut(40)),
        Fault.drip(),
        Fault("html-200", "answer", effects.html()),
        Fault("empty-200", "answer", effects.empty()),
        Fault("conflicting-lengths", "answer", effects.conflicting_lengths),
        Fault("length-and-chunked", "answer", effects.length_and_chunked),
        Fault("stray-100", "answer", effects.interim(100, "Continue"), delivers=True),
        Fault("stray-101", "answer", effects.interim(101, "Switching Protocols")),
        Fault("stray-response", "answer", effects.stray_response, delivers=True),
        Fault("reset-after-request", "answer", effects.hang_up(reset=True)),
        Fault("close-after-request", "answer", effects.hang_up()),
        Fault("close-idle", "answer", effects.hang_up(answer_first=True), delivers=True),
        Fault("unknown-content-block", "answer", effects.unknown_block, delivers=True),
    ]


def _of_plain_bodies() -> list[Fault]:
    return [Fault("truncated-json", "plain", effects.truncated_json)]


def _of_streams() -> list[Fault]:
    unknown = frames.event("holographicBlock", {"depth": 3})
    return [
        *(Fault.stream_exception(kind) for kind in effects.EXCEPTIONS),
        Fault.stream_error(),
        Fault("unknown-event", "stream", effects.insert_event(unknown, ends=False), delivers=True),
        Fault("bad-message-crc", "stream", effects.damage_event(-1)),
        Fault("bad-prelude-crc", "stream", effects.damage_event(8)),
        Fault("end-early", "stream", effects.end_early),
        Fault("cut-in-event", "stream", effects.cut_in_event),
    ]


class FaultQueue:
    """The faults that wait for their turn, in order; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault, times: int | None) -> None:
        """Let the fault strike `times` times; None means until `clear()`."""
        if not isinstance(fault, Fault):
            raise TypeError(f"fault() takes a Fault, got {type(fault).__name__}")
        if times is not None and times < 1:
            raise ValueError("times is at least 1, or None for always")
        with self._lock:
            self._waiting.append((fault, times))

    def clear(self) -> None:
        """Drop what waits."""
        with self._lock:
            self._waiting.clear()

    def take(self, reply: Reply | None) -> Fault | None:
        """The fault that strikes this reply, or with None a new connection; None when there is none."""
        with self._lock:
            for index, (fault, times) in enumerate(self._waiting):
                if fault.scope == "connection" if reply is None else fault.strikes(reply):
                    if times == 1:
                        del self._waiting[index]
                    elif times is not None:
                        self._waiting[index] = (fault, times - 1)
                    return fault
        return None
