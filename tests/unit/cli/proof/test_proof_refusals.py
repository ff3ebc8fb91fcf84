"""What `naru proof` refuses to begin with, in words, and without what is secret of an address."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import proof

EXAMPLES = Path(__file__).parents[4] / "examples"
GIVEN = "NARU_TEST_POSTGRES_URL"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://naru:hunter2@127.0.0.1:1/postgres",
        "postgresql://naru:hunter2@127.0.0.1:port/postgres",
        "host=127.0.0.1 port=1 user=naru password=hunter2",
        "naru:hunter2@127.0.0.1",
        "mysql://naru:hunter2@127.0.0.1:1/naru",
    ],
)
def test_a_server_that_is_none_is_said(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A given server that does not answer, or whose address is none, is named by its variable, never quoted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(GIVEN, url)
    told = CliRunner().invoke(proof.app, ["--store", "postgresql", "--examples", str(EXAMPLES)])
    assert told.exit_code == 2
    assert told.output.startswith(f"naru: {GIVEN}: no database can be made on the PostgreSQL server (")
    assert len(told.output.splitlines()) == 1
    assert "hunter2" not in told.output
