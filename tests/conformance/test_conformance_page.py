"""The page `docs/conformance.md` is what the tables say, and the tables leave nobody and nothing out."""

from __future__ import annotations

import inspect
from collections import Counter
from importlib import import_module

import conformance
import pytest
from fault_rows import NONE, adapters, mock_of, request_rows
from file_rows import FILE_ROWS, file_agencies

from adapters.sdk.testing import AdapterSuite, BatchSuite
from mocks.kit.file_faults import FILE_CATALOGUE


def test_the_page_is_fresh() -> None:
    """`make generate` writes it; this says when somebody forgot."""
    assert conformance.PAGE.read_text(encoding="utf-8") == conformance.page()


def test_every_fault_is_in_one_scenario() -> None:
    """No fault that can strike a registration is missing from the page, and none is counted twice."""
    told = Counter(fault for faults in conformance.SCENARIOS.values() for fault in faults)
    assert set(told.values()) == {1}
    assert set(told) == {NONE, *(row.fault for slug in adapters() for row in request_rows(slug))}


def test_every_fault_of_files_has_its_row() -> None:
    """A new fault of files needs a row, and a reason."""
    assert {NONE, "refuse_connection", *FILE_CATALOGUE} == set(FILE_ROWS)
    assert all(mock_of(slug).own_faults <= set(FILE_ROWS) for slug in file_agencies())


@pytest.mark.parametrize("slug", adapters())
def test_every_agency_runs_the_suite(slug: str) -> None:
    """What the page says of the suite is run: a test class of the right suite stands in the agency's file."""
    kind = BatchSuite if slug in file_agencies() else AdapterSuite
    names = vars(import_module(f"test_{slug}_against_mock")).items()
    assert [name for name, one in names if name.startswith("Test") and inspect.isclass(one) and issubclass(one, kind)]
