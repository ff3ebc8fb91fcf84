"""One TCP connection that carries telegrams (전문): a 4-digit length in ASCII, then that many bytes, one after another.

What a telegram says is the agency's; what a fault does to one is in `breakage`; listening lives in `server`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from mocks.kit.agency import Reply, Request
from mocks.kit.connection import Answer
from mocks.kit.playing import play
from mocks.kit.server import Server, Working
from mocks.kit.telegram_breakage import PREFIX_BYTES, length_prefix

METHOD = "TELEGRAM"

AnswerTelegram = Callable[[Request], Awaitable[Answer]]


def framed(telegram: bytes) -> bytes:
    """Return a telegram behind its length: four ASCII digits."""
    return length_prefix(len(telegram)) + telegram


class TelegramServer(Server):
    """Reads telegrams and answers each before it reads the next. A prefix that is no number ends the connection."""

    def __init__(self, answer: AnswerTelegram, ssl_context: ssl.SSLContext | None = None) -> None:
        super().__init__(ssl_context)
        self._answer = answer

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, working: Working) -> None:
        while (telegram := await _read_telegram(reader)) is not None:
            with working():
                answer = await self._answer(Request(METHOD, "/", body=telegram))
                if isinstance(answer.content, Reply):
                    await _give(answer, answer.content, writer)
                    continue
            whole = False
            try:
                whole = await play(answer.content, reader, writer)  # may take for ever: not waited for at a stop
            finally:
                answer.sent(whole)
            return


async def _give(answer: Answer, reply: Reply, writer: asyncio.StreamWriter) -> None:
    whole = False
    try:
        writer.write(framed(reply.body))
        await writer.drain()
        whole = True
    finally:
        answer.sent(whole)


async def _read_telegram(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next telegram; None when the caller is done, or when its prefix is no length."""
    try:
        prefix = await reader.readexactly(PREFIX_BYTES)
        if not (prefix.isascii() and prefix.isdigit()):
            return None
        return await reader.readexactly(int(prefix))
    except asyncio.IncompleteReadError:
        return None
