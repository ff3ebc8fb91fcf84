"""The kamco adapter on real folders: what it lays down, what it reads, and what it clears."""

from __future__ import annotations

from pathlib import Path

import pytest
from kamco_samples import DAY, KEYS, PROGRESS, REQUEST, RESULT, Orders, adapter_at, golden, records, whole

from adapters.kamco import Kamco
from adapters.kamco.settings import KamcoSettings
from adapters.sdk import (
    CannotExpressError,
    Gate,
    HandedOver,
    MisconfiguredError,
    NameTakenError,
    ResultFile,
    UndecidedError,
    Verb,
    Wires,
    capabilities,
)


@pytest.fixture
def adapter(tmp_path: Path, gate: Gate) -> Kamco:
    return adapter_at(tmp_path, gate)


@pytest.fixture
def orders(gate: Gate) -> Orders:
    return Orders(gate)


def test_it_takes_files_and_no_single_referral() -> None:
    """Its verbs are those of files."""
    assert capabilities(Kamco) == {Verb.FOLD, Verb.UNFOLD}


async def test_a_batch_is_folded_into_one_file(adapter: Kamco, tmp_path: Path, orders: Orders) -> None:
    """The golden file lies in `in`, and folding it again finds it there."""
    assert adapter.file_name(DAY, 1) == REQUEST
    assert await adapter.fold(orders.fold()) == HandedOver(REQUEST)
    assert await adapter.fold(orders.fold()) == HandedOver(REQUEST, was_there=True)
    assert (tmp_path / "in" / REQUEST).read_bytes() == golden("request")


async def test_a_batch_is_the_same_file_after_a_restart(adapter: Kamco, tmp_path: Path, orders: Orders) -> None:
    """A new process with new decisions makes the same bytes; one member more makes another file."""
    await adapter.fold(orders.fold())
    assert await adapter.lies_there(REQUEST)
    gate = Gate()
    settings = KamcoSettings(enabled=True, base_url=tmp_path.as_uri())
    again, theirs = Kamco(settings, Wires("kamco", gate)), Orders(gate)
    assert await again.fold(theirs.fold()) == HandedOver(REQUEST, was_there=True)
    with pytest.raises(NameTakenError):
        await again.fold(theirs.fold(*theirs.fold().members, theirs.submit(whole(), "NR20250106Z9Y8X7W6V5")))


async def test_the_longest_answer_to_one_file_is_read(adapter: Kamco, tmp_path: Path) -> None:
    """A thousand results, each with ten steps, fit into what is read by default, and more than twice over."""
    longest = 302 * (1000 * 11 + 2)
    assert longest * 2 < adapter.settings.max_reply_bytes
    (tmp_path / "out" / RESULT).write_bytes(b" " * longest)
    assert await adapter.unfold() == ()


async def test_one_member_that_cannot_be_said_stops_the_file(adapter: Kamco, tmp_path: Path, orders: Orders) -> None:
    """`express` finds it beforehand; a fold of it writes nothing."""
    bad = orders.submit(whole(name="김\U00020000"))
    with pytest.raises(CannotExpressError):
        adapter.express(bad)
    with pytest.raises(CannotExpressError):
        await adapter.fold(orders.fold(orders.submit(whole()), bad))
    assert list((tmp_path / "in").iterdir()) == []


async def test_one_member_without_a_decision_stops_the_file(adapter: Kamco, tmp_path: Path, orders: Orders) -> None:
    """A decision of another gate opens nothing, whoever stands beside it."""
    foreign = Orders(Gate()).submit(whole(), KEYS[1])
    with pytest.raises(UndecidedError):
        await adapter.fold(orders.fold(orders.submit(whole()), foreign))
    assert list((tmp_path / "in").iterdir()) == []


def test_expressing_says_nothing_and_writes_nothing(adapter: Kamco, tmp_path: Path, orders: Orders) -> None:
    """It is pure: no file, no return."""
    for member in orders.fold().members:
        adapter.express(member)
    assert list((tmp_path / "in").iterdir()) == []


async def test_every_whole_result_is_read_and_what_is_half_written_left_alone(adapter: Kamco, tmp_path: Path) -> None:
    """Oldest first; a half one and foreign ones are not told; reading changes nothing."""
    out = tmp_path / "out"
    (out / PROGRESS).write_bytes(golden("progress"))
    (out / RESULT).write_bytes(golden("result"))
    (out / "RES_20250109_001.dat").write_bytes(golden("result")[:700])
    (out / ".RES_20250109_002.dat.tmp").write_bytes(golden("result"))
    (out / "notes.txt").write_bytes(b"x")
    read = await adapter.unfold()

    assert [(file.name, file.unreadable, len(file.lines)) for file in read] == [(RESULT, None, 3), (PROGRESS, None, 2)]
    assert (await adapter.unfold(), len(list(out.iterdir()))) == (read, 5)


async def test_a_file_too_long_to_read_is_told(tmp_path: Path, gate: Gate) -> None:
    """A person must look at it; its bytes are not held."""
    adapter_at(tmp_path, gate)
    settings = KamcoSettings(enabled=True, base_url=tmp_path.as_uri(), max_reply_bytes=1024)
    (tmp_path / "out" / RESULT).write_bytes(golden("result"))
    read = await Kamco(settings, Wires("kamco", gate)).unfold()
    assert read == (ResultFile(RESULT, unreadable="longer than 1024 bytes"),)


async def test_clearing_takes_the_result_and_the_file_that_it_settles(
    adapter: Kamco, tmp_path: Path, orders: Orders
) -> None:
    """Ours goes first, so that a crash between the two can be mended by clearing again; others stay."""
    await adapter.fold(orders.fold())
    (tmp_path / "in" / "REQ_20250107_001.dat").write_bytes(b"another")
    (tmp_path / "out" / RESULT).write_bytes(golden("result"))
    (tmp_path / "out" / PROGRESS).write_bytes(golden("progress"))
    read = (await adapter.unfold())[0]
    assert [await adapter.clear(read) for _ in range(2)] == [True, True]

    assert [path.name for path in (tmp_path / "in").iterdir()] == ["REQ_20250107_001.dat"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == [PROGRESS]


async def test_clearing_what_cannot_be_read_takes_only_that(adapter: Kamco, tmp_path: Path, orders: Orders) -> None:
    """A file that tells nothing settles nothing."""
    await adapter.fold(orders.fold())
    (tmp_path / "out" / RESULT).write_bytes(b"\r\n".join([*records(golden("result"))[2:], b""]))
    (read,) = await adapter.unfold()
    await adapter.clear(read)
    assert ([path.name for path in (tmp_path / "in").iterdir()], list((tmp_path / "out").iterdir())) == ([REQUEST], [])


@pytest.mark.parametrize("name", ["../in/REQ_20250106_001.dat", "..", "/etc/passwd", "RES/../x.dat"])
async def test_nothing_is_cleared_by_a_path(adapter: Kamco, name: str) -> None:
    """A name with a path in it is refused."""
    with pytest.raises(MisconfiguredError):
        await adapter.clear(ResultFile(name))


def test_live_takes_folders_only() -> None:
    """`file` is the scheme that live mode takes; a set-up without an address is incomplete."""
    assert KamcoSettings(enabled=True, base_url="file:///srv/kamco").unfit_for_live() == []
    assert KamcoSettings(enabled=True, base_url="https://kamco.invalid").unfit_for_live() == [
        "base_url: live mode needs file"
    ]
    assert KamcoSettings(enabled=True).missing() == ["base_url"]
