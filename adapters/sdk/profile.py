"""What an agency is to the hub, declared as data: its services, what it may see, how a lost answer is treated."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Literal

from adapters.sdk.kst import to_kst_day
from schemas.disclosure import FIELD_PATHS
from schemas.services import ServiceCode

_SLUG = re.compile(r"^[a-z][a-z0-9_]{1,39}$")
_KEY_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Repeat(StrEnum):
    """What may be done when an answer was lost."""

    KEYED = "keyed"
    """The agency dedupes our key: send again."""
    LOOKUP = "lookup"
    """Ask `find` first; "not found" is believed after the settling time, then send again."""
    BATCH = "batch"
    """The result file decides; past its deadline, a person."""
    NEVER = "never"
    """A person decides."""


@dataclass(frozen=True)
class WireKey:
    """The form of our key at an agency: `prefix` + KST day + random digits and capitals, `width` in all."""

    width: int
    prefix: str = "NR"

    def __post_init__(self) -> None:
        """Refuse a form that leaves less than 40 random bits (8 characters)."""
        if self.width - len(self.prefix) - 8 < 8:  # noqa: PLR2004 - both eights are named in the line above
            raise ValueError(f"a wire key of width {self.width} leaves too few random characters")

    def make(self, now: datetime) -> str:
        """Make a new key. The hub fixes it at intake and stores it: one for each delivery, for ever."""
        head = f"{self.prefix}{to_kst_day(now)}"
        return head + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(self.width - len(head)))


@dataclass(frozen=True)
class ServiceHours:
    """운영 시간: when an agency takes calls, KST, every day or on working days; what falls due outside waits.

    Raises:
        ValueError: it closes before it opens, or a time has an offset.
    """

    opens: time
    closes: time
    working_days_only: bool = True

    def __post_init__(self) -> None:
        """Refuse hours that never come, or of another zone."""
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("service hours are Korean times of day, without an offset")
        if self.closes <= self.opens:
            raise ValueError(f"service hours close ({self.closes}) before they open ({self.opens})")


@dataclass(frozen=True)
class Maintenance:
    """점검: a time during which an agency takes no calls, as it announced it; aware moments, the end not included.

    Raises:
        ValueError: it ends before it begins, or a moment has no offset.
    """

    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        if self.begins.tzinfo is None or self.ends.tzinfo is None or self.ends <= self.begins:
            raise ValueError("maintenance needs two moments with an offset, the end after the beginning")


@dataclass(frozen=True)
class Lane:
    """How much an agency takes, and when. Configuration may lower concurrency and rate, never raise them."""

    concurrency: int = 4
    """Calls in flight."""
    per_second: float = 10.0
    """Calls begun in a second."""
    hours: ServiceHours | None = None
    """None: day and night. Configuration may say otherwise."""


@dataclass(frozen=True)
class Polling:
    """How often an agency may be asked for the status of one referral; the wait doubles from first to longest."""

    first_seconds: float = 60.0
    longest_seconds: float = 6 * 3600.0


@dataclass(frozen=True)
class Batching:
    """When an agency that takes files is given them, and how long its result may take. Korean working days, KST."""

    cut_off: time = time(17, 0)
    """When what has gathered since the last file is folded into the next one, on every working day."""
    result_days: int = 2
    """Working days after the file's day within whose end the result must be there; past them a person is asked."""
    largest: int = 1000
    """Members of one file at most; what is more goes into the next one."""

    def __post_init__(self) -> None:
        """Refuse a file that nobody could be in, and a result that could never be in time."""
        if self.largest < 1 or self.result_days < 1:
            raise ValueError("a batch has at least one member and one working day for its result")


@dataclass(frozen=True)
class Need:
    """The field paths that one verb may say, and those without which it cannot be spoken."""

    discloses: frozenset[str]
    requires: frozenset[str]


@dataclass(frozen=True)
class Profile:
    """Everything about an agency that is true before a single call.

    Raises:
        ValueError: a slug that is no lower_snake word, a field path that the common schema does not know, a required
            field that is not disclosed.
        re.error: a form of receipts that is no regular expression.
    """

    slug: str
    """One lower_snake word: folder, entry point, config table, log field, mock path."""
    title: str
    """The agency's Korean name."""
    wire: str
    """How it speaks, for people: `SOAP 1.1, WS-Security X.509`."""
    contract_basis: Literal["real", "assumed", "mixed"]
    """Whether the contract was read in public sources, is assumed (marked [A] in its files), or in part each."""
    services: frozenset[ServiceCode]
    """What it can be asked for; configuration decides what it *is* asked for."""
    discloses: frozenset[str]
    """The field paths that this agency may ever see."""
    requires: frozenset[str]
    """The field paths without which it cannot take a referral; one that is missing holds the referral."""
    repeat: Repeat
    wire_key: WireKey
    settling_seconds: float = 0.0
    """How long after an unknown answer "not found" is not yet believed (business clock), by the contract. The hub waits
    at least a minute, and as long as a call may take."""
    lane: Lane = field(default_factory=Lane)
    polling: Polling = field(default_factory=Polling)
    batching: Batching | None = None
    """For agencies that take files (`Repeat.BATCH`), and only for them."""
    receipt: str | None = None
    """The form of the agency's receipts (접수번호) by its contract: a regular expression of the whole, or None for any
    text. What a person types is held against it; one that is stored already, the adapter judges as it writes it."""
    narrower: Mapping[str, Need] = field(default_factory=dict)
    """Verbs that say less than a submit, by name (`verify`, `supplement`): what each may say and cannot do without."""

    def __post_init__(self) -> None:
        """Check the declaration once, at import."""
        if not _SLUG.match(self.slug):
            raise ValueError(f"slug {self.slug!r} must be one lower_snake word")
        if (self.repeat is Repeat.BATCH) != (self.batching is not None):
            raise ValueError(f"{self.slug}: repeat by batch and batching go together")
        unknown = sorted((self.discloses | self.requires) - FIELD_PATHS.keys())
        if unknown:
            raise ValueError(f"{self.slug}: not field paths of the common schema: {', '.join(unknown)}")
        if self.receipt is not None:
            re.compile(self.receipt)
        for need in (Need(self.discloses, self.requires), *self.narrower.values()):
            hidden = sorted((need.discloses - self.discloses) | (need.requires - need.discloses))
            if hidden:
                raise ValueError(f"{self.slug}: requires what it does not disclose: {', '.join(hidden)}")

    def may_be_receipt(self, text: str) -> bool:
        """Return whether `text` has the form of this agency's receipts."""
        return self.receipt is None or re.fullmatch(self.receipt, text, re.ASCII) is not None

    def need_of(self, verb: str) -> Need:
        """Return what a verb may say and cannot do without; a document is pruned to it before the verb is called."""
        return self.narrower.get(verb, Need(self.discloses, self.requires))
