"""The contract files travel with the package: an installed wheel needs no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASK = """
from adapters.community_center.contract import CONTRACT
import adapters, schemas
broken = CONTRACT.violation("StatusBody", {"rcptNo": "x"})
print(len(CONTRACT.codes["prgrSttsCd"]), broken, adapters.__file__, schemas.__file__)
"""


@pytest.mark.slow
def test_the_contract_is_found_in_an_installed_wheel(tmp_path: Path) -> None:
    """Codes and schemas are read from the wheel's own files, in a folder that knows nothing of the checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    asked = subprocess.run(
        [sys.executable, "-c", ASK], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert asked.stdout.split() == [
        "18",
        "('rcptNo',)",
        str(installed / "adapters" / "__init__.py"),
        str(installed / "schemas" / "__init__.py"),
    ]
