"""Regions that the policy's own could never reach: those of another partition, wherever the file names them."""

from collections.abc import Iterator, Mapping
from typing import Any

from secure_bedrock.policy.file.shape import Path
from secure_bedrock.values import parse_region, partition_of


def foreign_regions(plain: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """A problem for each Region under [residency] of another partition; what is no Region is reported elsewhere."""
    own, residency = _partition(plain.get("region")), plain.get("residency")
    if own is None or not isinstance(residency, Mapping):
        return
    for path, regions in _lists(residency):
        for place, text in enumerate(regions if isinstance(regions, list) else ()):
            partition = _partition(text)
            if partition not in (None, own):
                message = f"{text} is of partition {partition}, the policy's Region of {own}"
                yield (*path, place), message


def _lists(residency: Mapping[str, Any]) -> Iterator[tuple[Path, object]]:
    yield ("residency", "regions"), residency.get("regions")
    profiles = residency.get("profiles")
    for name, regions in profiles.items() if isinstance(profiles, Mapping) else ():
        yield ("residency", "profiles", name), regions


def _partition(text: object) -> str | None:
    try:
        return partition_of(parse_region(text))
    except ValueError:
        return None
