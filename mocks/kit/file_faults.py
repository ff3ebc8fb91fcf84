"""The fault catalogue of batch agencies: every way in which the exchange of files can go wrong, by name.

`fault_catalogue` has those of calls. The agency itself carries these out, since they take its records; a
`Moment.FILE_IN` fault strikes a file of the centre's when it is taken in, a `Moment.FILE_OUT` one a file of the
agency's when it is laid down. `seconds` are of business time. `GET /_mock/faults` publishes this table too.
"""

from __future__ import annotations

from collections.abc import Mapping

from mocks.kit.fault_catalogue import CATALOGUE, By, FaultKind, LineKind, Moment

_FILES = frozenset({LineKind.FILES})


def _taking_in(name: str, what: str) -> FaultKind:
    return FaultKind(name, acts=False, what=what, moment=Moment.FILE_IN, by=By.AGENCY, lines=_FILES)


def _laying_down(name: str, what: str, seconds: float | None = None) -> FaultKind:
    return FaultKind(name, acts=True, what=what, moment=Moment.FILE_OUT, by=By.AGENCY, lines=_FILES, seconds=seconds)


FILE_CATALOGUE: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        _taking_in("file_rejected", "The whole file is rejected, 건수불일치, though its counts are right."),
        _taking_in("line_refused_length", "The first new line is refused for its length (길이), wrongly."),
        _taking_in("line_refused_required", "The first new line is refused for a missing value (필수값), wrongly."),
        _taking_in("line_refused_code", "The first new line is refused for a code (코드값), wrongly."),
        _laying_down("result_missing", "The file is never laid down."),
        _laying_down("result_late", "The file is laid down `seconds` late.", seconds=86_400),
        _laying_down("result_twice", "The file is laid down twice, the second time under the next number."),
        _laying_down(
            "result_half_written", "Half of the file lies under its final name, and `seconds` later the whole.", 3600
        ),
        _laying_down(
            "result_half_aside",
            "Half of the file lies under a name of its writer's, and `seconds` later the whole.",
            3600,
        ),
        _laying_down("result_wrong_count", "The trailer counts one record too many."),
        _laying_down("result_garbled", "A Hangul is cut in half, so that the bytes of a field are no text."),
        _laying_down("result_lines_missing", "The last line is left out, and the counts agree with that."),
        _laying_down("result_lines_twice", "Every line stands twice, and the counts agree with that."),
        _laying_down("result_unknown_line", "A line too many, with a key that nobody sent."),
    )
}
"""Every fault of a file by its name."""

EVERY_FAULT: Mapping[str, FaultKind] = {**CATALOGUE, **FILE_CATALOGUE}
"""Those of calls and those of files."""
