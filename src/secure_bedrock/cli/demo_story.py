"""The demo's story: a VPC and a Bedrock on this machine, two answers over the private route, four attacks on it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.cli.demo_catalogue import Catalogue
from secure_bedrock.client import SecureBedrockClient
from secure_bedrock.errors import Denied
from secure_bedrock.network import vpc_endpoint_id_of
from secure_bedrock.policy import Policy
from secure_bedrock.testing import (
    ConnectLog,
    Fault,
    LocalAuthority,
    LocalBedrock,
    LocalEndpoint,
    LocalVpc,
    StaticResolver,
)

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
UNLISTED = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
QUESTIONS = (
    "For how long does the Harbour Kettle hold a temperature between 60 and 100 °C?",
    "Is it true that children and dogs must not ride in the Meadow Bike Trailer?",
)
# An address of the kind that public Bedrock names answer with. The demo never reaches it: that is its point.
PUBLIC_ADDRESS = "52.94.0.10"
PUBLIC_PROXY = f"http://{PUBLIC_ADDRESS}:3128"
PUBLIC_URL = f"https://{PUBLIC_ADDRESS}/elsewhere"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story, as it went.

    `connects` are the peers that the process tried to reach meanwhile, as Python's own audit hook saw them, each as
    `address:port`; `outcome` is answered, refused or found; `rule` is what refused.
    """

    title: str
    outcome: str
    lines: tuple[str, ...]
    connects: tuple[str, ...]
    expected: bool
    rule: str = ""

    @property
    def public_connects(self) -> int:
        """How many of the peers were not on this machine."""
        return sum(not peer.startswith("127.") for peer in self.connects)


@dataclass(frozen=True, slots=True)
class Stage:
    """What the steps act on: the servers, one client, and the answers that its resolver gives."""

    bedrock: LocalBedrock
    vpc: LocalVpc
    policy: Policy
    catalogue: Catalogue
    resolver: StaticResolver
    client: SecureBedrockClient
    events: list[InvocationEvent]

    def name_answers(self, address: str) -> None:
        """From now on the endpoint's name answers with `address`, and kept connections are gone."""
        self.resolver.set(self.bedrock.host, [address])
        self.client.close()


@contextmanager
def staged() -> Iterator[Stage]:
    """The servers, the policy and the catalogue, for as long as the block runs."""
    with ExitStack() as stack:
        authority = LocalAuthority()
        stack.callback(authority.close)
        bedrock = stack.enter_context(LocalBedrock(models=(MODEL,), authority=authority))
        endpoint = LocalEndpoint(
            service="bedrock-runtime",
            addresses=["127.0.0.1"],
            endpoint_id=vpc_endpoint_id_of(bedrock.host) or "",
        )
        vpc = stack.enter_context(
            LocalVpc(
                [endpoint],
                cidr="127.0.0.0/8",
                region=bedrock.region,
                authority=authority,
                credentials=bedrock.credentials,
            )
        )
        catalogue = Catalogue.shipped()
        stack.callback(catalogue.close)
        policy = Policy.from_toml(policy_text(bedrock, vpc))
        events: list[InvocationEvent] = []
        resolver = StaticResolver({bedrock.host: ["127.0.0.1"]})
        client = stack.enter_context(
            SecureBedrockClient(
                policy, credentials=bedrock.credentials, sinks=[events.append], resolver=resolver
            )
        )
        yield Stage(bedrock, vpc, policy, catalogue, resolver, client, events)


def policy_text(bedrock: LocalBedrock, vpc: LocalVpc) -> str:
    """The demo's policy: the endpoint itself is not in it, only the way to ask EC2 for it."""
    return f"""\
region = "{bedrock.region}"
models = ["{MODEL}"]

[network]
address_check = "eni"
discovery = ["ec2"]
cidrs = ["127.0.0.0/8"]
ca_bundle = '{bedrock.ca_path}'

[network.endpoints.bedrock-runtime]
port = {bedrock.port}

{vpc.policy_section()}"""


def steps(stage: Stage) -> Iterator[Step]:
    """The steps in order, each run when it is asked for."""
    yield _found(stage.client)
    yield _answered("A question, answered whole", stage, QUESTIONS[0], _whole)
    yield _answered("Another, streamed", stage, QUESTIONS[1], _streamed)

    stage.name_answers(PUBLIC_ADDRESS)
    title = "The endpoint's name answers with a public address"
    yield _refused(title, f"DNS says {PUBLIC_ADDRESS}", stage.client, MODEL)

    stage.name_answers("127.0.0.1")
    with _environment("HTTPS_PROXY", PUBLIC_PROXY):
        yield _answered(f"HTTPS_PROXY={PUBLIC_PROXY} is set", stage, QUESTIONS[0], _whole)

    title = "A model that is not on the list"
    yield _refused(title, f"asked for {UNLISTED}", stage.client, UNLISTED)

    stage.bedrock.fault(Fault.redirect(307, PUBLIC_URL))
    title = "What answers sends a redirect"
    yield _refused(title, f"307, Location: {PUBLIC_URL}", stage.client, MODEL)


def _found(client: SecureBedrockClient) -> Step:
    with ConnectLog() as log:
        route = client.route("bedrock-runtime")
    lines = (
        f"endpoint   {route.vpc_endpoint_id}",
        f"host       {_two_lines(route.host)}",
        f"addresses  {', '.join(route.addresses)} (its network interfaces, port {route.port})",
        f"check      {route.address_check}: only these addresses are ever dialled",
    )
    title = "The endpoint is found through the EC2 API"
    return Step(title, "found", lines, _peers(log), expected=True)


def _two_lines(host: str) -> str:
    """An endpoint's name is longer than a line: cut it behind the service's label, where it reads best."""
    first, service, rest = host.split(".", 2)
    return f"{first}.{service} .{rest}"


def _answered(
    title: str,
    stage: Stage,
    question: str,
    ask: Callable[[SecureBedrockClient, str], tuple[str, ...]],
) -> Step:
    product = stage.catalogue.look_up(question)
    context = product.as_context() if product else ""
    prompt = f"{question}\n\nContext:\n{context}\n\nAnswer from the context only."
    with ConnectLog() as log:
        answer = ask(stage.client, prompt)
    found = f"{product.name}, SKU {product.sku}" if product else "nothing"
    lines = (f"question   {question}", f"look-up    SQLite: {found}", *answer)
    peers = _peers(log)
    private = all(peer.startswith("127.") for peer in peers)
    return Step(title, "answered", lines, peers, expected=private)


def _whole(client: SecureBedrockClient, prompt: str) -> tuple[str, ...]:
    reply = client.converse(MODEL, prompt, max_tokens=200)
    usage = reply.usage
    tokens = f"{usage.input_tokens} in, {usage.output_tokens} out" if usage else "unknown"
    return (f"answer     {reply.text}", f"tokens     {tokens}; stop reason {reply.stop_reason}")


def _streamed(client: SecureBedrockClient, prompt: str) -> tuple[str, ...]:
    with client.converse_stream(MODEL, prompt, max_tokens=200) as stream:
        pieces = list(stream.text_stream)
        reply = stream.response()
    return (
        f"answer     {'|'.join(pieces)}",
        f"pieces     {len(pieces)}; stop reason {reply.stop_reason}",
    )


def _refused(title: str, what: str, client: SecureBedrockClient, model: str) -> Step:
    with ConnectLog() as log:
        try:
            client.converse(model, "This must not leave by another way.")
        except Denied as refusal:
            lines = (f"what       {what}", f"refused    {refusal.reason}")
            peers = _peers(log)
            clean = all(peer.startswith("127.") for peer in peers)
            rule = f"{type(refusal).__name__}: {refusal.rule}"
            return Step(title, "refused", lines, peers, clean, rule)
    return Step(title, "answered", (f"what       {what}",), _peers(log), expected=False)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _peers(log: ConnectLog) -> tuple[str, ...]:
    return tuple(f"{address}:{port}" for address, port in log.connects)
