"""Writes `docs/classification.md`: what each adapter says of each fault, and what the hub does next.

`python tests/conformance/classification.py [--check]`. Nothing is measured here: the page is the declared table
(`adapters/sdk/testing/fault_table.py`, the adapters' `faults.toml`) and the hub's own rules (`hub_rules.py`);
`test_every_fault.py` holds adapters, mocks and hub to both.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from fault_rows import adapters, call_rows, callback_rows, poll_rows, request_rows, spoken
from finding_rows import FINDING_ROWS
from hub_rules import next_step

from adapters.sdk.testing import ROWS, Says
from mocks.kit.fault_catalogue import CATALOGUE, Moment

PAGE = Path(__file__).parents[2] / "docs" / "classification.md"

_HEAD = """\
# How every call can end

<!-- Written by `make generate`; `make check` says when it is stale. -->

Every way in which the line to an agency can break: what its adapter says, why, and what the hub does next. The tables are data ([`fault_table.py`](../adapters/sdk/testing/fault_table.py), and `faults.toml` beside an adapter whose contract says more); `tests/conformance/test_every_fault.py` makes every fault happen on a real socket, for every verb of every registered adapter that it can strike, counts the acts in the mock's ledger, sends a referral through the hub under each fault, and sees each check fail when its fault does nothing. So nothing here is measured: it is computed from what is declared, and the tests hold adapters, mocks and hub to that. How each agency fares in every scenario: [conformance.md](conformance.md). A fault of the mocks is set by `PUT /_mock/<slug>/faults` ([mocks.md](mocks.md)).

What an adapter can say (`adapters/sdk/errors.py`): **answer**, its outcome as if nothing were wrong · **not sent**, no byte left this machine · **busy**, the agency documents that it did nothing · **uncertain**, it may have arrived · **bad reply**, the same, and what came is no answer of the contract · **hostile reply**, the same, and the log has an alarm · misconfigured, a person must mend something: no fault of an agency is that.
"""  # noqa: E501 - one paragraph of a page is one line

_FAULTS_HEAD = """\
## What the adapters say

Every verb says the same, reads and writes alike, for the same is known: only what follows differs. A dash: the line has no such thing, such as a signature; a telegram line has neither statuses nor labels. What goes wrong with files, and only with them: [conformance.md](conformance.md).
"""  # noqa: E501 - the same

_NEXT_HEAD = """\
## What the hub does next

After the first try of a verb; to it a bad or hostile reply is an uncertain call. What is *pending* was surely not done.
"""

_CALLBACKS_HEAD = """\
## Callbacks

The hub ends where the agency is, and every fact is taken once.
"""

_JUDGED = [Says.ANSWER, Says.NOT_SENT, Says.BUSY, Says.UNCERTAIN]
"""What the hub tells apart; nothing in the catalogue is our own set-up's fault."""

_FINDINGS_HEAD = """\
## What was measured before the start

How SOAP over httpx was seen to break, what each means, and the tests that hold it.
"""


def page() -> str:
    """Return the whole page."""
    return f"{_HEAD}\n{_in_numbers()}\n{_faults()}\n{_next_steps()}\n{_callbacks()}\n{_findings()}"


def _in_numbers() -> str:
    columns = [Says.ANSWER, Says.NOT_SENT, Says.BUSY, Says.UNCERTAIN, Says.BAD_REPLY, Says.HOSTILE]
    whole: Counter[str] = Counter()
    lines = []
    for slug in (slug for slug, adapter in adapters().items() if spoken(adapter)):
        counted: Counter[str] = Counter()
        for row, verbs in call_rows(slug):
            counted.update({"calls": len(verbs), str(row.says): len(verbs)})
        through_the_hub = len(request_rows(slug)) + len(poll_rows(slug))
        counted.update({"hub": through_the_hub, "callbacks": len(callback_rows(slug))})
        whole.update(counted)
        lines.append([slug, *_counts(counted, columns)])
    lines.append(["**all**", *_counts(whole, columns)])
    titles = ["agency", "calls (faults × verbs)", *columns, "through the hub", "callbacks"]
    return f"## In numbers\n\n{table(titles, lines)}"


def _counts(counted: Counter[str], columns: Iterable[Says]) -> list[str]:
    return [str(counted[name]) for name in ("calls", *columns, "hub", "callbacks")]


def _faults() -> str:
    """One row a fault, one column an agency; what an agency's contract says beyond the general rule stands below."""
    tables = {slug: {row.fault: row for row, _ in call_rows(slug)} for slug, one in adapters().items() if spoken(one)}
    rows, notes = [], []
    for name, general in ROWS.items():
        if CATALOGUE[name].moment is Moment.CALLBACK:
            continue
        cells = []
        for slug, rows_of in tables.items():
            row = rows_of.get(name)
            differs = row is not None and row.why != general.why
            cells.append("–" if row is None else f"**{row.says}**" if differs else str(row.says))
            if row is not None and differs:
                notes.append(f"- {slug}, `{name}`: {row.why}.\n")
        rows.append([f"`{name}`", "yes" if CATALOGUE[name].acts else "no", *cells, general.why])
    whole = table(["fault", "the act happens", *tables, "because"], rows)
    return f"{_FAULTS_HEAD}\n{whole}\nWhere a contract says more (bold):\n\n{''.join(notes)}"


def _next_steps() -> str:
    rows = [
        [slug, verb, *(next_step(adapter, verb, says).words if says in said else "–" for says in _JUDGED)]
        for slug, adapter in adapters().items()
        for said in [{row.says for row, verbs in call_rows(slug)}]
        for verb in spoken(adapter)
    ]
    return f"{_NEXT_HEAD}\n{table(['agency', 'verb', *_JUDGED], rows)}"


def _callbacks() -> str:
    heard = {slug: {row.fault for row in callback_rows(slug)} for slug in adapters()}
    rows = [
        [f"`{name}`", ", ".join(slug for slug, faults in heard.items() if name in faults), row.why]
        for name, row in ROWS.items()
        if CATALOGUE[name].moment is Moment.CALLBACK
    ]
    return f"{_CALLBACKS_HEAD}\n{table(['fault', 'agencies', 'because'], rows)}"


def _findings() -> str:
    rows = [[row.happened, row.means, "<br>".join(_links(row.tests))] for row in FINDING_ROWS]
    return f"{_FINDINGS_HEAD}\n{table(['what happened', 'means', 'tests'], rows)}"


def _links(tests: Iterable[str]) -> Iterator[str]:
    """Yield one link a test function, with the names of its cases behind it."""
    cases: dict[str, list[str]] = {}
    for test in tests:
        function, _, case = test.partition("[")
        cases.setdefault(function, []).extend([case.removesuffix("]")] if case else [])
    for function, names in cases.items():
        path, _, name = function.partition("::")
        yield f"[`{name}`](../{path})" + (f": {'; '.join(names)}" if names else "")


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    lines = [list(titles)]
    lines += [["---"] * len(lines[0]), *map(list, rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main(path: Path = PAGE, made: Callable[[], str] = page) -> int:
    """Write a page, or check it; the exit status is 1 when a check finds it stale."""
    fresh = made()
    if "--check" in sys.argv[1:]:
        stale = not path.exists() or path.read_text(encoding="utf-8") != fresh
        if stale:
            sys.stderr.write(f"docs/{path.name} is stale. Run: make generate\n")
        return int(stale)
    path.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
