"""What is looked at before a client is made: settings of the surroundings, refused by name or told of in one line."""

import logging
from collections.abc import Mapping

from secure_bedrock.transport.settings import Finding, judge_surroundings
from secure_bedrock.values import Region

_log = logging.getLogger("secure_bedrock")


def preflight(
    environ: Mapping[str, str], *, region: Region, profile: str | None = None
) -> tuple[Finding, ...]:
    """The settings that were found and are not followed, logged once; raises for one that is refused.

    `profile` is the one that the caller named, whose keys in AWS's files are looked at.
    """
    findings = judge_surroundings(environ, region=region, profile=profile)
    _report(findings)
    return findings


def _report(findings: tuple[Finding, ...]) -> None:
    """One line: the names of what is set and not followed, never a value; a warning only where it may surprise."""
    if not findings:
        return
    surprising = any(finding.verdict == "reported" for finding in findings)
    names = ", ".join(finding.name for finding in findings)
    level = logging.WARNING if surprising else logging.INFO
    _log.log(level, "set in the environment and not followed: %s", names)
