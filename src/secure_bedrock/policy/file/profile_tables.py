"""The lists under `residency.profiles`: one per profile, named by its id or ARN."""

from dataclasses import dataclass
from typing import Any

from secure_bedrock.policy.file.shape import Found, Path, Shape, attempt, read_each
from secure_bedrock.policy.model.residency import roaming_id


@dataclass(frozen=True, slots=True)
class Profiles:
    """A list of Regions for each profile, prompt router or prompt, in the order of the file."""

    regions: Shape

    def read(self, value: object, path: Path, found: Found) -> Any:
        """Pairs of identifier and Regions."""
        return read_each(value, path, found, self._one)

    def _one(self, name: str, regions: object, path: Path, found: Found) -> Any:
        model = attempt(lambda: roaming_id(name), path, found)
        return model, self.regions.read(regions, path, found)
