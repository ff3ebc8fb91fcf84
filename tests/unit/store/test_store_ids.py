"""Ids: in the order in which they were made, and no two the same."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hub.store import ids
from hub.store.ids import new_id


def test_ids_of_a_process_are_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within one millisecond, and after the clock was set back by a year; a later moment is a later id all the same."""
    made = [new_id("tst")]
    for year in (60, 59, 61):
        stands = SimpleNamespace(time_ns=lambda year=year: year * 365 * 86_400 * 10**9)
        monkeypatch.setattr(ids, "time", stands)
        made += [new_id("tst") for _ in range(2_000)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {30}
