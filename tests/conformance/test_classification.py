"""The page `docs/classification.md` is what the tables say, and its references lead somewhere."""

from __future__ import annotations

from pathlib import Path

import classification
import pytest
from finding_rows import FINDING_ROWS

ROOT = Path(__file__).parents[2]


def test_the_page_is_fresh() -> None:
    """`make generate` writes it; this says when somebody forgot."""
    assert classification.PAGE.read_text(encoding="utf-8") == classification.page()


@pytest.mark.parametrize("test", [test for row in FINDING_ROWS for test in row.tests])
def test_every_reference_names_a_test(test: str) -> None:
    """The file is there, the function is in it, and the case is named in it."""
    path, _, name = test.partition("::")
    function, _, case = name.partition("[")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert f"def {function}(" in text
    assert case.removesuffix("]") in text
