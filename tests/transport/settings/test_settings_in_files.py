"""Keys of AWS's files are told of for the profile in use; a file that can't be read says nothing."""

from pathlib import Path

import pytest

from secure_bedrock.transport.settings import judge_settings, judge_surroundings
from secure_bedrock.values import Region

REGION = Region("eu-west-1")
CONFIG = """
[default]
region = eu-west-1
endpoint_url = https://example.invalid
output = json
[profile work]
use_fips_endpoint = true
[profile "far away"]
region = us-east-1
"""


@pytest.fixture
def home(plain_surroundings: Path) -> Path:
    (plain_surroundings / ".aws").mkdir()
    return plain_surroundings


def told(profile: str | None = None, **environ: str) -> list[tuple[str, str]]:
    found = judge_surroundings(environ, region=REGION, profile=profile)
    return [(finding.name, finding.verdict) for finding in found]


ENDPOINT = ("endpoint_url in AWS's files", "neutralised")
FIPS = ("use_fips_endpoint in AWS's files", "neutralised")


def test_the_profile_in_use_is_the_one_that_is_told_of(home: Path) -> None:
    (home / ".aws" / "config").write_text(CONFIG, encoding="utf-8")
    assert told() == [ENDPOINT]
    assert told(AWS_PROFILE="work") == [FIPS]
    assert told("work") == [FIPS]
    assert told("default", AWS_PROFILE="work") == [ENDPOINT]
    assert told("far away") == [("region in AWS's files", "reported")]
    assert told("nobody") == []


def test_the_environment_alone_is_judged_without_the_files(home: Path) -> None:
    (home / ".aws" / "config").write_text(CONFIG, encoding="utf-8")
    assert judge_settings({}, region=REGION) == ()


def test_the_file_that_a_variable_names_is_the_one_that_is_read(home: Path) -> None:
    (home / ".aws" / "config").write_text(CONFIG, encoding="utf-8")
    other = home / "other"
    other.write_text("[default]\nca_bundle = /nowhere\n", encoding="utf-8")
    assert told(AWS_CONFIG_FILE=str(other)) == [("ca_bundle in AWS's files", "neutralised")]
    assert told(AWS_CONFIG_FILE=str(home / "missing")) == []


def test_the_credentials_file_wins_as_in_botocore(home: Path) -> None:
    (home / ".aws" / "config").write_text("[default]\nregion = us-east-1\n", encoding="utf-8")
    assert told() == [("region in AWS's files", "reported")]
    (home / ".aws" / "credentials").write_text("[default]\nregion = eu-west-1\n", encoding="utf-8")
    assert told() == []


@pytest.mark.parametrize(
    "content",
    [b"endpoint_url = x\n", b"[default\n", b"\xff\xfe\x00", b"[default]\nendpoint_url", None],
    ids=["no section", "no end", "no text", "no value", "a folder"],
)
def test_a_file_that_can_not_be_read_says_nothing(content: bytes | None, home: Path) -> None:
    file = home / ".aws" / "config"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert told() == []


def test_an_empty_folder_of_models_is_nothing(home: Path) -> None:
    folder = home / ".aws" / "models"
    folder.mkdir()
    assert told() == []
    (folder / "bedrock-runtime").mkdir()
    assert told() == [("~/.aws/models", "neutralised")]


def test_no_value_is_kept(home: Path) -> None:
    (home / ".aws" / "config").write_text(CONFIG, encoding="utf-8")
    found = judge_surroundings({}, region=REGION)
    assert found
    assert "example.invalid" not in repr(found)
