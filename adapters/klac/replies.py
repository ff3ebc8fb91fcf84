"""What an answer of the agency proves, by HTTP status, form and `errCd`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from adapters.klac import codes
from adapters.klac.contract import CONTRACT, NAME
from adapters.klac.mapping import moment_from
from adapters.sdk import BadReplyError, BusyError, HttpReply, MisconfiguredError, Refused, UncertainError
from adapters.sdk.json_contract import Message

REPLIES = {
    "reserve": "ReservationReceipt",
    "apply": "AidReceipt",
    "slots": "Slots",
    "case": "Case",
    "withdraw": "Acknowledgement",
    "supplement": "Acknowledgement",
}
"""Operation → how the contract calls the schema of its answer."""

_CREATING = frozenset({"reserve", "apply"})
_BEFORE_IT_WAS_READ = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_TURNED_AWAY = frozenset({
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
})  # fmt: skip


@dataclass(frozen=True)
class Decided:
    """An error of the contract that settles something: a refusal, an unknown key, or a key that was used before."""

    code: str
    message: Message = field(repr=False)

    @property
    def meaning(self) -> codes.Meaning:
        """What it proves."""
        return codes.ERRORS[self.code]

    def as_refused(self) -> Refused:
        """Return it as a refusal, with the free times that the agency names."""
        offers = tuple(moment_from(text) for text in self.message.get("altrCnslDt", ()))
        return Refused(codes.REFUSALS[self.code], self.code, self.message["errMsg"], offers)


def open_reply(reply: HttpReply, operation: str, now: datetime) -> Message | Decided:
    """Return the body of an answer that says done, or what the agency decided instead. `now` is wall time.

    Raises:
        BusyError: nothing happened, later may be better.
        MisconfiguredError: nothing happened, and nothing will before a person mends something.
        UncertainError: it may have happened.
        BadReplyError: the same, and the answer is none of the contract's.
    """
    if reply.status in _BEFORE_IT_WAS_READ:
        raise BusyError(f"{NAME}: HTTP {reply.status}, nothing was done", reply.retry_after_seconds(now))
    if reply.status in _TURNED_AWAY:
        raise MisconfiguredError(f"{NAME}: HTTP {reply.status}, turned away unread")
    if reply.status == HTTPStatus.OK or (reply.status == HTTPStatus.CREATED and operation in _CREATING):
        return CONTRACT.read(reply, REPLIES[operation])
    return _error(reply, operation)


def _error(reply: HttpReply, operation: str) -> Decided:
    message = CONTRACT.read(reply, "Error")
    code = message["errCd"]
    told = CONTRACT.codes["errCd"][code]
    if told["http"] != reply.status or operation not in told["operations"]:
        raise BadReplyError(f"{NAME}: {code} with HTTP {reply.status} is no answer to {operation}")
    match codes.ERRORS[code]:
        case codes.Meaning.MISCONFIGURED:
            raise MisconfiguredError(f"{NAME}: {code}, turned away unread")
        case codes.Meaning.UNCERTAIN:
            raise UncertainError(f"{NAME}: {code}, it broke down")
        case _:
            return Decided(code, message)
