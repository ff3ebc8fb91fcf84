from __future__ import annotations

import ast
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from hub.logs import ALLOWED, configure_logs

NAME = "홍길동"


class Log:
    """What was written, line by line."""

    def __init__(self) -> None:
        self.out = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """A configured log; everything as before afterwards."""
    root, written = logging.getLogger(), Log()
    handlers, level = root.handlers, root.level
    configure_logs("info", written.out)
    yield written
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    root.setLevel(level)


def test_a_line_is_one_json_object(log: Log) -> None:
    """Each event is a line of JSON with its level, logger and moment in UTC."""
    structlog.get_logger("naru.test").info("call_done", agency="quay", ms=1.5)
    (line,) = log.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "call_done", "agency": "quay", "ms": 1.5, "level": "info", "logger": "naru.test"}


def test_unlisted_keys_are_named_without_their_values(log: Log) -> None:
    """What is not on the list does not reach the log, wherever it was bound."""
    with structlog.contextvars.bound_contextvars(client_name=NAME):
        structlog.get_logger("naru.test").info("hello", phone="010-0000-1234", agency="quay")
    (line,) = log.lines
    assert line["dropped"] == ["client_name", "phone"]
    assert NAME not in log.out.getvalue()


def test_only_plain_values_pass(log: Log) -> None:
    """An object under a listed key is named by its class: what it says of itself may be about somebody."""
    structlog.get_logger("naru.test").info("hello", why=ValueError(NAME), at=["a:1 f", {"name": NAME}])
    (line,) = log.lines
    assert (line["why"], line["at"]) == ("ValueError", ["a:1 f", "dict"])


def test_foreign_loggers_are_quoted_without_their_arguments(log: Log) -> None:
    """A library's warning is its own first line as it stands in the source, never what was filled in."""
    logging.getLogger("library").warning("strange answer from %s\nbody follows", NAME)
    (line,) = log.lines
    assert (line["event"], line["logger"], line["level"]) == ("strange answer from %s", "library", "warning")
    assert NAME not in log.out.getvalue()


@pytest.mark.parametrize("name", ["httpx", "httpcore", "sqlalchemy.engine", "zeep.transports", "uvicorn.access"])
def test_foreign_loggers_are_quiet(log: Log, name: str) -> None:
    """Nothing below WARNING is taken from libraries: at INFO they tell of addresses, at DEBUG of bodies."""
    logging.getLogger(name).info(NAME)
    assert log.lines == []


def test_errors_tell_their_class_and_place(log: Log) -> None:
    """A library's traceback becomes the error's class and where it came through; its text stays out."""
    try:
        int(NAME)
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    (line,) = log.lines
    assert line["error"] == "ValueError"
    assert line["at"][0].startswith("test_logs.py:")
    assert NAME not in log.out.getvalue()


def test_an_error_as_message_is_named_by_its_class(log: Log) -> None:
    """Some libraries log the error itself."""
    logging.getLogger("library").error(ValueError(NAME))
    assert log.lines[0]["event"] == "ValueError"


def test_warnings_go_the_same_way(log: Log) -> None:
    """Python's own warnings are lines too, without their text."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(NAME, UserWarning, stacklevel=1)
    assert [line["logger"] for line in log.lines] == ["py.warnings"]
    assert NAME not in log.out.getvalue()


def test_every_key_that_the_hub_logs_is_listed() -> None:
    """A key that is not on the list would be dropped: whoever adds one decides in `hub/logs.py` that it may pass."""
    hub = Path(__file__).parents[3] / "hub"
    used = {key for file in hub.rglob("*.py") for key in _logged_keys(ast.parse(file.read_text(encoding="utf-8")))}
    assert used - ALLOWED == set()
    assert "error" in used


def _logged_keys(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("_log.", "structlog.get_logger(")):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
