"""Who is asked for a lock: AWS over private endpoints, AWS over public ones, or the AWS CLI's output."""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path

from secure_bedrock.cli.failures import UsageError
from secure_bedrock.client.parts import Parts
from secure_bedrock.discovery.aws.caller import asked_caller
from secure_bedrock.discovery.aws.calls import CallFailed
from secure_bedrock.discovery.aws.cli_answers import MAX_BYTES, cli_answers
from secure_bedrock.discovery.aws.destinations import ListedProfiles
from secure_bedrock.discovery.aws.ec2_calls import ec2_over
from secure_bedrock.discovery.aws.hardened_clients import OpenClient
from secure_bedrock.discovery.aws.ssm_calls import parameter_over, write_parameter
from secure_bedrock.discovery.lock.writer import Asked
from secure_bedrock.errors import DiscoveryAttempt, EndpointNotFound
from secure_bedrock.policy import Policy


class Asking:
    """The ways to ask under one policy; credentials and clients are made when a way first needs them."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @cached_property
    def _parts(self) -> Parts:
        """Events go where the policy says, except to stdout: that is for data."""
        names = [name for name in self._policy.audit.sinks if name != "stdout"]
        from secure_bedrock.audit import sinks_from

        return Parts(self._policy, sinks=sinks_from(names), use_lock=False)

    def asked(self, texts: Mapping[str, str], *, public: bool) -> Asked:
        """Who answers for AWS: the outputs where there are some, else AWS."""
        if texts:
            return self._outputs(texts)
        return self._publicly() if public else self._privately()

    def read_parameter(self, name: str) -> str:
        """The value of an SSM parameter, over SSM's private endpoint."""
        try:
            return parameter_over(self._parts.open_client)(name)
        except CallFailed as failure:
            raise _unanswered("ssm", str(failure)) from failure

    def write_parameter(self, name: str, value: str) -> str:
        """Write an SSM parameter over SSM's private endpoint; its tier."""
        try:
            return write_parameter(self._parts.open_client, name, value)
        except CallFailed as failure:
            raise _unanswered("ssm", str(failure)) from failure

    def _outputs(self, texts: Mapping[str, str]) -> Asked:
        answers = cli_answers(texts)
        return Asked(
            over="file",
            ec2=answers.ec2,
            profiles=answers if answers.tells_profiles else None,
            caller=answers.caller,
            unasked="no output of `aws bedrock list-…` was given",
            where=", ".join("stdin" if name == "-" else name for name in texts),
        )

    def _privately(self) -> Asked:
        open_client: OpenClient = self._parts.open_client
        return Asked(
            over="private",
            ec2=ec2_over(open_client),
            profiles=ListedProfiles(open_client) if self._has("bedrock") else None,
            caller=self._caller(open_client) if self._has("sts") else None,
            unasked="the policy has no [network.endpoints.bedrock]",
        )

    def _publicly(self) -> Asked:
        from secure_bedrock.transport.public_control_plane import PublicControlPlane

        sys.stderr.write("note: asking AWS over public endpoints; the lock records it\n")
        open_client: OpenClient = PublicControlPlane(self._policy, self._parts.source).open
        return Asked(
            over="public-control-plane",
            ec2=ec2_over(open_client),
            profiles=ListedProfiles(open_client),
            caller=self._caller(open_client),
        )

    @staticmethod
    def _caller(open_client: OpenClient) -> Callable[[], str | None]:
        return partial(asked_caller, open_client)

    def _has(self, service: str) -> bool:
        return self._policy.network.endpoint(service) is not None


def read_output(name: str) -> str:
    """The text of a file with the AWS CLI's output; `-` is stdin. UsageError where it can't be read as one."""
    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with Path(name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} is larger than 64 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8") from error


def replace_file(path: Path, text: str) -> None:
    """Write the file whole or not at all: a client that starts meanwhile reads the old one or the new one."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:  # it names the temporary file, which nobody asked for
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
            file.write(text)
        Path(name).chmod(
            0o644
        )  # as a file under review has it; mkstemp's own is for its owner alone
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _unanswered(service: str, why: str) -> EndpointNotFound:
    return EndpointNotFound(
        f"{service} gave no answer",
        attempts=(DiscoveryAttempt(service, why),),
        rule="lock-incomplete",
        next_step=f"check [network.endpoints.{service}] and the caller's permissions",
    )
