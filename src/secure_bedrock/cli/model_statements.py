"""The IAM statements that a model needs: which actions on which ARNs, in every Region that may answer.

Source: the Service Authorization Reference of Amazon Bedrock and "Prerequisites for inference profiles" of its user
guide, read 2026-11-20: a profile needs itself and its foundation model in every destination Region; `global.` needs the
foundation model without a Region too; Converse has no action of its own.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from secure_bedrock.values import partition_of

if TYPE_CHECKING:
    from secure_bedrock.policy import BaseId, ModelId, Policy, ProfileArn

_ACTIONS = {
    "Converse": "bedrock:InvokeModel",
    "InvokeModel": "bedrock:InvokeModel",
    "StartAsyncInvoke": "bedrock:InvokeModel",
    "ConverseStream": "bedrock:InvokeModelWithResponseStream",
    "InvokeModelWithResponseStream": "bedrock:InvokeModelWithResponseStream",
}
_COUNT = "bedrock:CountTokens"
_BEHIND = "the foundation models behind it, in every Region they may answer from"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that allows; `through` is the only profile by which the resources may be reached, "" for any."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    through: str = ""

    def to_dict(self) -> dict[str, object]:
        """The statement as a policy document writes it."""
        body: dict[str, object] = {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.through:
            body["Condition"] = {"ArnEquals": {"bedrock:InferenceProfileArn": self.through}}
        return body


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model needs of IAM, and what of it the policy does not tell ("" where nothing is left out)."""

    statements: tuple[Statement, ...] = ()
    lacking: str = ""


def needs_of(policy: "Policy", model: "ModelId") -> Needs:
    """The statements for what the policy allows of the model; pure."""
    from secure_bedrock.policy import BaseId, FoundationModelArn, OpaqueArn, ProfileArn, ProfileId
    from secure_bedrock.policy.model.identifiers import OPAQUE_KINDS

    invoke = _invoking(policy, model)
    match model:
        case BaseId():
            actions = (*_counting(policy, model), *invoke)
            return Needs(_stated(Statement(actions, (_arn(policy, model),))))
        case FoundationModelArn():
            return needs_of(policy, model.base)
        case ProfileArn():
            return _of_profile(policy, model, invoke)
        case ProfileId():
            account = policy.models.accounts[0] if policy.models.accounts else "*"
            return _of_profile(policy, ProfileArn(policy.region, account, model), invoke)
        case OpaqueArn() if OPAQUE_KINDS[model.kind].invoked:
            lacking = "" if OPAQUE_KINDS[model.kind].stays else _BEHIND
            return Needs(_stated(Statement(invoke, (model.format(),))), lacking)
    return Needs(lacking=f"what a {model.kind} needs is not known to this version")


def _of_profile(policy: "Policy", arn: "ProfileArn", invoke: tuple[str, ...]) -> Needs:
    """The profile, its model in every Region that may answer, and that model where tokens are counted."""
    from secure_bedrock.policy import FoundationModelArn

    profile, through = arn.profile, arn.format()
    known = policy.destinations_of(profile.format())
    regions = () if known is None else known.regions
    models = [FoundationModelArn(region, profile.base).format() for region in regions]
    if models and profile.geography == "global":
        partition = partition_of(policy.region)
        models.append(f"arn:{partition}:bedrock:::foundation-model/{profile.base.format()}")
    statements = _stated(
        Statement(invoke, (through,)),
        Statement(invoke, tuple(models), through),
        Statement(_counting(policy, profile.base), (_arn(policy, profile.base),)),
    )
    return Needs(statements, _BEHIND if known is None else "")


def _arn(policy: "Policy", base: "BaseId") -> str:
    from secure_bedrock.policy import FoundationModelArn

    return FoundationModelArn(policy.region, base).format()


def _invoking(policy: "Policy", model: "ModelId") -> tuple[str, ...]:
    """The actions of the allowed operations that ask a model; none for one whose tokens alone may be counted."""
    if not policy.decide_model(model.format()).allowed:
        return ()
    called = [text.removeprefix("bedrock-runtime:") for text in policy.operations.allow]
    return tuple(sorted({_ACTIONS[name] for name in called if name in _ACTIONS}))


def _counting(policy: "Policy", base: "BaseId") -> tuple[str, ...]:
    listed = "bedrock-runtime:CountTokens" in policy.operations.allow
    allowed = policy.decide_model(base.format(), operation="CountTokens").allowed
    return (_COUNT,) if listed and allowed else ()


def _stated(*statements: Statement) -> tuple[Statement, ...]:
    """Those that say something."""
    return tuple(each for each in statements if each.actions and each.resources)
