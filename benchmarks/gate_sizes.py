"""The wire gate by the size of the body, beside what SHA-256 and TLS cost for the same bytes."""

from __future__ import annotations

import gc
import json
import ssl
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from secure_bedrock import Policy
from secure_bedrock.policy.operation.table import encode_label, operation_table
from secure_bedrock.policy.request.judgement import RequestFacts, judge_request
from secure_bedrock.testing import LocalAuthority
from secure_bedrock.transport.core.asking.sign import sign
from secure_bedrock.transport.core.gate.header_fields import parse_fields
from secure_bedrock.transport.core.gate.named_operation import named_operation
from secure_bedrock.transport.core.gate.request_facts import read_facts
from secure_bedrock.transport.core.gate.wire_gate import gate
from secure_bedrock.transport.core.wire import WireRequest, require_plain
from secure_bedrock.transport.credentials import FrozenCredentials

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
REGION = "eu-west-1"
SIZES = {"1 KB": 1 << 10, "100 KB": 100 << 10, "2 MB": 2 << 20}
OWN_AGENT = "secure-bedrock/0 md/Botocore#1.44.5"
BOTOCORE_AGENT = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"
    " md/pyimpl#CPython m/Z,b,D cfg/retry-mode#legacy Botocore/1.44.5"
)
SIGNED = 20  # each signed anew, as every attempt is
ROUNDS = 25


@dataclass(frozen=True)
class Route:
    """What the gate asks of a route."""

    service: str = "bedrock-runtime"
    region: str = REGION
    authority: str = "vpce-0abc123def4567890-a1b2c3d4.bedrock-runtime.eu-west-1.vpce.amazonaws.com"


ROUTE = Route()
POLICY = Policy(region=REGION, models=[MODEL], network={"cidrs": ["10.20.0.0/16"]})


def converse(size: int) -> bytes:
    """A Converse body of one message with so many bytes of text."""
    messages = [{"role": "user", "content": [{"text": "What a harbour. " * (size // 16)}]}]
    return json.dumps({"messages": messages, "inferenceConfig": {"maxTokens": 512}}).encode()


def native(size: int) -> bytes:
    """The same for InvokeModel, in Anthropic's format."""
    messages = [{"role": "user", "content": "What a harbour. " * (size // 16)}]
    return json.dumps({"max_tokens": 512, "messages": messages}).encode()


def picture(size: int) -> bytes:
    """A Converse body with an image: its member `source` leads to S3 locations, its bytes do not."""
    image = {"format": "png", "source": {"bytes": "iVBORw0KGgo=" * (size // 12)}}
    messages = [{"role": "user", "content": [{"image": image}, {"text": "What is it?"}]}]
    return json.dumps({"messages": messages}).encode()


# The last word: whether this library's own client wrote the body, or a botocore client that anybody may have changed.
CALLS: dict[str, tuple[str, Callable[[int], bytes], bool]] = {
    "Converse, typed": ("converse", converse, True),
    "Converse, hardened": ("converse", converse, False),
    "an image, typed": ("converse", picture, True),
    "an image, hardened": ("converse", picture, False),
    "InvokeModel": ("invoke", native, True),
}


def signed(path: str, body: bytes, *, ours: bool) -> WireRequest:
    """A request as a call signs it: botocore's carries its body's length, and its own longer name."""
    headers = (
        ("Host", ROUTE.authority),
        ("Content-Type", "application/json"),
        ("User-Agent", OWN_AGENT if ours else BOTOCORE_AGENT),
        ("amz-sdk-invocation-id", "7b3c6bb0-3b43-4d1e-8d0b-7b5d1d3c4a55"),
        ("amz-sdk-request", "attempt=1; max=4"),
        *(() if ours else (("Content-Length", str(len(body))),)),
    )
    request = WireRequest("POST", f"/model/{encode_label(MODEL)}/{path}", headers, body, ours)
    keys = FrozenCredentials("AKIDEXAMPLE", "secret", "session-token" * 40)
    now = datetime.now(UTC)
    return sign(request, credentials=keys, region=REGION, signing_name="bedrock", now=now)


def cost(one: Callable[[], object], times: int) -> float:
    """The median CPU time of one, in microseconds."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.thread_time_ns()
        for _ in range(times):
            one()
        rounds.append((time.thread_time_ns() - begun) / 1000 / times)
    return statistics.median(rounds)


class Tls:
    """A TLS connection between two buffers of this process; only the client's writing is timed."""

    def __init__(self) -> None:
        authority = LocalAuthority()
        context = ssl.create_default_context(cafile=authority.ca_path)
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = "localhost"
        served = authority.server_context((name,))
        self._client = context.wrap_bio(to_client, to_server, server_hostname=name)
        server = served.wrap_bio(to_server, to_client, server_side=True)
        self._out = to_server
        for side in (self._client, server) * 3:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
        authority.close()

    def write(self, data: bytes) -> None:
        """Encrypt, and forget."""
        view = memoryview(data)
        while view:
            view = view[self._client.write(view) :]
        self._out.read()


def costs(path: str, body: bytes, tls: Tls, *, ours: bool) -> list[float]:
    """Microseconds for the gate, its reading, a judging anew, a hash of the body, and its way through TLS."""
    table = operation_table(ROUTE.service)
    requests = [signed(path, body, ours=ours) for _ in range(SIGNED)]
    fields = parse_fields(*require_plain(requests[0]))
    named = named_operation(requests[0], fields, table)

    def read() -> RequestFacts:
        return read_facts(named, table, fields, body, policy=POLICY, granted=False, ours=ours)

    facts = read()

    def gate_all() -> None:
        for request in requests:
            gate(request, route=ROUTE, policy=POLICY)

    times = 40 if len(body) < 10_000 else 2
    gc.collect()
    return [
        cost(gate_all, times) / SIGNED,
        cost(read, times * 20),
        cost(lambda: judge_request(POLICY, facts), times * 20),
        cost(lambda: sha256(body).hexdigest(), times * 5),
        cost(lambda: tls.write(body), times * 5),
    ]


def main() -> int:
    """Print one line for each call and size."""
    tls = Tls()
    columns = ("gate", "reading", "judging", "SHA-256", "TLS")
    print(f"{'':28}" + "".join(f"{column:>10}" for column in columns) + f"{'gate / both':>13}")
    for call, (path, make, ours) in CALLS.items():
        for size, count in SIZES.items():
            found = costs(path, make(count), tls, ours=ours)
            share = found[0] / (found[3] + found[4])
            cells = "".join(f"{each:>8.1f}µs" for each in found)
            print(f"{call + ', ' + size:28}{cells}{share:>13.0%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
