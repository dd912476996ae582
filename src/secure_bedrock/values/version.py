"""The version of this library; the build reads it from here, so that no start-up has to look it up."""

__version__ = "0.1.0"
