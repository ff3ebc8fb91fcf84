"""The monthly review as a CSV table that a spreadsheet opens: sums, then each person, then what stands out.

A cell that a spreadsheet would take for a formula is made text: names and addresses come from outside.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime

from hub.audit.review import Access, Review, Tally

COLUMNS = (
    "구분", "행위자", "센터", "정보주체", "작업", "열람", "변경", "업무시간 외", "정보주체 수", "접속지", "처음",
    "마지막", "감사 번호",
)  # fmt: skip
"""Kind of row, actor, centre, client, action, reads, changes, off hours, persons, origins, first, last, place."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_ORIGINS_SHOWN = 5

Cell = str | int | None


def review_csv(review: Review, centres: Mapping[str, str]) -> str:
    """Return the table, beginning with a byte-order mark, for spreadsheets. `centres`: names by id."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(review, centres):
        writer.writerow([_safe(row.get(column)) for column in COLUMNS])
    return "\ufeff" + out.getvalue()


def _rows(review: Review, centres: Mapping[str, str]) -> Iterator[dict[str, Cell]]:
    for actor, tally in review.actors.items():
        yield {"구분": "행위자 합계", "행위자": actor, **_counted(tally, centres)}
    for (actor, person), tally in review.subjects.items():
        row = {"구분": "정보주체별", "행위자": actor, **_counted(tally, centres), "정보주체": person}
        yield row | {"정보주체 수": None}
    for access in review.off_hours:
        yield {"구분": "업무시간 외", **_access(access, centres)}
    for bulk in review.bulk:
        counts: dict[str, Cell] = {"열람": bulk.reads, "정보주체 수": bulk.persons, "처음": _moment(bulk.hour)}
        yield {"구분": "대량 조회", "행위자": bulk.actor, **counts}


def _counted(tally: Tally, centres: Mapping[str, str]) -> dict[str, Cell]:
    shown = sorted(tally.origins)[:_ORIGINS_SHOWN]
    more = len(tally.origins) - len(shown)
    return {
        "센터": ", ".join(sorted(centres.get(centre, centre) for centre in tally.centres)),
        "열람": tally.reads,
        "변경": tally.changes,
        "업무시간 외": tally.off_hours,
        "정보주체 수": len(tally.persons),
        "접속지": ", ".join(shown) + (f" (+{more})" if more else ""),
        "처음": _moment(tally.begin),
        "마지막": _moment(tally.end),
    }


def _access(access: Access, centres: Mapping[str, str]) -> dict[str, Cell]:
    entry = access.entry
    centre = entry.centre_id or ""
    return {
        "행위자": entry.actor,
        "센터": centres.get(centre, centre),
        "정보주체": entry.client_id,
        "작업": entry.action,
        "정보주체 수": len(access.persons),
        "접속지": entry.origin,
        "처음": _moment(access.local),
        "감사 번호": access.sequence,
    }


def _moment(local: datetime | None) -> str:
    return "" if local is None else local.strftime("%Y-%m-%d %H:%M:%S")


def _safe(cell: Cell) -> Cell:
    """Make text of what a spreadsheet would take for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
