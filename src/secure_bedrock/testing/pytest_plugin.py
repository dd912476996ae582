"""Fixtures for users' tests: a local Bedrock, a client over it, and a check that nothing left the machine.

pytest loads this module in every run where the package is installed, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from secure_bedrock import SecureBedrockClient
    from secure_bedrock.testing import ConnectLog, LocalBedrock


@pytest.fixture
def local_bedrock() -> Iterator[LocalBedrock]:
    """A running `LocalBedrock` with its default models; script its answers, read its requests."""
    from secure_bedrock.testing.bedrock import LocalBedrock  # noqa: PLC0415 - heavy

    with LocalBedrock() as bedrock:
        yield bedrock


@pytest.fixture
def secure_client(local_bedrock: LocalBedrock) -> Iterator[SecureBedrockClient]:
    """A `SecureBedrockClient` whose policy and credentials are those of `local_bedrock`."""
    from secure_bedrock import SecureBedrockClient  # noqa: PLC0415 - heavy

    client = SecureBedrockClient(local_bedrock.policy, credentials=local_bedrock.credentials)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def no_public_sockets() -> Iterator[ConnectLog]:
    """Fails the test when anything in the process tried to leave the machine (connect, DNS, datagram).

    The attempts are recorded, not prevented.
    """
    from secure_bedrock.testing.socket_log import ConnectLog  # noqa: PLC0415 - for symmetry

    with ConnectLog() as log:
        yield log
    if log.public:
        listed = ", ".join(f"{target}:{port}" for target, port in log.public)
        pytest.fail(f"the test tried to leave this machine: {listed}")
