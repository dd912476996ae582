"""Settings that steer SDKs and their TLS: what this library does about each, why, and the test that shows it."""

from secure_bedrock.transport.settings.judge import judge_settings, judge_surroundings
from secure_bedrock.transport.settings.setting import Finding, Setting, Verdict
from secure_bedrock.transport.settings.table import NO_EFFECT, SETTINGS

__all__ = [
    "NO_EFFECT",
    "SETTINGS",
    "Finding",
    "Setting",
    "Verdict",
    "judge_settings",
    "judge_surroundings",
]
