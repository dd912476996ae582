"""May this operation be called? A pure decision over `operations.allow`."""

from secure_bedrock.policy.shown import plain_text, shown, similar
from secure_bedrock.policy.supported import is_operation, operations_of
from secure_bedrock.values import Decision, Evidence


def decide_operation(allow: frozenset[str], service: object, operation: object) -> Decision:
    """Allow what `operations.allow` names; deny everything else. Never raises."""
    owner, action = plain_text(service), plain_text(operation)
    if owner is None or action is None:
        reason = "a service and an operation are named by strings"
        return Decision(False, "operation-type", reason, next_step="pass strings")
    name = f"{owner}:{action}"
    if name in allow:
        evidence = (Evidence("entry", name, "operations.allow"),)
        return Decision(True, "operation-listed", f"{name} is on operations.allow", evidence)
    if is_operation(owner, action):
        reason, hint = f"{name} is not on operations.allow", "add it there if it may be called"
        return Decision(False, "operation-not-listed", reason, next_step=hint)
    # Never "add it to the list": the policy would be refused for that.
    hint = (
        similar(action, sorted(operations_of(owner))).removeprefix("; ")
        or "no policy can allow it in this version"
    )
    reason = f"{shown(name)} is no operation whose requests this version can judge"
    return Decision(False, "operation-unknown", reason, next_step=hint)
