"""The id of an EC2 resource is its kind and 8 or 17 hexadecimal digits."""

import pytest

from secure_bedrock.values.ec2_ids import is_ec2_id

IDS: dict[str, tuple[str, bool]] = {
    "an old id": ("vpce-0abc123d", True),
    "an id": ("vpce-0abc123def4567890", True),
    "seven digits": ("vpce-0abc123", False),
    "nine digits": ("vpce-0abc123de", False),
    "sixteen digits": ("vpce-0abc123def456789", False),
    "eighteen digits": ("vpce-0abc123def45678901", False),
    "a letter that is no digit": ("vpce-0abc123g", False),
    "a letter that is no digit at the end": ("vpce-0abc123def456789z", False),
    "a capital letter": ("vpce-0ABC123D", False),
    "another kind": ("vpc-0abc123d", False),
    "a kind that begins with it": ("vpces-0abc123d", False),
    "something before it": ("x-vpce-0abc123d", False),
    "something behind it": ("vpce-0abc123d-", False),
    "a line end": ("vpce-0abc123d\n", False),
    "no digits": ("vpce-", False),
    "nothing": ("", False),
}


@pytest.mark.parametrize(("text", "expected"), IDS.values(), ids=IDS)
def test_an_id_is_of_its_kind_and_has_8_or_17_digits(text: str, expected: bool) -> None:
    assert is_ec2_id(text, "vpce") is expected


def test_a_kind_is_letters() -> None:
    assert is_ec2_id("subnet-0abc123d", "subnet")
    assert not is_ec2_id("a1-0abc123d", "a1")
    assert not is_ec2_id("A-0abc123d", "A")
