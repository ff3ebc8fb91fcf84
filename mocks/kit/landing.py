"""The landing page: which mock agencies are here, and for each whether its contract is real or assumed."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from mocks.kit.agency import Reply, Request
from mocks.kit.control import complain
from mocks.kit.counter import Counter

_BASIS = {
    "real": "[S] real: read in a public source",
    "assumed": "[A] assumed: no public contract exists",
    "mixed": "[S]/[A] partly real, partly assumed",
}

_PAGE = """<!DOCTYPE html>
<html lang="ko">
<head><meta charset="utf-8"><title>naru mocks</title></head>
<body>
<h1>naru: mock agencies (모의 기관)</h1>
<p>Test doubles on this machine only. None of them is, speaks for, or is certified by the agency that it is named after.
실제 기관 시스템이 아닙니다.</p>
<table border="1">
<tr><th>agency</th><th>address</th><th>contract</th><th>what that means</th></tr>
{rows}
</table>
<p>Control API: <a href="/_mock/agencies">/_mock/agencies</a>, <a href="/_mock/faults">/_mock/faults</a>,
<a href="/_mock/clock">/_mock/clock</a>.</p>
</body>
</html>
"""


def landing_page(request: Request, counters: Mapping[str, Counter]) -> Reply:
    """Return the page at `/`."""
    if request.method not in {"GET", "HEAD"}:
        return complain(405, "only GET here", ("Allow", "GET, HEAD"))
    rows = "\n".join(_row(counter) for counter in counters.values())
    return Reply(200, _PAGE.format(rows=rows).encode(), "text/html; charset=utf-8")


def _row(counter: Counter) -> str:
    kind = counter.kind
    cells = (
        f"{kind.title} ({kind.slug})",
        counter.desk.base_url,
        _BASIS[kind.contract_basis],
        kind.contract_note,
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
