"""Answers: judged by HTTP status, form and `errCd`; and the facts that stand in them. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from adapters.ccrs import codes
from adapters.ccrs.contract import CONTRACT, NAME
from adapters.sdk import BadReplyError, BusyError, Fact, HttpReply, MisconfiguredError, UncertainError
from adapters.sdk.json_contract import Message
from adapters.sdk.kst import from_kst
from schemas.status import OutcomeCode

_BEFORE_THE_AGENCY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_SAME_AS: Mapping[int, int] = {HTTPStatus.METHOD_NOT_ALLOWED: HTTPStatus.NOT_FOUND}
"""A status that says the same as one of the code table."""


def open_reply(reply: HttpReply, good: HTTPStatus, schema: str, now: datetime, *, of_one: bool = False) -> Message:
    """Return what an answer says: a message of `schema`, or the contract's `Error` where the agency refuses.

    `good` is the status of a yes, `now` wall time; `of_one`: the path names an application, and one that is not there
    (E004) says something of its number, nothing of our set-up.

    Raises:
        BusyError: nothing happened, later may be better.
        MisconfiguredError: nothing happened, and nothing will before a person mends something.
        UncertainError: it may have happened.
        BadReplyError: the same, and the answer is none of the contract's.
    """
    if reply.status == good:
        return CONTRACT.read(reply, schema)
    if reply.status in _BEFORE_THE_AGENCY:
        wait = reply.retry_after_seconds(now)
        raise BusyError(f"{NAME}: HTTP {reply.status}, the gateway did nothing", wait)
    if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise MisconfiguredError(f"{NAME}: HTTP 413, a message of ours is longer than the contract allows")
    return _error_in(reply, of_one=of_one)


def _error_in(reply: HttpReply, *, of_one: bool) -> Message:
    table, status = CONTRACT.codes["errCd"], _SAME_AS.get(reply.status, reply.status)
    if status not in {one["http"] for one in table.values()}:
        raise BadReplyError(f"{NAME}: HTTP {reply.status} is no answer of the contract")
    error = CONTRACT.read(reply, "Error")
    code = error["errCd"]
    if table[code]["http"] != status:
        raise BadReplyError(f"{NAME}: {code} with HTTP {reply.status}")
    meaning = codes.ERRORS[code]
    not_there = of_one and code == codes.NO_SUCH_PATH and reply.status == HTTPStatus.NOT_FOUND
    if meaning is codes.Meaning.REFUSED or not_there:
        return error
    failure = UncertainError if meaning is codes.Meaning.UNCERTAIN else MisconfiguredError
    raise failure(f"{NAME}: {code} {table[code]['ko']}")


def check_about(answer: Message, asked: Message) -> None:
    """Make sure that an answer repeats the keys and the number that it was asked about.

    Raises:
        BadReplyError: it is about another application.
    """
    for name, value in asked.items():
        if answer[name] != value:
            raise BadReplyError(f"{NAME}: the answer is about another application ({name})")


def received_fact(accepted: Message) -> Fact:
    """Read 접수, which by the contract is the first of every history.

    Raises:
        BadReplyError: a time that does not exist.
    """
    return fact_from({"hstSn": 1, "prcsSttsCd": accepted["prcsSttsCd"], "prcsDt": accepted["aplyDt"]})


def facts_from(standing: Message) -> tuple[Fact, ...]:
    """Read the history in the order of its numbers, each fact once, however the agency sent it.

    Raises:
        BadReplyError: a time that does not exist.
    """
    told = sorted(standing["hstList"], key=lambda one: int(one["hstSn"]))
    return tuple(dict.fromkeys(fact_from(one) for one in told))


def fact_from(told: Message) -> Fact:
    """Read one row of a history.

    Raises:
        BadReplyError: a time that does not exist.
    """
    code = told["prcsSttsCd"]
    return Fact(
        business=codes.STATUSES[code],
        raw_code=code,
        occurred_at=_moment(told["prcsDt"]),
        serial=str(told["hstSn"]),
        outcome=_outcome(told),
        text=_words(told),
    )


def _outcome(told: Message) -> OutcomeCode | None:
    if told["prcsSttsCd"] == codes.LAPSED:
        return OutcomeCode.OTHER
    reason = told.get("clsRsnCd")
    return codes.OUTCOMES[reason] if reason else None


def _words(told: Message) -> str | None:
    """Gather what the agency says in words, and the reason that it gives as a code."""
    due, reason = told.get("splmTmlmYmd"), told.get("clsRsnCd")
    lines = [
        told.get("splmRqstCn"),
        f"보완기한 {due[:4]}-{due[4:6]}-{due[6:]}" if due else None,
        told.get("rsltCn"),
        f"종결사유 {reason} {CONTRACT.codes['clsRsnCd'][reason]['ko']}" if reason else None,
        "실효: 변제계획을 이행하지 않아 채무조정이 효력을 잃음" if told["prcsSttsCd"] == codes.LAPSED else None,
    ]
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line)) or None


def _moment(text: str) -> datetime:
    try:
        return from_kst(text)
    except ValueError:
        raise BadReplyError(f"{NAME}: a time in the answer does not exist") from None
