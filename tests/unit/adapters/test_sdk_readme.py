"""What adapters/sdk/README.md tells the author of an adapter is true: its names, its examples, its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import adapters.sdk
import adapters.sdk.testing
import mocks.kit.agency
from adapters.sdk import Adapter, Profile, Verb, capabilities
from adapters.sdk.registry import GROUP
from adapters.sdk.testing import AdapterSuite
from mocks.kit.registry import GROUP as MOCKS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "adapters/sdk/README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
NOT_OURS = {"SecretStr"}


def test_every_name_is_exported() -> None:
    """A class that the guide names in backticks is there to be imported."""
    named = set(re.findall(r"`([A-Z][a-z]+[A-Za-z]*)[`.]", TEXT)) - NOT_OURS
    of_mocks = {name for name in ("HttpMock", "BatchMock") if hasattr(mocks.kit.agency, name)}
    known = {*adapters.sdk.__all__, *adapters.sdk.testing.__all__, *of_mocks}
    assert (sorted(named - known), len(named) > 30) == ([], True)


def test_every_verb_and_error_has_its_row() -> None:
    """The tables are complete: all verbs, and every error that a verb may raise but the alarm among bad replies."""
    rows = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    errors = {name for name in adapters.sdk.__all__ if name.endswith("Error")}
    assert rows & set(Verb) == set(Verb)
    assert errors - rows <= {
        "AdapterError",
        "CallbackRefusedError",
        "UndecidedError",
        "HostileReplyError",
        "LayoutError",
    }


def test_the_examples_run() -> None:
    """The adapter of the guide is one, and its test class runs every check of the suite."""
    place: dict[str, Any] = dict.fromkeys(("agency", "problems", "said", "to_wire", "from_wire"))
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), place)  # noqa: S102 - the guide's own text
    quay, suite = place["Quay"], place["TestQuay"]
    assert (issubclass(quay, Adapter), capabilities(quay)) == (True, {Verb.SUBMIT})
    assert (isinstance(quay.profile, Profile), issubclass(suite, AdapterSuite)) == (True, True)
    quay(place["AdapterSettings"](base_url="http://quay.invalid"), adapters.sdk.Wires("quay", adapters.sdk.Gate()))


def test_entry_points_and_files_are_those_that_are_looked_for() -> None:
    """The groups are the registries' own; every adapter here has the files of the table."""
    assert re.findall(r'entry-points\."(.*)"', TEXT) == [GROUP, MOCKS]
    files = re.findall(r"^\| `([a-z]+/[^`]*)`", TEXT, re.MULTILINE)
    assert len(files) == 8
    slugs = [path.parent.name for path in ROOT.glob("adapters/*/adapter.py") if path.parent.name != "sdk"]
    there = [ROOT / file.replace("<slug>", slug) for file in files if "faults" not in file for slug in slugs]
    assert [path for path in there if not path.exists()] == []
