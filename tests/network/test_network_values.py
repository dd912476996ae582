"""The room's values are frozen, and hold nothing but their fields."""

import socket
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from secure_bedrock.network import Dialed, EndpointUrl, PrivateRoute
from secure_bedrock.network.guard import _Approval
from secure_bedrock.network.ranges import NEVER_V4
from secure_bedrock.values import BEDROCK_RUNTIME, Region

HOST = "bedrock-runtime.eu-west-1.amazonaws.com"
VALUES: dict[str, Any] = {
    "a range": NEVER_V4[0],
    "a URL": EndpointUrl(HOST),
    "what a guard approves": _Approval("cidr", frozenset(), (), ()),
    "a dialled socket": Dialed(socket.socket.__new__(socket.socket), "10.0.1.10"),
    "a route": PrivateRoute(
        service=BEDROCK_RUNTIME,
        region=Region("eu-west-1"),
        host=HOST,
        names=frozenset({HOST}),
        address_check="cidr",
    ),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_value_can_not_be_changed_or_added_to(value: Any) -> None:
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)
    assert not hasattr(value, "__dict__")
