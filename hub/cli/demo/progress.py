"""Live progress: one line a case, on standard error, and nothing at all where nobody watches."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text


class Progress:
    """A table that fills while the cases go on; give the number of steps of each case."""

    def __init__(self, steps: Mapping[str, int], console: Console) -> None:
        self._steps = steps
        self._lines = {name: (0, Text("waits", style="dim")) for name in steps}
        self._live = Live(get_renderable=self._table, console=console, transient=True, refresh_per_second=10)
        self._watched = console.is_terminal

    def __enter__(self) -> Self:
        if self._watched:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watched:
            self._live.stop()

    def show(self, case: str, step: int, words: str) -> None:
        """Say which step a case is at."""
        self._lines[case] = (step, Text(words))

    def done(self, case: str) -> None:
        """Say that a case has reached its end."""
        self._lines[case] = (self._steps[case], Text("at its end", style="green"))

    def stop(self, case: str, why: str) -> None:
        """Say that a case came no further."""
        self._lines[case] = (self._lines[case][0], Text(why, style="red"))

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in ("case", "step", ""):
            table.add_column(heading, no_wrap=True)
        for case, (step, words) in self._lines.items():
            table.add_row(case, f"{step}/{self._steps[case]}", words)
        return table
