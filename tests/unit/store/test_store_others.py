"""Who else is connected to a PostgreSQL store."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import text

from hub.store import others
from hub.store.others import check_no_others
from hub.store.store import Store


def test_a_session_that_ends_is_waited_for(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was just closed is still a session for a moment: it does not count, once it is gone."""
    sleep = others.sleep
    with closing(Store(postgres_url)) as store, closing(Store(postgres_url)) as leaving:
        leaving.read_now(lambda conn: conn.execute(text("SELECT 1")))
        looks = iter([leaving.close])

        def rest(seconds: float) -> None:
            next(looks, lambda: sleep(seconds))()

        monkeypatch.setattr(others, "sleep", rest)
        store.write_now(lambda conn: check_no_others(conn, "the store"))
        assert next(looks, None) is None
