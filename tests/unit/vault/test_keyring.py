"""The key file: made once, safely; read strictly; and told plainly when it is lost or not the right one."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.vault.boxes import SealBrokenError, new_key
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "keys" / "kek"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_makes_a_key_file_that_nobody_else_reads(path: Path) -> None:
    """0600, in a folder 0700, with nothing left beside it."""
    KeyFile.open(path)
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)
    assert [path] == list(path.parent.iterdir())


def test_the_next_start_reads_the_same_key(path: Path) -> None:
    """What was wrapped before a restart unwraps after it."""
    first, key = KeyFile.open(path), new_key()
    (kek_id,), second = first.kek_ids(), KeyFile.open(path)
    assert key == second.unwrap(first.wrap(key, "cases", kek_id), "cases", kek_id)
    assert first.kek_ids() == second.kek_ids()


def test_several_processes_at_first_start_agree_on_one_key(path: Path) -> None:
    """Whoever links its draft first wins; the others read the winner's key."""
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeyFile.open(path), range(24)))
    assert len({ring.kek_ids() for ring in rings}) == 1
    assert [path] == list(path.parent.iterdir())


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """The hub does not lock an operator out of a folder that it did not make."""
    tmp_path.chmod(0o755)
    KeyFile.open(tmp_path / "kek")
    assert mode_of(tmp_path) == 0o755


def test_a_missing_key_file_is_not_replaced_when_the_store_is_sealed(path: Path) -> None:
    """A new key would only hide the loss: the error says what is lost and what to do."""
    with pytest.raises(KeyFileError, match=r"is missing.*backup.*nothing that was stored about clients"):
        KeyFile.open(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    ["", "naru-kek-1 ", "naru-kek-1 c2hvcnQ=", "naru-kek-2 " + "A" * 43 + "=", "naru-kek-1 " + "A" * 43 + "=\nmore"],
    ids=["empty", "no key", "short", "another version", "another line"],
)
def test_a_file_that_is_no_key_file_is_refused_without_showing_it(path: Path, content: str) -> None:
    """The error names the file and what it should be, never what it holds."""
    path.parent.mkdir(parents=True)
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="is no key file") as caught:
        KeyFile.open(path)
    assert "AAAA" not in str(caught.value)
    assert "c2hvcnQ" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    """A binary file in the key file's place is an error of ours, not of the decoder's."""
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff" * 32)
    with pytest.raises(KeyFileError, match="UnicodeDecodeError"):
        KeyFile.open(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    """A folder where the file should be is told, too."""
    path.mkdir(parents=True)
    with pytest.raises(KeyFileError, match="IsADirectoryError"):
        KeyFile.open(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_is_open_to_others_is_refused(path: Path, mode: int) -> None:
    """As ssh does: a key that others can read is none."""
    KeyFile.open(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        KeyFile.open(path)


def test_another_key_file_is_told_by_its_id(tmp_path: Path) -> None:
    """The error names both ids, so that an operator finds the right file."""
    right, wrong = KeyFile.open(tmp_path / "right"), KeyFile.open(tmp_path / "wrong")
    (kek_id,), (other,) = right.kek_ids(), wrong.kek_ids()
    wrapped = right.wrap(new_key(), "cases", kek_id)
    with pytest.raises(KeyFileError, match=f"{kek_id}.*wrong holds the key {other}"):
        wrong.unwrap(wrapped, "cases", kek_id)


def test_a_wrapped_key_belongs_to_its_context(path: Path) -> None:
    """One case's wrapped key does not unwrap as another case's."""
    ring = KeyFile.open(path)
    (kek_id,) = ring.kek_ids()
    wrapped = ring.wrap(new_key(), "cases.wrapped_key:cas_1", kek_id)
    with pytest.raises(SealBrokenError):
        ring.unwrap(wrapped, "cases.wrapped_key:cas_2", kek_id)


def test_the_ring_shows_no_key(path: Path) -> None:
    """Neither `repr` nor the id of the key tells the key."""
    ring = KeyFile.open(path)
    assert path.read_text().split()[1] not in repr(ring)
    assert [len(kek_id) for kek_id in ring.kek_ids()] == [16]


def test_a_key_is_added_behind_the_others_and_taken_up_by_who_has_the_file_open(path: Path) -> None:
    """A running process sees the new key by itself; both keys open; the file is still nobody else's."""
    running, command = KeyFile.open(path), KeyFile.open(path)
    (old,) = running.kek_ids()
    new = command.add()
    assert ((old, new), (old, new), 0o600) == (running.kek_ids(), command.kek_ids(), mode_of(path))
    key = new_key()
    assert {running.unwrap(command.wrap(key, "x", kek_id), "x", kek_id) for kek_id in (old, new)} == {key}
    assert [path] == list(path.parent.iterdir())


def test_a_key_that_is_missing_is_looked_for_once_more_before_it_is_an_error(path: Path) -> None:
    """Whoever meets a box of a key that came a moment ago opens it."""
    running, command = KeyFile.open(path), KeyFile.open(path)
    new, key = command.add(), new_key()
    assert key == running.unwrap(command.wrap(key, "x", new), "x", new)


def test_a_key_set_apart_is_kept_beside_the_file_and_not_named_any_more(path: Path) -> None:
    """It wraps nothing new, lies in a file of its own for old backups, and opens what was read a moment ago."""
    running = KeyFile.open(path)
    (old,), key = running.kek_ids(), new_key()
    wrapped = running.wrap(key, "x", old)
    command = KeyFile.open(path)
    new = command.add()
    (apart,) = command.set_apart({old})
    assert ((new,), f"kek.retired-{old}", 0o600) == (running.kek_ids(), apart.name, mode_of(apart))
    assert {ring.unwrap(wrapped, "x", old) for ring in (running, KeyFile.open(apart))} == {key}
    with pytest.raises(KeyFileError, match=f"the key {old}, but"):
        KeyFile.open(path).unwrap(wrapped, "x", old)


def test_the_last_key_is_never_set_apart(path: Path) -> None:
    """A key file without a key would be a lost store."""
    ring = KeyFile.open(path)
    with pytest.raises(KeyFileError, match="empty"):
        ring.set_apart(ring.kek_ids())
    assert ring.kek_ids() == KeyFile.open(path).kek_ids()


@pytest.mark.parametrize("harm", ["gone", "half copied", "open"])
def test_a_file_that_goes_bad_takes_no_key_from_a_running_process(path: Path, harm: str) -> None:
    """What was read stays at hand, what is wrong is told without showing a key, and passes when the file is right."""
    ring, text = KeyFile.open(path), path.read_text()
    named = ring.kek_ids()
    {"gone": path.unlink, "half copied": lambda: path.write_text(text[:30]), "open": lambda: path.chmod(0o644)}[harm]()
    assert named == ring.kek_ids()
    assert ring.trouble is not None
    assert text[11:30] not in ring.trouble
    path.write_text(text)
    path.chmod(0o600)
    assert (named, None) == (ring.kek_ids(), ring.trouble)
