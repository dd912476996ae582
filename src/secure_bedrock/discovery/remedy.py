"""What to write when a route could not be completed: the very keys that are lacking, and the table they belong in."""

from secure_bedrock.discovery.facts import EndpointFacts
from secure_bedrock.discovery.route_of import Need, missing
from secure_bedrock.policy import Policy
from secure_bedrock.values import ServiceName, parse_service

_EC2 = parse_service("ec2")


def remedy(policy: Policy, service: ServiceName, needs: tuple[Need, ...]) -> str:
    """The next step for a service whose route lacks `needs`; each of the ways in it is enough by itself."""
    ways = [f"write {_keys(policy, needs)} into [network.endpoints.{service}]"]
    if needs == ("host",) and "private-dns" not in policy.network.discovery:
        ways.append('add "private-dns" to network.discovery')
    by_ec2 = "" if service == _EC2 else _by_ec2(policy)
    return ", or ".join([*ways, f"let EC2 be asked: {by_ec2}"] if by_ec2 else ways)


def new_table(policy: Policy, service: ServiceName) -> str:
    """The next step for a service without a table."""
    asked = policy.network.endpoint(_EC2) is not None and not _by_ec2(policy)
    needs = () if asked else _needs_by_file(policy, service)
    holding = f", with {_keys(policy, needs)}" if needs else "; it may be empty"
    return f"add this table to the policy{holding}:\n[network.endpoints.{service}]"


def _by_ec2(policy: Policy) -> str:
    """What has to be written before EC2 can be asked; nothing where it can."""
    needs = _needs_by_file(policy, _EC2)
    keys = _keys(policy, needs)
    steps = []
    if policy.network.endpoint(_EC2) is None:
        steps.append(f"add [network.endpoints.ec2], {f'with {keys}' if needs else 'maybe empty'}")
    elif needs:
        steps.append(f"write {keys} into [network.endpoints.ec2]")
    if "ec2" not in policy.network.discovery:
        steps.append('list "ec2" in network.discovery')
    return ", and ".join(steps)


def _needs_by_file(policy: Policy, service: ServiceName) -> tuple[Need, ...]:
    """What the service's table, or an empty one in its place, lacks while only the file and private DNS speak."""
    table = policy.network.endpoint(service)
    known = EndpointFacts(
        source="policy",
        host=None if table is None else table.host,
        addresses=() if table is None else table.addresses,
        cidrs=policy.cidrs_for(service),
    )
    needs = missing(known, policy.address_check_for(service))
    if "private-dns" in policy.network.discovery:
        return tuple(need for need in needs if need != "host")
    return needs


def _keys(policy: Policy, needs: tuple[Need, ...]) -> str:
    approving = "cidrs" if "cidrs" in needs else ""
    if "addresses" in needs:
        # Where no check is written, CIDRs would make it `cidr`; a written one is never lowered.
        approving = "addresses or cidrs" if policy.network.address_check is None else "addresses"
    # Private DNS names a host as soon as there are addresses to hold its answers against.
    named = "addresses" in needs and "private-dns" in policy.network.discovery
    if "host" not in needs or named:
        return approving
    if " or " in approving:
        return f"host and either {approving}"
    return f"host and {approving}" if approving else "host"
