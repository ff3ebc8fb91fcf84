"""Watches what an adapter does beside its wire: connections, programs, files. The interpreter tells (PEP 578).

What is judged is what happens while a verb speaks, in its task, in tasks and threads that it starts, and not inside
the wire that it was given. Code in C that does not tell the interpreter (a library's own sockets) is not seen.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import ipaddress
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from adapters.sdk.verbs import capabilities

_NETWORK = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.gethostbyname",
    "socket.gethostbyaddr", "socket.getaddrinfo",
})  # fmt: skip
_PROGRAMS = frozenset({
    "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn",
})  # fmt: skip
_FILES = frozenset({
    "os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "sqlite3.connect",
})  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class _Where(Enum):
    """Where the running code stands."""

    ELSEWHERE = auto()
    IN_A_VERB = auto()
    IN_ITS_WIRE = auto()


_where: ContextVar[_Where] = ContextVar("where", default=_Where.ELSEWHERE)


@dataclass
class Watch:
    """What was seen while it was open: words that name the kind of act, never an address or a path."""

    seen: list[str] = field(default_factory=list)
    thread: int = field(default_factory=threading.get_ident)
    """Who opened it: what other threads do without having come from anywhere known is the adapter's, too."""

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """Judge one event."""
        where = _where.get()
        is_stray = where is _Where.ELSEWHERE and threading.get_ident() != self.thread
        if where is _Where.IN_A_VERB and _is_beside(event, args):
            self.seen.append(event)
        elif is_stray and event in (_NETWORK | _PROGRAMS) - _LOOKUPS:  # the event loop looks names up in threads, too
            self.seen.append(f"{event} in a thread")


_open: list[Watch] = []
_hook_is_there = threading.Event()


def _hear(event: str, args: tuple[Any, ...]) -> None:
    for watch in _open:
        watch.note(event, args)


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """Watch until the block ends. The hook itself can never be taken away again; without a watch it does nothing."""
    if not _hook_is_there.is_set():
        _hook_is_there.set()
        sys.addaudithook(_hear)
    watch = Watch()
    _open.append(watch)
    try:
        yield watch
    finally:
        _open.remove(watch)


def under_watch(build: Callable[[], Any], *more: str) -> Any:
    """Build an adapter, and watch what its verbs, and its methods of these names, do: as its building is watched."""
    with _standing(_Where.IN_A_VERB):
        adapter = build()
    for name in [*capabilities(type(adapter)), *more]:
        if hasattr(adapter, name):
            setattr(adapter, name, _watched(getattr(adapter, name)))
    return adapter


def in_its_wire() -> contextlib.AbstractContextManager[None]:
    """Mark what happens in the block as the doing of the transport that the adapter was given."""
    return _standing(_Where.IN_ITS_WIRE)


@contextlib.contextmanager
def _standing(where: _Where) -> Iterator[None]:
    token = _where.set(where)
    try:
        yield
    finally:
        _where.reset(token)


def _watched(act: Callable[..., Any]) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(act):

        @functools.wraps(act)
        def at_once(*args: Any, **more: Any) -> Any:
            with _standing(_Where.IN_A_VERB):
                return act(*args, **more)

        return at_once

    @functools.wraps(act)
    async def awaited(*args: Any, **more: Any) -> Any:
        with _standing(_Where.IN_A_VERB):
            return await act(*args, **more)

    return awaited


def _is_beside(event: str, args: tuple[Any, ...]) -> bool:
    if event == "open":
        return _writes(*args)
    if event == "socket.getaddrinfo":
        return not _is_address(args[0])
    if event in _FILES:
        return not any(_is_compiled(one) for one in args)
    return event in _NETWORK or event in _PROGRAMS


def _writes(path: object, mode: object, flags: object) -> bool:
    """Tell whether a file is opened to be written; compiled modules and the null device say nothing about anybody."""
    by_mode = isinstance(mode, str) and any(letter in mode for letter in "wax+")
    by_flags = isinstance(flags, int) and bool(flags & _WRITING)
    return (by_mode or by_flags) and path != os.devnull and not _is_compiled(path)


def _is_compiled(path: object) -> bool:
    return isinstance(path, str | bytes) and "__pycache__" in os.fsdecode(path)


def _is_address(host: object) -> bool:
    try:
        ipaddress.ip_address(os.fsdecode(host) if isinstance(host, str | bytes) else "")
    except ValueError:
        return False
    return True
