"""Settings of the environment that steer botocore: which have no effect here, which are refused, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from secure_bedrock.errors import Denied, EnvironmentDenied, TlsDenied
from secure_bedrock.values import Region

Verdict = Literal["neutralised", "refused", "reported"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable (or, ending in `*`, a family) and what this library does about it."""

    name: str
    verdict: Verdict
    reason: str
    denial: type[Denied] = EnvironmentDenied

    def matches(self, name: str) -> bool:
        """Whether the variable is this one; proxies are read in either case, as urllib does."""
        if self.name.endswith("*"):
            return name.startswith(self.name[:-1])
        return name == self.name or (self.name.endswith("_PROXY") and name.upper() == self.name)


@dataclass(frozen=True, slots=True)
class Finding:
    """A setting that was found; its value is never kept: proxies hold passwords."""

    name: str
    verdict: Verdict
    reason: str


_NO_ENV = "the route comes from the policy; no client of this library reads it"
_OWN_TLS = "TLS contexts are built from the policy alone"
_PACKAGED = "service models come from the installed botocore only"
_OWN_RETRY = "attempts are made and counted by this library"

# Source: botocore.configprovider's session variables, botocore.utils.get_environ_proxies, botocore.plugin,
# urllib3.util.ssl_ and OpenSSL's own variables (botocore 1.44.5, read 2026-11-20).
SETTINGS = (
    Setting("HTTPS_PROXY", "neutralised", "connections are dialled to judged addresses only"),
    Setting("HTTP_PROXY", "neutralised", "connections are dialled to judged addresses only"),
    Setting("ALL_PROXY", "neutralised", "connections are dialled to judged addresses only"),
    Setting("AWS_ENDPOINT_URL*", "neutralised", _NO_ENV),
    Setting("AWS_USE_FIPS_ENDPOINT", "neutralised", _NO_ENV),
    Setting("AWS_USE_DUALSTACK_ENDPOINT", "neutralised", _NO_ENV),
    Setting("AWS_STS_REGIONAL_ENDPOINTS", "neutralised", _NO_ENV),
    Setting("AWS_ACCOUNT_ID_ENDPOINT_MODE", "neutralised", _NO_ENV),
    Setting("AWS_ENABLE_ENDPOINT_DISCOVERY", "neutralised", _NO_ENV),
    Setting("AWS_CA_BUNDLE", "neutralised", _OWN_TLS),
    Setting("REQUESTS_CA_BUNDLE", "neutralised", _OWN_TLS),
    Setting("CURL_CA_BUNDLE", "neutralised", _OWN_TLS),
    Setting("SSL_CERT_FILE", "neutralised", _OWN_TLS),
    Setting("SSL_CERT_DIR", "neutralised", _OWN_TLS),
    Setting("SSLKEYLOGFILE", "neutralised", "no key log is ever opened"),
    Setting("AWS_DATA_PATH", "neutralised", _PACKAGED),
    Setting("BOTOCORE_EXPERIMENTAL__PLUGINS", "neutralised", "no plugin is handed a client"),
    Setting("AWS_CSM_ENABLED", "neutralised", "no client-side monitoring is started"),
    Setting("AWS_CSM_HOST", "neutralised", "no client-side monitoring is started"),
    Setting("AWS_BEARER_TOKEN_BEDROCK", "neutralised", "requests are signed with SigV4, always"),
    Setting("AWS_AUTH_SCHEME_PREFERENCE", "neutralised", "requests are signed with SigV4, always"),
    Setting("AWS_RETRY_MODE", "neutralised", _OWN_RETRY),
    Setting("AWS_MAX_ATTEMPTS", "neutralised", _OWN_RETRY),
    Setting("AWS_DEFAULTS_MODE", "neutralised", "defaults come from the policy"),
    Setting("HOSTALIASES", "reported", "every answer is judged whatever name it came from"),
    Setting("LOCALDOMAIN", "reported", "every answer is judged whatever name it came from"),
    Setting(
        "OPENSSL_CONF",
        "refused",
        "OpenSSL reads it before any context exists: it can load native providers and lower security levels",
        TlsDenied,
    ),
)

_REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")

# Libraries that take over connect(2) below Python; allocators and profilers are preloaded legitimately.
_INTERPOSERS = ("proxychains", "tsocks", "torsocks", "socksify", "graftcp", "redsocks")


def judge_settings(environ: Mapping[str, str], *, region: Region) -> tuple[Finding, ...]:
    """What of the environment was found, in the table's order; raises for the first that is refused."""
    present = [name for name in environ if environ[name]]
    found = [
        (setting, name) for setting in SETTINGS for name in sorted(present) if setting.matches(name)
    ]
    for setting, name in found:
        if setting.verdict == "refused":
            raise setting.denial(
                f"{name} is set: {setting.reason}",
                rule="environment-setting",
                next_step=f"unset {name} for this process",
            )
    _refuse_interposers(environ)
    findings = [Finding(name, setting.verdict, setting.reason) for setting, name in found]
    return (*findings, *_other_regions(environ, region))


def _refuse_interposers(environ: Mapping[str, str]) -> None:
    preloaded = (environ.get("LD_PRELOAD") or environ.get("DYLD_INSERT_LIBRARIES") or "").lower()
    if any(library in preloaded for library in _INTERPOSERS):
        raise EnvironmentDenied(
            "LD_PRELOAD names a library that redirects connections below Python",
            rule="environment-setting",
            next_step="start this process without it",
        )


def _other_regions(environ: Mapping[str, str], region: Region) -> tuple[Finding, ...]:
    return tuple(
        Finding(name, "reported", f"it differs from the policy's Region {region}, which is used")
        for name in _REGION_VARIABLES
        if environ.get(name) not in (None, "", region)
    )
