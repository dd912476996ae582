"""Rows about an endpoint that fails, connections that are kept, and surroundings that point elsewhere."""

from .plan import ENI_A, ENI_B, ENI_NEW, PROXY_PORT, PUBLIC
from .rows import (
    CALM,
    TRIED,
    Moment,
    Scene,
    Settings,
    answered,
    delivered,
    failed,
    refused,
    row,
)

_ZONES = (ENI_A, ENI_B)
_PINNED = "the policy has the endpoint's addresses"
_TWO_ATTEMPTS = Settings(attempts=2)
_SHORT = Settings(connect_s=0.6)
_OUTSIDE = refused("outside-vpc-cidrs")
_NO_CONNECTION = failed("EndpointConnectionError")
_CONNECT_FAILED = failed("ConnectFailed", "connect-failed")
_PUBLIC_NOW = Scene(answers=(PUBLIC,))

FAILING_ROWS = (
    row(
        "the first zone's address resets",
        Scene(answers=_ZONES, reset=(ENI_A,)),
        raw=answered(ENI_B),
        ours=answered(ENI_B),
    ),
    row(
        "the first zone's address does not answer",
        Scene(answers=_ZONES, drop=(ENI_A,)),
        raw=answered(ENI_B),
        ours=answered(ENI_B),
        settings=_SHORT,
        note="the addresses share one time limit, boto3 gives each the whole of it",
        sooner=True,
    ),
    row(
        "all addresses reset",
        Scene(answers=_ZONES, reset=_ZONES),
        raw=_NO_CONNECTION,
        ours=_CONNECT_FAILED,
        hardened=_NO_CONNECTION,
    ),
    row(
        "no address answers",
        Scene(answers=_ZONES, drop=_ZONES),
        raw=failed("ConnectTimeoutError"),
        ours=failed("ConnectFailed", "connect-timeout"),
        hardened=failed("ConnectTimeoutError"),
        settings=_SHORT,
        note="the addresses share one time limit, boto3 gives each the whole of it",
        sooner=True,
    ),
    row(
        "the endpoint's address resets, a public one stands behind it",
        Scene(answers=(ENI_A, PUBLIC), reset=(ENI_A,)),
        raw=delivered(PUBLIC),
        ours=_OUTSIDE,
    ),
    row(
        "all addresses reset, and DNS is public",
        Scene(answers=(PUBLIC,), reset=_ZONES),
        raw=delivered(PUBLIC),
        ours=_CONNECT_FAILED,
        hardened=_NO_CONNECTION,
        settings=Settings(addresses=_ZONES),
        note=_PINNED,
        lookups=0,
    ),
    row(
        "the address is replaced by another of the VPC's",
        CALM,
        Scene(answers=(ENI_NEW,), reset=(ENI_A,)),
        raw=answered(ENI_NEW),
        ours=answered(ENI_NEW),
        settings=_TWO_ATTEMPTS,
        note="two attempts",
    ),
    row(
        "the address is replaced, and the policy has the old one",
        CALM,
        Scene(answers=(ENI_NEW,), reset=(ENI_A,)),
        raw=answered(ENI_NEW),
        ours=_CONNECT_FAILED,
        hardened=_NO_CONNECTION,
        settings=Settings(addresses=(ENI_A,), attempts=2),
        note="two attempts",
        lookups=0,
    ),
)

TIME_ROWS = (
    row(
        "DNS turns public, the connection is kept",
        CALM,
        _PUBLIC_NOW,
        raw=answered(ENI_A),
        ours=answered(ENI_A),
        lookups=1,
    ),
    row(
        "DNS turns public, then a new connection",
        CALM,
        Moment(scene=_PUBLIC_NOW, new_client=True),
        raw=delivered(PUBLIC),
        ours=_OUTSIDE,
    ),
    row(
        "DNS turns public, and the kept connection is past its age",
        CALM,
        Moment(scene=_PUBLIC_NOW, wait_s=0.3),
        raw=answered(ENI_A),
        ours=_OUTSIDE,
        settings=Settings(max_age_s=0.2),
        note="max_connection_age_s = 0.2; boto3 has no such limit",
    ),
    row(
        "DNS turns public, and the kept connection is reset",
        CALM,
        Scene(answers=(PUBLIC,), reset=(ENI_A,)),
        raw=delivered(PUBLIC),
        ours=_OUTSIDE,
        settings=_TWO_ATTEMPTS,
        note="two attempts: the second is a new connection",
    ),
)

SURROUNDING_ROWS = (
    row(
        "HTTPS_PROXY names a proxy on the public host",
        CALM,
        raw=delivered(PUBLIC),
        ours=answered(ENI_A),
        settings=Settings(environ=(("HTTPS_PROXY", f"http://{PUBLIC}:{PROXY_PORT}"),)),
    ),
    row(
        "AWS_ENDPOINT_URL names the public address",
        CALM,
        raw=TRIED,
        ours=answered(ENI_A),
        settings=Settings(host=None, environ=(("AWS_ENDPOINT_URL", f"https://{PUBLIC}"),)),
        note="neither names a host; the public host's certificate is for names",
    ),
    row(
        "AWS_DATA_PATH holds a rule set that leads to the service's own name",
        Scene(answers=(ENI_A,), public_name=(PUBLIC,)),
        raw=delivered(PUBLIC),
        ours=answered(ENI_A),
        settings=Settings(other_models=True),
        note="the service's own name is public, the endpoint's private",
    ),
    row(
        "the endpoint redirects (307) to the public host",
        Scene(redirect=f"https://{PUBLIC}/"),
        raw=failed("ClientError"),
        ours=refused("redirect", "RedirectDenied"),
    ),
)
