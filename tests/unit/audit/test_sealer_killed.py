"""kill -9 of a sealer, wherever it strikes: no entry is left out, none has two places, and checkpoints hold."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from killed_sealer import POINTS
from trail import Trail

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_sealer_leaves_a_whole_chain(trail: Trail, point: str) -> None:
    """The next one goes on where the store stands, and vouches for all of it."""
    trail.write(4)
    trail.seal()
    await trail.checkpoint()
    trail.write(5)
    place = (trail.store.url, str(trail.folder), point)
    paths = os.pathsep.join([str(Path(__file__).parent), str(ROOT / "tests"), str(ROOT)])
    script = str(Path(__file__).parent / "killed_sealer.py")
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, script, *place],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9, killed.stderr
    between = trail.verify()
    assert between.findings == []
    assert (between.last, between.covered_to) == {
        "in the transaction": (4, 4),
        "before the checkpoint": (9, 4),
        "in the checkpoint's line": (9, 4),
        "after the checkpoint": (9, 9),
    }[point]
    trail.write(2)
    await trail.sealer.finish()
    report = trail.verify()
    assert (report.findings, report.count, report.covered_to, report.unsealed) == ([], 11, 11, 0)
