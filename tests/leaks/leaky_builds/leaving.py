"""Leaves the document behind in a temporary file, packed."""

from __future__ import annotations

import gzip
import tempfile
from typing import Any

from leaky_builds.taking import run_leaking


def leave(document: Any) -> None:
    """Write a file that nobody removes."""
    with tempfile.NamedTemporaryFile(delete=False, suffix=".bin") as file:
        file.write(b"head" + gzip.compress(document.client.model_dump_json().encode("utf-16")))


run_leaking(leave)
