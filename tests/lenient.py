"""Rules for the gate that refuse nothing: a test overrides what it is about."""

from secure_bedrock.policy.operation.members import Kind
from secure_bedrock.policy.request.remembered import RememberedJudgements, remembering
from secure_bedrock.policy.sections import GuardrailPolicy, LimitsPolicy
from secure_bedrock.values import Decision

_ANY = Decision(allowed=True, rule="any", reason="")


class Lenient:
    """What the gate asks of a policy, always answered with yes."""

    mode = "enforce"
    guardrail = GuardrailPolicy()
    limits = LimitsPolicy()

    def decide_model(self, model_id: object, *, operation: str = "Converse") -> Decision:
        return _ANY

    def decide_endpoint(self, name: object, *, operation: str = "InvokeEndpoint") -> Decision:
        return self.decide_model(name, operation=operation)

    def decide_operation(self, service: str, operation: str) -> Decision:
        return _ANY

    def refuse_place(self, kind: Kind, value: object) -> Decision | None:
        return None

    @property
    def _judged(self) -> RememberedJudgements:
        return remembering(self)
