"""One lockdown per process: proved when it is made, the same again or refused, and for good."""

from collections.abc import Callable
from typing import Any

from secure_bedrock.testing import LocalBedrock

Locked = Callable[..., Any]

SETTING = """
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

def reach():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        return outcome(udp.connect, ("127.0.0.1", 9))
"""


def run(locked: Locked, server: LocalBedrock, block: str, **environment: object) -> Any:
    """Runs the block in a process that is not locked down yet."""
    given = {"P": server.policy_toml(), **environment}
    return locked(SETTING + block, policy=None, **given).outcomes


def test_nothing_is_refused_before_it_is_called(locked: Locked, server: LocalBedrock) -> None:
    told = run(locked, server, "outcomes['before'] = reach()")

    assert told == {"before": "let through"}


def test_the_same_policy_again_changes_nothing(locked: Locked, server: LocalBedrock) -> None:
    told = run(
        locked,
        server,
        """
hooks = []
sys.addaudithook(lambda event, _: hooks.append(event) if event == "sys.addaudithook" else None)
outcomes["first"] = ruled(lockdown, policy)
outcomes["again"] = ruled(lockdown, Policy.from_toml(os.environ["P"]))
outcomes["hooks"] = str(len(hooks))
outcomes["reach"] = reach()
""",
    )

    assert told == {
        "first": "done",
        "again": "done",
        "hooks": "1",
        "reach": "destination-not-listed",
    }


def test_a_file_s_path_will_do(locked: Locked, server: LocalBedrock, tmp_path: Any) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(server.policy_toml())

    told = run(
        locked,
        server,
        "outcomes['path'] = ruled(lockdown, os.environ['FILE'])\noutcomes['reach'] = reach()",
        FILE=file,
    )

    assert told == {"path": "done", "reach": "destination-not-listed"}


def test_another_policy_or_another_answer_about_loopback_is_refused_and_changes_nothing(
    locked: Locked, server: LocalBedrock
) -> None:
    told = run(
        locked,
        server,
        """
outcomes["first"] = ruled(lockdown, policy)
outcomes["other"] = ruled(lockdown, other)
outcomes["wider"] = ruled(lockdown, policy, allow_loopback=True)
outcomes["reach"] = reach()
outcomes["the first again"] = ruled(lockdown, policy)
""",
    )

    assert told == {
        "first": "done",
        "other": "ConfigurationError lockdown-in-force",
        "wider": "ConfigurationError lockdown-in-force",
        "reach": "destination-not-listed",
        "the first again": "done",
    }


def test_of_many_threads_with_many_policies_one_wins(locked: Locked, server: LocalBedrock) -> None:
    told = run(
        locked,
        server,
        """
policies = [policy, other] * 8
hooks = []
sys.addaudithook(lambda event, _: hooks.append(event) if event == "sys.addaudithook" else None)
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

    assert told == {
        "one of two": "ConfigurationError lockdown-in-force, done",
        "all alike": "True",
        "hooks": "1",
        "reach": "destination-not-listed",
    }


def test_who_comes_second_in_a_race_for_the_same_adds_no_hook(
    locked: Locked, server: LocalBedrock
) -> None:
    """The look before the search for endpoints is not the one that counts."""
    told = run(
        locked,
        server,
        """
from secure_bedrock.network.allowance import Allowance
from secure_bedrock.network.lockdown import enforce
hooks = []
sys.addaudithook(lambda event, _: hooks.append(event) if event == "sys.addaudithook" else None)
for asked_for in ("one", "one", "two"):
    outcomes[f"{len(outcomes)} {asked_for}"] = ruled(enforce, Allowance(guards=()), asked_for)
outcomes["hooks"] = str(len(hooks))
""",
    )

    assert told == {
        "0 one": "done",
        "1 one": "done",
        "2 two": "ConfigurationError lockdown-in-force",
        "hooks": "1",
    }


def test_a_hook_that_was_suppressed_is_noticed(locked: Locked, server: LocalBedrock) -> None:
    """CPython leaves a hook out, in silence, when an earlier one raises at its adding."""
    told = run(
        locked,
        server,
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

    assert told == {
        "suppressed": "ConfigurationError lockdown-not-in-force",
        "meanwhile": "let through",
        "again": "done",
        "then": "destination-not-listed",
    }


def test_a_hook_that_answers_first_is_no_proof(locked: Locked, server: LocalBedrock) -> None:
    told = run(
        locked,
        server,
        """
def first(event, _):
    if event == "socket.connect":
        raise PermissionError
sys.addaudithook(first)
outcomes["not proved"] = ruled(lockdown, policy)
""",
    )

    assert told == {"not proved": "ConfigurationError lockdown-not-in-force"}


def test_the_proof_sends_nothing(locked: Locked, server: LocalBedrock) -> None:
    """It is a datagram socket's connect, seen here by a hook that comes before ours."""
    told = run(
        locked,
        server,
        """
seen = []
sys.addaudithook(lambda event, given: seen.append(given) if event.startswith("socket.") else None)
outcomes["locked"] = ruled(lockdown, policy)
probes = [given[1] for given in seen if len(given) == 2]
kinds = [given[2] for given in seen if len(given) == 4]
outcomes["asked for"] = str(probes)
outcomes["kinds"] = str([int(kind) for kind in kinds] == [socket.SOCK_DGRAM])
""",
    )

    assert told == {"locked": "done", "asked for": "[('192.0.2.1', 9)]", "kinds": "True"}


def test_where_an_endpoint_is_not_found_nothing_is_locked_down(
    locked: Locked, server: LocalBedrock
) -> None:
    policy = (
        server.policy_toml().replace("[network]\n", '[network]\ndiscovery = ["policy"]\n')
        + "\n[network.endpoints.sts]\n"
    )

    told = run(
        locked,
        server,
        "outcomes['lock'] = ruled(lockdown, policy)\noutcomes['reach'] = reach()",
        P=policy,
    )

    assert told == {"lock": "EndpointNotFound endpoint-not-found", "reach": "let through"}


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


def test_a_forked_child_can_ask_for_the_same_and_for_nothing_else(
    locked: Locked, server: LocalBedrock
) -> None:
    told = run(
        locked,
        server,
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

    assert told == {
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
