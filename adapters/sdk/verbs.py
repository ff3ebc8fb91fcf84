"""The verbs that an adapter may speak: one small Protocol for each. What each is given stands in `orders`.

An adapter implements the verbs that its agency's contract has; `capabilities` derives the list from the class, so it
cannot claim what it cannot do.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Protocol, runtime_checkable

from adapters.sdk.decisions import Impersonal
from adapters.sdk.inbound import Callback, InboundCall
from adapters.sdk.orders import (
    FindOrder,
    FoldOrder,
    PrecheckOrder,
    StatusOrder,
    SubmitOrder,
    SupplementOrder,
    VerifyOrder,
    WithdrawOrder,
)
from adapters.sdk.outcomes import (
    Acknowledged,
    Capacity,
    Delivered,
    Found,
    HandedOver,
    NotFound,
    Refused,
    ResultFile,
    StatusReport,
    Verified,
)
from schemas.disclosure import Disclosure


@runtime_checkable
class Submits(Protocol):
    """Can register a referral."""

    async def submit(self, order: SubmitOrder) -> Delivered | Refused:
        """Register; raises the errors of `adapters.sdk.errors`."""
        ...


@runtime_checkable
class Finds(Protocol):
    """Can say whether it has what our key names."""

    async def find(self, order: FindOrder) -> Found | NotFound:
        """Look up by our key; changes nothing at the agency."""
        ...


@runtime_checkable
class ReportsStatus(Protocol):
    """Can be polled."""

    async def status(self, order: StatusOrder) -> StatusReport:
        """Read all that the agency says about a referral; changes nothing there."""
        ...


@runtime_checkable
class Withdraws(Protocol):
    """Can take a referral back."""

    async def withdraw(self, order: WithdrawOrder) -> Acknowledged | Refused:
        """Withdraw; asking twice is safe by the agency's contract."""
        ...


@runtime_checkable
class Supplements(Protocol):
    """Can be sent more after a 보완요청."""

    async def supplement(self, order: SupplementOrder) -> Acknowledged | Refused:
        """Send what was asked for."""
        ...


@runtime_checkable
class Verifies(Protocol):
    """Can say whether a person is eligible, knowing who it is."""

    async def verify(self, order: VerifyOrder) -> Verified | Refused:
        """Ask; changes nothing at the agency, but discloses."""
        ...


@runtime_checkable
class ReadsCallbacks(Protocol):
    """Calls us by itself."""

    def read_callback(self, call: InboundCall) -> Callback:
        """Verify and read one call; no I/O.

        Raises:
            CallbackRefusedError: it did not prove to be the agency's, or cannot be read.
        """
        ...


@runtime_checkable
class ChoosesOffice(Protocol):
    """Has several offices, of which one is in charge of a client."""

    def office_for(self, document: Disclosure, day: date) -> str | None:
        """Return the 기관코드 (7 digits) of the office in charge on `day`, None if no office is. Pure."""
        ...


@runtime_checkable
class Prechecks(Protocol):
    """Can say whether it has room, without being told who for."""

    async def precheck(self, order: PrecheckOrder) -> Capacity:
        """Ask; changes nothing at the agency."""
        ...


@runtime_checkable
class Probes(Protocol):
    """Can be asked whether it is there, without saying anything about anybody."""

    async def probe(self, decision: Impersonal) -> None:
        """Return if the agency answers by its contract; raise an `AdapterError` otherwise."""
        ...


@runtime_checkable
class Folds(Protocol):
    """Takes files instead of calls (일괄 연계): see `adapters.sdk.batches`."""

    def file_name(self, day: date, number: int) -> str:
        """Return the name of the `number`-th file (from 1) of a KST day: the same for ever. Pure."""
        ...

    def express(self, order: SubmitOrder | WithdrawOrder) -> None:
        """Check that one member can be said in a file, before it is put into one. Pure.

        Raises:
            CannotExpressError: the field that the layout cannot carry.
        """
        ...

    async def fold(self, order: FoldOrder) -> HandedOver:
        """Write the file whole, or not at all; what lies there already under this name is left as it is.

        `was_there` only if it is, byte for byte, what would be written.

        Raises:
            NotSentError: no file of this name became visible: safe to do again, with new decisions.
            NameTakenError: something else lies there; ours did not become visible by this call.
            UncertainError: it may have become visible; asking again by name tells.
        """
        ...


@runtime_checkable
class LooksForFiles(Protocol):
    """Can say whether a file of ours lies there, without building it again. Optional, and no verb."""

    async def lies_there(self, name: str) -> bool:
        """Return whether a regular file of this name lies there; what stands in it is not looked at.

        Raises:
            NameTakenError: what lies there is no regular file.
            UncertainError: it cannot be told now; also while a call that ran out of time may still lay it down.
        """
        ...


@runtime_checkable
class Unfolds(Protocol):
    """Reads the files that the agency lays down for us."""

    async def unfold(self) -> tuple[ResultFile, ...]:
        """Read every whole result file that lies there, oldest first; one that is still being written is left alone.

        Reading changes nothing: the hub stores what it says, in one transaction with the file's name, and then has it
        cleared. It may be read again before that, and must say the same.
        """
        ...

    async def clear(self, file: ResultFile) -> bool:
        """Remove a result that was taken in for good, and our own files that it settles; none is no error.

        Return whether it is gone. Another content under its name, laid there since it was read, stays: False.
        """
        ...


class Verb(StrEnum):
    """The names of the verbs, as `naru adapters list` shows them."""

    SUBMIT = "submit"
    FIND = "find"
    STATUS = "status"
    WITHDRAW = "withdraw"
    SUPPLEMENT = "supplement"
    VERIFY = "verify"
    READ_CALLBACK = "read_callback"
    OFFICE_FOR = "office_for"
    PRECHECK = "precheck"
    FOLD = "fold"
    UNFOLD = "unfold"
    PROBE = "probe"


_PROTOCOLS: dict[Verb, type] = {
    Verb.SUBMIT: Submits,
    Verb.FIND: Finds,
    Verb.STATUS: ReportsStatus,
    Verb.WITHDRAW: Withdraws,
    Verb.SUPPLEMENT: Supplements,
    Verb.VERIFY: Verifies,
    Verb.READ_CALLBACK: ReadsCallbacks,
    Verb.OFFICE_FOR: ChoosesOffice,
    Verb.PRECHECK: Prechecks,
    Verb.FOLD: Folds,
    Verb.UNFOLD: Unfolds,
    Verb.PROBE: Probes,
}


def capabilities(adapter: type) -> frozenset[Verb]:
    """Return the verbs that an adapter class implements."""
    return frozenset(verb for verb, protocol in _PROTOCOLS.items() if issubclass(adapter, protocol))
