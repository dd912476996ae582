"""The version of this library; the build reads it from here, so that no start-up has to look it up."""

from typing import Final

__version__: Final = "0.1.0"
