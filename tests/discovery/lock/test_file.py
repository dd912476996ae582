"""The lock's file: read strictly, written so that a person can review it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_bedrock.discovery.lock.contents import Lock, LockedEndpoint
from secure_bedrock.discovery.lock.file import lock_text, read_lock
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.errors import LockMismatch
from secure_bedrock.values import parse_region, parse_service

ID = "vpce-0abc123def4567890"
HOST = f"{ID}-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
PROFILE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def a_document() -> dict[str, Any]:
    return {
        "version": 1,
        "policy": "sha256:" + "ab" * 32,
        "region": "eu-west-1",
        "written": {
            "at": "2026-11-20T12:00:00Z",
            "by": "arn:aws:sts::111122223333:assumed-role/deploy",
            "over": "private",
        },
        "endpoints": {
            "bedrock-runtime": {
                "vpc_endpoint_id": ID,
                "vpc_id": "vpc-0123456789abcdef0",
                "owner_account": "111122223333",
                "service_region": "eu-west-1",
                "private_dns_enabled": True,
                "names": [HOST, "bedrock-runtime.eu-west-1.amazonaws.com"],
                "addresses": ["10.20.1.10", "2600:1f14::10"],
                "cidrs": ["10.20.0.0/16", "2600:1f14::/56"],
            }
        },
        "destinations": {PROFILE: ["eu-central-1", "eu-west-1"]},
    }


def read(document: object) -> Lock:
    return read_lock(LockText("a.lock", json.dumps(document)))


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The document with one value replaced, or removed where the value is `...`."""
    document = a_document()
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


def test_every_member_is_read() -> None:
    lock = read(a_document())

    assert lock.region == "eu-west-1"
    assert lock.written_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert lock.written_by == "arn:aws:sts::111122223333:assumed-role/deploy"
    assert lock.written_over == "private"
    assert lock.destinations == ((PROFILE, ("eu-central-1", "eu-west-1")),)
    endpoint = lock.endpoint("bedrock-runtime")
    assert endpoint is not None
    assert endpoint.vpc_endpoint_id == ID
    assert endpoint.names == (HOST, "bedrock-runtime.eu-west-1.amazonaws.com")
    assert lock.endpoint("sts") is None


E = ("endpoints", "bedrock-runtime")
WRONG: dict[str, tuple[tuple[str | int, ...], object, str]] = {
    "another version": (("version",), 2, "version"),
    "a version that is a boolean": (("version",), True, "version"),
    "no version": (("version",), ..., "version"),
    "an unknown key": (("colour",), "red", "colour"),
    "a digest in upper case": (("policy",), "sha256:" + "AB" * 32, "policy"),
    "a digest of another length": (("policy",), "sha256:abcd", "policy"),
    "no Region": (("region",), "Europe", "region"),
    "a time without a zone": (("written", "at"), "2026-11-20T12:00:00", "written.at"),
    "a day that is none": (("written", "at"), "2026-02-30T12:00:00Z", "written.at"),
    "an unknown path": (("written", "over"), "internet", "written.over"),
    "a caller with a session's name": (
        ("written", "by"),
        "arn:aws:sts::111122223333:assumed-role/deploy/x y",
        "written.by",
    ),
    "a caller that is no ARN": (("written", "by"), "me", "written.by"),
    "endpoints in a list": (("endpoints",), [], "endpoints"),
    "a service that is no name": (("endpoints", "Bedrock!"), {}, "endpoints"),
    "an endpoint without addresses": ((*E, "addresses"), ..., "addresses"),
    "an endpoint with no address": ((*E, "addresses"), [], "addresses"),
    "an address twice": ((*E, "addresses"), ["10.20.1.10"] * 2, "addresses"),
    "an address with zeros": ((*E, "addresses", 0), "10.020.1.10", "addresses[0]"),
    "a metadata address": ((*E, "addresses", 0), "169.254.169.254", "addresses[0]"),
    "a mapped address": ((*E, "addresses", 0), "::ffff:10.20.1.10", "addresses[0]"),
    "an address spelled long": ((*E, "addresses", 1), "2600:1f14:0::10", "addresses[1]"),
    "an address outside the VPC": ((*E, "addresses", 0), "10.21.1.10", "addresses[0]"),
    "a CIDR with host bits": ((*E, "cidrs", 0), "10.20.0.1/16", "cidrs[0]"),
    "a CIDR of everything": ((*E, "cidrs", 0), "0.0.0.0/0", "cidrs[0]"),
    "the name of another endpoint": (
        (*E, "names", 0),
        HOST.replace("0abc", "0abd"),
        "names[0]",
    ),
    "the name of another service": (
        (*E, "names", 1),
        "s3.eu-west-1.amazonaws.com",
        "names[1]",
    ),
    "a private name with private DNS off": ((*E, "private_dns_enabled"), False, "names[1]"),
    "a wildcard name": ((*E, "names", 0), "*.eu-west-1.amazonaws.com", "names[0]"),
    "a flag in words": ((*E, "private_dns_enabled"), "yes", "private_dns_enabled"),
    "the service of another Region": ((*E, "service_region"), "us-east-1", "service_region"),
    "an owner that is no account": ((*E, "owner_account"), "1234", "owner_account"),
    "an id that is none": ((*E, "vpc_endpoint_id"), "vpce-xyz", "vpc_endpoint_id"),
    "a VPC that is none": ((*E, "vpc_id"), "vpc", "vpc_id"),
    "a destination that is no Region": (("destinations", PROFILE, 0), "mars", "destinations"),
    "no destination": (("destinations", PROFILE), [], "destinations"),
    "a destination twice": (("destinations", PROFILE), ["eu-west-1"] * 2, "destinations"),
    "destinations of what has none": (
        ("destinations", "amazon.nova-lite-v1:0"),
        ["eu-west-1"],
        "destinations",
    ),
    "destinations of no model": (("destinations", "nonsense"), ["eu-west-1"], "destinations"),
}


@pytest.mark.parametrize(("path", "value", "key"), WRONG.values(), ids=WRONG)
def test_it_is_refused_with_its_key(path: tuple[str | int, ...], value: object, key: str) -> None:
    with pytest.raises(LockMismatch) as caught:
        read(changed(path, value))

    assert caught.value.rule == "lock-invalid"
    assert any(key in problem.key for problem in caught.value.problems), caught.value.problems
    assert {problem.file for problem in caught.value.problems} == {"a.lock"}


LINES: dict[str, tuple[tuple[str | int, ...], object, str | None]] = {
    "a value": (("written", "over"), "internet", '"internet"'),
    "an item": ((*E, "addresses", 1), "fe80::1", '"fe80::1"'),
    "a list": (("destinations", PROFILE), [], PROFILE),
    "a key too many": ((*E, "colour"), "red", '"colour"'),
    "a key that lacks": ((*E, "names"), ..., '"bedrock-runtime": {'),
    "a contradiction": ((*E, "addresses", 0), "10.99.0.1", '"10.99.0.1"'),
    "a key that the document lacks": (("region",), ..., None),
}


@pytest.mark.parametrize(("path", "value", "marked"), LINES.values(), ids=LINES)
def test_its_line_is_its_own_or_that_of_what_lacks_it(
    path: tuple[str | int, ...], value: object, marked: str | None
) -> None:
    lines = json.dumps(changed(path, value), indent=2).split("\n")
    with pytest.raises(LockMismatch) as caught:
        read_lock(LockText("a.lock", "\n".join(lines)))

    (problem,) = caught.value.problems
    assert problem.line == next(
        (number for number, line in enumerate(lines, 1) if marked and marked in line), None
    )


def test_where_json_ends_is_told_by_its_line() -> None:
    with pytest.raises(LockMismatch) as caught:
        read_lock(LockText("a.lock", '{\n"version": 1,\n'))

    assert str(caught.value.problems[0]) == "a.lock:3: not JSON"


def test_all_problems_are_told_at_once() -> None:
    document = changed(("region",), "Europe")
    document["written"]["over"] = "internet"
    document["destinations"][PROFILE] = []

    with pytest.raises(LockMismatch, match="3 problems") as caught:
        read(document)

    assert len(caught.value.problems) == 3
    assert "written.over" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "cidr"),
    [("169.254.169.254", "169.254.0.0/16"), ("fd00:ec2::254", "fd00:ec2::/64")],
)
def test_a_reserved_address_is_refused_inside_the_cidrs_too(address: str, cidr: str) -> None:
    document = changed((*E, "addresses"), [address])
    document["endpoints"]["bedrock-runtime"]["cidrs"] = [cidr]

    with pytest.raises(LockMismatch) as caught:
        read(document)

    (problem,) = caught.value.problems
    assert problem.message.startswith("can't be an endpoint's address (")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "null",
        '{"version": NaN}',
        "[" * 100_000,
        '{"version": ' + "9" * 5000 + "}",
        json.dumps(a_document()) + "x",
        json.dumps(a_document())[:-1] + ', "version": 1}',
        json.dumps(a_document()).replace('"at"', '"at": "2026-11-20T12:00:00Z", "at"'),
        " " * (1024 * 1024 + 1),
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(LockMismatch) as caught:
        read_lock(LockText("a.lock", text))

    assert caught.value.rule == "lock-invalid"


def test_a_key_that_stands_twice_is_named_as_such() -> None:
    with pytest.raises(LockMismatch) as caught:
        read_lock(LockText("a.lock", '{"version": 1, "version": 1}'))

    assert caught.value.problems[0].message == "a key stands twice in one object"


def test_the_text_is_sorted_and_has_one_value_a_line() -> None:
    text = lock_text(read(a_document()))

    assert json.loads(text) == a_document()
    assert list(json.loads(text)) == sorted(a_document())
    assert f'\n      "vpc_endpoint_id": "{ID}",\n' in text
    assert text.endswith("}\n")


def test_compact_it_is_one_line_and_the_same() -> None:
    lock = read(a_document())

    text = lock_text(lock, compact=True)

    assert "\n" not in text
    assert " " not in text
    assert read_lock(LockText("a.lock", text)) == lock


addresses = st.integers(1, 250).map(lambda n: f"10.20.{n}.{n}")
services = st.sampled_from(["bedrock-runtime", "bedrock-agent-runtime", "sts", "ec2", "logs"])
regions = st.sampled_from(["eu-west-1", "eu-central-1", "us-east-1"]).map(parse_region)
profiles = st.sampled_from([PROFILE, "us.amazon.nova-lite-v1:0", "eu.amazon.nova-pro-v1:0"])


def an_endpoint(service: str, ips: list[str], private: bool) -> LockedEndpoint:
    return LockedEndpoint(
        service=parse_service(service),
        vpc_endpoint_id=ID,
        vpc_id="vpc-0123456789abcdef0",
        owner_account="111122223333",
        service_region=parse_region("eu-west-1"),
        private_dns_enabled=private,
        names=(f"{ID}-a1b2c3d4.{service}.eu-west-1.vpce.amazonaws.com",),
        addresses=tuple(ips),
        cidrs=("10.20.0.0/16",),
    )


endpoints = st.lists(services, unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                an_endpoint,
                st.just(name),
                st.lists(addresses, min_size=1, unique=True),
                st.booleans(),
            )
            for name in sorted(names)
        )
    )
)
locks = st.builds(
    Lock,
    policy_digest=st.binary(min_size=32, max_size=32).map(lambda raw: f"sha256:{raw.hex()}"),
    region=st.just(parse_region("eu-west-1")),
    written_at=st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1)).map(  # noqa: DTZ001 replaced below
        lambda at: at.replace(microsecond=0, tzinfo=UTC)
    ),
    written_by=st.sampled_from([None, "arn:aws:iam::111122223333:user/a"]),
    written_over=st.sampled_from(["private", "public-control-plane", "file"]),
    endpoints=endpoints,
    destinations=st.dictionaries(
        profiles, st.lists(regions, min_size=1, unique=True).map(tuple), max_size=3
    ).map(lambda found: tuple(sorted(found.items()))),
)


@given(locks, st.booleans())
def test_what_is_written_is_read_as_it_was(lock: Lock, compact: bool) -> None:
    assert read_lock(LockText("a.lock", lock_text(lock, compact=compact))) == lock


TEXT = lock_text(read(a_document()), compact=True)


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="utf-8"))
def test_one_changed_character_is_an_error_or_another_lock(at: int, new: str) -> None:
    text = TEXT[:at] + new + TEXT[at + 1 :]
    try:
        found = read_lock(LockText("a.lock", text))
    except LockMismatch:
        return
    assert (found == read(a_document())) == (text == TEXT)


@given(st.integers(0, len(TEXT) - 1))
def test_a_text_that_was_cut_is_an_error(at: int) -> None:
    with pytest.raises(LockMismatch):
        read_lock(LockText("a.lock", TEXT[:at]))
