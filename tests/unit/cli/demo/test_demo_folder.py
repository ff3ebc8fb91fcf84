from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hub.cli.stage.folder import FolderInUseError, fresh_folder


def test_each_run_has_a_fresh_folder(tmp_path: Path) -> None:
    """What an earlier demo left is gone; what is secret only we may read."""
    place = tmp_path / "demo"
    (place / "old").mkdir(parents=True)
    (place / "old.log").write_text("old")
    with fresh_folder(place) as folder:
        assert sorted(path.name for path in place.iterdir()) == ["certificates", "ledger.key"]
        assert stat.S_IMODE(folder.ledger_key_file.stat().st_mode) == 0o600
        assert bytes.fromhex(folder.ledger_key_file.read_text()) == folder.ledger_key


def test_a_running_demo_is_left_alone(tmp_path: Path) -> None:
    """A second demo refuses, and touches nothing of the first; afterwards the folder is free again."""
    place = tmp_path / "demo"
    with fresh_folder(place):
        with pytest.raises(FolderInUseError, match="another one"), fresh_folder(place):
            pass
        assert (place / "ledger.key").exists()
    with fresh_folder(place) as again:
        assert again.path == place
