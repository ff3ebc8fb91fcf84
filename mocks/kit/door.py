"""The door (문) of one agency: a port of its own, so that it alone can refuse connections.

An HTTP agency has it beside the shared port, and behind both stands the same application; one that speaks TLS or
telegrams is reached here only. What happens on a connection lives in `connection` and `telegram`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from mocks.kit.server import Server


class Door:
    """One port, open or shut. While it is shut the kernel refuses every connection, as of a machine without the server.

    A socket that never listens holds the port for as long as the door exists, so that nobody else can take it while
    the door is shut.

    Raises:
        OSError: somebody listens on `port` already; 0 takes any free one.
    """

    def __init__(self, host: str, scheme: str, make_server: Callable[[], Server], port: int = 0) -> None:
        self._host = host
        self._scheme = scheme
        self._make_server = make_server
        _check_free(host, port)
        self._holder = _bound(host, port)
        self._port: int = self._holder.getsockname()[1]
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where the door is, without a trailing slash: `http://127.0.0.1:40001`."""
        return url_of(self._host, self._port, self._scheme)

    async def open(self) -> None:
        """Listen, if the door is shut."""
        if self._server is None:
            self._server = self._make_server()
            await self._server.bind_to(_bound(self._host, self._port))
            await self._server.start()

    async def shut(self) -> None:
        """Stop listening and end every connection; requests in work are finished first."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def remove(self) -> None:
        """Shut the door for good and give the port back."""
        await self.shut()
        self._holder.close()


def url_of(host: str, port: int, scheme: str = "http") -> str:
    """Return the address of a listener, without a trailing slash."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _check_free(host: str, port: int) -> None:
    """Check that nobody listens: two doors, which share ports with themselves, would share one with each other too."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _bound(host: str, port: int) -> socket.socket:
    holder = socket.socket(_family(host), socket.SOCK_STREAM)
    try:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # the holder and the listener share the port
        holder.bind((host, port))
    except OSError:
        holder.close()
        raise
    return holder
