"""Writes `docs/conformance.md`: every adapter in every scenario, with counts.

`python tests/conformance/conformance.py [--check]`. Computed from what is declared (`fault_rows`, `file_rows`,
`hub_rules`, the suite's checks); `test_every_fault.py` and the agencies' suites hold adapters, mocks and hub to it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classification import main, table
from fault_rows import HONEST, adapters, call_rows, callback_rows, mock_of, poll_rows, request_rows, spoken
from file_rows import FILE_ROWS, FileRow, file_agencies, file_rows
from hub_rules import End, last_step

from adapters.sdk import Repeat
from adapters.sdk.testing import BATCH_CHECKS, CHECKS, Row
from mocks.kit.lines import line_kind
from schemas.status import DeliveryStatus

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"

_HEAD = """\
# Every agency in every scenario

<!-- Written by `make generate`; `make check` says when it is stale. -->

Computed from the tables that the tests hold everybody to: nothing here is a figure of one run. The suite of an agency stands in `tests/conformance/test_<slug>_against_mock.py`, one file for each, and there is none over all: `pytest tests/conformance -k TestConformance` runs them together; faults, and what the hub makes of them, in `tests/conformance/test_every_fault.py`, which also lets every fault do nothing and sees its check fail. What each adapter says of each fault: [classification.md](classification.md).
"""  # noqa: E501 - one paragraph of a page is one line

_SUITE_HEAD = """\
## The suite

Each check runs against the agency's mock, from outside: orders go in; bytes, outcomes, errors and logs come out.
"""

_ENDS_HEAD = """\
## How a referral ends

One referral through the hub, for each fault. It strikes the first three calls (of files: the first one that it can); then the agency behaves, and its contract's settling time or deadline passes. *1 act* is one registration in the agency's own books, however often the hub called; what waits for a person is never sent again by itself. ×: by how many faults it is tried.
"""  # noqa: E501 - the same

_NEVER_HEAD = """\
## A reply that is lost

`accept_then_lose_reply`: the agency acts, and nobody hears of it. *Settling* is the contract's; wherever the hub asks, also where the same key may not be sent again because a consent is gone, it believes *not found* no earlier than a minute after the send, or the agency's time-out, if longer.
"""  # noqa: E501 - the same

_FILES_HEAD = """\
## Files that go wrong

A referral that is alone in its file, some days later.
"""

SCENARIOS: Mapping[str, frozenset[str]] = {
    "all is well": frozenset({"none"}),
    "nobody is there": frozenset({"refuse_connection"}),
    "the request is lost": frozenset({"reset_while_sending", "reset_before_acceptance", "no_answer"}),
    "the agency, or what stands before it, asks to wait": frozenset(
        {"busy_429", "busy_429_retry_after", "busy_503", "busy_503_retry_after", "maintenance_page"}
    ),
    "the reply is lost": frozenset(
        {"accept_then_lose_reply", "reset_after_acceptance", "cut_short", "wrong_content_length", "slow_drip"}
    ),
    "the reply is lost, and look-ups show nothing yet": frozenset({"accept_then_hide"}),
    "the agency breaks down, before or after it acted": frozenset(
        {"agency_fault_200", "agency_fault_500", "agency_fault_after_acceptance"}
    ),
    "the reply is no reply": frozenset({"empty_200", "empty_202", "truncated_body", "other_operation_reply"}),
    "the reply is in another encoding": frozenset({"mislabelled_encoding", "wrong_encoding"}),
    "the reply is made to harm": frozenset({"gzip_bomb", "deep_nesting", "dtd_entity"}),
    "the reply proves nothing": frozenset(
        {"unsigned_fault", "unsigned_reply", "wrongly_signed_reply", "foreign_signed_reply", "stale_reply"}
    ),
}
"""Faults of calls, by what they have in common. Every fault that can strike a registration is in one of them."""


def page() -> str:
    """Return the whole page."""
    return f"{_HEAD}\n{_in_numbers()}\n{_suite()}\n{_ends()}\n{_lost_replies()}\n{_files()}"


def suite_of(slug: str) -> Sequence[Any]:
    """Return the checks that an agency's suite runs."""
    return BATCH_CHECKS if slug in file_agencies() else CHECKS


def _in_numbers() -> str:
    titles = ["agency", "line", "a lost answer", "suite", "faults", "calls struck", "referrals", "polls", "callbacks"]
    whole: Counter[str] = Counter()
    lines = []
    for slug, adapter in adapters().items():
        struck = call_rows(slug)
        bad_files = len(file_rows(slug)) - 1 if slug in file_agencies() else 0
        counted = {
            "suite": len(suite_of(slug)),
            "faults": len(struck) + len(callback_rows(slug)) + bad_files,
            "calls struck": sum(len(verbs) for _, verbs in struck),
            "referrals": len(request_rows(slug)) + bad_files,
            "polls": len(poll_rows(slug)),
            "callbacks": len(callback_rows(slug)),
        }
        whole.update(counted)
        lines.append([slug, line_kind(mock_of(slug)), adapter.profile.repeat, *map(str, counted.values())])
    lines.append(["**all**", "", "", *(str(whole[title]) for title in titles[3:])])
    words = (
        "*suite*: checks of the conformance suite · *faults*: those that the agency's line can have · *calls struck*: "
        "faults × verbs · the last three: through the hub, under each fault that can strike them."
    )
    return f"## In numbers\n\n{table(titles, lines)}\n{words}\n"


def _suite() -> str:
    tables = []
    for checks in (CHECKS, BATCH_CHECKS):
        slugs = [slug for slug in adapters() if suite_of(slug) is checks]
        rows = [[f"`{check.__name__.removeprefix('check_')}`", _sentence(check)] for check in checks]
        kind = "files" if checks is BATCH_CHECKS else "calls"
        tables.append(f"For {kind}: {', '.join(slugs)}.\n\n{table(['check', 'what must hold'], rows)}")
    joined = "\n".join(tables)
    return f"{_SUITE_HEAD}\n{joined}"


def _sentence(check: Any) -> str:
    return str(check.__doc__).partition("\n")[0]


def _ends() -> str:
    callers = [slug for slug, adapter in adapters().items() if spoken(adapter)]
    rows = []
    for scenario, faults in SCENARIOS.items():
        cells = []
        for slug in callers:
            struck = [row for row in (HONEST, *request_rows(slug)) if row.fault in faults]
            cells.append(_counted([_in_words(last_step(adapters()[slug], row)) for row in struck]))
        rows.append([scenario, *cells])
    for title, rows_of in (
        ("a poll is answered badly", poll_rows),
        ("a callback comes twice, late, overtaken", callback_rows),
    ):
        rows.append([title, *(_counted(["where the agency is"] * len(rows_of(slug))) for slug in callers)])
    return f"{_ENDS_HEAD}\n{table(['scenario', *callers], rows)}"


def _counted(words: Sequence[str]) -> str:
    return "<br>".join(f"{word} ×{number}" for word, number in Counter(words).items()) or "–"


def _in_words(end: End | FileRow) -> str:
    acts = f"{end.acts} act" if end.acts else "no act"
    if end.person:
        return f"a person; {acts}"
    return acts if end.status is DeliveryStatus.DELIVERED else f"{end.status}, {acts}"


_RULES = {
    Repeat.KEYED: "sends the same key again: the agency answers with its first receipt",
    Repeat.LOOKUP: "looks up by our key; believes *not found* after the settling time only",
    Repeat.BATCH: "waits for the result file; past its deadline a person decides",
    Repeat.NEVER: "never sends again: a person decides",
}


def _lost_replies() -> str:
    lost = "accept_then_lose_reply"
    rows = []
    for slug, adapter in adapters().items():
        found: Sequence[Row] = [row for row in request_rows(slug) if row.fault == lost]
        end = FILE_ROWS["result_missing"] if slug in file_agencies() else last_step(adapter, found[0])
        settling = f"{adapter.profile.settling_seconds:g} s" if adapter.profile.settling_seconds else "–"
        rows.append([slug, adapter.profile.repeat, settling, _RULES[adapter.profile.repeat], _in_words(end)])
    return f"{_NEVER_HEAD}\n{table(['agency', 'repeat', 'settling', 'the hub', 'the end'], rows)}"


def _files() -> str:
    rows = [
        [f"`{name}`", ", ".join(slug for slug in file_agencies() if row in file_rows(slug)), _in_words(row), row.why]
        for name, row in FILE_ROWS.items()
    ]
    return f"{_FILES_HEAD}\n{table(['fault', 'agencies', 'the end', 'because'], rows)}"


if __name__ == "__main__":
    sys.exit(main(PAGE, page))
