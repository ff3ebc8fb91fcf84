from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from hub.cli.demo.centre import CaseRecord
from hub.cli.demo.judge import failures
from hub.cli.demo.play import Performance, Played
from hub.cli.demo.report import as_json, clock_line, show, typed_next
from hub.cli.demo.samples import Sample
from mocks.auditor import Findings, read_book, read_promises
from mocks.auditor.audit import Finding

NOW = datetime(2025, 3, 4, 3, 0, tzinfo=UTC)
EXPECTED = {
    "agency": "community_center",
    "delivery": "delivered",
    "business": "assigned",
    "registrations": 1,
    "withdrawals": 0,
    "passed": ["unknown"],
    "not_sent": ["client.rrn"],
}
DOCUMENT: dict[str, Any] = {
    "client": {"name": "홍길동", "birth_date": "1968-02-09", "health_condition": "고혈압"},
    "consents": [],
    "referrals": [{"service_code": "WEL-EMERG", "opinion": "긴급함"}],
}


def performance(
    expected: dict[str, Any] | None = None, final: dict[str, Any] | None = None, *, operation: str = "register"
) -> Performance:
    """Return a performance of one case in which one act arrived."""
    sample = Sample("sample", "About it.", DOCUMENT, (), {"WEL-EMERG": EXPECTED | (expected or {})})
    record = CaseRecord("sample", handed_in_at="2025-03-04T02:00:00+00:00")
    referral = {"id": "ref_1", "service_code": "WEL-EMERG", "agency": "community_center"}
    record.accepted = {"id": "case_1", "consents": [], "referrals": [referral]}
    record.final = [
        referral
        | {"delivery": "delivered", "business": "assigned", "reason": None, "office": None, "receipt": "R-1",
           "wire_key": "K"}
        | (final or {})
    ]  # fmt: skip
    act = {"at": NOW.isoformat(), "operation": operation, "key": "K", "receipt": "R-1", "state": "", "changes": [],
           "fields": {"tgtrNm": "00", "tgtrRrno": "00"}}  # fmt: skip
    book = read_book("community_center", {"acts": [act]}, {"entries": []})
    events = {"WEL-EMERG": [{"delivery": "unknown"}, {"delivery": "delivered", "business": "received"}]}
    promises = read_promises({"sample": DOCUMENT}, {"cases": [record.as_json()]})
    findings = Findings((), (), (), (), {"ref_1": book.acts})
    played = Played(sample, record, events)
    return Performance((played,), promises, {"community_center": book}, findings, NOW, ())


def test_the_expected_end_is_no_failure() -> None:
    """A referral that is and was all that its sample says leaves nothing to complain about."""
    assert list(failures(performance({"not_sent": []}))) == []


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"delivery": "held"}, "delivery must be held and is delivered"),
        ({"business": None}, "business must be None and is assigned"),
        ({"agency": "haengbok"}, "agency must be haengbok and is community_center"),
        ({"reason": "consent_missing"}, "reason must be consent_missing and is None"),
        ({"office": "3820000"}, "office must be 3820000 and is None"),
        ({"registrations": 2}, "the agency must have 2 registrations and has 1"),
        ({"withdrawals": 1}, "the agency must have 1 withdrawals and has 0"),
        ({"passed": ["held"]}, "never was held on the way"),
        ({"not_sent": ["client.rrn"]}, "client.rrn reached the agency"),
    ],
)
def test_every_expectation_can_fail(expected: dict[str, Any], told: str) -> None:
    """Each kind of expectation, not met, is named with what was expected and what came."""
    wanted = {"not_sent": []} | expected
    assert list(failures(performance(wanted))) == [f"sample, WEL-EMERG: {told}"]


def test_a_case_that_stopped_fails() -> None:
    """A step that could not be done is a failure, and so is a referral that was never handed in."""
    played = performance({"not_sent": []})
    played.cases[0].trouble = "step 2 (await): did not come"
    played.cases[0].record.final = []
    assert list(failures(played)) == [
        "sample: step 2 (await): did not come",
        "sample, WEL-EMERG: was not handed in, or cannot be read",
    ]


@pytest.mark.parametrize("kind", ["lost", "duplicates", "unconsented", "altered"])
def test_every_finding_of_the_auditor_fails(kind: str) -> None:
    """Whatever the auditor finds fails the demo, also what is not counted in the JSON."""
    good = performance({"not_sent": []})
    finding = Finding("community_center", "sample", "WEL-EMERG", "something")
    spoilt = replace(good, findings=replace(good.findings, **{kind: (finding,)}))
    assert list(failures(spoilt)) == [f"sample, WEL-EMERG: {kind}: something"]


def test_the_object_has_the_promised_keys() -> None:
    """`--json` prints these keys and no others."""
    told = as_json(performance())
    assert told == {
        "cases": 1, "referrals": 1, "delivered": 1, "held": 0, "refused": 0, "cancelled": 0, "unknown": 0, "lost": 0,
        "duplicates": 0, "unconsented": 0,
        "by_referral": [
            {"case": "sample", "referral": "WEL-EMERG", "agency": "community_center", "delivery": "delivered",
             "business": "assigned", "receipt": "R-1", "reason": None},
        ],
        "roll_up": {"sample": {}},
    }  # fmt: skip


def test_the_report_shows_paths_and_never_values() -> None:
    """How much was sent, and what stayed, is told by field path; no value of the client is shown."""
    text = shown(120)
    assert "WEL-EMERG community_center: delivered, assigned, R-1" in text
    assert "1 of 5 fields sent" in text
    assert "sent beside the document's own: client: rrn" in text
    assert "health_condition" in text
    assert "not as it must be: something" in text
    assert not any(value in text for value in ("홍길동", "1968", "고혈압", "긴급함"))


@pytest.mark.parametrize("width", [80, 40, 20])
def test_a_narrow_terminal_cuts_no_word(width: int) -> None:
    """Lines break between words only: the same words as on a wide terminal, and within the width if one word is."""
    assert shown(width).split() == shown(1000).split()
    assert all(cell_len(line) <= width or len(line.split()) == 1 for line in shown(width).splitlines())


def shown(width: int) -> str:
    """Return the report of a performance with one failure, as a terminal of this width shows it."""
    out = StringIO()
    show(performance(), ["something"], Console(file=out, width=width))
    return out.getvalue()


def test_a_newcomer_is_told_how_a_case_moves_on() -> None:
    """Both orders to the mocks can be pasted: the control API's own addresses, JSON that is JSON."""
    lines = typed_next("http://127.0.0.1:1", "http://127.0.0.1:2/_mock", "key", "case.json", "naru {}".format).values()
    words = [shlex.split(line) for line in lines]
    orders = {line[line.index("POST") + 1]: json.loads(line[-1]) for line in words if "POST" in line}
    assert orders == {
        "http://127.0.0.1:2/_mock/AGENCY/advance": {"receipt": "RECEIPT", "to": "decided"},
        "http://127.0.0.1:2/_mock/clock": {"advance_seconds": 86400},
    }
    told = clock_line(NOW + timedelta(days=1, hours=2, seconds=0.4), NOW)
    assert "virtual, and 1 day, 2:00:00 ahead of this machine's: it says 2025-03-05 05:00 UTC" in told
