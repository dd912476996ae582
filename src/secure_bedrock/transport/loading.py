"""What a call would import is imported when its client is made: a child forked in between would wait for ever."""

import codecs

from secure_bedrock.transport.core.asking.sign import signer_class
from secure_bedrock.values.fork_guard import hold_forks_for_imports, importing


def load_for_calls() -> None:
    """Load what each call needs, and have forks wait for what only some calls do; thread-safe, dear only once.

    The credentials' part is loaded by `credential_source`, which knows where they may come from.
    """
    hold_forks_for_imports()
    with importing():
        signer_class()  # botocore.auth: three quarters of it
        codecs.lookup("idna")  # what the standard library encodes every host's name with
        import difflib  # noqa: F401, PLC0415 - in refusals, which name the nearest spelling
