"""Does a string begin as a location does? In every form that a client on the way might still follow.

What clients skip in front of a URL (blanks, controls), and tabs and line ends inside one, is skipped here too; slashes
may be backslashes, one may be missing, and so may the scheme. Sources: WHATWG URL Standard, "URL parsing"; Python's
`urllib.parse.urlsplit`; read 2026-11-20.
"""

import re
from typing import Final

from secure_bedrock.policy.operation.members import Kind

# Schemes that clients of media and data follow, some of them without a slash after the colon; a letter or a class each.
_SCHEMES: Final = tuple(
    tuple(word.split())
    for word in (
        *("h t t p s?", "w s s?", "f t p s?", "s f t p", "f i l e", "s 3 [an]?", "g s", "g c s"),
        *("a z", "a b f s s?", "h f", "j a r", "b l o b"),
    )
)


def _beginnings(blank: str, slash: str, host: str, other: str) -> str:
    """What a location begins with, as a pattern; `blank` is what may stand between its characters, `other` what is none
    of ASCII's.
    """
    named = "|".join(blank.join(scheme) for scheme in _SCHEMES)
    return "|".join(
        (
            rf"[a-z](?:{blank}[a-z0-9+.-]){{0,40}}{blank}:{blank}{slash}",
            rf"(?:{named}){blank}:{blank}[!-~]",
            rf"{blank.join('arn:aws')}",
            # Two slashes or more, and a dot, a port, a user, or what may be decoded or mapped to one. Base64 may
            # begin with slashes, and has none of them.
            rf"{slash}(?:{blank}{slash})++{host}*?(?:[.:@%\[]|{other})",
        )
    )


_LOCATION: Final = re.compile(
    r"[^!-~]*+(?!data:)(?:{})".format(
        _beginnings(r"[\t\r\n]*", r"[/\\]", r"[^/\\]", r"[^\x00-\x7f]")
    ),
    re.ASCII | re.IGNORECASE,
)
_BUCKET: Final = re.compile(r"[^!-~]*+(?:s3[an]?:|arn:)", re.ASCII | re.IGNORECASE)


def location_kind(text: str) -> Kind | None:
    """What the string is the location of, a bucket or a URL; None for content, `data:` included. Total."""
    if _LOCATION.match(text) is None:
        return None
    return Kind.S3 if _BUCKET.match(text) else Kind.URL


# The look ahead changes nothing: it is quicker than what follows where there is no colon, which is nearly everywhere.
LOCATED_IN_JSON: Final = (
    r"(?:(?-i:[^!-~]++)|\\(?:[nrtbf]|u[0-9a-f]{{4}}))*+(?=[a-z][a-z0-9+.\\\t\r\n-]*+:|[/\\])(?:{})"
).format(
    _beginnings(
        r"(?:[\t\r\n]|\\[nrt]|\\u000[9ad])*", r"(?:/|\\[/\\])", r'[^"/]', r"\\u|(?-i:[^\x00-\x7f])"
    )
)
"""The same of a string in JSON as bytes, from behind its quote, in either case. It may find more than `location_kind`
does, and nothing less, except for what hides behind an escape of one of ASCII's signs."""
