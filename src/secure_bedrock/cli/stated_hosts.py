"""Hosts of a policy file that are no private endpoint's name, each with its line, whatever else the file lacks."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from secure_bedrock.cli.policy_text import PolicyText
from secure_bedrock.errors import Problem
from secure_bedrock.values import Region, parse_region, parse_service


def host_problems(text: str, file: str) -> dict[str, Problem]:
    """A problem for each service whose host can't be its endpoint's; empty where the text names no Region.

    What is no host name at all is the policy's own to report.
    """
    try:
        data = tomllib.loads(text)
        region = parse_region(data.get("region"))
    except (ValueError, RecursionError):
        return {}
    places = PolicyText.of(text, file, data)
    return {
        service: places.problem(reason, "network", "endpoints", service, "host")
        for service, reason in _wrong(data, region)
    }


def _wrong(data: Mapping[str, Any], region: Region) -> Iterator[tuple[str, str]]:
    from secure_bedrock.network import judge_host
    from secure_bedrock.policy.file.syntax import host_name

    for name, table in _table(_table(data.get("network")).get("endpoints")).items():
        try:
            service, host = parse_service(name), host_name(_table(table)["host"])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        decision = judge_host(host, service=service, region=region)
        if not decision.allowed:
            yield name, decision.reason


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
