"""Personal data planted in every field goes all the way, with everything going wrong, and is found nowhere in clear."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import files_under, live_places, searched, undecided_files
from planting import UNTOLD, values_of
from seeking import Found, Seeker
from voyage import Faults, Voyage, cruise, sail, under_way

from hub.cli.stage.processes import LEASHED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
NO_CORES = re.compile(rb"Max core file size +0 +0 ")
ROOT_FOLDER = Path(__file__).parents[2]
REPORT = "NARU_TEST_LEAKS_REPORT"
"""A file into which what was planted and searched is written, to be shown."""


@dataclass(frozen=True)
class Search:
    """What was found, and how much was searched."""

    found: list[Found]
    report: dict[str, object]


async def search(
    place: Path,
    module: str,
    faults: Faults | None,
    monkeypatch: pytest.MonkeyPatch,
    go: Callable[[Voyage], Awaitable[None]],
) -> Search:
    """Go, in folders of its own, and search everything twice: while all live, and when all has ended."""
    for name, variable in (("work", "PWD"), ("home", "HOME"), ("tmp", "TMPDIR")):
        (place / name).mkdir()
        monkeypatch.setenv(variable, str(place / name))
    monkeypatch.chdir(place / "work")
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    monkeypatch.setenv("PYTHONDEVMODE", "")
    async with under_way(place, module, faults) as voyage:
        await go(voyage)
        seeker = Seeker(voyage.documents + 1)
        alive = list(await live_places(voyage))
        assert all(NO_CORES.search(told) for place, told in alive if place.startswith("limits of"))
        found = searched(seeker, iter(alive))
        left = undecided_files(place / "stage" / "naru.db")
        found += searched(seeker, files_under(place), left)
        report = {
            "fields": len(values_of(0)), "not_to_be_told_from_others": len(UNTOLD), "documents": voyage.documents,
            "faults_struck": len([1 for times in voyage.struck.values() if times]), "kills": voyage.kills,
            "answers": len(voyage.answers), "notices": len(voyage.receiver.arrived),
            "never_struck": {slug: names for slug, names in voyage.waiting.items() if names},
        }  # fmt: skip
    found += searched(seeker, files_under(place), left)
    report |= {"files_that_no_result_settled": sorted(left), "found": [vars(one) for one in dict.fromkeys(found)]}
    report |= {"needles": seeker.needles, "places": seeker.places, "bytes": seeker.size}
    return Search(list(dict.fromkeys(found)), report)


def show(done: Search) -> None:
    """Write down what was searched, if somebody asked for it."""
    place = os.environ.get(REPORT)
    if place:
        Path(place).write_text(json.dumps(done.report, ensure_ascii=False, indent=1), encoding="utf-8")


async def test_nothing_personal_is_left_in_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After every fault, kills, callbacks, supplements, withdrawals and bad requests: found nowhere."""
    done = await search(tmp_path, LEASHED, None, monkeypatch, sail)
    show(done)
    assert done.found == []
    assert done.report["never_struck"] == {}


LEAKY: dict[str, str] = {
    "logging": r"stage/serve0\.\d+\.log",
    "dying": r"stage/serve0\.\d+\.log",
    "leaving": r"tmp/\w+\.bin, unpacked",
    "unsealed": r"stage/naru\.db(-wal)?",
    "echoing": r"answer to POST /v1/cases 4\d\d",
    "telling": r"notice \d+",
}
"""Each leaky build, and a place where it must be found."""


def import_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every process that is started import from a folder."""
    paths = [str(folder), str(ROOT_FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.mark.parametrize("build", LEAKY)
async def test_a_build_that_leaks_is_found(build: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log line, a traceback, a file left over, a column, an answer, a webhook: each leak is found where it is."""
    import_from(Path(__file__).parent, monkeypatch)
    done = await search(tmp_path, f"leaky_builds.{build}", {}, monkeypatch, cruise)
    assert any(re.fullmatch(LEAKY[build], one.place) for one in done.found), done.found


async def test_mocks_that_keep_values_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger with values in clear is found."""
    paths = [
        str(Path(__file__).parent / "leaky_mocks"),
        str(ROOT_FOLDER),
        *filter(None, [os.environ.get("PYTHONPATH")]),
    ]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    done = await search(tmp_path, LEASHED, {}, monkeypatch, cruise)
    assert any(one.place.startswith("ledger of") for one in done.found), done.found
