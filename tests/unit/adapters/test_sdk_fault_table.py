"""The declared table of faults: whole, and an agency's exceptions to it are read or refused."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from toy_adapter import Toy

from adapters.sdk import BadReplyError, CannotExpressError, HostileReplyError, NotSentError, UncertainError
from adapters.sdk.registry import AdapterClass
from adapters.sdk.testing import ROWS, Says, rows_for, said_by
from mocks.kit.fault_catalogue import CATALOGUE


def test_every_fault_has_a_row() -> None:
    """No fault of the catalogue is without a declared end, and none is declared that does not exist."""
    assert list(CATALOGUE) == list(ROWS)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an adapter in a package of somebody else's."""
    folder = tmp_path / "somebodys_agency"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, folder.name, raising=False)
    monkeypatch.setitem(sys.modules, folder.name, importlib.import_module(folder.name))
    return folder


@pytest.fixture
def foreign(package: Path) -> AdapterClass:
    return type("Theirs", (Toy,), {"__module__": package.name})


def test_without_exceptions_the_general_rule_holds(foreign: AdapterClass) -> None:
    """No file, no exception."""
    assert rows_for(foreign) == ROWS


def test_an_exception_holds_for_its_fault(foreign: AdapterClass, package: Path) -> None:
    """What the contract says goes over the general rule, with its reason; the rest stays."""
    (package / "faults.toml").write_text('[busy_503]\nsays = "busy"\nwhy = "it says so"\n', "utf-8")
    rows = rows_for(foreign)
    assert (rows["busy_503"].says, rows["busy_503"].why) == (Says.BUSY, "it says so")
    assert {name: row for name, row in rows.items() if name != "busy_503"} == {
        name: row for name, row in ROWS.items() if name != "busy_503"
    }


@pytest.mark.parametrize(
    "text",
    [
        '[explosion]\nsays = "busy"\nwhy = "?"\n',
        '[busy_503]\nsays = "busy"\n',
        '[busy_503]\nsays = "fine"\nwhy = "?"\n',
        '[busy_503]\nsays = "busy"\nwhy = "?"\nnote = "?"\n',
    ],
)
def test_a_mistake_in_an_exception_is_refused(foreign: AdapterClass, package: Path, text: str) -> None:
    """An unknown fault, an unknown word, no reason, or more than there may be."""
    (package / "faults.toml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"faults\.toml|is not a valid Says"):
        rows_for(foreign)


def test_a_subclass_is_not_its_base() -> None:
    """A bad reply is told apart from an uncertain call, a hostile one from both, and a value is an answer."""
    results = [object(), NotSentError("x"), UncertainError("x"), BadReplyError("x"), HostileReplyError("x")]
    expected = [Says.ANSWER, Says.NOT_SENT, Says.UNCERTAIN, Says.BAD_REPLY, Says.HOSTILE]
    assert [said_by(result) for result in results] == expected


@pytest.mark.parametrize("error", [ValueError("x"), CannotExpressError("client.name", "x")])
def test_an_error_that_is_no_class_of_a_call_is_refused(error: Exception) -> None:
    """A fault of an agency never makes a field inexpressible, nor a defect of ours."""
    with pytest.raises(LookupError):
        said_by(error)
