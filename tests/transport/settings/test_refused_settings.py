"""Under a setting that can't be neutralised no client is made, whichever front end is asked."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from secure_bedrock import Policy, SecureSession
from secure_bedrock.errors import Denied
from secure_bedrock.testing import ConnectLog, LocalBedrock
from secure_bedrock.transport.settings import SETTINGS

VALUES: Mapping[str, str] = {
    "OPENSSL_CONF": "{home}/hunter2.cnf",
    "OPENSSL_MODULES": "{home}/hunter2",
    "OPENSSL_ENGINES": "{home}/hunter2",
    "LD_PRELOAD": "/usr/lib/libjemalloc.so.2:/hunter2/libproxychains4.so",
    "LD_AUDIT": "/hunter2/libtsocks.so",
    "DYLD_INSERT_LIBRARIES": "/hunter2/libproxychains4.dylib",
}
ROWS = {row.label: row for row in SETTINGS if row.verdict == "refused"}
Call = Callable[[Policy], str]


@pytest.mark.parametrize("label", ROWS)
def test_no_client_is_made(label: str, call: Call, bedrock: LocalBedrock, around: Any) -> None:
    around.keys_in_file(bedrock)
    assert call(bedrock.policy) == "end_turn"
    bedrock.clear()

    around.variables({label: VALUES[label]})
    policy = bedrock.policy
    for make in (call, SecureSession):
        with ConnectLog() as log, pytest.raises(Denied) as caught:
            make(policy)
        assert type(caught.value) is ROWS[label].denial
        assert caught.value.rule == "environment-setting"
        assert label in caught.value.reason
        assert label in caught.value.next_step
        assert "hunter2" not in str(caught.value)
        assert log.events == []
    assert bedrock.requests == []


@pytest.mark.parametrize("label", ["LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"])
def test_a_library_that_redirects_nothing_is_nobodys_business(
    label: str, call: Call, bedrock: LocalBedrock, around: Any
) -> None:
    around.keys_in_file(bedrock)
    around.variables({label: "/usr/lib/libjemalloc.so.2"})
    assert call(bedrock.policy) == "end_turn"
