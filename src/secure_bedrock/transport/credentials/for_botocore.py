"""A source of ours as the credentials that botocore, its providers and frameworks expect."""

from secure_bedrock.transport.credentials.values import CredentialSource, FrozenCredentials


class BotocoreCredentials:
    """A source of ours in the shape that botocore and frameworks read; fetches only when it is asked."""

    method = "secure-bedrock"
    account_id = None

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def source(self) -> CredentialSource:
        """The source itself."""
        return self._source

    def get_frozen_credentials(self) -> FrozenCredentials:
        """The values of the moment."""
        return self._source.frozen()

    @property
    def access_key(self) -> str:
        """The access key id of the moment."""
        return self._source.frozen().access_key

    @property
    def secret_key(self) -> str:
        """The secret key of the moment."""
        return self._source.frozen().secret_key

    @property
    def token(self) -> str | None:
        """The session token of the moment."""
        return self._source.frozen().token
