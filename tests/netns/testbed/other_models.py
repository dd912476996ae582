"""Service models that lead elsewhere, as botocore takes them from AWS_DATA_PATH."""

import json
from pathlib import Path

from .plan import PRIVATE_NAME

# botocore reads a service's endpoint rules from the first data path that has them, before its own, and asks them
# also where endpoint_url is given (botocore 1.44.5, 2026-11-20). The API's version is its directory's name.
_PLACE = Path("bedrock-runtime", "2023-09-30", "endpoint-rule-set-1.json")
_RULES = {
    "version": "1.0",
    "parameters": {
        "Region": {"builtIn": "AWS::Region", "required": False, "type": "String"},
        "Endpoint": {"builtIn": "SDK::Endpoint", "required": False, "type": "String"},
    },
    "rules": [
        {
            "conditions": [],
            "endpoint": {"url": f"https://{PRIVATE_NAME}", "properties": {}, "headers": {}},
            "type": "endpoint",
        }
    ],
}


def lay_out(directory: Path) -> Path:
    """Write the rules under the directory; returns what AWS_DATA_PATH should be."""
    models = directory / "models"
    path = models / _PLACE
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(_RULES))
    return models
