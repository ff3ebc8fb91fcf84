"""Reads a reply: bytes to XML by the agency's encoding, checked against the contract, and what its `MESSAGE` proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from lxml import etree

from adapters.illegal_lending.codes import MESSAGES, UNREAD, Meaning
from adapters.illegal_lending.contract import reply_schema
from adapters.sdk import BadReplyError, BusyError, HttpReply, UncertainError
from adapters.sdk.encodings import Encoding
from adapters.sdk.transports.xml_text import XML_TYPES, media_type_of, read_xml, values_of

NAME = "illegal_lending"


@dataclass(frozen=True)
class Answer:
    """A reply of the contract that says SUCCESS, or why the agency did not accept."""

    message: str
    values: Mapping[str, str] = field(repr=False)
    """The values beside `MESSAGE`, by name."""
    steps: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    """진행상태, as the agency listed it."""

    @property
    def is_refusal(self) -> bool:
        """Whether nothing was accepted."""
        return MESSAGES[self.message] is Meaning.REFUSED


def open_reply(reply: HttpReply, root: str, tran_id: str, encoding: Encoding) -> Answer:
    """Open the reply to the form that `tran_id` named; `root` is the name of its element.

    Raises:
        BusyError: nothing was done.
        UncertainError: it may have been accepted.
        BadReplyError: the same, and the reply is none of the contract's, or belongs to another request.
    """
    element = _read(reply, root, encoding)
    values = values_of(element)
    message = values["MESSAGE"]
    if message not in MESSAGES:
        raise BadReplyError(f"{NAME}: a MESSAGE that the contract does not know")
    if values["TRAN_ID"] != tran_id and not (values["TRAN_ID"] == "" and message in UNREAD):
        raise BadReplyError(f"{NAME}: the reply belongs to another request")
    match MESSAGES[message]:
        case Meaning.WAIT:
            raise BusyError(f"{NAME}: {message}, nothing was done")
        case Meaning.UNCERTAIN:
            raise UncertainError(f"{NAME}: {message}, a technical failure")
        case Meaning.DONE if "RCPT_NO" not in values:
            raise BadReplyError(f"{NAME}: a success without a receipt")
        case _:
            return Answer(message, values, tuple(values_of(step) for step in element.iter("STTS")))


def _read(reply: HttpReply, root: str, encoding: Encoding) -> etree._Element:
    if reply.status != HTTPStatus.OK:
        raise BadReplyError(f"{NAME}: HTTP {reply.status} is no answer of the contract")
    if media_type_of(reply.headers.get("content-type", "")) not in XML_TYPES:
        raise BadReplyError(f"{NAME}: the answer is not labelled as XML")
    element = read_xml(reply.body, encoding)
    if element.tag != root or not reply_schema().validate(element):
        raise BadReplyError(f"{NAME}: the answer breaks the contract")
    return element
