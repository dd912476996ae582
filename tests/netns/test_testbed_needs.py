"""Where there can be no testbed, the reason says what is missing; this needs no root."""

import os
import shutil
import sys

import pytest

from .testbed.needs import missing


def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)

    assert missing() == "network namespaces need root"


def test_without_its_commands_it_names_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(shutil, "which", lambda command: "/bin/ip" if command == "ip" else None)

    assert missing() == "not installed: nftables, dnsmasq-base"


def test_elsewhere_than_on_linux_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert missing() == "network namespaces are Linux's"
