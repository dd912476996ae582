"""What botocore would send, caught just before its bytes would leave."""

from botocore.awsrequest import AWSPreparedRequest


class Captured(Exception):
    """Ends a call in botocore, and holds the request that it wrote."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__("captured")
        self.request = request


def capture(request: AWSPreparedRequest, **_: object) -> None:
    """A handler of `before-send`."""
    raise Captured(request)


def text(value: str | bytes) -> str:
    """A header's value, which botocore keeps in either form."""
    return value.decode() if isinstance(value, bytes) else value
