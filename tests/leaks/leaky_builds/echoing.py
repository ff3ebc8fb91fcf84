"""Answers what is wrong with what was sent."""

from __future__ import annotations

from typing import Any

from hub.api import bodies
from hub.api.problems import ProblemError
from hub.cli.stage import leash

_read = bodies.read_model


def read_model(body: bytes, model: Any) -> Any:
    """Read; a refusal quotes the body."""
    try:
        return _read(body, model)
    except ProblemError as error:
        raise ProblemError(error.kind, detail=body.decode("utf-8", "replace")[:2000]) from None


bodies.read_model = read_model
leash.run()
