"""Which file is the policy, and what a file that can't be read says."""

import os
from pathlib import Path

import pytest

from secure_bedrock.errors import PolicyInvalid, PolicyNotFound
from secure_bedrock.policy import Policy
from secure_bedrock.policy.file.locate import find_policy

IRELAND = 'region = "eu-west-1"\nmodels = []\n'
FRANKFURT = 'region = "eu-central-1"\nmodels = []\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no policy named in the environment."""
    monkeypatch.delenv("SECURE_BEDROCK_POLICY", raising=False)
    monkeypatch.delenv("LAMBDA_TASK_ROOT", raising=False)
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def write(path: Path, text: str = IRELAND) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_argument_comes_first(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURE_BEDROCK_POLICY", str(write(tmp_path / "env.toml", FRANKFURT)))
    write(here / "secure-bedrock.toml", FRANKFURT)
    policy = Policy.load(write(tmp_path / "argument.toml"))
    assert policy.region == "eu-west-1"
    assert policy.source == str(tmp_path / "argument.toml")


def test_the_environment_comes_second(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECURE_BEDROCK_POLICY", str(write(tmp_path / "env.toml")))
    write(here / "secure-bedrock.toml", FRANKFURT)
    assert Policy.load().region == "eu-west-1"


def test_the_working_directory_is_searched(here: Path) -> None:
    write(here / "secure-bedrock.toml")
    assert Policy.load().source == str(here / "secure-bedrock.toml")


def test_lambdas_task_root_is_searched(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = write(tmp_path / "task" / "secure-bedrock.toml")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(found.parent))
    assert Policy.load().source == str(found)


def test_the_layers_directory_is_searched(here: Path, tmp_path: Path) -> None:
    layer = write(tmp_path / "opt" / "secure-bedrock.toml")
    assert find_policy(None, {}, layer_directory=layer.parent) == (layer, IRELAND)


def test_two_files_that_differ_are_not_chosen_between(here: Path, tmp_path: Path) -> None:
    write(here / "secure-bedrock.toml")
    task = write(tmp_path / "task" / "secure-bedrock.toml", FRANKFURT)
    with pytest.raises(PolicyInvalid) as error:
        find_policy(None, {"LAMBDA_TASK_ROOT": str(task.parent)}, layer_directory=tmp_path)
    (problem,) = error.value.problems
    assert problem.file == str(task)
    assert "differs from secure-bedrock.toml" in problem.message


def test_equal_copies_are_one_policy(here: Path, tmp_path: Path) -> None:
    write(here / "secure-bedrock.toml")
    task = write(tmp_path / "task" / "secure-bedrock.toml")
    found, _ = find_policy(None, {"LAMBDA_TASK_ROOT": str(task.parent)}, layer_directory=tmp_path)
    assert found == Path("secure-bedrock.toml")


def test_without_a_file_the_error_says_where_was_looked_and_how_to_write_one(
    here: Path, tmp_path: Path
) -> None:
    with pytest.raises(PolicyNotFound, match=r"looked for secure-bedrock\.toml, ") as error:
        find_policy(None, {}, layer_directory=tmp_path)
    assert "secure-bedrock init" in error.value.next_step


def test_a_named_file_has_to_be_there(here: Path, tmp_path: Path) -> None:
    write(here / "secure-bedrock.toml")
    with pytest.raises(PolicyNotFound, match=r"no policy file at absent\.toml"):
        Policy.load("absent.toml")
    with pytest.raises(PolicyNotFound, match="SECURE_BEDROCK_POLICY"):
        find_policy(None, {"SECURE_BEDROCK_POLICY": str(tmp_path / "absent.toml")})


def test_an_empty_name_is_not_a_search(here: Path) -> None:
    write(here / "secure-bedrock.toml")
    with pytest.raises(PolicyNotFound, match="SECURE_BEDROCK_POLICY is empty"):
        find_policy(None, {"SECURE_BEDROCK_POLICY": ""})
    with pytest.raises(PolicyNotFound, match="the path given is empty"):
        Policy.load("")


def only_problem(path: Path) -> tuple[str, int | None]:
    with pytest.raises(PolicyInvalid) as error:
        Policy.load(path)
    (problem,) = error.value.problems
    assert problem.file == str(path)
    return problem.message, problem.line


def test_a_directory_is_one_clear_error(tmp_path: Path) -> None:
    assert only_problem(tmp_path) == ("can't be read: it is a directory", None)


def test_a_directory_in_a_known_place_is_not_skipped(here: Path, tmp_path: Path) -> None:
    (here / "secure-bedrock.toml").mkdir()
    with pytest.raises(PolicyInvalid):
        find_policy(None, {}, layer_directory=tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert only_problem(pipe) == ("can't be read: it is not a regular file", None)


def test_text_that_is_not_utf_8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b'region = "eu-west-1"\n# \xe9\n')
    assert only_problem(path) == ("not UTF-8", 2)


def test_a_byte_order_mark_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xef\xbb\xbf" + IRELAND.encode())
    message, line = only_problem(path)
    assert "byte order mark" in message
    assert line == 1


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "p.toml", "#" * (1024 * 1024 + 1))
    assert only_problem(path) == ("can't be read: it is larger than 1 MiB", None)


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.symlink_to(tmp_path / "absent")
    assert only_problem(path) == ("a link that leads nowhere", None)


def test_a_link_that_leads_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.symlink_to(path)
    message, _ = only_problem(path)
    assert message.startswith("can't be read: ")


def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    assert only_problem(Path("a\0b"))[0].startswith("can't be read: ")


def test_a_ca_bundle_is_relative_to_the_files_directory(here: Path, tmp_path: Path) -> None:
    text = IRELAND + '[network]\nca_bundle = "certs/../ca.pem"\n'
    write(here / "conf" / "p.toml", text)
    assert Policy.load("conf/p.toml").network.ca_bundle == str(here / "conf" / "ca.pem")


def test_problems_name_the_file_and_the_line(here: Path) -> None:
    write(here / "p.toml", IRELAND + "[retry]\n\nquota = -1\n")
    assert only_problem(Path("p.toml")) == ("expected an integer from 0 to 1000000, got -1", 5)


def test_a_policy_of_keywords_is_told_to_mend_keywords_and_a_file_its_lines() -> None:
    with pytest.raises(PolicyInvalid) as by_keywords:
        Policy(region="Europe", models=["amazon.nova-lite-v1:0"])
    with pytest.raises(PolicyInvalid) as by_text:
        Policy.from_toml('region = "Europe"\nmodels = ["amazon.nova-lite-v1:0"]\n')

    assert by_keywords.value.next_step == "mend the keyword arguments named above"
    assert by_text.value.next_step.startswith("mend the lines named above, then run ")
