"""What one row of the matrix is: a setting, the calls made in it, and what must come of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from secure_bedrock.testing.endpoint_names import toml_text

from .plan import ENDPOINT_NAME, ENI_A, MODEL, PRIVATE_NAME, REGION, VPC

Kind = Literal["answered", "refused", "failed", "tried", "delivered"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row's last call, judged by the servers' records and the counter, not by the caller.

    answered: the endpoint has the prompt, and the caller its answer. refused: by the library, nothing left.
    failed: an error, nothing left. tried: packets left for the internet. delivered: a public host has the prompt.
    """

    kind: Kind
    detail: str = ""

    @property
    def leaks(self) -> bool:
        """True when packets left the VPC."""
        return self.kind in ("tried", "delivered")

    def __str__(self) -> str:
        match self.kind:
            case "answered":
                return f"answered by {self.detail}"
            case "delivered":
                return f"prompt delivered to {self.detail}"
            case "tried":
                return "tried to connect outside"
            case "refused":
                return f"refused: {self.detail}"
            case "failed":
                return f"failed: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How the network is at a moment.

    Attributes:
        answers: what DNS says for both of Bedrock's names, in order; None where the resolver is down.
        public_name: what it says for the service's own name, where that differs from the endpoint's.
        alternating: what it says for both to every second lookup instead.
        reset: addresses of the endpoint that answer with a reset.
        drop: addresses of the endpoint that do not answer.
        redirect: where the endpoint redirects to.
    """

    answers: tuple[str, ...] | None = (ENI_A,)
    public_name: tuple[str, ...] | None = None
    alternating: tuple[str, ...] | None = None
    reset: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    redirect: str | None = None

    @property
    def names(self) -> dict[str, tuple[str, ...]] | None:
        """What the resolver says for each name; None where it is down."""
        if self.answers is None:
            return None
        own = self.answers if self.public_name is None else self.public_name
        return {ENDPOINT_NAME: self.answers, PRIVATE_NAME: own}

    @property
    def other_names(self) -> dict[str, tuple[str, ...]] | None:
        """What the other resolver says; None where there is none."""
        if self.alternating is None:
            return None
        return dict.fromkeys((ENDPOINT_NAME, PRIVATE_NAME), self.alternating)


CALM = Scene()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One call in a scene; `new_client` and `wait_s` (seconds) come before it."""

    scene: Scene = CALM
    new_client: bool = False
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the client is set up: ours by a policy, boto3 by the arguments nearest to it.

    Attributes:
        host: the name in the policy and in boto3's endpoint_url; None leaves both to find it.
        environ: variables that are set before the client is made.
        other_models: AWS_DATA_PATH holds a rule set that leads every request to the service's own name.
        raw_checks_first: boto3 stands behind a check that looks the name up and sees that all of it is private.
    """

    host: str | None = ENDPOINT_NAME
    cidrs: tuple[str, ...] = (VPC,)
    addresses: tuple[str, ...] = ()
    address_check: str | None = None
    connect_s: float = 2.0
    attempts: int = 1
    max_age_s: float = 300.0
    environ: tuple[tuple[str, str], ...] = ()
    other_models: bool = False
    raw_checks_first: bool = False

    def policy(self, ca_bundle: str) -> str:
        """The policy file's text."""
        network = {
            "ca_bundle": ca_bundle,
            "max_connection_age_s": self.max_age_s,
            "cidrs": list(self.cidrs),
            "address_check": self.address_check,
        }
        endpoint = {"host": self.host, "addresses": list(self.addresses)}
        return toml_text(
            {
                "": {"region": REGION, "models": [MODEL]},
                "network": _written(network),
                "network.endpoints.bedrock-runtime": _written(endpoint),
                "timeouts": {"connect_s": self.connect_s, "read_s": 5.0},
                "retry": {"max_attempts": self.attempts},
            }
        )


USUAL = Settings()


def _written(table: Mapping[str, object]) -> dict[str, object]:
    """What a person would write: nothing for what is not set."""
    return {key: value for key, value in table.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the matrix; every call but the last must be answered.

    Attributes:
        note: what differs from the usual policy (the endpoint's name, the VPC's IPv4 CIDR).
        lookups: how often ours ask DNS, where that is the point.
        sooner: ours must end well before boto3 does.
    """

    name: str
    note: str
    moments: tuple[Moment, ...]
    settings: Settings
    raw: Outcome
    typed: Outcome
    hardened: Outcome
    lookups: int | None
    sooner: bool


def answered(address: str) -> Outcome:
    """The endpoint has the prompt and the caller its answer."""
    return Outcome("answered", address)


def delivered(address: str) -> Outcome:
    """A public host has the prompt."""
    return Outcome("delivered", address)


def refused(rule: str, error: str = "AddressDenied") -> Outcome:
    """The library refused, and nothing left."""
    return Outcome("refused", f"{error}, {rule}")


def failed(*error: str) -> Outcome:
    """An error that is no refusal, and nothing left."""
    return Outcome("failed", ", ".join(error))


TRIED = Outcome("tried")


def row(
    name: str,
    *course: Scene | Moment,
    raw: Outcome,
    ours: Outcome,
    hardened: Outcome | None = None,
    settings: Settings = USUAL,
    note: str = "",
    lookups: int | None = None,
    sooner: bool = False,
) -> Row:
    """A row of these calls; the hardened client's outcome is the typed one's unless it is given."""
    moments = tuple(Moment(scene=each) if isinstance(each, Scene) else each for each in course)
    return Row(
        name=name,
        note=note,
        moments=moments,
        settings=settings,
        raw=raw,
        typed=ours,
        hardened=hardened or ours,
        lookups=lookups,
        sooner=sooner,
    )
