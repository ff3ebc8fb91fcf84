"""The drop wire on real folders: a file is there whole or not at all, on live decisions, and overwrites nothing."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from raw_wire import Decisions

from adapters.sdk import (
    Decision,
    Disclose,
    DropEndpoint,
    DropFile,
    DropWire,
    Gate,
    MisconfiguredError,
    NameTakenError,
    NotSentError,
    UncertainError,
    UndecidedError,
)

DATA = "똠방각하\r\n".encode("cp949") * 40
ROOT = Path(__file__).parents[3]
NAME = "REQ_20250115_001.dat"
RESULTS = re.compile(r"RES_[0-9]{3}\.dat")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("in", "out"):
        (tmp_path / name).mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def wire(place: Path, gate: Gate) -> DropWire:
    return DropWire("haengbok", gate, DropEndpoint(place.as_uri(), 5.0, 4096))


def lying_in(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (place / "in").iterdir()}


async def test_a_file_is_handed_over_whole(wire: DropWire, place: Path, decisions: Decisions, gate: Gate) -> None:
    """It lies there under its name, readable by us alone, with nothing beside it; every decision is spent."""
    members = [decisions.disclose(), decisions.disclose()]
    was_there = await wire.hand_over(NAME, DATA, members)

    assert (was_there, lying_in(place)) == (False, {NAME: DATA})
    assert (place / "in" / NAME).stat().st_mode & 0o777 == 0o600
    assert (place / "in" / NAME).stat().st_nlink == 1
    assert [gate.has_left(one.attempt_id) for one in members] == [True, True]


async def test_what_lies_there_is_left_as_it_is(wire: DropWire, place: Path, decisions: Decisions, gate: Gate) -> None:
    """The same bytes lie there already: nothing is written, and no decision is spent."""
    await wire.hand_over(NAME, DATA, [decisions.disclose()])
    again = decisions.disclose()

    assert await wire.hand_over(NAME, DATA, [again]) is True
    assert (lying_in(place), gate.has_left(again.attempt_id)) == ({NAME: DATA}, False)


def _lay_a_link(path: Path) -> None:
    path.with_name("elsewhere").write_bytes(DATA)
    path.symlink_to(path.with_name("elsewhere"))


SOMETHING_ELSE: dict[str, Callable[[Path], object]] = {
    "other bytes": lambda path: path.write_bytes(DATA[:-1] + b"!"),
    "fewer bytes": lambda path: path.write_bytes(DATA[:-1]),
    "more bytes": lambda path: path.write_bytes(DATA + b"!"),
    "a link to nothing": lambda path: path.symlink_to("/nowhere"),
    "a link to the same bytes": _lay_a_link,
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("lay", SOMETHING_ELSE.values(), ids=SOMETHING_ELSE)
async def test_something_else_under_the_name_is_not_our_file(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate, lay: Callable[[Path], object]
) -> None:
    """A restored store, a second installation or a link: told as such, left alone, and no decision is spent."""
    lay(place / "in" / NAME)
    before, member = os.lstat(place / "in" / NAME), decisions.disclose()
    with pytest.raises(NameTakenError):
        await wire.hand_over(NAME, DATA, [member])
    assert (os.lstat(place / "in" / NAME), gate.has_left(member.attempt_id)) == (before, False)


@pytest.mark.parametrize(("data", "outcome"), [(DATA, True), (b"other", NameTakenError)], ids=["same", "other"])
async def test_who_was_faster_is_looked_at_too(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate, monkeypatch: pytest.MonkeyPatch,
    data: bytes, outcome: bool | type[Exception],
) -> None:  # fmt: skip
    """A file that gets our name while ours is written is compared like one that lay there before."""
    member, link = decisions.disclose(), os.link

    def slower(*args: Any, **more: Any) -> None:
        (place / "in" / NAME).write_bytes(data)
        link(*args, **more)

    monkeypatch.setattr(os, "link", slower)
    with contextlib.nullcontext() if outcome is True else pytest.raises(NameTakenError):
        assert await wire.hand_over(NAME, DATA, [member]) is True
    assert (lying_in(place), gate.has_left(member.attempt_id)) == ({NAME: data}, False)


async def test_a_file_is_looked_for_by_its_name_alone(wire: DropWire, place: Path) -> None:
    """There, not there, or something that is no file of ours: without knowing what should stand in it."""
    assert await wire.lies_there(NAME) is False
    (place / "in" / NAME).write_bytes(b"whatever")
    assert await wire.lies_there(NAME) is True
    (place / "in" / NAME).unlink()
    (place / "in" / NAME).symlink_to("/nowhere")
    with pytest.raises(NameTakenError):
        await wire.lies_there(NAME)


async def test_what_was_exchanged_since_it_was_read_is_not_cleared(wire: DropWire, place: Path) -> None:
    """Only the very content that was read goes; of the same length, and too long to read, are others too."""
    path = place / "out" / "RES_001.dat"
    path.write_bytes(b"first")
    (read,) = await wire.collect(RESULTS)
    for other in (b"other", b"x" * 5000):
        path.write_bytes(other)
        assert await wire.clear("out", read.name, read.digest) is False
        assert path.read_bytes() == other
    path.write_bytes(b"first")
    assert [await wire.clear("out", read.name, read.digest) for _ in range(2)] == [True, True]
    assert list((place / "out").iterdir()) == []


UNDECIDED: dict[str, Callable[[Decisions], Decision]] = {
    "unstamped": lambda _: Disclose(
        attempt_id="x", recipient="haengbok", send_by=1e12, fields=frozenset(), bases={}, fields_hmac=""
    ),
    "of another agency": lambda d: d.disclose("ccrs"),
}


@pytest.mark.parametrize("make", UNDECIDED.values(), ids=UNDECIDED)
async def test_one_member_without_a_decision_stops_the_file(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate, make: Callable[[Decisions], Decision]
) -> None:
    """Nothing is written, and the other members' decisions are good for another file."""
    good = decisions.disclose()
    with pytest.raises(UndecidedError):
        await wire.hand_over(NAME, DATA, [good, make(decisions)])
    assert (lying_in(place), gate.has_left(good.attempt_id)) == ({}, False)


async def test_a_decision_that_was_spent_stops_the_next_file(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate
) -> None:
    """One decision is one file, ever; and stopping the second one does not make it good again."""
    spent, fresh = decisions.disclose(), decisions.disclose()
    await wire.hand_over(NAME, DATA, [spent])
    for _ in range(2):
        with pytest.raises(UndecidedError):
            await wire.hand_over("REQ_20250115_002.dat", DATA, [fresh, spent])
    assert (set(lying_in(place)), gate.has_left(fresh.attempt_id)) == ({NAME}, False)


async def test_one_decision_is_not_two_members(wire: DropWire, place: Path, decisions: Decisions, gate: Gate) -> None:
    """The same decision for two members is found at the last moment, and nothing becomes visible."""
    twice = decisions.disclose()
    with pytest.raises(UndecidedError):
        await wire.hand_over(NAME, DATA, [twice, twice])
    assert (lying_in(place), gate.has_left(twice.attempt_id)) == ({}, False)


async def test_a_decision_whose_time_runs_out_while_the_file_is_written_stops_it(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate is asked again immediately before the file gets its name."""
    good, late = decisions.disclose(), decisions.disclose()
    fsync = os.fsync

    def slow(handle: int) -> None:
        fsync(handle)
        monkeypatch.setattr("adapters.sdk.decisions.steady_now", lambda: late.send_by + 1)

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(NotSentError):
        await wire.hand_over(NAME, DATA, [good, late])
    assert (lying_in(place), gate.has_left(good.attempt_id)) == ({}, False)


@pytest.mark.parametrize("step", ["open", "fsync", "link"])
async def test_a_failure_before_the_name_is_not_sent(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full or broken disk leaves nothing behind, and the same file can be handed over when it is mended."""
    member, real = decisions.disclose(), getattr(os, step)

    def broken(path: Any, *args: Any, **more: Any) -> Any:
        if step != "open" or str(path).startswith("."):
            raise OSError(28, "No space left on device")
        return real(path, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(os, step, broken)
        with pytest.raises(NotSentError):
            await wire.hand_over(NAME, DATA, [member])
    assert (lying_in(place), gate.has_left(member.attempt_id)) == ({}, False)
    assert await wire.hand_over(NAME, DATA, [member]) is False


async def test_a_failure_after_the_name_is_uncertain(
    wire: DropWire, place: Path, decisions: Decisions, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file lies there, but a power cut might take it: asked again by its name, the wire tells."""
    member, fsync = decisions.disclose(), os.fsync

    def broken(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112 - the name of a descriptor, not a path of ours
            raise OSError(5, "Input/output error")
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(UncertainError):
            await wire.hand_over(NAME, DATA, [member])
    assert (lying_in(place), gate.has_left(member.attempt_id)) == ({NAME: DATA}, True)
    assert await wire.hand_over(NAME, DATA, [decisions.disclose()]) is True


async def test_a_folder_that_does_not_answer_in_time_is_uncertain(
    place: Path, gate: Gate, decisions: Decisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call ends at its deadline; what goes on behind it may yet show the file, so nobody writes meanwhile."""
    wire, mended, link = DropWire("haengbok", gate, DropEndpoint(place.as_uri(), 0.05, 4096)), Event(), os.link

    def hanging(*args: Any, **more: Any) -> None:
        assert mended.wait(20)
        link(*args, **more)

    monkeypatch.setattr(os, "link", hanging)
    for _ in range(2):
        with pytest.raises(UncertainError):
            await wire.hand_over(NAME, DATA, [decisions.disclose()])
    mended.set()
    async with asyncio.timeout(20):
        while [path.name for path in (place / "in").iterdir()] != [NAME]:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)


async def test_what_a_dead_process_left_unfinished_goes_at_the_next_writing(
    wire: DropWire, place: Path, decisions: Decisions
) -> None:
    """Unfinished files hold personal data: none stays."""
    (place / "in" / ".REQ_20250114_001.dat.part").write_bytes(DATA[:9])
    await wire.hand_over(NAME, DATA, [decisions.disclose()])
    assert lying_in(place) == {NAME: DATA}


async def test_a_folder_in_which_somebody_writes_is_uncertain(
    wire: DropWire, place: Path, decisions: Decisions
) -> None:
    """It may be an earlier call of ours, which may yet finish the very file."""
    holder = os.open(place / "in", os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(UncertainError):
            await wire.hand_over(NAME, DATA, [decisions.disclose()])
    finally:
        os.close(holder)


@pytest.mark.parametrize(
    "name", ["../x.dat", "/etc/x.dat", "in/x.dat", ".x.dat", "x", "", "x.dat\n", "가.dat", "x\0.dat"]
)
async def test_no_name_leads_out_of_the_folder(wire: DropWire, decisions: Decisions, name: str) -> None:
    """A name with a path, a dot at its head or other letters opens nothing."""
    with pytest.raises(MisconfiguredError):
        await wire.hand_over(name, DATA, [decisions.disclose()])
    with pytest.raises(MisconfiguredError):
        await wire.clear("in", name)


def _remove(place: Path) -> None:
    (place / "in").rmdir()


def _make_a_link(place: Path) -> None:
    (place / "in").rmdir()
    (place / "in").symlink_to(place / "out")


SPOILED: dict[str, Callable[[Path], None]] = {
    "not there": _remove,
    "a symbolic link": _make_a_link,
    "open to others": lambda place: (place / "in").chmod(0o750),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
async def test_a_folder_that_is_not_ours_alone_is_misconfigured(
    wire: DropWire, place: Path, decisions: Decisions, spoil: Callable[[Path], None]
) -> None:
    """The folder is never made by us: a share that is not mounted must not be written beside."""
    spoil(place)
    with pytest.raises(MisconfiguredError):
        await wire.hand_over(NAME, DATA, [decisions.disclose()])


@pytest.mark.parametrize(
    "url", ["", "/drop", "file://host/drop", "http://127.0.0.1/drop", "file:drop", "file:///d?x=1"]
)
def test_only_an_absolute_folder_is_an_address(gate: Gate, url: str) -> None:
    """What is no file:///absolute/folder is refused when the wire is opened."""
    with pytest.raises(MisconfiguredError):
        DropWire("haengbok", gate, DropEndpoint(url, 5.0, 4096))


async def test_every_file_is_read_in_the_order_of_names(wire: DropWire, place: Path) -> None:
    """Only names of the agreed form; an unfinished or foreign file is not looked at; reading twice says the same."""
    for name in ("RES_002.dat", "RES_001.dat", ".RES_003.dat.part", "RES_004.tmp", "other"):
        (place / "out" / name).write_bytes(name.encode())
    expected = (DropFile("RES_001.dat", b"RES_001.dat"), DropFile("RES_002.dat", b"RES_002.dat"))
    assert [await wire.collect(RESULTS) for _ in range(2)] == [expected, expected]


async def test_what_is_no_plain_file_of_a_good_length_is_told_and_not_read(wire: DropWire, place: Path) -> None:
    """Symbolic links, folders and pipes are not followed, opened or waited for; the cap holds to the byte."""
    out = place / "out"
    secret = place / "secret"
    secret.write_bytes(b"not theirs")
    (out / "RES_001.dat").symlink_to(secret)
    (out / "RES_002.dat").mkdir()
    os.mkfifo(out / "RES_003.dat")
    (out / "RES_004.dat").write_bytes(b"x" * 4096)
    (out / "RES_005.dat").write_bytes(b"x" * 4097)
    found = await wire.collect(RESULTS)

    assert [(file.name, len(file.data), file.problem) for file in found] == [
        ("RES_001.dat", 0, "no regular file"),
        ("RES_002.dat", 0, "no regular file"),
        ("RES_003.dat", 0, "no regular file"),
        ("RES_004.dat", 4096, None),
        ("RES_005.dat", 0, "longer than 4096 bytes"),
    ]


async def test_files_are_cleared_one_by_one(wire: DropWire, place: Path) -> None:
    """Clearing removes the one file that is named, and is no error if it is gone."""
    (place / "out" / "RES_001.dat").write_bytes(b"x")
    (place / "out" / "RES_002.dat").write_bytes(b"x")
    for _ in range(2):
        await wire.clear("out", "RES_001.dat")
    assert [path.name for path in (place / "out").iterdir()] == ["RES_002.dat"]
