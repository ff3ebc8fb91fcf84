"""Alarms about agencies: what centres may be told of an agency's lane, beside what happens to their own referrals."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from hub.store.lanes import lane_of, pause_lane
from hub.store.messages import post_alarm

MISCONFIGURED = "misconfigured"


class Alarm(StrEnum):
    """What an alarm tells; the first two as `hub/delivery/lanes.py` names them."""

    OUTAGE_BEGAN = "outage_began"
    """The agency is not reached any more; its referrals wait."""
    OUTAGE_ENDED = "outage_ended"
    """It answers again, and what waited is sent."""
    MISCONFIGURED = MISCONFIGURED
    """Its lane is paused until operators mend the set-up."""
    CALL_SHELVED = "call_shelved"
    """It told about referrals that we do not know; calls that waited in vain were put on the shelf."""


def raise_alarm(conn: Connection, alarm: Alarm, agency: str, at: datetime) -> None:
    """Tell every webhook that asks for alarms, in the transaction in which it became true."""
    post_alarm(conn, at, type=f"agency.{alarm}", agency=agency)


def pause_misconfigured(conn: Connection, agency: str, at: datetime) -> None:
    """Pause a lane whose set-up a person must mend; the alarm is raised once."""
    if lane_of(conn, agency).reason != MISCONFIGURED:
        raise_alarm(conn, Alarm.MISCONFIGURED, agency, at)
    pause_lane(conn, agency, at, "hub", MISCONFIGURED)
