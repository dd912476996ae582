"""Which settings are there, and what is done about them: told of, or refused by name."""

from collections.abc import Iterator, Mapping

from secure_bedrock.transport.settings.files import models_folder_is_used, profile_keys
from secure_bedrock.transport.settings.setting import Finding, Setting
from secure_bedrock.transport.settings.table import SETTINGS
from secure_bedrock.values import Region

Found = Iterator[tuple[Setting, Finding]]


def judge_settings(environ: Mapping[str, str], *, region: Region) -> tuple[Finding, ...]:
    """What of the environment was found, in the table's order; raises for the first that is refused."""
    found = list(_in_environment(environ, region))
    for setting, finding in found:
        if setting.verdict == "refused":
            raise setting.denial(
                f"{finding.name} is set: {setting.reason}",
                rule="environment-setting",
                next_step=f"unset {finding.name} for this process",
            )
    return tuple(finding for _, finding in found)


def judge_surroundings(
    environ: Mapping[str, str], *, region: Region, profile: str | None = None
) -> tuple[Finding, ...]:
    """What `judge_settings` finds, and what AWS's files say for the profile; reads these files, asks nobody."""
    findings = judge_settings(environ, region=region)
    return (*findings, *(finding for _, finding in _in_files(environ, region, profile)))


def _in_environment(environ: Mapping[str, str], region: Region) -> Found:
    """What is set and not followed; `judged` settings are judged where credentials are looked for."""
    for setting in SETTINGS:
        if setting.verdict == "judged":
            continue
        for name in setting.found_in(environ):
            if setting.applies(environ[name], region):
                yield setting, Finding(name, setting.verdict, setting.reason)


def _in_files(environ: Mapping[str, str], region: Region, profile: str | None) -> Found:
    keys = profile_keys(environ, profile)
    for setting in SETTINGS:
        if setting.verdict == "judged" or not _stands_in(setting, keys, region):
            continue
        yield setting, Finding(setting.label, setting.verdict, setting.reason)


def _stands_in(setting: Setting, keys: Mapping[str, str], region: Region) -> bool:
    if setting.kind == "folder":
        return models_folder_is_used()
    if setting.kind != "key" or setting.name not in keys:
        return False
    return setting.applies(keys[setting.name], region)
