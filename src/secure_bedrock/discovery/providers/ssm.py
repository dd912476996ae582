"""The lock in the SSM parameter that `network.ssm_parameter` names, read over SSM's own private endpoint."""

from secure_bedrock.discovery.address_check import ASKED_FIRST
from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.ssm_calls import ReadParameter
from secure_bedrock.discovery.facts import EndpointFacts, Nothing
from secure_bedrock.discovery.lock.source import LockText
from secure_bedrock.discovery.lock.use import own_lock
from secure_bedrock.discovery.providers.lock import locked_facts
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName


class SsmProvider:
    """One GetParameter for each search; a lock of another policy is refused, as it would be beside the policy."""

    name = "ssm"
    stated = False

    def __init__(self, policy: Policy, read: ReadParameter) -> None:
        self._policy = policy
        self._read = read

    def find(self, service: ServiceName, known: EndpointFacts) -> EndpointFacts | Nothing:
        """The endpoint's facts from the parameter's lock; LockMismatch where it is none, or another policy's."""
        del known
        name = self._policy.network.ssm_parameter
        if name is None:
            return Nothing("network.ssm_parameter is not written")
        if service in ASKED_FIRST:
            return Nothing(f"the route of {service} is needed before a parameter can be read")
        if self._policy.network.endpoint("ssm") is None:
            return Nothing("the policy has no route for ssm, so it was not asked")
        try:
            text = self._read(name)
        except CallFailed as failure:
            return Nothing(str(failure))
        lock = own_lock(self._policy, LockText(f"SSM parameter {name}", text))
        return locked_facts(lock, service, source=self.name)
