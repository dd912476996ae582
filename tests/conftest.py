"""What tests of several rooms share: clean surroundings, one certificate authority, a trap, clients over any route."""

import gc
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from . import corpus

if TYPE_CHECKING:  # loaded by the fixtures that need them: most tests do without
    from secure_bedrock.client import SecureBedrockClient
    from secure_bedrock.network import Connector, PrivateRoute, Resolver
    from secure_bedrock.policy import Policy
    from secure_bedrock.testing import (
        LocalAuthority,
        LocalBedrock,
        LocalControlPlane,
        LocalVpc,
        StaticResolver,
    )

Make = Callable[..., Any]

# A law says nothing of time, and 200 ms, Hypothesis's own bound for one example, a busy machine takes for nothing.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# What leaves this machine is stopped before it is made, whoever tries: a test that plays with patched resolvers and
# monkeypatched dialers must never reach a stranger, also not through the stock client it compares with. Audit hooks
# run in the order of their making, so the oracle's own is made first and still sees what is tried.
_LEAVING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


def _stays(address: object) -> bool:
    if not isinstance(address, tuple):  # a path, or nothing
        return True
    host = str(address[0])
    return host.startswith("127.") or host in ("::1", "localhost", "")


def _keep_inside(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LEAVING and not _stays(arguments[1]):
        raise PermissionError(f"the suite let nothing leave: {event} to {arguments[1][0]!r}")


def pytest_configure(config: pytest.Config) -> None:
    from secure_bedrock.testing import ConnectLog

    config.pluginmanager.register(corpus)
    with ConnectLog():  # its hook is made with the first one
        sys.addaudithook(_keep_inside)


def _keep_what_stays() -> None:
    """What is alive now stays, and the collector, which many tests ask for, need not walk it again.

    Thousands of collected tests, botocore's service models: with them a collection takes half a second.
    """
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    _keep_what_stays()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is not None and nextitem.path != item.path:
        _keep_what_stays()


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # what was left open is told of at the end, also where a file kept it alive


# Every setting that steers an SDK or its TLS begins or is called like this.
STEERING = ("AWS_", "SECURE_BEDROCK_", "BOTO", "SSL", "OPENSSL_", "REQUESTS_CA_", "CURL_CA_")


@pytest.fixture
def plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting that steers an SDK, and an empty home, whose path it is."""
    for name in list(os.environ):
        if name.startswith(STEERING) or "PROXY" in name.upper():
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


@pytest.fixture(scope="session")
def authority() -> Iterator["LocalAuthority"]:
    """The certificate authority of every local server."""
    from secure_bedrock.testing import LocalAuthority

    made = LocalAuthority()
    yield made
    made.close()


class Trap:
    """Where the settings lead to: a listener that counts who comes, and hangs up."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.caught = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.caught += 1
            sock.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def trap() -> Iterator[Trap]:
    """A listener on 127.0.0.1 that nothing of ours may come to."""
    made = Trap()
    yield made
    made.close()


@pytest.fixture(scope="session")
def lasting_trap() -> Iterator[Trap]:
    """The same, for tests that share it and look at how much its count has grown."""
    made = Trap()
    yield made
    made.close()


class OneRoute:
    """A RouteSource that knows one route."""

    def __init__(self, route: "PrivateRoute") -> None:
        self._route = route

    def route(self, service: str) -> "PrivateRoute":
        """The route, for its own service."""
        assert service == self._route.service
        return self._route


@pytest.fixture
def typed_over(plain_surroundings: Path) -> Iterator[Make]:
    """Makes a typed client over a route that is given, with everything else as in production."""
    from secure_bedrock.client import SecureBedrockClient
    from secure_bedrock.testing import LocalCredentials

    keys = LocalCredentials()
    made: list[SecureBedrockClient] = []

    def make(
        route: "PrivateRoute",
        policy: "Policy",
        *,
        resolver: "Resolver | None" = None,
        connector: "Connector | None" = None,
    ) -> "SecureBedrockClient":
        client = SecureBedrockClient(policy, credentials=keys, sinks=[], resolver=resolver)
        parts: Any = client._parts
        parts.connector = connector
        parts.routes = OneRoute(route)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def hardened_over(typed_over: Make) -> Iterator[Make]:
    """Makes a hardened botocore client over a route that is given, with everything else as in production."""
    made: list[Any] = []

    def make(
        route: "PrivateRoute",
        policy: "Policy",
        *,
        resolver: "Resolver | None" = None,
        connector: "Connector | None" = None,
        **boto3_kwargs: Any,
    ) -> Any:
        typed = typed_over(route, policy, resolver=resolver, connector=connector)
        client = typed.client(route.service, **boto3_kwargs)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


_PROFILE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
_GOES = ("eu-central-1", "eu-west-1")
_CALLER = "arn:aws:sts::111122223333:assumed-role/deploy"


@dataclass(frozen=True)
class Deployment:
    """The local servers and the directory where policy and lock lie."""

    directory: Path
    vpc: "LocalVpc"
    plane: "LocalControlPlane"
    bedrock: "LocalBedrock"
    profile: str = _PROFILE
    goes: tuple[str, ...] = _GOES
    caller: str = _CALLER
    region: str = "eu-west-1"

    @property
    def policy_path(self) -> Path:
        return self.directory / "secure-bedrock.toml"

    @property
    def lock_path(self) -> Path:
        return self.directory / "secure-bedrock.lock"

    @property
    def resolver(self) -> "StaticResolver":
        from secure_bedrock.testing import StaticResolver

        return StaticResolver({self.bedrock.host: ["127.0.0.1"]})

    def lock(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.lock_path.read_text("ascii"))
        return found

    def write_policy(self, *, top: dict[str, Any] | None = None, **tables: dict[str, Any]) -> None:
        """Bedrock's own endpoint is not in it, only its port: EC2 has to tell, or the lock."""
        from secure_bedrock.testing.endpoint_names import toml_text

        control = self.plane.policy_tables()
        text = toml_text(
            {
                "": {"region": "eu-west-1", "models": [_PROFILE], **(top or {})},
                "network": {
                    "cidrs": ["127.0.0.0/8"],
                    "ca_bundle": self.bedrock.ca_path,
                    **tables.pop("network", {}),
                },
                **tables,
                "network.endpoints.bedrock-runtime": {"port": self.bedrock.port},
                "network.endpoints.ec2": self.vpc.policy_mapping(),
                **{f"network.endpoints.{name}": table for name, table in control.items()},
            }
        )
        self.policy_path.write_text(text, "utf-8")

    def asked(self) -> list[str | None]:
        """What EC2 and the control plane were asked since the last `clear`."""
        return [each.operation for each in (*self.vpc.requests, *self.plane.requests)]

    def clear(self) -> None:
        self.vpc.clear()
        self.plane.clear()
        self.bedrock.clear()


@contextmanager
def deployed(directory: Path, authority: "LocalAuthority") -> Iterator[Deployment]:
    """The servers, running; their endpoints lie on 127.0.0.1, inside a VPC of 127.0.0.0/8."""
    from secure_bedrock.testing import (
        LocalBedrock,
        LocalControlPlane,
        LocalEndpoint,
        LocalProfile,
        LocalVpc,
    )
    from secure_bedrock.testing.endpoint_names import ENDPOINT_ID

    with ExitStack() as stack:
        bedrock = stack.enter_context(LocalBedrock(authority=authority))
        endpoint = LocalEndpoint(
            service="bedrock-runtime", addresses=["127.0.0.1"], endpoint_id=ENDPOINT_ID
        )
        vpc = stack.enter_context(LocalVpc([endpoint], cidr="127.0.0.0/8", authority=authority))
        profiles = [LocalProfile(name=_PROFILE, regions=_GOES)]
        plane = stack.enter_context(LocalControlPlane(profiles, authority=authority))
        made = Deployment(directory, vpc, plane, bedrock)
        made.write_policy()
        yield made


@pytest.fixture
def deployment(
    plain_surroundings: Path,
    tmp_path: Path,
    authority: "LocalAuthority",
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Deployment]:
    """An EC2 API, a control plane and a Bedrock; their credentials in the environment, our directory the policy's."""
    with deployed(tmp_path, authority) as made:
        keys = made.bedrock.credentials
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
        monkeypatch.setenv("AWS_SESSION_TOKEN", keys.token or "")
        monkeypatch.chdir(tmp_path)
        yield made


@pytest.fixture
def public_names(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """AWS's public names, which lead to the local servers here: the URLs by service, with the servers' ports."""
    asked = socket.getaddrinfo

    def resolve(host: str, *arguments: Any, **named: Any) -> Any:
        public = str(host).endswith(".amazonaws.com")
        return asked("127.0.0.1" if public else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    ports = {"ec2": deployment.vpc.port} | dict.fromkeys(("bedrock", "sts"), deployment.plane.port)
    return {
        name: f"https://{name}.{deployment.region}.amazonaws.com:{port}"
        for name, port in ports.items()
    }
