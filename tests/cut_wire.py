"""A wire that can be cut: a TCP relay whose kernel drops, once it is cut, whatever arrives, and acknowledges nothing.

So a machine looks from the other end that lost its power, or a network that was unplugged: nobody says goodbye. The
drop is a filter on the sockets, which needs no right; it is Linux's.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ATTACH_FILTER, _DETACH_FILTER = 26, 27  # SO_…, which the standard library does not name
_DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0
_PROGRAM = struct.pack("HL", 1, ctypes.addressof(_DROP_ALL))


class Wire:
    """A relay from a port of this machine to another; what was connected when it was cut stays dead."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._ear = socket.create_server(("127.0.0.1", 0))
        self._ours: list[socket.socket] = []
        self._theirs: list[socket.socket] = []
        self.port: int = self._ear.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing more through, and nobody in."""
        for one in [self._ear, *self._ours]:
            with contextlib.suppress(OSError):  # it ended meanwhile
                one.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, _PROGRAM)

    def mend(self) -> None:
        """Let new connections in."""
        self._ear.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)

    def close(self) -> None:
        """End everything."""
        for one in [self._ear, *self._ours, *self._theirs]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._ear.accept()
                there = socket.create_connection(self._to)
                self._ours.append(here)
                self._theirs.append(there)
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=_carry, args=pair, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def wire_to(host: str, port: int) -> Iterator[Wire]:
    """Lay a wire; end it."""
    wire = Wire((host, port))
    try:
        yield wire
    finally:
        wire.close()
