"""A policy is a value: frozen, equal by content, picklable, copied for nothing, cheap to import and to ask."""

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import pytest

from secure_bedrock.policy import Policy

SONNET = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
TEXT = f'region = "eu-west-1"\nmodels = ["{SONNET}", "anthropic.claude-*"]\n'


def test_a_policy_is_frozen() -> None:
    policy = Policy.from_toml(TEXT)
    for name in ("region", "models", "_decide_model", "new"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(policy, name, None)
    with pytest.raises(FrozenInstanceError):
        policy.models.allow = ()  # type: ignore[misc]


def test_policies_are_equal_by_content_wherever_they_were_read() -> None:
    one, other = Policy.from_toml(TEXT, file="a.toml"), Policy.from_toml("\n" + TEXT, file="b.toml")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Policy.from_toml(TEXT.replace("eu-west-1", "eu-west-2"))
    assert one.__eq__(TEXT) is NotImplemented


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_policy_survives_pickling(protocol: int) -> None:
    policy = Policy.from_toml(TEXT, file="a.toml")
    loaded = pickle.loads(pickle.dumps(policy, protocol))
    assert loaded == policy
    assert (loaded.source, loaded.warnings()) == ("a.toml", policy.warnings())
    assert loaded.decide_model(SONNET) == policy.decide_model(SONNET)
    assert loaded.decide_operation("bedrock-runtime", "Converse").allowed


def test_a_copy_is_the_policy_itself() -> None:
    policy = Policy.from_toml(TEXT)
    assert copy.copy(policy) is policy
    assert copy.deepcopy({"policy": policy})["policy"] is policy


def test_a_subclass_stays_one() -> None:
    class Ours(Policy):
        """A policy of somebody's own."""

        __slots__ = ()

    assert type(Ours.from_toml(TEXT)) is Ours


def test_the_repr_shows_a_mode_that_refuses_less() -> None:
    policy = Policy(region="eu-west-1", models=[SONNET], mode="report")
    assert repr(policy) == "Policy(region='eu-west-1', models=1, mode='report')"


def test_the_repr_is_short() -> None:
    assert (
        repr(Policy(region="eu-west-1", models=[SONNET])) == "Policy(region='eu-west-1', models=1)"
    )
    assert (
        repr(Policy.from_toml(TEXT, file="a.toml"))
        == "Policy(region='eu-west-1', models=2, source='a.toml')"
    )


def test_threads_share_a_policy() -> None:
    policy = Policy.from_toml(TEXT)
    asked = [SONNET, "zai.glm-4.6"] * 500
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda model: policy.decide_model(model).allowed, asked))
    assert answers == [True, False] * 500


def test_decisions_that_are_remembered_are_bounded_and_unchanged() -> None:
    policy = Policy.from_toml(TEXT)
    first = policy.decide_model(SONNET)
    for number in range(3000):
        assert not policy.decide_model(f"zai.glm-{number}").allowed
    assert policy.decide_model(SONNET) == first
    assert policy._decisions._model.cache_info().currsize <= 1024  # type: ignore[attr-defined]


def test_a_repeated_question_is_decided_once() -> None:
    policy = Policy.from_toml(TEXT)
    for _ in range(1000):
        policy.decide_model(SONNET)
        policy.decide_operation("bedrock-runtime", "Converse")
    assert policy._decisions._model.cache_info().misses == 1  # type: ignore[attr-defined]
    assert policy._decisions._operation.cache_info().misses == 1  # type: ignore[attr-defined]


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded after `code` ran in a fresh interpreter, without coverage's own."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    return set(
        subprocess.run(
            [sys.executable, "-c", script], check=True, env=environ, capture_output=True, text=True
        ).stdout.split()
    )


def test_importing_loads_no_parser() -> None:
    modules = loaded_by("import secure_bedrock.policy")
    ours = {name for name in modules if name.startswith("secure_bedrock.policy.")}
    assert not modules & {
        "pydantic",
        "boto3",
        "botocore",
        "tomllib",
        "ipaddress",
        "difflib",
        "json",
        "socket",
    }
    assert not ours & {
        "secure_bedrock.policy.file.document",
        "secure_bedrock.policy.file.tables",
        "secure_bedrock.policy.file.locate",
    }


def test_making_a_policy_loads_nothing_but_the_standard_library() -> None:
    modules = loaded_by(
        f"import secure_bedrock.policy as p\np.Policy.from_toml({TEXT!r}).decide_model('zai.glm-4.6')"
    )
    assert not modules & {"pydantic", "boto3", "botocore", "socket"}
