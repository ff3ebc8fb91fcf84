"""Alarms of an agency's lane reach the webhooks that ask for them, once for each, with the delivery's own store."""

from __future__ import annotations

from ferry import Landing
from sqlalchemy import select
from structlog.testing import capture_logs

from hub.notices.desk import Desk, Subject
from hub.store.tables import webhook_messages


def types(landing: Landing) -> list[str]:
    """Return what the webhooks are told of agencies, in order."""
    query = select(webhook_messages.c.type).where(webhook_messages.c.agency == "ferry")
    return landing.store.read_now(lambda conn: list(conn.execute(query.order_by(webhook_messages.c.at)).scalars()))


def listen(landing: Landing) -> None:
    """Register a webhook that asks for alarms."""
    desk = Desk(landing.clock, landing.vault, 10)
    landing.do(desk.register, "https://centre.example/", (Subject.AGENCY,))


def test_an_outage_is_told_when_it_begins_and_when_it_ends(landing: Landing) -> None:
    """However many referrals find the agency away, it is told once."""
    listen(landing)
    for number in range(7):
        landing.accept(name=f"홍길동{number}")
    landing.agency.script.extend(["refuse_connection"] * 9)
    landing.work()
    assert types(landing) == ["agency.outage_began"]
    landing.settle()
    assert types(landing) == ["agency.outage_began", "agency.outage_ended"]


def test_a_wrong_set_up_is_told_once(landing: Landing) -> None:
    """The lane is paused, and operators are not the only ones who know."""
    listen(landing)
    landing.agency.script.append("misconfigured")
    landing.accept()
    with capture_logs() as logs:
        landing.work()
    assert types(landing) == ["agency.misconfigured"]
    assert [line["agency"] for line in logs if line["event"] == "lane_paused"] == ["ferry"]
