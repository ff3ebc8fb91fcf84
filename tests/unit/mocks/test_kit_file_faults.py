from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from test_kit_lines import DropMock

from mocks.kit.fault_catalogue import CATALOGUE, Moment
from mocks.kit.faults import FaultError, Faults
from mocks.kit.file_faults import EVERY_FAULT, FILE_CATALOGUE
from mocks.kit.lines import impossible_on


def faults() -> Faults:
    return Faults(("request", "result"), (), frozenset(FILE_CATALOGUE), impossible_on(DropMock))


def rules(name: str, **more: Any) -> Mapping[str, Any]:
    return {"seed": 1, "faults": [{"name": name, **more}]}


def test_no_name_stands_in_both_catalogues() -> None:
    """A fault's name means one thing, of calls or of files."""
    assert len(EVERY_FAULT) == len(CATALOGUE) + len(FILE_CATALOGUE)


@pytest.mark.parametrize("name", FILE_CATALOGUE)
def test_a_file_fault_strikes_files_only(name: str) -> None:
    """It strikes at its own moment, as often as it was told to, and no call."""
    kind, found = FILE_CATALOGUE[name], faults()
    found.set(rules(name, times=1, operation="request"))
    struck = [found.strike(moment, "request") for moment in Moment]
    assert [fault.name for fault in struck if fault] == [name]
    assert (found.strike(kind.moment, "request"), found.strike(kind.moment, "result")) == (None, None)


@pytest.mark.parametrize("name", sorted(name for name in CATALOGUE if name != "refuse_connection"))
def test_a_batch_agency_has_no_faults_of_calls(name: str) -> None:
    """It is asked nothing, so no call can go wrong; it may only leave its folders alone."""
    with pytest.raises(FaultError):
        faults().set(rules(name))


def test_a_batch_agency_may_leave_its_folders_alone() -> None:
    """`refuse_connection` means that nobody works on the files."""
    found = faults()
    found.set(rules("refuse_connection"))
    assert found.refuse_connections
