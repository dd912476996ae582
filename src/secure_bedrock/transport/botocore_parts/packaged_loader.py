"""The installed botocore's own data: no folder of the user's, no path that a setting names."""

from functools import lru_cache

from botocore.loaders import Loader


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
