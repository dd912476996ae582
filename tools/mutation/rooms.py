"""Which files are mutated, and which tests have to notice?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src" / "secure_bedrock"

# test_every_python.py starts other interpreters, which would run the unchanged code.
_ELSEWHERE: Final = frozenset({"test_every_python.py"})
# lockdown.py can only be tried in processes of their own, which would run the unchanged code as well.
_NOT_MUTATED: Final = frozenset({"__init__", "lockdown"})
_GATE_FILES: Final = (
    "gate/wire_gate",
    "gate/header_fields",
    "gate/authorization",
    "gate/body_search",
    "gate/named_operation",
    "gate/native_payload",
    "gate/request_facts",
    "gate/strict_json",
    "gate/surface_facts",
    "wire",
)
# The grammars that the guard and the gate read by.
_GRAMMARS: Final = ("addresses", "arns", "ec2_ids", "host_names", "vpc_cidrs")
_GATE_TESTS: Final = ("test_gate.py", "test_gate_strictness.py", "test_gate_judgements.py")
# What the gate asks: everything that a request names, and whether it may. Each with the tests that are its own.
_DECISIONS: Final = {
    "operation/references": [
        "test_references.py",
        "test_reference_bounds.py",
        "test_reference_parameters.py",
    ],
    "request/judgement": ["test_requests.py", "test_request_judgement.py"],
    "request/places": ["test_requests.py", "test_places.py"],
    "request/remembered": ["test_gate_memory.py"],
}


@dataclass(frozen=True, slots=True)
class Target:
    """A file, the tests that are its own, and those of its room, which run when the first notice nothing."""

    file: str
    module: str
    own: tuple[str, ...]
    room: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return SOURCE / self.file


def targets() -> list[Target]:
    """Every file that is mutated, in a fixed order."""
    return [*_values(), *_network(), *_gate(), *_decisions()]


def _values() -> list[Target]:
    tests = [path for stem in _GRAMMARS for path in _tests("values", f"test_{stem}.py")]
    return [_target(f"values/{stem}.py", tests, [f"test_{stem}.py"]) for stem in _GRAMMARS]


def _network() -> list[Target]:
    tests = _tests("network", "test_*.py")
    own = {
        "addresses": ["test_addresses.py", "test_quiet_refusals.py"],
        "guard": ["test_guard.py", "test_guard_laws.py", "test_quiet_refusals.py"],
        "hosts": ["test_hosts.py", "test_host_bounds.py", "test_host_laws.py"],
        "ranges": ["test_addresses.py", "test_private_ranges.py", "test_network_values.py"],
        "special_registry": ["test_addresses.py"],
    }
    return [
        _target(f"network/{path.name}", tests, own.get(path.stem, [f"test_{path.stem}.py"]))
        for path in sorted((SOURCE / "network").glob("*.py"))
        if path.stem not in _NOT_MUTATED
    ]


def _gate() -> list[Target]:
    tests = _gate_tests()
    own = {
        "gate/body_search": ["test_body_search.py"],
        "gate/named_operation": ["test_gate_protocols.py", "test_http_request.py"],
        "gate/header_fields": ["test_gate_header_laws.py"],
        "gate/native_payload": ["test_native_payload.py", "test_gate_payloads.py"],
        "gate/request_facts": [
            "test_request_facts.py",
            "test_gate_payloads.py",
            "test_gate_terms.py",
        ],
        "gate/surface_facts": ["test_http_request.py"],
        "wire": ["test_wire.py"],
    }
    return [
        _target(f"transport/core/{stem}.py", tests, [*_GATE_TESTS, *own.get(stem, [])])
        for stem in _GATE_FILES
    ]


def _decisions() -> list[Target]:
    rooms = [
        *_tests("policy/operation", "test_reference*.py"),
        *_tests("policy/request", "test_*.py"),
    ]
    tests = [*rooms, *_gate_tests()]
    return [_target(f"policy/{stem}.py", tests, own) for stem, own in _DECISIONS.items()]


def _gate_tests() -> list[Path]:
    return [
        *_tests("transport/core/gate", "test_*.py"),
        *_tests("transport", "test_http_request.py"),
        *_tests("transport/core", "test_wire.py"),
    ]


def _tests(room: str, pattern: str) -> list[Path]:
    found = sorted((ROOT / "tests" / room).glob(pattern))
    return [path for path in found if path.name not in _ELSEWHERE]


def _target(file: str, tests: list[Path], own: list[str]) -> Target:
    first = tuple(str(path) for path in tests if path.name in own)
    rest = tuple(str(path) for path in tests if path.name not in own)
    module = "secure_bedrock." + file.removesuffix(".py").replace("/", ".")
    return Target(file, module, first, rest)
