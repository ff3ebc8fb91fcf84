"""Tables of catalogues: the same strictness as the adapters', and secrets that are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from settings_bench import problems_of, read
from typer.testing import CliRunner

from hub.cli import app

SECRET = "hunter2-hunter2"
TABLE = '[catalogues.bokjiro]\nenabled = true\nbase_url = "{}"\n'
MOCK, LIVE = 'mode = "mock"\n', 'mode = "live"\n'


def test_none_is_enabled_by_itself(tmp_path: Path) -> None:
    """Installed is not active."""
    assert [table.enabled for table in read(tmp_path).catalogues.values()] == [False]


def test_an_enabled_one_needs_its_key_from_the_environment(tmp_path: Path) -> None:
    """The problem names the variable that sets it."""
    text = MOCK + TABLE.format("http://127.0.0.1:1")
    (problem,) = problems_of(tmp_path, text)
    assert "NARU_CATALOGUES__BOKJIRO__SERVICE_KEY" in problem
    assert problems_of(tmp_path, text, NARU_CATALOGUES__BOKJIRO__SERVICE_KEY=SECRET) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f'[catalogues.bokjiro]\nservice_key = "{SECRET}"\n', "NARU_CATALOGUES__BOKJIRO__SERVICE_KEY"),
        ("[catalogues.bokjiro]\npages = 3\n", "catalogues.bokjiro.pages"),
        ("[catalogues.bokjiro]\npage_rows = 501\n", "catalogues.bokjiro.page_rows"),
        ("[catalogues.library]\nenabled = true\n", "no such catalogue is installed (installed: bokjiro)"),
        ("[catalogue]\nfresh_hours = 0\n", "catalogue.fresh_hours"),
        ("[catalogue]\nfresh_hours = 48\nkeep_days = 1\n", "fresh_hours must not be longer than keep_days"),
        ("catalogues = 3\n", "catalogues"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, named: str) -> None:
    """By the name of the key, never by its value."""
    (problem,) = problems_of(tmp_path, text)
    assert named in problem
    assert SECRET not in problem


@pytest.mark.parametrize("url", ["http://portal.example", "https://127.0.0.1"])
def test_live_mode_takes_no_plain_wire_and_no_loopback(tmp_path: Path, url: str) -> None:
    """As of every agency."""
    (problem,) = problems_of(tmp_path, LIVE + TABLE.format(url), NARU_CATALOGUES__BOKJIRO__SERVICE_KEY=SECRET)
    assert problem.startswith("catalogues.bokjiro (config.toml): base_url: live mode")


def test_check_shows_it_without_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its state and settings, of the key only that it is set."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(MOCK + TABLE.format("http://127.0.0.1:1"), encoding="utf-8")
    shown = CliRunner().invoke(app, ["check"], env={"NARU_CATALOGUES__BOKJIRO__SERVICE_KEY": SECRET}).stdout
    assert "catalogue bokjiro: active" in shown
    assert "service_key=set" in shown
    assert SECRET not in shown
