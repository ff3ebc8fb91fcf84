"""The connection below the app: how long a request may take to arrive. What it says is the app's.

uvicorn waits for ever for the rest of a head, and for the rest of a body that nobody reads; a caller who sends a byte
now and then would hold a connection as long as it likes. Bodies that a route reads are timed in `hub/api/bodies.py`,
where the answer is one like any other.
"""

from __future__ import annotations

import asyncio
from enum import Enum

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from hub.api.edge import HEADERS
from hub.api.problems import MEDIA_TYPE, TOO_SLOW, ProblemError
from hub.settings import HttpSettings
from hub.store.ids import new_id

_log = structlog.get_logger("naru.api")
_SPARE_SECONDS = 2.0
"""What a body that a route reads is given beyond its time: the route answers first."""


class _Wait(Enum):
    """What of a request has not arrived."""

    FIRST_HEAD = "the connection's first head"
    HEAD = "a head that has begun"
    BODY = "a body"


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with a deadline for each head and each body. `timed` makes the class for some settings."""

    settings = HttpSettings()
    _waits_for: _Wait | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for(_Wait.FIRST_HEAD)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and see what is still missing."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on to the next request, of which a part may be there."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._wait_for(None)
        super().connection_lost(exc)

    def _look(self) -> None:
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._wait_for(_Wait.BODY)
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            self._wait_for(_Wait.FIRST_HEAD if self._waits_for is _Wait.FIRST_HEAD else _Wait.HEAD)
        elif state is not h11.IDLE or self.cycle is not None:
            self._wait_for(None)

    def _wait_for(self, what: _Wait | None) -> None:
        """Start the clock for `what`; one that runs for the same is not started again."""
        if what is self._waits_for:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._waits_for, self._timer = what, None
        if what is not None:
            body = self.settings.body_seconds + _SPARE_SECONDS
            self._timer = self.loop.call_later(
                body if what is _Wait.BODY else self.settings.head_seconds, self._give_up
            )

    def _give_up(self) -> None:
        if self.transport.is_closing():
            return
        if self._waits_for is _Wait.BODY:
            self._leave_body()
            return
        if self.conn.trailing_data[0]:
            self._answer()
        self.transport.close()

    def _leave_body(self) -> None:
        """Hang up if the request was answered; otherwise let it be answered, and hang up then."""
        self.cycle.keep_alive = False
        if self.cycle.response_complete:
            self.transport.close()

    def _answer(self) -> None:
        problem = ProblemError(TOO_SLOW).problem.model_dump_json(exclude_none=True).encode()
        headers = {**HEADERS, "X-Request-Id": new_id("req"), "Content-Type": MEDIA_TYPE, "Connection": "close",
                   "Content-Length": str(len(problem))}  # fmt: skip
        events = (
            h11.Response(status_code=TOO_SLOW.status, headers=list(headers.items()), reason=b"Request Timeout"),
            h11.Data(data=problem),
            h11.EndOfMessage(),
        )
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        _log.info("request", status=TOO_SLOW.status, method="-", route="-", request_id=headers["X-Request-Id"])


def timed(http: HttpSettings) -> type[TimedProtocol]:
    """Return the protocol with these deadlines."""

    class Timed(TimedProtocol):
        """The one that is served with."""

        settings = http

    return Timed
