"""One attempt of a typed call: credentials → sign → wire gate → guarded connection; botocore gives SigV4 only."""

import os
from collections.abc import Mapping
from typing import Any

from secure_bedrock.audit import CallRecord
from secure_bedrock.network import PrivateRoute
from secure_bedrock.policy import Policy
from secure_bedrock.transport.core.gate import gate
from secure_bedrock.transport.core.serialise import serialise
from secure_bedrock.transport.core.sign import sign
from secure_bedrock.transport.core.wire import WireRequest
from secure_bedrock.transport.credentials import CredentialSource
from secure_bedrock.transport.driver import GuardedResponse, GuardedTransport
from secure_bedrock.values import Deadline


class TypedChannel:
    """Carries typed calls of one service over one route; thread-safe."""
