"""Where a policy is at home: its Region and the accounts whose ARNs may be named."""

from dataclasses import dataclass

from secure_bedrock.policy.model.identifiers import (
    GEOGRAPHIES,
    BaseId,
    FoundationModelArn,
    ModelId,
    OpaqueArn,
    ProfileArn,
    ProfileId,
    profile_of,
)
from secure_bedrock.policy.model.suggestions import HINT_ACCOUNT, HINT_REGION
from secure_bedrock.values import Decision, Region, partition_of


@dataclass(frozen=True, slots=True)
class Home:
    """Where the policy is at home: its Region and the accounts whose ARNs may be named."""

    region: Region
    accounts: frozenset[str]

    def own_terms(self, model: ModelId) -> ModelId:
        """The id that an ARN stands for here; every other identifier as it is.

        A foundation-model ARN of this Region is its base id, an inference-profile ARN of this Region and one of
        these accounts is its profile id. Entries and questions are compared in these terms.
        """
        if isinstance(model, FoundationModelArn) and model.region == self.region:
            return model.base
        if isinstance(model, ProfileArn) and self.stranger(model) is None:
            return model.profile
        return model

    def stranger(self, model: ModelId) -> Decision | None:
        """The refusal of a model of another partition, Region or account; None where it is at home."""
        own = partition_of(self.region)
        profile = profile_of(model)
        if profile is not None and GEOGRAPHIES[profile.geography] != own:
            reason = f"{profile.geography}. profiles don't exist in partition {own}"
            return Decision(False, "model-partition", reason)
        if isinstance(model, BaseId | ProfileId):
            return None
        if partition_of(model.region) != own:
            reason = f"the ARN is of another partition than {own}"
            return Decision(False, "model-partition", reason)
        if model.region != self.region:
            reason = f"the ARN is of Region {model.region}, the policy's is {self.region}"
            return Decision(False, "model-region", reason, next_step=HINT_REGION)
        if isinstance(model, ProfileArn | OpaqueArn) and model.account not in self.accounts:
            reason = f"the ARN is of account {model.account}, which models.accounts does not name"
            return Decision(False, "model-account", reason, next_step=HINT_ACCOUNT)
        return None
