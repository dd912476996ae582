"""An STS on this machine, as far as credentials need one."""

from secure_bedrock.testing import LocalBedrock
from secure_bedrock.testing.endpoint_names import endpoint_name
from secure_bedrock.testing.local_server import Origin
from secure_bedrock.testing.local_service import LocalService, Outcome
from secure_bedrock.testing.received import ReceivedRequest
from secure_bedrock.testing.reply import Reply
from secure_bedrock.testing.request_reader import RawRequest

_ANSWER = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}</{0}Result></{0}Response>"""
_ASSUMED = """<Credentials>
<AccessKeyId>{0}</AccessKeyId><SecretAccessKey>{1}</SecretAccessKey><SessionToken>{2}</SessionToken>
<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:me</AssumedRoleId><Arn>{3}</Arn></AssumedRoleUser>"""
_CALLER = "<Arn>{0}</Arn><UserId>AROA:me</UserId><Account>111122223333</Account>"
_REFUSED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>hush</Message></Error></ErrorResponse>"


class LocalSts(LocalService):
    """Gives the local Bedrock's credentials to whoever assumes a role, with or without a signature.

    `session` is the ARN that is told with them, `caller` what GetCallerIdentity answers; "" refuses to.
    """

    def __init__(self, bedrock: LocalBedrock, *, session: str = "", caller: str = "") -> None:
        host = endpoint_name("sts", bedrock.region)
        super().__init__(
            (host,),
            host=host,
            region=bedrock.region,
            port=0,
            authority=bedrock.authority,
            credentials=bedrock.credentials,
        )
        self.session = session
        self.caller = caller

    def _reply_to(self, request: RawRequest, origin: Origin) -> Outcome:
        action = request.body.decode().split("Action=")[1].split("&")[0]
        self._log.add(
            ReceivedRequest(
                operation=action,
                model_id=None,
                raw=request,
                peer=origin.peer,
                connection=origin.connection,
                request_id="r",
            )
        )
        headers = (("Content-Type", "text/xml"),)
        if action == "GetCallerIdentity" and not self.caller:
            return Outcome(reply=Reply(status=403, headers=headers, body=_REFUSED))
        given = self.credentials
        told = (
            _CALLER.format(self.caller)
            if action == "GetCallerIdentity"
            else _ASSUMED.format(given.access_key, given.secret_key, given.token, self.session)
        )
        body = _ANSWER.format(action, told)
        return Outcome(reply=Reply(headers=headers, body=body.encode()))

    def toml(self) -> str:
        """The policy's table of this server."""
        return (
            f'\n[network.endpoints.sts]\nhost = "{self.host}"\naddresses = ["127.0.0.1"]\n'
            f"port = {self.port}\n"
        )
