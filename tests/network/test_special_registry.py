"""The never-set holds every block that IANA registers for a special purpose, but for private use."""

import importlib.util
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import ModuleType

import pytest

from secure_bedrock.network import Address, never
from secure_bedrock.network.special_registry import SPECIAL_V4, SPECIAL_V6

GENERATOR = Path(__file__).parents[2] / "tools" / "generate_ranges.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_ranges", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["ipv4", "ipv6"])
def registry(request: pytest.FixtureRequest, generator: ModuleType) -> Path:
    path: Path = generator.REGISTRIES / f"iana-{request.param}-special-registry-1.csv"
    return path


def test_the_module_is_what_the_registries_say(
    generator: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generator.main(["--check"]) == 0
    assert capsys.readouterr().out == "stale: none\n"


def test_every_registered_block_is_never_or_approvable(
    generator: ModuleType, registry: Path
) -> None:
    blocks = generator.blocks_of(registry)

    for block in blocks:
        for edge in (block.network[0], block.network[-1]):
            inner = max((b for b in blocks if edge in b.network), key=lambda b: b.network.prefixlen)
            if inner.text not in generator.APPROVABLE:
                assert never(edge) == inner.rule


@pytest.mark.parametrize(
    "text", ["10.0.0.0", "100.64.0.0", "172.31.255.255", "192.168.255.255", "fdff::1"]
)
def test_what_is_approvable_is_not_in_the_never_set(text: str) -> None:
    assert never(ip_address(text)) is None


def test_private_use_shared_and_ula_space_are_the_approvable_ones(generator: ModuleType) -> None:
    names = {
        str(ip_network(text))
        for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
    }

    assert names == generator.APPROVABLE


@pytest.mark.parametrize(
    ("address", "rule"),
    [("192.0.0.9", "ietf-protocol"), ("2001:20::1", "ietf-protocol"), ("64:ff9b::a00:1", "nat64")],
)
def test_what_iana_calls_globally_reachable_is_no_endpoint_either(address: str, rule: str) -> None:
    assert never(ip_address(address)) == rule


@pytest.mark.parametrize("text", ["2001:db8:0::/34", "198.18.0.0/16"])
def test_a_block_without_a_name_stops_the_generator(generator: ModuleType, text: str) -> None:
    new = generator.Block(ip_network(text), text, "IANA registry: RFC 1, 2027-01")

    with pytest.raises(generator.RegistryError, match="name these blocks"):
        generator.never_blocks([new])


def test_a_block_that_is_gone_from_the_registry_stops_the_generator(generator: ModuleType) -> None:
    with pytest.raises(generator.RegistryError, match="no longer registered"):
        generator.rendered([], [])


def test_a_changed_registry_is_noticed(
    generator: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for path in generator.REGISTRIES.glob("*.csv"):
        changed = path.read_text(encoding="utf-8").replace("[RFC3927],2005-05", "[RFC3927],2027-05")
        (tmp_path / path.name).write_text(changed, encoding="utf-8")
    monkeypatch.setattr(generator, "REGISTRIES", tmp_path)

    assert generator.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: special_registry.py\n"

    monkeypatch.setattr(generator, "MODULE", tmp_path / "written.py")
    assert generator.main([]) == 0
    assert "RFC 3927, 2027-05" in (tmp_path / "written.py").read_text(encoding="utf-8")


def test_a_row_may_name_two_blocks_and_carry_footnotes(generator: ModuleType) -> None:
    ipv4 = generator.blocks_of(generator.REGISTRIES / "iana-ipv4-special-registry-1.csv")
    networks = [block.text for block in ipv4]

    assert {"192.0.0.170/32", "192.0.0.171/32", "192.0.0.0/24"} <= set(networks)


def test_no_row_of_the_module_repeats_the_range_around_it() -> None:
    for rows in (SPECIAL_V4, SPECIAL_V6):
        named = [(ip_network(cidr), name) for cidr, name, _ in rows]
        for network, name in named:
            first: Address = network[0]
            wider = [n for n, other in named if other == name and first in n and n != network]
            assert wider == []
