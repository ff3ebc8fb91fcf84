"""Serving: the port, the API on it, and the engine beside it or alone, from start to an orderly end."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

import structlog
import uvicorn

from hub.access.keys import endless_keys
from hub.agencies import Agencies, Agency, AgencyState
from hub.api.app import build_app
from hub.api.wire import timed
from hub.catalogue.library import Holding, Library
from hub.clock import wall_now
from hub.configuration import Installed
from hub.logs import places
from hub.settings import HttpSettings, Mode, Settings
from hub.wiring import Services, opened

_log = structlog.get_logger("naru.serving")
_GRACE_SECONDS = 10


class PortInUseError(Exception):
    """The address cannot be listened on; the text says which and what to set."""


class EngineDiedError(Exception):
    """The engine ended by itself: nothing would be sent any more, so the process ends too."""


async def serve(settings: Settings, installed: Installed) -> None:
    """Serve until SIGTERM or SIGINT: finish the requests under way, let calls in flight end, close the store.

    Raises:
        PortInUseError: before anything is served.
        EngineDiedError: after an orderly end.
        AuditKeyError: the audit's key or folder is unfit, before anything is served.
        StoreInUseError, SchemaError, KeyFileError, ClockUnreachableError: as `hub.wiring.opened`.
    """
    with _Stop.on(signal.SIGTERM, signal.SIGINT) as stop:
        async with opened(settings, installed) as services:
            services.sealer.prepare()
            listener = listen(settings.http)
            host, port = listener.getsockname()[:2]
            _log.info("listening", host=host, port=port, mode=settings.mode, agencies=list(services.agencies.active))
            warn(settings, services.agencies, services.library)
            await _warn_of_keys(services)
            await _run(services, listener, stop)
    _log.info("stopped")


async def work(settings: Settings, installed: Installed) -> None:
    """Deliver without an API until SIGTERM or SIGINT; let calls in flight end, close the store.

    Raises:
        EngineDiedError: after an orderly end.
        AuditKeyError, StoreUnreachableError, SchemaError, KeyFileError, ClockUnreachableError: as `hub.wiring.opened`.
    """
    stopped = asyncio.Event()
    with _Stop.on(signal.SIGTERM, signal.SIGINT) as stop:
        stop.then(stopped.set)
        async with opened(settings, installed) as services:
            services.sealer.prepare()
            _log.info("working", mode=settings.mode, agencies=list(services.agencies.active))
            warn(settings, services.agencies, services.library)
            engine = asyncio.create_task(_deliver(services), name="engine")
            engine.add_done_callback(lambda _: stopped.set())
            await stopped.wait()
            await _end(engine)
    _log.info("stopped")


def warn(settings: Settings, agencies: Agencies, library: Library) -> None:
    """Log what a person must look at though the hub serves: what is broken, settings that need something outside."""
    installed: dict[str, Agency | Holding] = {**agencies, **library}
    for slug, one in installed.items():
        if one.state is AgencyState.BROKEN:
            _log.error("broken", agency=slug, why=one.why)
    for key, warning in settings.warnings():
        _log.warning(".".join(key), why=warning)


async def _warn_of_keys(services: Services) -> None:
    """Log how many keys never end, where real people's data is: `naru check` names them."""
    endless = await services.store.read(lambda conn: endless_keys(conn, wall_now()))
    if endless and services.settings.mode is Mode.LIVE:
        _log.warning("keys_without_end", count=len(endless))


def listen(settings: HttpSettings) -> socket.socket:
    """Return a socket that listens.

    Raises:
        PortInUseError: somebody else does already, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = f"{settings.host}:{settings.port}"
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise PortInUseError(f"cannot listen on {place}: {why}. NARU_HTTP__PORT sets another port.") from None
    # Accepted connections inherit it. asyncio would set it itself, but not on a socket made without IPPROTO_TCP, and
    # then head and body of an answer, written apart, wait 40 ms for each other (Nagle against delayed ACKs).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def _run(services: Services, listener: socket.socket, stop: _Stop) -> None:
    server = _Server(
        uvicorn.Config(
            build_app(services),
            http=timed(services.settings.http),
            log_config=None,  # hub/logs.py has the standard library's loggers already
            access_log=False,  # it would hold query strings; the API's edge writes a line for each request
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )
    engine = asyncio.create_task(_deliver(services), name="engine")
    engine.add_done_callback(lambda _: server.stop())
    stop.then(server.stop)
    await server.serve(sockets=[listener])
    await _end(engine)


async def _deliver(services: Services) -> None:
    """Deliver and notify, watch terms, seal the audit, keep the keys, until cancelled; if one dies, all end."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(services.engine.run(services.worker.work))
            tasks.create_task(services.notifier.run())
            tasks.create_task(services.watch.run())
            tasks.create_task(services.sealer.run())
            tasks.create_task(services.keeper.run())
    finally:
        await services.sealer.finish()  # what the others wrote while they ended


async def _end(engine: asyncio.Task[None]) -> None:
    """Let the engine end in order.

    Raises:
        EngineDiedError: it had ended by itself.
    """
    died = engine.done()
    engine.cancel()
    with suppress(asyncio.CancelledError):
        try:
            await engine
        except Exception as error:  # noqa: BLE001 - whatever it died of, this is the last place to say so
            _log.error("engine_died", error=type(error).__name__, at=places(error))
    if died:
        raise EngineDiedError("the engine stopped by itself; the log says where")


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handling, which would end the process before the engine has drained."""

    def stop(self) -> None:
        """End in order; the second time, without waiting for requests."""
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `_Stop`."""
        yield


class _Stop:
    """Somebody told the process to stop, perhaps before there was anything that could be stopped."""

    def __init__(self) -> None:
        self._told = 0
        self._then: Callable[[], None] | None = None

    @classmethod
    @contextmanager
    def on(cls, *signals: signal.Signals) -> Iterator[Self]:
        """Listen to these signals while the block runs."""
        loop, stop = asyncio.get_running_loop(), cls()
        for number in signals:
            loop.add_signal_handler(number, stop._tell, number)
        try:
            yield stop
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def then(self, stop: Callable[[], None]) -> None:
        """Call `stop` every time that somebody tells us to, also if somebody did already."""
        self._then = stop
        if self._told:
            stop()

    def _tell(self, number: signal.Signals) -> None:
        _log.info("stopping", signal=number.name)
        self._told += 1
        if self._then is not None:
            self._then()
