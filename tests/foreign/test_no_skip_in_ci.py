"""A foreign tool that is missing skips its tests on a newcomer's machine, and fails them in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("test_soap_clients.py")


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "expected"), [("", "1 skipped"), ("true", "1 failed")])
def test_a_missing_tool(ci: str, expected: str, tmp_path: Path) -> None:
    """With an empty PATH there is no php: a skip that says what to install, or in CI a failure that says it."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", f"{TESTS}::test_a_foreign_client_reads_why[php_soap-1.1]"],
        env={"PATH": str(tmp_path), "CI": ci, "HOME": os.environ.get("HOME", "")},
        cwd=TESTS.parents[2], check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert expected in run.stdout.splitlines()[-1]
    assert "apt-get install php-cli php-soap" in run.stdout
