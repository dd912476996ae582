"""An ARN is six parts, each by its own grammar; what it is of comes back part by part."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.values.arns import Arn, is_account, parse_arn
from secure_bedrock.values.region import PARTITIONS, Region

ACCOUNT = "111122223333"
IRELAND = Region("eu-west-1")
AGENT = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:agent/A"


class Deceiver(str):
    """A str that may print as something else than it holds."""

    __slots__ = ()


ARNS: dict[str, Arn] = {
    AGENT: Arn("aws", "bedrock", IRELAND, ACCOUNT, "agent/A"),
    f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f:1": Arn(
        "aws", "lambda", IRELAND, ACCOUNT, "function:f:1"
    ),
    "arn:aws:s3:::reports/x": Arn("aws", "s3", None, "", "reports/x"),
    f"arn:aws-cn:iam::{ACCOUNT}:role/a": Arn("aws-cn", "iam", None, ACCOUNT, "role/a"),
    "arn:aws:bedrock-agentcore:eu-west-1:aws:browser/aws.browser.v1": Arn(
        "aws", "bedrock-agentcore", IRELAND, "aws", "browser/aws.browser.v1"
    ),
    "arn:aws:bedrock:us-east-1::foundation-model/a.b": Arn(
        "aws", "bedrock", Region("us-east-1"), "", "foundation-model/a.b"
    ),
    "arn:aws:a:::!": Arn("aws", "a", None, "", "!"),
    "arn:aws:s3:::~": Arn("aws", "s3", None, "", "~"),
    "arn:aws:s3:::a:arn:aws": Arn("aws", "s3", None, "", "a:arn:aws"),
}


@pytest.mark.parametrize(("text", "arn"), ARNS.items(), ids=ARNS)
def test_an_arn_is_its_parts_and_is_written_as_it_was_read(text: str, arn: Arn) -> None:
    assert parse_arn(text) == arn
    assert arn.format() == text


LONGEST = f"arn:aws:s3:::{'a' * (2048 - len('arn:aws:s3:::'))}"

NOT_ARNS: dict[str, tuple[object, str]] = {
    "None": (None, "begins with arn:"),
    "bytes": (AGENT.encode(), "begins with arn:"),
    "a subclass of str": (Deceiver(AGENT), "begins with arn:"),
    "nothing": ("", "begins with arn:"),
    "capital letters": (AGENT.upper(), "begins with arn:"),
    "something before it": (f" {AGENT}", "begins with arn:"),
    "a longer first word": (f"arnold{AGENT[3:]}", "begins with arn:"),
    "too long": (f"{LONGEST}a", "at most 2048"),
    "the prefix alone": ("arn:", "fewer than six parts"),
    "five parts": (f"arn:aws:bedrock:eu-west-1:{ACCOUNT}", "fewer than six parts"),
    "no partition": (AGENT.replace(":aws:", "::", 1), "partition or service"),
    "a partition that is none": (AGENT.replace("aws:", "aws-evil:", 1), "partition or service"),
    "a partition in capitals": (AGENT.replace("aws:", "AWS:", 1), "partition or service"),
    "no service": (AGENT.replace("bedrock", ""), "partition or service"),
    "a service in capitals": (AGENT.replace("bedrock", "Bedrock"), "partition or service"),
    "a service with a capital": (AGENT.replace("bedrock", "bedRock"), "partition or service"),
    "a service that begins with a digit": (AGENT.replace("bedrock", "3s"), "partition or service"),
    "a service with a line end": (AGENT.replace("bedrock", "bedrock\n"), "partition or service"),
    "a star for the service": (AGENT.replace("bedrock", "*"), "partition or service"),
    "a Region that is none": (AGENT.replace("eu-west-1", "eu"), "name of an AWS Region"),
    "a star for the Region": (AGENT.replace("eu-west-1", "*"), "name of an AWS Region"),
    "an account of 11 digits": (AGENT.replace(ACCOUNT, ACCOUNT[1:]), "not 12 digits"),
    "an account of 13 digits": (AGENT.replace(ACCOUNT, f"{ACCOUNT}0"), "not 12 digits"),
    "an account of other digits": (AGENT.replace(ACCOUNT, "\u0661" * 12), "not 12 digits"),
    "an account of letters": (AGENT.replace(ACCOUNT, "a" * 12), "not 12 digits"),
    "another word for the account": (AGENT.replace(ACCOUNT, "awss"), "not 12 digits"),
    "no resource": ("arn:aws:s3:::", "names no resource"),
    "a resource with a space": (f"{AGENT} B", "visible ASCII"),
    "a resource with a line end": (f"{AGENT}\n", "visible ASCII"),
    "a resource with a DEL": (f"{AGENT}\x7f", "visible ASCII"),
    "a resource outside ASCII": (f"{AGENT}é", "visible ASCII"),
    "a resource that begins with a space": ("arn:aws:s3::: a", "visible ASCII"),
}


@pytest.mark.parametrize(("text", "why"), NOT_ARNS.values(), ids=NOT_ARNS)
def test_what_is_not_exactly_an_arn_is_refused_without_its_text(text: object, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        parse_arn(text)

    assert "agent/A" not in str(refused.value)


def test_the_longest_arn_has_2048_characters() -> None:
    assert parse_arn(LONGEST).format() == LONGEST


def test_an_arn_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        parse_arn(AGENT).account = "444455556666"  # type: ignore[misc]
    assert not hasattr(parse_arn(AGENT), "__dict__")


def test_an_account_is_12_digits() -> None:
    assert is_account(ACCOUNT)
    for text in ("", ACCOUNT[1:], f"{ACCOUNT}0", f"{ACCOUNT}\n", "a" * 12, "aws", f" {ACCOUNT}"):
        assert not is_account(text)


WORDS = "arn : :: aws aws-cn aws-evil s3 eu-west-1 us-gov-west-1 111122223333 1 / role/app a A é".split()
PIECES = st.sampled_from([*WORDS, " ", "\n", ""])
NEAR = st.tuples(
    st.sampled_from(["arn", "ARN", ""]),
    st.sampled_from([*sorted(PARTITIONS), "aws-evil", ""]),
    *[PIECES] * 4,
).map(":".join)


@given(NEAR | st.lists(PIECES, max_size=9).map("".join))
def test_every_text_is_an_arn_that_is_read_back_or_a_value_error(text: str) -> None:
    try:
        arn = parse_arn(text)
    except ValueError:
        return

    assert arn.format() == text
    assert arn.partition in PARTITIONS
    assert arn.account in ("", "aws") or is_account(arn.account)
