"""By type: no transport can be called, and no order made, without the decision that it asks for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CODE = Path(__file__).with_name("undecided_calls.py")
ROOT = Path(__file__).parents[4]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_mypy_refuses_every_call_without_a_decision() -> None:
    """Its errors are exactly those that the file announces, line by line; what is right passes."""
    options = ["--config-file", "pyproject.toml", "--no-error-summary", "--follow-imports=silent"]
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(CODE)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    told = re.findall(rf"{CODE.name}:(\d+): error: .*\[([\w-]+)\]$", ran.stdout, re.MULTILINE)
    assert announced() == {(int(line), code) for line, code in told}, ran.stdout + ran.stderr
    assert len(announced()) > 20


def announced() -> set[tuple[int, str]]:
    """Return the lines of the file and the codes that they are marked with."""
    lines = enumerate(CODE.read_text("utf-8").splitlines(), 1)
    marked = [(number, line.partition("# error: ")[2]) for number, line in lines]
    return {(number, code) for number, codes in marked if codes for code in codes.split(", ")}
