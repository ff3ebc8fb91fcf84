"""What an answer of the agency proves, by HTTP status, form and `resultCode`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from adapters.gjf import codes
from adapters.gjf.contract import CONTRACT, NAME
from adapters.sdk import BadReplyError, BusyError, HttpReply, MisconfiguredError, Refused, UncertainError
from adapters.sdk.json_contract import Message

REPLIES = {"register": "RegisterReply", "list": "ListReply", "history": "HistoryReply", "withdraw": "WithdrawReply"}
"""Operation → how the contract calls the schema of its answer."""

_TURNED_AWAY = frozenset({
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
})  # fmt: skip


@dataclass(frozen=True)
class Decided:
    """A result of the contract that settles something else than was asked for: a refusal, or nothing there."""

    code: str
    text: str = field(repr=False)

    def as_refused(self) -> Refused:
        """Return it as a refusal."""
        return Refused(codes.REFUSALS[self.code], self.code, self.text)


def open_reply(reply: HttpReply, operation: str, now: datetime) -> Message | Decided:
    """Return the body of an answer that says done, or what the agency decided instead. `now` is wall time.

    Raises:
        BusyError: nothing happened, later may be better.
        MisconfiguredError: nothing happened, and nothing will before a person mends something.
        UncertainError: it may have happened.
        BadReplyError: the same, and the answer is none of the contract's.
    """
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:  # of 503 the contract says no such thing
        raise BusyError(f"{NAME}: HTTP 429, nothing was done", reply.retry_after_seconds(now))
    if reply.status in _TURNED_AWAY:
        raise MisconfiguredError(f"{NAME}: HTTP {reply.status}, turned away unread")
    message = CONTRACT.read(reply, REPLIES[operation])
    code = message["header"]["resultCode"]
    told = CONTRACT.codes["resultCode"][code]
    if reply.status not in told["http"] or operation not in told["operations"]:
        raise BadReplyError(f"{NAME}: {code} with HTTP {reply.status} is no answer to {operation}")
    match codes.RESULT_CODES[code]:
        case codes.Meaning.DONE:
            body: Message = message["body"]
            return body
        case codes.Meaning.WAIT:
            raise BusyError(f"{NAME}: {code}, nothing was done")
        case codes.Meaning.MISCONFIGURED:
            raise MisconfiguredError(f"{NAME}: {code}, turned away unread")
        case codes.Meaning.UNCERTAIN:
            raise UncertainError(f"{NAME}: {code}, it broke down")
        case _:
            return Decided(code, message["header"]["resultMsg"])
