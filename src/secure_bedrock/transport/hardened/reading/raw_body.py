"""An answer's body in the shape that botocore reads (urllib3's response): complete, or an error."""

import io
from collections.abc import Callable, Iterator
from typing import Any


class RawBody(io.RawIOBase):
    """The raw side of botocore's StreamingBody and EventStream; not thread-safe, like urllib3's.

    Reading past what arrived raises what the connection raises (IncompleteResponse for a cut body): the end of
    iteration always means the end of the answer. `state` is the call that it belongs to.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        *,
        close: Callable[[], None] = lambda: None,
        state: Any = None,
    ) -> None:
        super().__init__()
        self._chunks = chunks
        self._close = close
        self._kept = b""
        self._used = (
            0  # of what is kept: moving an offset instead of the rest keeps small reads linear
        )
        self._position = 0
        self.state = state
        self._fp = _SocketHandle()

    def readable(self) -> bool:
        """True until it is closed."""
        return not self.closed

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:
        """The rest of the body, chunk by chunk as it arrives; the arguments are urllib3's and change nothing."""
        del amt, decode_content
        if kept := self._kept[self._used :]:
            self._kept, self._used = b"", 0
            self._position += len(kept)
            yield kept
        for chunk in self._chunks:
            self._position += len(chunk)
            yield chunk

    def read(self, amt: int | None = -1, *_args: Any, **_kwargs: Any) -> bytes:
        """`amt` bytes, fewer only at the end; everything when it is None or negative."""
        if self.closed:
            return b""
        if amt is None or amt < 0:
            return b"".join(self.stream())
        taken = self._kept[self._used : self._used + amt]
        self._used += len(taken)
        if len(taken) < amt:
            taken += self._more(amt - len(taken))
        self._position += len(taken)
        return taken

    def _more(self, amt: int) -> bytes:
        """`amt` bytes from the chunks, fewer only at their end; what is left of the last one is kept."""
        pieces: list[bytes] = []
        while amt > 0 and (chunk := next(self._chunks, None)) is not None:
            self._kept, self._used = chunk, min(amt, len(chunk))
            pieces.append(chunk[:amt])
            amt -= len(pieces[-1])
        return b"".join(pieces)

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the body goes; 0 at its end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def tell(self) -> int:
        """How many bytes were handed out."""
        return self._position

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read to its end."""
        if not self.closed:
            self._close()
        super().close()


class _SocketHandle:
    """Stands where botocore's `set_socket_timeout` reaches for the socket: time-outs are the policy's here."""

    @property
    def fp(self) -> "_SocketHandle":
        return self

    raw = fp
    _sock = fp

    def settimeout(self, _seconds: float | None) -> None:
        """Has no effect: the connection's idle time-out and the call's deadline hold."""
