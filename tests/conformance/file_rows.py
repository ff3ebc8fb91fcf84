"""What must become of a referral whose file goes wrong, for agencies that take files: one row a fault, with its reason.

The faults are those of `mocks.kit.file_faults`, and a line that is shut. Each strikes once; then the agency behaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fault_rows import NONE, adapters, mock_of

from adapters.sdk import Verb, capabilities
from mocks.kit.file_faults import EVERY_FAULT
from mocks.kit.lines import impossible_on
from schemas.status import DeliveryStatus

_DELIVERED, _REFUSED, _UNKNOWN = DeliveryStatus.DELIVERED, DeliveryStatus.REFUSED, DeliveryStatus.UNKNOWN


@dataclass(frozen=True)
class FileRow:
    """One fault, and where a referral that was alone in its file is some days later."""

    fault: str
    status: DeliveryStatus
    acts: int
    """Registrations that the agency then has."""
    why: str
    files: int = 1
    """Files of ours that it was in."""

    @property
    def person(self) -> bool:
        """Whether a person must decide."""
        return self.status is _UNKNOWN


_UNTOLD = "no result names it by its deadline: whether it was taken, a person must find out"
_WRONGLY = "the agency's word counts, even where it is wrong: staff see its code and correct or ask"

FILE_ROWS: Mapping[str, FileRow] = {
    row.fault: row
    for row in (
        FileRow(NONE, _DELIVERED, 1, "the result of the next morning names it"),
        FileRow("refuse_connection", _DELIVERED, 1, "the file lies there until somebody collects it; a person is asked "
                "at the deadline, and a late result still settles it"),
        FileRow("file_rejected", _DELIVERED, 1, "the agency took nothing of it: its members go into a new file",
                files=2),
        FileRow("line_refused_length", _REFUSED, 0, _WRONGLY),
        FileRow("line_refused_required", _REFUSED, 0, _WRONGLY),
        FileRow("line_refused_code", _REFUSED, 0, _WRONGLY),
        FileRow("result_missing", _UNKNOWN, 1, _UNTOLD),
        FileRow("result_late", _DELIVERED, 1, "it comes before the deadline"),
        FileRow("result_twice", _DELIVERED, 1, "the same line twice is one fact, whatever the files are called"),
        FileRow("result_half_written", _DELIVERED, 1, "half a file is left alone until it is whole"),
        FileRow("result_half_aside", _DELIVERED, 1, "what has no final name is not looked at"),
        FileRow("result_wrong_count", _UNKNOWN, 1, "nothing of a file that contradicts itself is taken in"),
        FileRow("result_garbled", _UNKNOWN, 1, "nothing of a file that cannot be read is taken in"),
        FileRow("result_lines_missing", _UNKNOWN, 1, _UNTOLD),
        FileRow("result_lines_twice", _DELIVERED, 1, "the same line twice is one fact"),
        FileRow("result_unknown_line", _DELIVERED, 1, "the line that nobody knows goes to the shelf; the others count"),
    )
}  # fmt: skip
"""By the fault's name."""


def file_agencies() -> list[str]:
    """Return the slugs of the registered agencies that take files."""
    return [slug for slug, adapter in adapters().items() if Verb.FOLD in capabilities(adapter)]


def file_rows(slug: str) -> list[FileRow]:
    """Return the rows of the faults that this agency's folders can have, and the one of none."""
    agency = mock_of(slug)
    own = {"refuse_connection", *agency.own_faults} - impossible_on(agency)
    return [FILE_ROWS[name] for name in (NONE, *EVERY_FAULT) if name in {NONE, *own}]
