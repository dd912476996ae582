"""What is valid and deserves a second look."""

from typing import Any

import pytest

from secure_bedrock.policy import Policy

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
OWN = "111122223333"
FOUND: dict[str, tuple[dict[str, Any], str, str]] = {
    "an open glob admits models to come": (
        {"models": ["anthropic.claude-*"]},
        "models.allow[0]",
        "admits models that do not exist yet",
    ),
    "no model is allowed": ({"models": []}, "models.allow", "no model is allowed"),
    "an entry of another Region can never be asked": (
        {"models": [f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET}"]},
        "models.allow[0]",
        "can never be asked: the ARN is of Region us-east-1",
    ),
    "an entry of an account that is not named can never be asked": (
        {"models": [f"arn:aws:bedrock:eu-west-1:{OWN}:imported-model/a1b2c3d4e5f6"]},
        "models.allow[0]",
        "models.accounts does not name",
    ),
    "a global. entry can never be asked": (
        {"models": [f"global.{SONNET}"]},
        "models.allow[0]",
        "residency.allow_global is not set",
    ),
    "a base id runs outside the Regions": (
        {"residency": {"regions": ["eu-central-1"]}},
        "models.allow[0]",
        "can never be asked: anthropic.claude-sonnet-4-5-20250929-v1:0 may run in eu-west-1",
    ),
    "a glob's base ids run outside the Regions": (
        {
            "models": ["amazon.titan-embed-text-v2:*"],
            "residency": {"regions": ["eu-central-1"]},
        },
        "models.allow[0]",
        "can never be asked: a model in the policy's Region may run in eu-west-1",
    ),
    "a profile runs outside the Regions": (
        {
            "models": [f"eu.{SONNET}"],
            "residency": {
                "regions": ["eu-west-1"],
                "profiles": {f"eu.{SONNET}": ["eu-west-1", "eu-north-1"]},
            },
        },
        "models.allow[0]",
        f"eu.{SONNET} can never be asked: eu.{SONNET} may run in eu-north-1",
    ),
    "a profile's destinations are not known": (
        {"models": [f"eu.{SONNET}"], "residency": {"regions": ["eu-west-1"]}},
        "models.allow[0]",
        "is denied until a lock tells more: where",
    ),
    "a global. profile's destinations are not known": (
        {
            "models": [f"global.{SONNET}"],
            "residency": {"regions": ["eu-west-1"], "allow_global": True},
        },
        "models.allow[0]",
        "is denied until a lock tells more: global.",
    ),
    "a profile is told of in two ways": (
        {
            "models": {"allow": [f"eu.{SONNET}"], "accounts": [OWN]},
            "residency": {
                "profiles": {
                    f"eu.{SONNET}": ["eu-west-1"],
                    f"arn:aws:bedrock:eu-west-1:{OWN}:inference-profile/eu.{SONNET}": [
                        "eu-north-1"
                    ],
                }
            },
        },
        "models.allow[0]",
        "can never be asked: residency.profiles name different destinations",
    ),
    "destinations of what may not be asked": (
        {"residency": {"profiles": {f"eu.{SONNET}": ["eu-west-1"]}}},
        f'residency.profiles."eu.{SONNET}"',
        "is not on models.allow, so its destinations have no effect",
    ),
    "mode report refuses less": (
        {"mode": "report"},
        "mode",
        "report: models, operations and Regions off the lists are let through and only noted in",
    ),
    "a profile of another continent": (
        {"region": "us-east-1", "models": [f"eu.{SONNET}"]},
        "models.allow[0]",
        f"eu.{SONNET} is of another geography than us-east-1; make sure that it is offered there",
    ),
    "a profile's ARN of another continent": (
        {
            "models": {
                "allow": [f"arn:aws:bedrock:eu-west-1:{OWN}:inference-profile/apac.{SONNET}"],
                "accounts": [OWN],
            }
        },
        "models.allow[0]",
        "is of another geography than eu-west-1",
    ),
    "private approves any private address": (
        {"network": {"address_check": "private", "cidrs": ["10.0.0.0/16"]}},
        "network.address_check",
        "approves every RFC 1918 and ULA address",
    ),
    "nothing is known of the endpoint": (
        {"network": {}},
        "network.endpoints.bedrock-runtime",
        "have to be discovered",
    ),
    "an address is public and lies in a CIDR that the policy names": (
        {
            "network": {
                "cidrs": ["44.10.0.0/16"],
                "endpoints": {"bedrock-runtime": {"addresses": ["44.10.0.4"]}},
            }
        },
        "network.cidrs[0]",
        "44.10.0.0/16 is no private range",
    ),
    "a CIDR is public": (
        {"network": {"cidrs": ["52.94.0.0/16"]}},
        "network.cidrs[0]",
        "52.94.0.0/16 is no private range",
    ),
    "an endpoint's CIDR is public": (
        {"network": {"endpoints": {"bedrock-runtime": {"cidrs": ["2600:1f18::/56"]}}}},
        "network.endpoints.bedrock-runtime.cidrs[0]",
        "2600:1f18::/56 is no private range",
    ),
    "an address is outside the CIDRs": (
        {
            "network": {
                "cidrs": ["10.0.0.0/16"],
                "endpoints": {"bedrock-runtime": {"addresses": ["10.1.0.4"]}},
            }
        },
        "network.endpoints.bedrock-runtime.addresses[0]",
        "10.1.0.4 is outside the CIDRs",
    ),
    "a denied base id leaves its profile open": (
        {"models": {"allow": [f"eu.{SONNET}"], "deny": [SONNET]}},
        "models.deny[0]",
        f"does not deny eu.{SONNET}",
    ),
    "a denying glob leaves profiles open": (
        {"models": {"allow": [f"eu.{SONNET}"], "deny": ["anthropic.claude-*"]}},
        "models.deny[0]",
        f"does not deny eu.{SONNET}",
    ),
    "principals, and nobody to ask for one": (
        {"identity": {"principals": [f"arn:aws:iam::{OWN}:role/app"]}},
        "identity.principals",
        "without [network.endpoints.sts] nobody can be asked",
    ),
    "a principal of an account that may not call": (
        {
            "identity": {
                "accounts": ["999988887777"],
                "principals": [f"arn:aws:iam::{OWN}:role/app"],
            },
            "network": {"cidrs": ["10.0.0.0/16"], "endpoints": {"sts": {}}},
        },
        "identity.principals[0]",
        "can never call",
    ),
}
QUIET: dict[str, dict[str, Any]] = {
    "the smallest policy": {},
    "a profile of a geography with several continents' Regions": {
        "region": "ca-central-1",
        "models": [f"us.{SONNET}", f"ca.{SONNET}"],
    },
    "an account, which is the caller's too": {"account": {"account_id": OWN}},
    "a principal of the account that may call, and sts to ask": {
        "account": {"account_id": OWN},
        "identity": {"principals": [f"arn:aws:iam::{OWN}:role/app"]},
        "network": {"cidrs": ["10.0.0.0/16"], "endpoints": {"sts": {}}},
    },
    "a closed glob": {"models": ["amazon.titan-embed-text-v2:*"]},
    "loopback, for tests": {"network": {"cidrs": ["127.0.0.0/8", "::1/128"]}},
    "addresses alone": {"network": {"endpoints": {"bedrock-runtime": {"addresses": ["10.0.0.4"]}}}},
    "addresses inside the CIDRs": {
        "network": {
            "cidrs": ["10.0.0.0/16"],
            "endpoints": {"bedrock-runtime": {"addresses": ["10.0.0.4"]}},
        }
    },
    "shared address space and ULA addresses": {
        "network": {
            "endpoints": {"bedrock-runtime": {"addresses": ["100.64.0.4", "fd12:3456::4"]}},
        }
    },
    "a ULA CIDR": {"network": {"cidrs": ["fd12:3456::/48"]}},
    "a denied profile": {"models": {"allow": [f"eu.{SONNET}"], "deny": [SONNET, f"eu.{SONNET}"]}},
    "an unrelated denial": {
        "models": {"allow": [f"eu.{SONNET}"], "deny": ["zai.glm-4.6", "eu.zai.glm-4.6"]}
    },
    "a profile inside the Regions": {
        "models": [f"eu.{SONNET}", SONNET],
        "residency": {
            "regions": ["eu-west-1", "eu-north-1"],
            "profiles": {f"eu.{SONNET}": ["eu-north-1"]},
        },
    },
    "the destinations of a guardrail's profile": {
        "residency": {"profiles": {"eu.guardrail.v1:0": ["eu-west-1"]}}
    },
    "global. that is allowed": {
        "models": [f"global.{SONNET}"],
        "residency": {"allow_global": True},
    },
}


def policy(keys: dict[str, Any]) -> Policy:
    return Policy(
        **{"region": "eu-west-1", "models": [SONNET], "network": {"cidrs": ["10.0.0.0/16"]}, **keys}
    )


@pytest.mark.parametrize("sentence", FOUND)
def test_a_second_look_is_asked_for(sentence: str) -> None:
    keys, key, message = FOUND[sentence]
    (warning,) = policy(keys).warnings()
    assert warning.key == key
    assert message in warning.message


@pytest.mark.parametrize("sentence", QUIET)
def test_what_is_in_order_is_not_warned_of(sentence: str) -> None:
    assert policy(QUIET[sentence]).warnings() == ()


def test_warnings_name_file_and_line() -> None:
    text = 'region = "eu-west-1"\nnetwork.cidrs = ["10.0.0.0/16"]\nmodels.allow = [\n  "anthropic.claude-*",\n]\n'
    (warning,) = Policy.from_toml(text, file="p.toml").warnings()
    assert (warning.file, warning.line) == ("p.toml", 4)
    (short,) = Policy.from_toml(text.replace("models.allow", "models"), file="p.toml").warnings()
    assert (short.key, short.line) == ("models.allow[0]", 4)
