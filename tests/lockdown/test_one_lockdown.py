"""One lockdown per process: proved when it is made, the same again or refused, and for good."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_bedrock.testing import LocalBedrock

Locked = Callable[..., Any]
Told = Callable[..., dict[str, str]]

SETTING = '''
import os, socket, sys, threading
from secure_bedrock import Policy, lockdown
from secure_bedrock.errors import ConfigurationError

policy = Policy.from_toml(os.environ["P"])
other = Policy.from_toml(os.environ["P"].replace('region = "', 'name = "other"\\nregion = "'))

def ruled(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except ConfigurationError as error:
        return f"{type(error).__name__} {error.rule}"
    return "done"

def hooks_added():
    """The hooks that are added from now on."""
    seen = []
    sys.addaudithook(lambda event, _: seen.append(event) if event == "sys.addaudithook" else None)
    return seen

def reach():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        return outcome(udp.connect, ("127.0.0.1", 9))
'''


@pytest.fixture
def told(locked: Locked, server: LocalBedrock) -> Told:
    """Runs a block in a process that is not locked down yet, and gives what it told."""

    def run(block: str, **environment: object) -> dict[str, str]:
        given = {"P": server.policy_toml(), **environment}
        outcomes: dict[str, str] = locked(SETTING + block, policy=None, **given).outcomes
        return outcomes

    return run


def test_nothing_is_refused_before_it_is_called(told: Told) -> None:
    outcomes = told("outcomes['before'] = reach()")

    assert outcomes == {"before": "let through"}


def test_the_same_policy_again_changes_nothing(told: Told) -> None:
    outcomes = told(
        """
hooks = hooks_added()
outcomes["first"] = ruled(lockdown, policy)
outcomes["again"] = ruled(lockdown, Policy.from_toml(os.environ["P"]))
outcomes["hooks"] = str(len(hooks))
outcomes["reach"] = reach()
""",
    )

    assert outcomes == {
        "first": "done",
        "again": "done",
        "hooks": "1",
        "reach": "destination-not-listed",
    }


def test_a_file_s_path_will_do(told: Told, server: LocalBedrock, tmp_path: Any) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(server.policy_toml())

    outcomes = told(
        "outcomes['path'] = ruled(lockdown, os.environ['FILE'])\noutcomes['reach'] = reach()",
        FILE=file,
    )

    assert outcomes == {"path": "done", "reach": "destination-not-listed"}


def test_another_policy_or_another_answer_about_loopback_is_refused_and_changes_nothing(
    told: Told,
) -> None:
    outcomes = told(
        """
outcomes["first"] = ruled(lockdown, policy)
outcomes["other"] = ruled(lockdown, other)
outcomes["wider"] = ruled(lockdown, policy, allow_loopback=True)
outcomes["reach"] = reach()
outcomes["the first again"] = ruled(lockdown, policy)
""",
    )

    assert outcomes == {
        "first": "done",
        "other": "ConfigurationError lockdown-in-force",
        "wider": "ConfigurationError lockdown-in-force",
        "reach": "destination-not-listed",
        "the first again": "done",
    }


def test_of_many_threads_with_many_policies_one_wins(told: Told) -> None:
    outcomes = told(
        """
policies = [policy, other] * 8
hooks = hooks_added()
barrier = threading.Barrier(len(policies))
results = [""] * len(policies)

def work(place):
    barrier.wait()
    results[place] = ruled(lockdown, policies[place])

threads = [threading.Thread(target=work, args=(n,)) for n in range(len(policies))]
for thread in threads: thread.start()
for thread in threads: thread.join()
outcomes["one of two"] = ", ".join(sorted({results[0], results[1]}))
outcomes["all alike"] = str(results == results[:2] * 8)
outcomes["hooks"] = str(len(hooks))
outcomes["reach"] = reach()
""",
    )

    assert outcomes == {
        "one of two": "ConfigurationError lockdown-in-force, done",
        "all alike": "True",
        "hooks": "1",
        "reach": "destination-not-listed",
    }


def test_who_comes_second_in_a_race_for_the_same_adds_no_hook(told: Told) -> None:
    """The look before the search for endpoints is not the one that counts."""
    outcomes = told(
        """
from secure_bedrock.network.allowance import Allowance
from secure_bedrock.network.lockdown import enforce
hooks = hooks_added()
for asked_for in ("one", "one", "two"):
    outcomes[f"{len(outcomes)} {asked_for}"] = ruled(enforce, Allowance(guards=()), asked_for)
outcomes["hooks"] = str(len(hooks))
""",
    )

    assert outcomes == {
        "0 one": "done",
        "1 one": "done",
        "2 two": "ConfigurationError lockdown-in-force",
        "hooks": "1",
    }


def test_a_hook_that_was_suppressed_is_noticed(told: Told) -> None:
    """CPython leaves a hook out, in silence, when an earlier one raises at its adding."""
    outcomes = told(
        """
def jealous(event, _):
    if event == "sys.addaudithook" and jealousy:
        raise RuntimeError
jealousy = [True]
sys.addaudithook(jealous)
outcomes["suppressed"] = ruled(lockdown, policy)
outcomes["meanwhile"] = reach()
jealousy.clear()
outcomes["again"] = ruled(lockdown, policy)
outcomes["then"] = reach()
""",
    )

    assert outcomes == {
        "suppressed": "ConfigurationError lockdown-not-in-force",
        "meanwhile": "let through",
        "again": "done",
        "then": "destination-not-listed",
    }


def test_a_hook_that_answers_first_is_no_proof(told: Told) -> None:
    outcomes = told(
        """
def first(event, _):
    if event == "socket.connect":
        raise PermissionError
sys.addaudithook(first)
outcomes["not proved"] = ruled(lockdown, policy)
""",
    )

    assert outcomes == {"not proved": "ConfigurationError lockdown-not-in-force"}


def test_the_proof_sends_nothing(told: Told) -> None:
    """It is a datagram socket's connect, seen here by a hook that comes before ours."""
    outcomes = told(
        """
import urllib3.util.connection  # binds a socket to ::1 when it is imported, to see whether there is IPv6
seen = []
sys.addaudithook(lambda event, given: seen.append(given) if event.startswith("socket.") else None)
outcomes["locked"] = ruled(lockdown, policy)
probes = [given[1] for given in seen if len(given) == 2]
kinds = [given[2] for given in seen if len(given) == 4]
outcomes["asked for"] = str(probes)
outcomes["kinds"] = str([int(kind) for kind in kinds] == [socket.SOCK_DGRAM])
""",
    )

    assert outcomes == {"locked": "done", "asked for": "[('192.0.2.1', 9)]", "kinds": "True"}


def test_where_an_endpoint_is_not_found_nothing_is_locked_down(
    told: Told, server: LocalBedrock
) -> None:
    policy = (
        server.policy_toml().replace("[network]\n", '[network]\ndiscovery = ["policy"]\n')
        + "\n[network.endpoints.sts]\n"
    )

    outcomes = told(
        "outcomes['lock'] = ruled(lockdown, policy)\noutcomes['reach'] = reach()",
        P=policy,
    )

    assert outcomes == {"lock": "EndpointNotFound endpoint-not-found", "reach": "let through"}


def test_except_exception_does_not_swallow_a_refusal(locked: Locked, server: LocalBedrock) -> None:
    told = locked(
        """
        import socket
        from secure_bedrock.errors import LockdownViolation

        def careless():
            try:
                socket.create_connection(("52.94.0.10", 443), 1)
            except Exception:
                return "swallowed"

        try:
            outcomes["careless"] = careless()
        except LockdownViolation as refusal:
            outcomes["careless"] = str(refusal)
        """
    ).outcomes

    assert told["careless"].startswith(
        "the policy has no endpoint at 52.94.0.10:443 [destination-not-listed]. Next: "
    )


def test_a_forked_child_can_ask_for_the_same_and_for_nothing_else(told: Told) -> None:
    outcomes = told(
        """
outcomes["parent"] = ruled(lockdown, policy)
reader, writer = os.pipe()
child = os.fork()
if not child:
    said = [reach(), ruled(lockdown, policy), ruled(lockdown, other)]
    os.write(writer, ", ".join(said).encode())
    os._exit(0)
os.waitpid(child, 0)
outcomes["child"] = os.read(reader, 999).decode()
""",
    )

    assert outcomes == {
        "parent": "done",
        "child": "destination-not-listed, done, ConfigurationError lockdown-in-force",
    }


def test_a_refusal_passes_through_a_fork_pool_s_pickle(
    locked: Locked, server: LocalBedrock
) -> None:
    told = locked(
        """
        import pickle
        from secure_bedrock.errors import LockdownViolation

        one = LockdownViolation("a reason", rule="a-rule", next_step="a step")
        two = pickle.loads(pickle.dumps(one))
        outcomes["text"] = str(two)
        outcomes["repr"] = repr(two)
        outcomes["bare"] = str(LockdownViolation("a reason"))
        """
    ).outcomes

    assert told == {
        "text": "a reason [a-rule]. Next: a step",
        "repr": "LockdownViolation(rule='a-rule', reason='a reason')",
        "bare": "a reason [lockdown]",
    }
