"""What takes more than a moment in the agencies' suites is marked so."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the part of each suite that throws many answers at its adapter."""
    for item in items:
        if item.name.startswith("test_reads_anything"):
            item.add_marker(pytest.mark.slow)
