"""The six operations of haengbok: from the fields of a request to the reply's element. No security, no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from mocks.haengbok import judgement
from mocks.haengbok.book import RECEIVED, Book, Case, arrived
from mocks.haengbok.contract import OPERATIONS, Operation
from mocks.haengbok.envelope import RefusedError, add_children
from mocks.kit.clock import BusinessClock
from mocks.kit.kst import stamp
from mocks.kit.ledger import Ledger

Fields = Mapping[str, str]
_BY_NAME = {operation.name: operation for operation in OPERATIONS}


class Counter:
    """Serves one request at a time over the book."""

    def __init__(
        self, clock: BusinessClock, ledger: Ledger, book: Book, words: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._book = book
        self._messages = words["rtnCd"]
        self._states = words["procStcd"]
        self._serve: dict[str, Callable[[Fields], etree._Element]] = {
            "verify": self._verify,
            "register": self._register,
            "find": self._find,
            "result": self._result,
            "withdraw": self._withdraw,
            "supplement": self._supplement,
        }

    def serve(self, operation: Operation, fields: Fields) -> etree._Element:
        """Return the reply's element.

        Raises:
            RefusedError: E002, a date that the calendar does not have.
        """
        impossible = judgement.impossible_date(fields)
        if impossible is not None:
            raise RefusedError("E002", "달력에 없는 날짜입니다", impossible)
        return self._serve[operation.name](fields)

    def _reply(self, name: str, rtn_cd: str | None, fields: Fields) -> etree._Element:
        operation = _BY_NAME[name]
        element = etree.Element(operation.response, nsmap={None: operation.namespace})
        if rtn_cd is not None:
            add_children(element, {"rtnCd": rtn_cd, "rtnMsg": self._messages[rtn_cd]})
        return add_children(element, fields)

    def _verify(self, fields: Fields) -> etree._Element:
        answer = judgement.eligibility_of(fields["TGTR_NM"], fields["TGTR_RRN"])
        if answer["serviceResult"] != judgement.BROKE_DOWN:
            said = answer["FCT_YN"] or answer["serviceResult"]
            self._ledger.append("verify", "", "", arrived(fields), f"answered {said}")
        return self._reply("verify", None, {key: fields[key] for key in ("TGTR_NM", "TGTR_RRN")} | answer)

    def _register(self, fields: Fields) -> etree._Element:
        refusal = judgement.refusal_of(fields)
        if refusal is not None:
            nothing = {"linkReqNo": fields["linkReqNo"], "rcptNo": "", "procStcd": "", "rcptDt": ""}
            return self._reply("register", refusal, nothing)
        case = self._book.register(fields)
        receipt = {"rcptNo": case.rcpt_no, "procStcd": RECEIVED, "rcptDt": case.rcpt_dt}
        return self._reply("register", "0000", {"linkReqNo": case.link_req_no} | receipt)

    def _find(self, fields: Fields) -> etree._Element:
        cases = self._book.known_by(fields["linkReqNo"])
        reply = self._reply("find", "0000", {"linkReqNo": fields["linkReqNo"], "totCnt": str(len(cases))})
        for case in cases:
            row = etree.SubElement(reply, f"{{{_BY_NAME['find'].namespace}}}rcpt")
            state = self._book.rows_of(case)[-1]["procStcd"]
            add_children(row, {"rcptNo": case.rcpt_no, "procStcd": state, "rcptDt": case.rcpt_dt})
        return reply

    def _result(self, fields: Fields) -> etree._Element:
        case = self._book.by_receipt(fields["rcptNo"])
        if case is None:
            nothing = dict.fromkeys(("linkReqNo", "procStcd", "tgtrNm", "tgtrRrn", "telNo"), "")
            return self._reply("result", "R101", {"rcptNo": fields["rcptNo"]} | nothing)
        rows = self._book.rows_of(case)
        now = {"rcptNo": case.rcpt_no, "linkReqNo": case.link_req_no, "procStcd": rows[-1]["procStcd"]}
        reply = self._reply("result", "0000", now | dict(case.masked))
        for row in rows:
            add_children(etree.SubElement(reply, f"{{{_BY_NAME['result'].namespace}}}rslt"), row)
        return reply

    def _withdraw(self, fields: Fields) -> etree._Element:
        return self._acknowledge("withdraw", fields, self._book.withdraw)

    def _supplement(self, fields: Fields) -> etree._Element:
        return self._acknowledge("supplement", fields, self._book.supplement)

    def _acknowledge(self, name: str, fields: Fields, act: Callable[[Case, Fields], bool]) -> etree._Element:
        case = self._book.by_receipt(fields["rcptNo"], fields["linkReqNo"])
        rtn_cd = "R101" if case is None else "0000" if act(case, fields) else "R102"
        done = {"procStcd": "", "procDt": ""}
        if case is not None and rtn_cd == "0000":
            done = {"procStcd": case.rows[-1].fields["procStcd"], "procDt": stamp(self._clock.now())}
        return self._reply(name, rtn_cd, {"rcptNo": fields["rcptNo"]} | done)
