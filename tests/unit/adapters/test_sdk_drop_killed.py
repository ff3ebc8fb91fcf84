"""Processes that are killed in the middle of handing a file over, at every step."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_sdk_drop import DATA, NAME, ROOT, lying_in, place

__all__ = ["place"]

KILLED = """
import asyncio, os, sys
from adapters.sdk import DropEndpoint, DropWire, Disclose, Gate
step, url, name = sys.argv[1:]
real, calls = getattr(os, step.rstrip("0123456789")), []
def dying(*args, **more):
    calls.append(1)
    if len(calls) == int(step[-1]):
        os._exit(9)
    return real(*args, **more)
setattr(os, step.rstrip("0123456789"), dying)
gate = Gate()
made = Disclose(attempt_id="a", recipient="haengbok", send_by=1e18, fields=frozenset(), bases={}, fields_hmac="")
wire = DropWire("haengbok", gate, DropEndpoint(url, 5.0, 4096))
asyncio.run(wire.hand_over(name, "똠방각하\\r\\n".encode("cp949") * 40, [gate.stamp(made)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "is_visible"),
    [("open1", False), ("open2", False), ("fsync1", False), ("link1", False), ("fsync2", True), ("unlink1", True)],
)
def test_a_process_that_dies_at_any_step_leaves_the_whole_file_or_none(
    place: Path, step: str, *, is_visible: bool
) -> None:
    """Killed before the link nothing is visible, after it the whole file; writing again ends with exactly one."""

    def run(step: str) -> int:
        program = [sys.executable, "-c", KILLED, step, place.as_uri(), NAME]
        return subprocess.run(program, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode

    assert run(step) == 9
    assert {name: data for name, data in lying_in(place).items() if not name.startswith(".")} == (
        {NAME: DATA} if is_visible else {}
    )
    with contextlib.suppress(FileNotFoundError):
        assert (place / "in" / f".{NAME}.part").stat().st_mode & 0o777 == 0o600
    assert run("link9") == 0
    assert lying_in(place) == {NAME: DATA}
