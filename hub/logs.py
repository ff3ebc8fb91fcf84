"""Logs: one JSON object a line on standard error, and nothing about a person in it.

Only listed keys pass, and only plain values. What other libraries log comes through the same door from WARNING on,
as the text that stands in their source, without the arguments that were to be filled in.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict

ALLOWED = frozenset({
    "actor", "agencies", "agency", "answer", "answers", "at", "code", "count", "delivery", "dropped", "error",
    "event", "file", "host", "inbox", "level", "line", "logger", "looks", "members", "method", "mode", "ms", "port",
    "referral", "request_id", "route", "signal", "status", "step", "timestamp", "verb", "webhook", "what", "why",
})  # fmt: skip
"""Every key that a line may have: ids, codes, counts, classes of errors. A new one is a decision about privacy."""

_LONGEST = 300
_FRAMES = 8
_LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send every log of this process through here. `level` (debug, info, warning, error) is for our own ones."""
    out = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_logger,
            keep_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *names: _Lines(out, *names),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Foreign()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def keep_allowed(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Keep the listed keys with plain values; name the others under `dropped`, without their values."""
    kept: EventDict = {key: _plain(value) for key, value in line.items() if key in ALLOWED}
    dropped = sorted(line.keys() - ALLOWED)
    if dropped:
        kept["dropped"] = dropped
    return kept


def places(error: BaseException) -> list[str]:
    """Return where an error came through, without its text, which might quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value[:_LONGEST]
        case list() | tuple():
            return [_plain(part) for part in value[:_LONGEST]]
        case _:
            return type(value).__name__  # whatever it would say of itself may be about somebody


class _Lines:
    """Writes lines; structlog's idea of a logger."""

    def __init__(self, out: TextIO, name: str = "naru") -> None:
        self._out = out
        self.name = name

    def msg(self, line: str) -> None:
        """Write one line at once, whole."""
        self._out.write(line + "\n")
        self._out.flush()

    debug = info = warning = error = critical = msg


def _add_logger(logger: _Lines, _method: str, line: EventDict) -> EventDict:
    line["logger"] = logger.name
    return line


class _Foreign(logging.Handler):
    """Takes what the standard library's loggers say."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record's own first line. What was to be filled into it is left out: it may be anything."""
        said: dict[str, Any] = {}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            said = {"error": type(error).__name__, "at": places(error)}
        event = record.msg.strip().partition("\n")[0] if isinstance(record.msg, str) else type(record.msg).__name__
        if record.name == "py.warnings":  # its message is filled in already
            event = "python_warning"
        level = min(record.levelno // 10 * 10, logging.CRITICAL)
        structlog.get_logger(record.name).log(level, event, **said)
