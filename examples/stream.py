"""Print an answer while it comes, and tell a whole one from one that was cut.

`python examples/stream.py` reads secure-bedrock.toml and AWS's credentials; `--local` brings a Bedrock of its own.
"""

import sys
from contextlib import ExitStack

from secure_bedrock import SecureBedrockClient, errors

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"


def open_client(stack: ExitStack, *, local: bool) -> SecureBedrockClient:
    """The client, closed with the stack."""
    if not local:
        return stack.enter_context(SecureBedrockClient())
    from secure_bedrock.testing import LocalBedrock  # noqa: PLC0415 - an extra, for --local only

    bedrock = stack.enter_context(LocalBedrock())
    client = SecureBedrockClient(bedrock.policy, credentials=bedrock.credentials)
    return stack.enter_context(client)


def main(*, local: bool) -> int:
    """0 when the answer was whole, 1 when it was cut or there was none."""
    with ExitStack() as stack:
        client = open_client(stack, local=local)
        try:
            with client.converse_stream(MODEL, "Tell me a very short story.") as stream:
                for piece in stream.text_stream:
                    print(piece, end="", flush=True)
                reply = stream.response()
        except (errors.IncompleteResponse, errors.StreamInterrupted) as error:
            print(f"\ncut: {error}", file=sys.stderr)
            return 1
        except errors.SecureBedrockError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"\nstop reason: {reply.stop_reason}, truncated: {reply.truncated}")
        print(f"first event after {reply.event.time_to_first_event_ms:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(local="--local" in sys.argv[1:]))
