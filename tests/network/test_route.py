"""A route is consistent when it is made, and moves only to another of its own names."""

import dataclasses
import pickle
from typing import Any

import pytest

from secure_bedrock.errors import EndpointDenied
from secure_bedrock.network import PrivateRoute
from secure_bedrock.values import BEDROCK_RUNTIME, Evidence, Region

HOST = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"
ZONAL = "vpce-0abc123def4567890-a1b2c3d4-eu-west-1a.bedrock-runtime.eu-west-1.vpce.amazonaws.com"


def make_route(**changes: Any) -> PrivateRoute:
    facts: dict[str, Any] = {
        "service": BEDROCK_RUNTIME,
        "region": Region("eu-west-1"),
        "host": HOST,
        "names": frozenset({HOST, ZONAL}),
        "address_check": "cidr",
    }
    return PrivateRoute(**{**facts, **changes})


def test_the_url_leaves_443_out_and_says_other_ports() -> None:
    assert make_route().url == f"https://{HOST}"
    assert make_route().authority == HOST
    assert make_route(port=8443).url == f"https://{HOST}:8443"
    assert make_route(port=8443).authority == f"{HOST}:8443"


@pytest.mark.parametrize("port", [1, 2, 65534, 65535])
def test_every_port_from_1_to_65535_will_do(port: int) -> None:
    assert make_route(port=port).url == f"https://{HOST}:{port}"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a host that is not among the names": ({"names": frozenset({ZONAL})}, "route-names"),
    "no names": ({"names": frozenset()}, "route-names"),
    "names that are one text": ({"names": HOST}, "route-names"),
    "an upper-case name": ({"names": frozenset({HOST, "A.example"})}, "route-names"),
    "an address for a host": ({"host": "10.0.0.1", "names": {"10.0.0.1"}}, "route-names"),
    "port 0": ({"port": 0}, "route-port"),
    "a port too high": ({"port": 65536}, "route-port"),
    "a negative port": ({"port": -1}, "route-port"),
    "a port that is text": ({"port": "443"}, "route-port"),
    "a port that is a bool": ({"port": True}, "route-port"),
    "an address check that does not exist": ({"address_check": "any"}, "route-address-check"),
    "no address check": ({"address_check": None}, "route-address-check"),
}


@pytest.mark.parametrize(("changes", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_an_inconsistent_route_is_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(EndpointDenied) as caught:
        make_route(**changes)

    assert caught.value.rule == rule


def test_a_url_of_another_name_moves_the_route_to_it() -> None:
    moved = make_route().with_url(f"https://{ZONAL}")

    assert moved == make_route(host=ZONAL)


def test_a_url_of_the_same_name_gives_an_equal_route() -> None:
    route = make_route(port=8443)

    assert route.with_url(route.url) == route


REFUSED_URLS: dict[str, tuple[int, object, str]] = {
    "a name that is not its own": (443, "https://evil.example", "endpoint-host"),
    "443 spelled out": (443, f"https://{HOST}:443", "endpoint-url-port"),
    "another port": (443, f"https://{HOST}:8443", "endpoint-port"),
    "no port where the route has one": (8443, f"https://{HOST}", "endpoint-port"),
    "a path": (443, f"https://{HOST}/", "endpoint-url"),
    "None": (443, None, "endpoint-url-type"),
}


@pytest.mark.parametrize(("port", "url", "rule"), REFUSED_URLS.values(), ids=REFUSED_URLS.keys())
def test_any_other_url_is_refused(port: int, url: object, rule: str) -> None:
    with pytest.raises(EndpointDenied) as caught:
        make_route(port=port).with_url(url)

    assert caught.value.rule == rule


def test_a_route_is_frozen_hashable_and_picklable() -> None:
    route = make_route(found_by=(Evidence("host", HOST, "policy"),))

    with pytest.raises(dataclasses.FrozenInstanceError):
        route.host = ZONAL  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(route)) == route
    assert hash(route) == hash(make_route(found_by=route.found_by))
