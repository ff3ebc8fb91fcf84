"""Whether an agency is reached: what every call says of its lane, and the two lines that an operator's alarm hangs on.

What follows from a call is decided in `lanes.py`; here it is stored, and told once it is committed.
"""

from __future__ import annotations

import logging
from datetime import datetime

import structlog
from sqlalchemy import Connection

from hub.agencies import ActiveAgency
from hub.delivery.acts import Act
from hub.delivery.lanes import Alert, after_call, verdict_of
from hub.delivery.room import Room
from hub.delivery.turns import limits_of
from hub.delivery.waits import asked_seconds
from hub.notices.alarms import Alarm, raise_alarm
from hub.store.lanes import lane_of, save_lane

_log = structlog.get_logger("naru.delivery")


def note_call(
    conn: Connection,
    room: Room,
    agency: ActiveAgency,
    about: str | None,
    result: object,
    now: datetime,
    act: Act | None = None,
) -> Alert | None:
    """Store what the result of a call says of its lane; return what is to be told of it once this is committed.

    `about`: the delivery or file that was sent; None if the call was about nobody. `act`: as for `verdict_of`.
    """
    before, wait = lane_of(conn, agency.slug), asked_seconds(result)
    after, alert = after_call(before, limits_of(room, agency), about, verdict_of(result, act), now, wait)
    if after != before:
        save_lane(conn, after)
    if alert is not None:
        raise_alarm(conn, Alarm(alert), agency.slug, now)
    return alert


def tell(alert: Alert | None, slug: str) -> None:
    """Log an alert, once for each outage."""
    if alert is not None:
        _log.log(logging.ERROR if alert is Alert.OUTAGE_BEGAN else logging.WARNING, alert.value, agency=slug)
