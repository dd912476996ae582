"""The lists under `residency.profiles`: one per profile, named by its id or ARN."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secure_bedrock.policy.file.shape import BAD, Found, Path, Shape, attempt
from secure_bedrock.policy.model.residency import roaming_id
from secure_bedrock.policy.shown import described


@dataclass(frozen=True, slots=True)
class Profiles:
    """A list of Regions for each profile, prompt router or prompt, in the order of the file."""

    regions: Shape

    def read(self, value: object, path: Path, found: Found) -> Any:
        """Pairs of identifier and Regions."""
        if not isinstance(value, Mapping):
            found.append((path, f"expected a table, got {described(value)}"))
            return BAD
        before = len(found)
        read = [self._one(name, regions, (*path, name), found) for name, regions in value.items()]
        return tuple(read) if len(found) == before else BAD

    def _one(self, name: str, regions: object, path: Path, found: Found) -> Any:
        model = attempt(lambda: roaming_id(name), path, found)
        return model, self.regions.read(regions, path, found)
