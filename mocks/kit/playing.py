"""Plays a script on a raw connection, of whatever wire: bytes, pauses, and the ending. `breakage` writes scripts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from mocks.kit.script import Ending, Script

_CHUNK = 64 << 10
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 seconds: close() sends RST


async def play(script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Play the steps; return whether the caller stayed and got the whole answer."""
    for step in script.steps:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
        elif await caller_leaves(reader, step):
            return False
    if script.ending is Ending.SILENCE:
        await caller_leaves(reader, None)
    elif script.ending is Ending.RESET:
        plug: socket.socket = writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        writer.transport.abort()
    return script.is_whole


async def caller_leaves(reader: asyncio.StreamReader, within: float | None) -> bool:
    """Wait for the caller to close the connection, `within` seconds; return whether it did."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while await reader.read(_CHUNK):
                pass  # whatever it still says is not heard
            return True
    return False
