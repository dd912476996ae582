"""The demo's story: a VPC and a Bedrock on this machine, two answers over the private route, four attacks on it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from secure_bedrock.audit import InvocationEvent
from secure_bedrock.cli.demo_catalogue import Catalogue
from secure_bedrock.client import SecureBedrockClient
from secure_bedrock.errors import Denied
from secure_bedrock.network import Resolver
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
    "How long does the Harbour Kettle hold a temperature?",
    "May my dog ride in the Meadow Bike Trailer?",
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
    """What the steps act on."""

    bedrock: LocalBedrock
    vpc: LocalVpc
    policy: Policy
    catalogue: Catalogue
    events: list[InvocationEvent]

    def client(self, *, addresses: tuple[str, ...] = ("127.0.0.1",)) -> SecureBedrockClient:
        """A client for which the endpoint's names answer with `addresses`."""
        resolver: Resolver = StaticResolver({self.bedrock.host: list(addresses)})
        return SecureBedrockClient(
            self.policy,
            credentials=self.bedrock.credentials,
            sinks=[self.events.append],
            resolver=resolver,
        )


@contextmanager
def staged() -> Iterator[Stage]:
    """The servers, the policy and the catalogue, for as long as the block runs."""
    with ExitStack() as stack:
        authority = LocalAuthority()
        stack.callback(authority.close)
        bedrock = stack.enter_context(LocalBedrock(models=(MODEL,), authority=authority))
        endpoint = LocalEndpoint(service="bedrock-runtime", addresses=["127.0.0.1"])
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
        yield Stage(bedrock, vpc, policy, catalogue, [])


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
    with stage.client() as client:
        yield _found(client)
        yield _answered("A question, answered whole", stage, client, QUESTIONS[0], _whole)
        yield _answered("Another, streamed", stage, client, QUESTIONS[1], _streamed)
    with stage.client(addresses=(PUBLIC_ADDRESS,)) as client:
        yield _refused(
            "The endpoint's name answers with a public address",
            f"DNS says {PUBLIC_ADDRESS}",
            client,
            MODEL,
        )
    with _environment("HTTPS_PROXY", PUBLIC_PROXY), stage.client() as client:
        title = f"HTTPS_PROXY={PUBLIC_PROXY}"
        yield _answered(title, stage, client, QUESTIONS[0], _whole)
    with stage.client() as client:
        yield _refused("A model that is not on the list", f"asked for {UNLISTED}", client, UNLISTED)
        stage.bedrock.fault(Fault.redirect(307, PUBLIC_URL))
        yield _refused(
            "What answers sends a redirect", f"307, Location: {PUBLIC_URL}", client, MODEL
        )


def _found(client: SecureBedrockClient) -> Step:
    with ConnectLog() as log:
        route = client.route("bedrock-runtime")
    lines = (
        f"endpoint   {route.vpc_endpoint_id}",
        f"host       {route.host}",
        f"addresses  {', '.join(route.addresses)} (its network interfaces, port {route.port})",
        f"check      {route.address_check}: only these addresses are ever dialled",
    )
    title = "The endpoint is found through the EC2 API"
    return Step(title, "found", lines, _peers(log), expected=True)


def _answered(
    title: str,
    stage: Stage,
    client: SecureBedrockClient,
    question: str,
    ask: Callable[[SecureBedrockClient, str], tuple[str, ...]],
) -> Step:
    product = stage.catalogue.look_up(question)
    context = product.as_context() if product else ""
    prompt = f"{question}\n\nContext:\n{context}\n\nAnswer from the context only."
    with ConnectLog() as log:
        answer = ask(client, prompt)
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
            title_of = type(refusal).__name__
            return Step(title, "refused", lines, peers, clean, f"{title_of}: {refusal.rule}")
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
