"""What begins as a location does, in each form that some client follows; and content, which does not."""

import base64
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.request.locations import LOCATED_IN_JSON, location_kind

IN_JSON = re.compile(f'"(?i:{LOCATED_IN_JSON})'.encode("ascii"))

LOCATIONS: dict[str, str] = {
    "a URL": "https://e.com/a.png",
    "in capitals": "HTTPS://E.COM",
    "with one slash": "https:/e.com",
    "without a slash": "https:e.com",
    "with backslashes": "https:\\\\e.com",
    "without a scheme": "//e.com/a.png",
    "without a scheme, with backslashes": "\\\\e.com\\a",
    "without a scheme, with one of each": "/\\e.com",
    "without a scheme, a port for a dot": "//e:8080/a",
    "without a scheme, an address of IPv6": "//[::1]/a",
    "without a scheme, with a user": "//u@e/a",
    "with three slashes": "///e.com/x",
    "with nine, of both kinds": "/\\/\\/\\/\\/e.com/x",
    "without a scheme, an escape for a dot": "//e%2ecom/x",
    "without a scheme, another script's dot": "//e\u3002com/x",
    "without a scheme, another script's letters": "//\u4f8b/x",
    "with three slashes, tabs between them": "/\t/\t/e.com",
    "FTP": "ftp://e.com",
    "a file": "file:///etc/passwd",
    "a file without slashes": "file:etc/passwd",
    "another cloud's bucket": "gs://b/k",
    "a hub": "hf://m/x",
    "a scheme of tomorrow": "git+ssh.x-1://e.com",
    "a scheme in a scheme": "jar:http://e.com!/a",
    "behind a blank": " https://e.com",
    "behind lines' ends": "\r\n\thttps://e.com",
    "behind controls": "\x00\x01\x1f\x7fhttps://e.com",
    "behind blanks that are not ASCII": "\u00a0\u2003\ufeffhttps://e.com",
    "with a tab in its scheme": "ht\ttps://e.com",
    "with lines' ends between all": "h\nt\rt\tp\ns\r:\n/\t/e.com",
    "with a thousand tabs in its scheme": "h" + "\t" * 1000 + "ttp://e.com",
    "without a scheme, with a tab": "/\t/e.com",
}
BUCKETS: dict[str, str] = {
    "a bucket": "s3://b/k",
    "in capitals, behind a blank": " S3://b/k",
    "a bucket in Hadoop's words": "s3a://b/k",
    "an ARN": "arn:aws:s3:::b/k",
    "an ARN of another partition": "arn:aws-cn:s3:::b/k",
    "an ARN of another service": "arn:aws:lambda:eu-west-1:111122223333:function:f",
}
CONTENT: dict[str, str] = {
    "nothing": "",
    "Base64": "iVBORw0KGgo=",
    "Base64 that begins with a slash": "/9j/4AAQ",
    "Base64 that begins with slashes": "//uQxAAA/+A=",
    "Base64 that begins with three slashes": "///7kMQAAA==",
    "content in a URL": "data:image/png;base64,//8=",
    "content in a URL, a slash first": "data:/,x",
    "content in a URL, in capitals": " DATA:image/png;base64,AA==",
    "a name": "report.pdf",
    "a path": "a/b.png",
    "a text": "Is https://e.com up?",
    "a text with a colon": "Summary: see https://e.com",
    "a text of a file": "file: see below",
    "text of another script": "資料の報告",
}


@pytest.mark.parametrize("text", LOCATIONS.values(), ids=LOCATIONS)
def test_every_form_of_a_url_is_one(text: str) -> None:
    assert location_kind(text) is Kind.URL
    for plain in (True, False):
        assert IN_JSON.match(json.dumps(text, ensure_ascii=plain).encode())


@pytest.mark.parametrize("text", BUCKETS.values(), ids=BUCKETS)
def test_a_bucket_is_told_from_a_url(text: str) -> None:
    assert location_kind(text) is Kind.S3


@pytest.mark.parametrize("text", CONTENT.values(), ids=CONTENT)
def test_content_is_no_location(text: str) -> None:
    assert location_kind(text) is None
    if not text.strip().lower().startswith("data:"):
        assert not IN_JSON.match(json.dumps(text, ensure_ascii=False).encode())


@given(st.binary())
@example(b"\xff\xfb\x90\xc4")
def test_no_base64_is_a_location(data: bytes) -> None:
    assert location_kind(base64.b64encode(data).decode()) is None


PIECES = st.sampled_from(
    [*"htps:/\\.@[% \t\r\n\x00\u00a0\ufeff\u3002a3", "http", "s3", "//", "://", "arn:aws", "data:"]
)


@given(st.lists(PIECES).map("".join), st.booleans(), st.booleans())
@example("h\tttp:e.com", True, True)
@example("/\\e.com", True, False)
@example("//\\\u3002", True, True)
def test_the_bytes_tell_of_every_location(text: str, plain: bool, slashes: bool) -> None:
    """However a serialiser writes it: slashes escaped, other scripts as they are."""
    written = json.dumps(text, ensure_ascii=plain)
    if slashes:
        written = written.replace("/", "\\/")
    if location_kind(text) is not None:
        assert IN_JSON.match(written.encode())
