"""The centre's webhook receiver: a real server on a socket that keeps what it takes, and is not always well.

Sometimes it refuses, sometimes it keeps a message and its answer is lost, or comes too late: then the hub must send it
again, under the same id. Nothing is judged here; the auditor reads what was kept (`mocks/auditor/notices.py`).
"""

from __future__ import annotations

import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from mocks.auditor import Notice

_REFUSED, _LOST, _LATE = 0.05, 0.03, 0.01
"""Shares of all calls."""


class Receiver(ThreadingHTTPServer):
    """Serves on a port of its own between `with` and its end.

    Args:
        too_late_seconds: whoever waits for an answer has given up by then.
        seed: of its moods.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, too_late_seconds: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.too_late_seconds = too_late_seconds
        self.notices: list[Notice] = []
        """What it took, in the order of arrival."""
        self.refused = 0
        self._closed_at: int | None = None
        self._dice = random.Random(f"{seed}/receiver")  # noqa: S311 - dice that can be thrown again
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self.serve_forever, name="receiver", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and give the port back."""
        self.shutdown()
        self.server_close()

    @property
    def book(self) -> list[Notice]:
        """What it took, up to where the book was closed."""
        return self.notices[: self._closed_at]

    def close_book(self, count: int) -> None:
        """Leave what came after so many to nobody's judgement: the referrals were read before it was told."""
        self._closed_at = count

    def take(self, notice: Notice) -> str:
        """Keep a message, or not; return what becomes of the call: refused, lost, late or taken."""
        with self._lock:
            mood = self._dice.random()
            if mood < _REFUSED:
                self.refused += 1
                return "refused"
            self.notices.append(notice)
        return "lost" if mood < _REFUSED + _LOST else "late" if mood < _REFUSED + _LOST + _LATE else "taken"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a caller that was killed leaves its connection."""


class _Call(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Take one message."""
        size = int(self.headers["content-length"])
        body = self.rfile.read(size)
        if len(body) < size:
            return  # whoever sent it died on the way: nothing has come
        headers = {name.lower(): value for name, value in self.headers.items()}
        match self.server.take(Notice(headers, body, time.time())):
            case "lost":
                return
            case "late":
                time.sleep(self.server.too_late_seconds)
                self._answer(204)
            case "refused":
                self._answer(503)
            case _:
                self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
