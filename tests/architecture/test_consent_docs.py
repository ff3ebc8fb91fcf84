"""docs/consent.md: every rule of sending has tests, and every test that it names is there and says its rule."""

from __future__ import annotations

import ast
import re

import pytest
from repository import ROOT, functions

PAGE = (ROOT / "docs" / "consent.md").read_text("utf-8")
ROWS = re.findall(r"^\| (5\.\d+) \|(.*)\|$", PAGE, re.MULTILINE)
NAMED = [
    (rule, file, test)
    for rule, row in ROWS
    for file, tests in re.findall(r"`(tests/[\w/]+\.py)`: ((?:`test_\w+`(?:, )?)+)", row)
    for test in re.findall(r"`(test_\w+)`", tests)
]


def test_every_rule_of_sending_has_tests() -> None:
    """1 to 10, 13 and 15; the others are about what is kept, and for how long."""
    wanted = {f"5.{number}" for number in (*range(1, 11), 13, 15)}
    assert wanted == {rule for rule, _ in ROWS} == {rule for rule, *_ in NAMED}


@pytest.mark.parametrize(("rule", "file", "test"), NAMED, ids=lambda part: str(part).rpartition("/")[2])
def test_a_named_test_is_there(rule: str, file: str, test: str) -> None:
    """A renamed or removed test takes its rule off the page, or fails here."""
    found = {function.name: ast.get_docstring(function) for function in functions(ROOT / file)}
    assert found.get(test)
