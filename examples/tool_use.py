"""Let the model ask for a tool, run it, and hand the result back.

`python examples/tool_use.py` reads secure-bedrock.toml and AWS's credentials; `--local` brings a Bedrock of its own.
"""

import sys
from contextlib import ExitStack

from secure_bedrock import SecureBedrockClient
from secure_bedrock.models import Message, ToolResultBlock

MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
STOCK = {
    "name": "stock",
    "description": "How many pieces of an article are in stock.",
    "inputSchema": {
        "type": "object",
        "properties": {"sku": {"type": "string"}},
        "required": ["sku"],
    },
}


def open_client(stack: ExitStack, *, local: bool) -> SecureBedrockClient:
    """The client, closed with the stack."""
    if not local:
        return stack.enter_context(SecureBedrockClient())
    from secure_bedrock.testing import Answer, LocalBedrock  # noqa: PLC0415 - an extra, for --local only

    bedrock = stack.enter_context(LocalBedrock())
    bedrock.script(Answer.tool_use("stock", {"sku": "HK-17"}))
    client = SecureBedrockClient(bedrock.policy, credentials=bedrock.credentials)
    return stack.enter_context(client)


def main(*, local: bool) -> int:
    """0 when the model was answered."""
    with ExitStack() as stack:
        client = open_client(stack, local=local)
        messages = [Message.user("How many Harbour Kettles (SKU HK-17) do we have?")]
        reply = client.converse(MODEL, messages, tools=[STOCK])
        for _ in range(5):  # a model may ask more than once, and must not ask for ever
            if not reply.tool_uses:
                break
            for use in reply.tool_uses:
                print(f"tool: {use.name}")
            results = [
                ToolResultBlock.of(use.tool_use_id, {"pieces": 12}) for use in reply.tool_uses
            ]
            messages += [reply.to_message(), Message.user(*results)]
            reply = client.converse(MODEL, messages, tools=[STOCK])
        print(reply.text)
    return 0


if __name__ == "__main__":
    sys.exit(main(local="--local" in sys.argv[1:]))
