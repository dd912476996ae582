"""What AWS's files say for a profile, read to tell of it: nothing of it is followed from here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

# Source: botocore.configprovider's session variables (botocore 1.44.5, read 2026-11-20).
PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")  # botocore's order
CONFIG_FILE: Final = ("AWS_CONFIG_FILE", "~/.aws/config")
CREDENTIALS_FILE: Final = ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
# Source: botocore.loaders.Loader.CUSTOMER_DATA_PATH (botocore 1.44.5, read 2026-11-20).
MODELS_FOLDER: Final = "~/.aws/models"


def named_profile(environ: Mapping[str, str]) -> str | None:
    """The profile that the environment names, as botocore reads it."""
    return next((environ[name] for name in PROFILE_VARIABLES if environ.get(name)), None)


def profile_keys(environ: Mapping[str, str], profile: str | None = None) -> Mapping[str, str]:
    """The keys of the profile with their values; nothing where a file is missing or can't be read.

    `profile` is the one that the caller named. The credentials file wins over the config file, as in botocore.
    """
    wanted = profile or named_profile(environ) or "default"
    config = _sections(environ, CONFIG_FILE)
    named = config.get(f"profile {wanted}") or config.get(f'profile "{wanted}"') or {}
    own = config.get("default", {}) if wanted == "default" else {}
    return {**own, **named, **_sections(environ, CREDENTIALS_FILE).get(wanted, {})}


def models_folder_is_used() -> bool:
    """Whether stock clients would load service models from the home directory."""
    try:
        return any(Path(MODELS_FOLDER).expanduser().iterdir())
    except (OSError, RuntimeError):
        return False


def _sections(environ: Mapping[str, str], file: tuple[str, str]) -> Mapping[str, Mapping[str, str]]:
    variable, default = file
    try:
        text = Path(environ.get(variable) or default).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError, RuntimeError):  # not there, not text, no home
        return {}
    import configparser  # noqa: PLC0415 - most processes in AWS have no such file

    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:  # who needs the file is told when it is used
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}
