"""The lane of an agency that takes files: closed by hours and maintenance; one alert an outage, one when it ends."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest
from barge import Dock
from ferry import START
from structlog.testing import capture_logs
from test_alarms import listen, types

from adapters.sdk import Maintenance, NotSentError, ServiceHours
from adapters.sdk.kst import KST
from schemas.status import DeliveryStatus

D = DeliveryStatus
BEFORE, CUT_OFF, OPENS = (datetime(2026, 3, 3, hour, tzinfo=KST) for hour in (16, 17, 20))
NEXT_MORNING = datetime(2026, 3, 4, 9, tzinfo=KST)


@pytest.mark.parametrize(
    ("more", "opens"),
    [
        ({"maintenance": (Maintenance(BEFORE, OPENS),)}, OPENS),
        ({"service_hours": ServiceHours(time(9), time(16))}, NEXT_MORNING),
    ],
    ids=["점검", "hours that end before the cut-off"],
)
def test_while_an_agency_is_closed_its_folders_are_left_alone(
    dock_on_each: Dock, more: dict[str, Any], opens: datetime
) -> None:
    """No file is laid down, none is read; when it opens, the file of the cut-off that passed goes by itself."""
    dock = dock_on_each
    dock.more_settings |= more
    dock.start_process()
    referral_id = dock.accept()
    dock.clock.advance((BEFORE - START).total_seconds())
    dock.adapter.before_reading = [AssertionError("read")]
    dock.pass_time((opens - BEFORE).total_seconds() - 1)
    assert (dock.referral(referral_id).delivery, dock.office.ours) == (D.PENDING, [])
    assert dock.adapter.before_reading
    dock.adapter.before_reading = []
    dock.pass_time(1)
    assert (dock.referral(referral_id).delivery, len(dock.office.ours)) == (D.HANDED_OVER, 1)


def outages(logs: list[Any]) -> list[str]:
    """Return the alerts among what was logged."""
    return [one["event"] for one in logs if one["event"].startswith("outage_")]


def test_a_folder_that_is_gone_is_one_outage(dock_on_each: Dock) -> None:
    """However often it is looked at: one alert when it began, one when it is over, to webhooks too."""
    dock = dock_on_each
    listen(dock)
    dock.adapter.before_reading = [NotSentError("the folder failed")] * 12
    with capture_logs() as logs:
        dock.pass_time(55 * 60)
        assert outages(logs) == ["outage_began"]
        dock.pass_time(3600)
    assert (outages(logs), types(dock)) == (
        ["outage_began", "outage_ended"],
        ["agency.outage_began", "agency.outage_ended"],
    )


def test_a_folder_that_takes_no_file_is_one_outage_though_it_can_be_read(dock: Dock) -> None:
    """Reading it heals nothing: the alarm lasts until a file lies there, and is told once."""
    dock.adapter.before_writing = [NotSentError("no file could be written")] * 8
    referral_id = dock.accept()
    with capture_logs() as logs:
        dock.to_cut_off()
        while dock.adapter.before_writing:
            assert outages(logs) in ([], ["outage_began"])
            dock.pass_time(600)
        dock.pass_time(2 * 3600)
    assert (outages(logs), dock.referral(referral_id).delivery) == (["outage_began", "outage_ended"], D.HANDED_OVER)
