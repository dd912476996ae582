"""botocore's settings at their defaults, as if nothing around the process had set any."""

from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigValueStore,
    ConstantProvider,
)

from secure_bedrock.values import Region


def neutral_settings(region: Region) -> ConfigValueStore:
    """The settings of botocore at their defaults, the Region at the policy's: no environment, no file is asked."""
    defaults = {name: row[2] for name, row in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()}
    defaults["region"] = region
    providers = {name: ConstantProvider(value=value) for name, value in defaults.items()}
    return ConfigValueStore(mapping=providers)
