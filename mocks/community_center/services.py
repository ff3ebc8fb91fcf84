"""The four services of an office: from the body of a request to the body of its answer. Assumed [A]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mocks.community_center.cases import CODE_OF, Case, Fact, Leg
from mocks.community_center.offices import Office
from mocks.community_center.registrar import Registrar
from mocks.kit.kst import stamp

Body = Mapping[str, Any]


class Services:
    """Serves one registrar. The second arrival of a withdrawal's or supplement's key gets the first answer again."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._answered: dict[tuple[str, str], Body] = {}

    def serve(self, operation: str, office: Office, body: Body) -> Body:
        """Carry out one operation of the contract.

        Raises:
            RefusalError: the business rules refuse it.
        """
        services: Mapping[str, Callable[[Office, Body], Body]] = {
            "register": self._register,
            "status": self._status,
            "withdraw": self._withdraw,
            "supplement": self._supplement,
        }
        return services[operation](office, body)

    def _register(self, office: Office, body: Body) -> Body:
        leg, was_known = self._registrar.register(office, body)
        return {
            **_case_id(leg, body["refRqstNo"]),
            "rcptDt": stamp(leg.received_at),
            # The first answer says 접수 even where the case is about to be transferred.
            "prgrSttsCd": CODE_OF[leg.state if was_known else "received"],
            "dplctYn": "Y" if was_known else "N",
        }

    def _status(self, office: Office, body: Body) -> Body:
        receipt, key = body.get("rcptNo", ""), body.get("refRqstNo", "")
        case, leg = self._registrar.look_up(office, receipt=receipt, key=key)
        return {
            **_case_id(leg, case.key),
            "rcptDt": stamp(leg.received_at),
            "prgrSttsCd": CODE_OF[leg.state],
            "sttsList": [fact.as_json() for fact in leg.facts],
        }

    def _withdraw(self, office: Office, body: Body) -> Body:
        def withdraw(case: Case) -> Body:
            fact = self._registrar.withdraw(case, body)
            return {"prgrSttsCd": CODE_OF["withdrawn"], "whdrwDt": stamp(fact.at)}

        return self._once("whdrwRqstNo", office, body, withdraw)

    def _supplement(self, office: Office, body: Body) -> Body:
        def supplement(case: Case) -> Body:
            fact: Fact = self._registrar.supplement(case, body)
            return {"prgrSttsCd": CODE_OF[fact.state], "splmDt": stamp(fact.at)}

        return self._once("splmRqstNo", office, body, supplement)

    def _once(self, key_name: str, office: Office, body: Body, act: Callable[[Case], Body]) -> Body:
        done = (key_name, body[key_name])
        if done not in self._answered:
            case, leg = self._registrar.open_leg(office, receipt=body.get("rcptNo", ""), key=body["refRqstNo"])
            self._answered[done] = {**_case_id(leg, case.key), key_name: body[key_name], **act(case)}
        return self._answered[done]


def _case_id(leg: Leg, key: str) -> Body:
    return {"rcptNo": leg.receipt, "rcptOrgCd": leg.office.code, "refRqstNo": key}
