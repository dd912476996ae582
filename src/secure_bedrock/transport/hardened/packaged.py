"""What hardened clients take from the installed botocore: its data, its defaults, and a name for themselves."""

from functools import lru_cache
from typing import Any

import botocore
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigValueStore,
    ConstantProvider,
)
from botocore.loaders import Loader

from secure_bedrock.transport.user_agent import user_agent
from secure_bedrock.values import Region


class PackagedLoader(Loader):
    """Loads the installed botocore's own data and nothing else; its search path can't be added to."""

    def __init__(self) -> None:
        super().__init__(
            extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False
        )

    @property
    def search_paths(self) -> list[str]:
        """The packaged data's folder, in a list that nobody else holds."""
        return [Loader.BUILTIN_DATA_PATH]


@lru_cache(maxsize=1)
def packaged_loader() -> PackagedLoader:
    """One loader per process: reading a service's model costs tens of milliseconds."""
    return PackagedLoader()


def neutral_settings(region: Region) -> ConfigValueStore:
    """The settings of botocore at their defaults, the Region at the policy's: no environment, no file is asked."""
    defaults = {name: row[2] for name, row in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()}
    defaults["region"] = region
    providers = {name: ConstantProvider(value=value) for name, value in defaults.items()}
    return ConfigValueStore(mapping=providers)


def user_agent_text(added: str) -> str:
    """Our User-Agent, botocore's version, and what the caller's Config adds."""
    return f"{user_agent()} Botocore/{botocore.__version__} {added}".rstrip()


class FixedUserAgent:
    """A user agent in the shape that botocore's client asks for."""

    def __init__(self, added: str) -> None:
        self._text = user_agent_text(added)

    def to_string(self) -> str:
        """The header's value."""
        return self._text

    def rebuild_and_replace_user_agent_handler(self, **_kwargs: Any) -> None:
        """Nothing: the header was set when the request was made and does not change."""
