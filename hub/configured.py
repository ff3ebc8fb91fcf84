"""What every table of the configuration stands on: frozen, strict, silent about what was typed; and dated entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Table(BaseModel):
    """Base of every table: frozen, unknown keys are errors, no error shows what was typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class Dated(Table):
    """An entry that holds on the days in Korea from `from` to `to` (both included; without `to`: still)."""

    valid_from: Annotated[date, Field(alias="from")]
    valid_to: Annotated[date | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("`to` is before `from`")
        return self

    def holds_on(self, day: date) -> bool:
        """Return whether the entry is in force on a day in Korea."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Dated) -> bool:
        """Return whether there is a day on which both are in force."""
        first, second = (self, other) if self.valid_from <= other.valid_from else (other, self)
        return first.holds_on(second.valid_from)


def check_each_id_once_a_day(entries: Iterable[tuple[str, Dated]]) -> None:
    """Check that on no day two entries of one id are in force.

    Raises:
        ValueError: two are; it names the id and the day.
    """
    ordered = sorted(entries, key=lambda entry: (entry[0], entry[1].valid_from))
    for (name, earlier), (next_name, later) in pairwise(ordered):
        if name == next_name and earlier.holds_on(later.valid_from):
            raise ValueError(f"{name} stands twice on {later.valid_from}")
