"""The User-Agent of everything this library sends: who calls, on what, and nothing about the application."""

import sys
from functools import cache

from secure_bedrock.values.version import __version__


@cache
def user_agent() -> str:
    """`secure-bedrock/0.1.0 lang/python#3.11.7 os/linux`; one value per process."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"secure-bedrock/{__version__} lang/python#{python} os/{sys.platform}"
