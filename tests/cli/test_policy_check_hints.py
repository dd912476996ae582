"""`policy check` says what was left as an example, and when the file alone gives no route."""

import json
import pathlib
from typing import Any

import pytest

from secure_bedrock.cli.main import main
from secure_bedrock.cli.starter import EXAMPLE, EXAMPLE_ENDPOINT_ID, Answers, starter
from secure_bedrock.testing import LocalBedrock

HEAD = 'region = "eu-west-1"\nmodels = ["amazon.nova-lite-v1:0"]\n'
HOST = f"{EXAMPLE_ENDPOINT_ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"


pytestmark = pytest.mark.usefixtures("empty_directory")


def checked(text: str, capsys: pytest.CaptureFixture[str], *, status: int = 0) -> dict[str, Any]:
    pathlib.Path("secure-bedrock.toml").write_text(text)
    assert main(["policy", "check", "--output", "json"]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["callable"] is (status == 0)
    return found


NOTHING = "a host name and the endpoint's addresses (address_check is eni) are not known"
WRITE = "write addresses or cidrs into [network.endpoints.bedrock-runtime], or let EC2 be asked: "
OWN_ROUTE = "[network.endpoints.ec2]\ncidrs = ['10.20.0.0/16']\n"
WITHOUT_ROUTE: dict[str, tuple[str, str, str]] = {
    "nobody can be asked": (
        "",
        NOTHING,
        f"{WRITE}add [network.endpoints.ec2], with addresses or cidrs",
    ),
    "EC2's own route is as incomplete": (
        "[network.endpoints.ec2]\n",
        NOTHING,
        f"{WRITE}write addresses or cidrs into [network.endpoints.ec2]",
    ),
    "EC2 has a route and is not listed": (
        f"[network]\ndiscovery = ['policy', 'private-dns']\n{OWN_ROUTE}",
        NOTHING,
        f'{WRITE}list "ec2" in network.discovery',
    ),
    "private DNS is not listed": (
        "[network]\ncidrs = ['10.20.0.0/16']\ndiscovery = ['policy', 'ec2']\n",
        "a host name is not known",
        (
            'write host into [network.endpoints.bedrock-runtime], or add "private-dns" to '
            "network.discovery, or let EC2 be asked: add [network.endpoints.ec2], with host"
        ),
    ),
}


def about_bedrock(found: dict[str, Any]) -> list[str]:
    return [
        warning["message"]
        for warning in found["warnings"]
        if warning["key"] == "network.endpoints.bedrock-runtime"
    ]


@pytest.mark.parametrize("case", WITHOUT_ROUTE)
def test_a_route_that_nobody_can_complete_is_a_warning_that_says_what_to_write(
    capsys: pytest.CaptureFixture[str], case: str
) -> None:
    tables, lacking, step = WITHOUT_ROUTE[case]

    found = checked(HEAD + tables, capsys, status=1)

    assert found["valid"] is True
    assert about_bedrock(found)[-1] == (
        "no source listed in network.discovery can complete a route for bedrock-runtime "
        f"from this file: {lacking}; {step}"
    )
    assert found["routes"][0]["found"] is False


def test_a_route_that_ec2_is_asked_for_is_a_warning_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = checked(HEAD + OWN_ROUTE, capsys)

    assert about_bedrock(found)[-1] == "not in the file: EC2 is asked at run time"
    assert found["routes"][0]["found"] is False


def test_the_table_says_what_is_lacking(capsys: pytest.CaptureFixture[str]) -> None:
    pathlib.Path("secure-bedrock.toml").write_text(HEAD)

    assert main(["policy", "check"]) == 1

    out = " ".join(capsys.readouterr().out.split())
    assert (
        "bedrock-runtime eni none from this file: a host name and the endpoint's addresses" in out
    )
    assert out.endswith(" valid, but no call can be made yet")


def test_a_policy_that_allows_no_model_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'region = "eu-west-1"\nmodels = []\n[network]\ncidrs = ["10.20.0.0/16"]\n'

    found = checked(text, capsys, status=1)

    assert found["valid"] is True
    assert [each["message"] for each in found["warnings"]] == ["no model is allowed"]
    assert main(["policy", "check"]) == 1
    assert capsys.readouterr().out.endswith("\nvalid, but no call can be made yet\n")


COUNTED = {
    "one": ("models = ['amazon.nova-*']\n", "valid, 1 warning"),
    "two": ("models = ['amazon.nova-*', 'amazon.titan-*']\n", "valid, 2 warnings"),
}


@pytest.mark.parametrize(("models", "verdict"), COUNTED.values(), ids=COUNTED)
def test_warnings_are_counted_and_pass(
    capsys: pytest.CaptureFixture[str], models: str, verdict: str
) -> None:
    """A route that EC2 is asked for, or that private DNS completes, is one over which calls can be made."""
    text = f'region = "eu-west-1"\n{models}[network]\ncidrs = ["10.20.0.0/16"]\n'
    pathlib.Path("secure-bedrock.toml").write_text(text)

    assert main(["policy", "check"]) == 0

    assert capsys.readouterr().out.endswith(f"\n{verdict}\n")


def test_what_init_wrote_and_nobody_replaced_is_a_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = starter(Answers())

    found = checked(text, capsys, status=1)

    marked = [n for n, line in enumerate(text.split("\n"), start=1) if line.endswith(EXAMPLE)]
    assert [problem["line"] for problem in found["problems"]] == marked
    assert [problem["key"] for problem in found["problems"]] == [
        "region",
        "models.allow[0]",
        "network.cidrs",
    ]
    assert {problem["message"] for problem in found["problems"]} == {
        "still the example that init wrote: put your own value there and remove the mark"
    }


def test_one_mark_that_is_left_is_one_finding(capsys: pytest.CaptureFixture[str]) -> None:
    text = starter(Answers(region="us-east-1", cidrs=("10.30.0.0/16",)))

    found = checked(text, capsys, status=1)

    assert [problem["key"] for problem in found["problems"]] == ["models.allow[0]"]


GONE = {
    "its mark is removed": lambda text: text.replace(EXAMPLE, ""),
    "the marked line is commented out, another stands there": lambda text: (
        text.replace(
            'region = "eu-west-1"' + EXAMPLE,
            '# region = "eu-west-1"' + EXAMPLE + '\nregion = "us-east-1"',
        )
        .replace(f'",{EXAMPLE}', '",')
        .replace(f"]{EXAMPLE}", "]")
    ),
}


@pytest.mark.parametrize("case", GONE)
def test_a_value_is_no_example_once(capsys: pytest.CaptureFixture[str], case: str) -> None:
    found = checked(GONE[case](starter(Answers())), capsys)

    assert found["problems"] == []


def test_what_init_writes_from_arguments_alone_passes(capsys: pytest.CaptureFixture[str]) -> None:
    given = Answers(region="eu-west-1", models=("amazon.nova-lite-v1:0",), cidrs=("10.20.0.0/16",))

    found = checked(starter(given), capsys)

    assert (found["problems"], found["warnings"]) == ([], [])


IDS = {
    "the endpoint's id": (
        f"[network.endpoints.bedrock-runtime]\nvpc_endpoint_id = '{EXAMPLE_ENDPOINT_ID}'\n",
        "network.endpoints.bedrock-runtime.vpc_endpoint_id",
        EXAMPLE_ENDPOINT_ID,
    ),
    "the endpoint's id inside its host": (
        f"[network.endpoints.bedrock-runtime]\nhost = '{HOST}'\n",
        "network.endpoints.bedrock-runtime.host",
        EXAMPLE_ENDPOINT_ID,
    ),
    "the VPC": (
        "[account]\nvpc_id = 'vpc-0123456789abcdef0'\n",
        "account.vpc_id",
        "vpc-0123456789abcdef0",
    ),
    "the account": (
        "[account]\naccount_id = '111122223333'\n",
        "account.account_id",
        "111122223333",
    ),
}


@pytest.mark.parametrize(("tables", "key", "value"), IDS.values(), ids=IDS)
def test_an_id_of_the_documentation_is_a_warning(
    capsys: pytest.CaptureFixture[str], tables: str, key: str, value: str
) -> None:
    found = checked(HEAD + tables, capsys, status=1)  # there is no route either

    about = [each for each in found["warnings"] if "documentation" in each["message"]]
    assert [(each["key"], each["line"]) for each in about] == [(key, 4)]
    assert about[0]["message"] == f"{value} is an id from the documentation: write your own"


def test_an_account_of_the_documentation_among_the_models_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = HEAD.replace(
        "models = [", "[models]\naccounts = ['222233334444', '123456789012']\nallow = ["
    )

    found = checked(text, capsys, status=1)  # there is no route either

    keys = [each["key"] for each in found["warnings"] if "documentation" in each["message"]]
    assert keys == ["models.accounts[1]"]


def test_the_local_bedrock_is_called_like_the_example_and_may_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with LocalBedrock() as bedrock:
        assert EXAMPLE_ENDPOINT_ID in bedrock.host
        found = checked(bedrock.policy_toml(), capsys)

    assert found["warnings"] == []
