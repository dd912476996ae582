"""A genuine boto3 client under the policy, for code that takes one; and what it refuses.

`python examples/hardened_boto3_client.py` reads secure-bedrock.toml and AWS's credentials; `--local` brings a Bedrock
of its own.
"""

import sys
from contextlib import ExitStack
from typing import Any

from botocore.config import Config

from secure_bedrock import SecureSession, errors

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def open_session(stack: ExitStack, *, local: bool) -> SecureSession:
    """A boto3 session that makes hardened clients only."""
    if not local:
        return SecureSession()
    from secure_bedrock.testing import LocalBedrock  # noqa: PLC0415 - an extra, for --local only

    bedrock = stack.enter_context(LocalBedrock())
    return SecureSession(bedrock.policy, credentials=bedrock.credentials)


def ask(runtime: Any, question: str) -> str:
    """What stands for a framework: it knows boto3 and nothing of this library."""
    messages = [{"role": "user", "content": [{"text": question}]}]
    answer = runtime.converse(modelId=MODEL, messages=messages)
    return str(answer["output"]["message"]["content"][0]["text"])


def main(*, local: bool) -> int:
    """0 when the answer came and the proxy was refused."""
    with ExitStack() as stack:
        session = open_session(stack, local=local)
        runtime = session.client("bedrock-runtime", config=Config(read_timeout=120))
        stack.callback(runtime.close)
        print(ask(runtime, "Is this private?"))

        proxied = Config(proxies={"https": "http://proxy.example:3128"})
        try:
            session.client("bedrock-runtime", config=proxied)
        except errors.ProxyDenied as refusal:
            print(f"refused: {refusal.reason}")
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(local="--local" in sys.argv[1:]))
