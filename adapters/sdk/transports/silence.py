"""Keeps the libraries under the transports from logging: at DEBUG they tell headers, addresses and values of answers.

What may be known of a call is the hub's journal to tell; it never holds a body.
"""

from __future__ import annotations

import logging

_TALKATIVE = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def silence_libraries() -> None:
    """Drop every record of the libraries' loggers, whatever level somebody sets on them.

    A filter and not a level: a level would be undone by `logging.config` or by a test that asks for DEBUG.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_nothing)
