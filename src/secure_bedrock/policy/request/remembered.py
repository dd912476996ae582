"""Judgements that one policy has made before, of requests whose request line names all that they name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # a policy is made with this, and loads no tables for it
    from secure_bedrock.policy.request.judgement import Judgement, RequestFacts, Rules

# Ours (2026-11-20): applications ask for a few models, and each is one request line for each operation.
REMEMBERED: Final = 256


class RememberedJudgements(dict["RequestFacts", "Judgement"]):
    """`judge` of the facts that it is asked for with `[]`: asked once of each, as long as it allows. Thread-safe.

    A judgement is a pure function of the policy and of the facts, both frozen. The policy is the one that this belongs
    to: it is made with it and never handed on to a copy or to a policy that knows more destinations. The facts are the
    key itself, and `RequestFacts` are equal only where they are the same object, so two requests share a judgement only
    where nothing that is read of them differs. Whoever makes facts bounds how long they are. Refusals are judged anew
    each time: nobody who is refused can push out what is allowed.
    """

    __slots__ = ("_judge",)

    def __init__(self, judge: "Callable[[RequestFacts], Judgement]") -> None:
        super().__init__()
        self._judge: Final = judge

    def __missing__(self, facts: "RequestFacts") -> "Judgement":
        judgement = self._judge(facts)
        if judgement.decision.allowed:
            # Threads that stand here together may each add one more.
            if len(self) >= REMEMBERED:
                self.clear()
            self[facts] = judgement
        return judgement


def remembering(policy: "Rules") -> RememberedJudgements:
    """What the policy has judged: nothing yet."""

    def judge(facts: "RequestFacts") -> "Judgement":
        from secure_bedrock.policy.request.judgement import judge_request  # noqa: PLC0415 see above

        return judge_request(policy, facts)

    return RememberedJudgements(judge)
