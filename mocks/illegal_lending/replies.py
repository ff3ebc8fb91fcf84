"""Writes replies: elements of the contract, in CP949 under the label EUC-KR, as such systems do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from mocks.illegal_lending.book import CODE_OF, Step
from mocks.illegal_lending.contract import OPERATIONS, check_outgoing
from mocks.kit.agency import Reply
from mocks.kit.kst import stamp

CONTENT_TYPE = "text/xml; charset=EUC-KR"
_DECLARATION = '<?xml version="1.0" encoding="EUC-KR"?>\n'


def received(tran_id: str, receipt: str, first: Step) -> Reply:
    """Write the result of a registration; `first` is the complaint's first state."""
    told = {"RCPT_NO": receipt, "RCPT_DT": stamp(first.at), "STTS_CD": CODE_OF[first.state]}
    return _as_reply(_element("register", {"TRAN_ID": tran_id, "MESSAGE": "SUCCESS", **told}))


def status_of(tran_id: str, receipt: str, steps: Iterable[Step]) -> Reply:
    """Write the 진행상태 of a complaint, in the order of `steps`."""
    root = _element("status", {"TRAN_ID": tran_id, "MESSAGE": "SUCCESS", "RCPT_NO": receipt})
    listed = etree.SubElement(root, "STTS_LIST")
    for step in steps:
        told = {"STTS_SN": str(step.number), "STTS_CD": CODE_OF[step.state], "STTS_DT": stamp(step.at), **step.details}
        _fill(etree.SubElement(listed, "STTS"), told)
    return _as_reply(root)


def refusal(operation: str, tran_id: str, message: str, words: str) -> Reply:
    """Write why nothing was done, or that it is not known."""
    return _as_reply(_element(operation, {"TRAN_ID": tran_id, "MESSAGE": message, "DETAIL": words}))


def _element(operation: str, values: Mapping[str, str]) -> etree._Element:
    return _fill(etree.Element(OPERATIONS[operation]["reply"]), values)


def _fill(element: etree._Element, values: Mapping[str, str]) -> etree._Element:
    for name, value in values.items():
        etree.SubElement(element, name).text = value
    return element


def _as_reply(root: etree._Element) -> Reply:
    check_outgoing(root)
    text = _DECLARATION + etree.tostring(root, encoding="unicode")
    return Reply(200, text.encode("cp949"), CONTENT_TYPE)
