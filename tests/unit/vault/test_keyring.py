"""The key file: made once, safely; read strictly; and told plainly when it is lost or not the right one."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.vault.boxes import SealBrokenError, new_key
from hub.vault.keyring import KeyFileError, KeyRing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "keys" / "kek"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_makes_a_key_file_that_nobody_else_reads(path: Path) -> None:
    """0600, in a folder 0700, with nothing left beside it."""
    KeyRing.open(path)
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)
    assert [path] == list(path.parent.iterdir())


def test_the_next_start_reads_the_same_key(path: Path) -> None:
    """What was wrapped before a restart unwraps after it."""
    first, key = KeyRing.open(path), new_key()
    wrapped, second = first.wrap(key, "cases"), KeyRing.open(path)
    assert key == second.unwrap(wrapped, "cases", first.kek_id)
    assert first.kek_id == second.kek_id


def test_several_processes_at_first_start_agree_on_one_key(path: Path) -> None:
    """Whoever links its draft first wins; the others read the winner's key."""
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeyRing.open(path), range(24)))
    assert len({ring.kek_id for ring in rings}) == 1
    assert [path] == list(path.parent.iterdir())


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """The hub does not lock an operator out of a folder that it did not make."""
    tmp_path.chmod(0o755)
    KeyRing.open(tmp_path / "kek")
    assert mode_of(tmp_path) == 0o755


def test_a_missing_key_file_is_not_replaced_when_the_store_is_sealed(path: Path) -> None:
    """A new key would only hide the loss: the error says what is lost and what to do."""
    with pytest.raises(KeyFileError, match=r"is missing.*backup.*nothing that was stored about clients"):
        KeyRing.open(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    ["", "naru-kek-1 ", "naru-kek-1 c2hvcnQ=", "naru-kek-2 " + "A" * 43 + "=", "naru-kek-1 " + "A" * 43 + "=\nmore"],
    ids=["empty", "no key", "short", "another version", "more lines"],
)
def test_a_file_that_is_no_key_file_is_refused_without_showing_it(path: Path, content: str) -> None:
    """The error names the file and what it should be, never what it holds."""
    path.parent.mkdir(parents=True)
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="is no key file") as caught:
        KeyRing.open(path)
    assert "AAAA" not in str(caught.value)
    assert "c2hvcnQ" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    """A binary file in the key file's place is an error of ours, not of the decoder's."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff" * 32)
    with pytest.raises(KeyFileError, match="UnicodeDecodeError"):
        KeyRing.open(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    """A folder where the file should be is told, too."""
    path.mkdir(parents=True)
    with pytest.raises(KeyFileError, match="IsADirectoryError"):
        KeyRing.open(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_is_open_to_others_is_refused(path: Path, mode: int) -> None:
    """As ssh does: a key that others can read is none."""
    KeyRing.open(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        KeyRing.open(path)


def test_another_key_file_is_told_by_its_id(tmp_path: Path) -> None:
    """The error names both ids, so that an operator finds the right file."""
    right, wrong = KeyRing.open(tmp_path / "right"), KeyRing.open(tmp_path / "wrong")
    wrapped = right.wrap(new_key(), "cases")
    with pytest.raises(KeyFileError, match=f"{right.kek_id}.*wrong holds the key {wrong.kek_id}"):
        wrong.unwrap(wrapped, "cases", right.kek_id)


def test_a_wrapped_key_belongs_to_its_context(path: Path) -> None:
    """One case's wrapped key does not unwrap as another case's."""
    ring = KeyRing.open(path)
    wrapped = ring.wrap(new_key(), "cases.wrapped_key:cas_1")
    with pytest.raises(SealBrokenError):
        ring.unwrap(wrapped, "cases.wrapped_key:cas_2", ring.kek_id)


def test_the_ring_shows_no_key(path: Path) -> None:
    """Neither `repr` nor the id of the key tells the key."""
    ring = KeyRing.open(path)
    assert path.read_text().split()[1] not in repr(ring)
    assert len(ring.kek_id) == 16
