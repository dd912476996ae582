"""Runs the code blocks of one page in one namespace, beside a local Bedrock whose policy lies in the directory.

Reads `{"page": …, "blocks": [[line, code], …]}` from standard input and writes the list of what each block printed;
run by test_code_blocks.py in a process of its own, because a page may change whatever a program may change.
"""

import contextlib
import io
import json
import os
import sys
import traceback
from pathlib import Path

from secure_bedrock.testing import LocalBedrock


def main() -> int:
    """Run the blocks; 1 with a traceback that names the page's own lines when one fails."""
    task = json.load(sys.stdin)
    with LocalBedrock() as bedrock:
        Path("secure-bedrock.toml").write_text(bedrock.policy_toml(), "utf-8")
        os.environ["AWS_ACCESS_KEY_ID"] = bedrock.credentials.access_key
        os.environ["AWS_SECRET_ACCESS_KEY"] = bedrock.credentials.secret_key
        if bedrock.credentials.token:
            os.environ["AWS_SESSION_TOKEN"] = bedrock.credentials.token
        namespace: dict[str, object] = {"__name__": "__main__"}
        printed = [run(task["page"], line, code, namespace) for line, code in task["blocks"]]
    json.dump(printed, sys.stdout)
    return 0 if None not in printed else 1


def run(page: str, line: int, code: str, namespace: dict[str, object]) -> str | None:
    """What a block of the page prints; None when it failed."""
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(compile("\n" * line + code, page, "exec"), namespace)
    except Exception:
        traceback.print_exc()
        return None
    return output.getvalue()


if __name__ == "__main__":
    sys.exit(main())
