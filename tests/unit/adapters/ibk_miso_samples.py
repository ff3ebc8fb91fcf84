"""What the tests of the ibk_miso adapter share: golden telegrams, orders, and an agency that answers as it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.ibk_miso import IbkMiso
from adapters.ibk_miso.settings import IbkMisoSettings
from adapters.sdk import Disclose, FindOrder, Gate, Impersonal, Reconcile, StatusOrder, SubmitOrder, Wires, Withdraw
from adapters.sdk.decisions import AnyDecision, steady_now
from adapters.sdk.orders import PrecheckOrder, WithdrawOrder
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths
from schemas.services import ServiceCode

FOLDER = Path(__file__).parents[2] / "contract" / "ibk_miso"
KEY, TRACE, RECEIPT = "NR20250106A1B2C3D4E5", "0123456789abcdef" * 2, "MS20250106000001"
SENT_AT = datetime(2025, 1, 6, 0, 30, tzinfo=UTC)


def golden(name: str) -> bytes:
    """Read a telegram with its prefix: hex, `20x7` for seven times 20, `#` to the end of a line for people."""
    words = " ".join(line.partition("#")[0] for line in (FOLDER / f"{name}.hex").read_text("utf-8").splitlines())
    parts = (word.partition("x") for word in words.split())
    return b"".join(bytes.fromhex(pairs) * int(times or 1) for pairs, _, times in parts)


def document(**client: Any) -> Disclosure:
    """Return what stands in `register.request.hex`, with changes to the client."""
    return Disclosure.model_validate({
        "client": {
            "name": "가나다라마바사아자차카타파하홍",
            "birth_date": "1961-03-07",
            "sex": "male",
            "rrn": "610307-1000000",
            "phones": ["010-0000-0001", "010-0000-0002"],
            "address": {
                "zip_no": "11622",
                "road_addr_part1": "경기도 의정부시 나루로 12, 가나다라마바사아자차카타파하 상가 지하 1층 1010호 "
                "나루상회 옆 (의정부동)",
                "addr_detail": "101동 1203호",
                "adm_cd": "4115010100",
            },
            "household": {"size": 2, "monthly_income": 680_000, "median_income_percent": 29},
            "debts": [{"amount": 18_500_000}, {"amount": 6_200_000}],
            "employment": {
                "status": "self_employed",
                "business_number": "1234567891",
                "business_registered_on": "2018-07-13",
            },
            **client,
        },
        "referral": {
            "service_code": "LOAN-MISO",
            "kind": "service",
            "urgency": "normal",
            "counselled_on": "2025-01-03",
            "referred_on": "2025-01-06",
            "due_on": "2025-02-06",
            "officer_name": "이담당",
            "officer_phone": "031-000-1111",
            "opinion": "똠방각하 상점을 운영함.\n재료비가 모자람",
        },
    })  # fmt: skip


class Bank:
    """The adapter before an agency that answers `answer`, and keeps every telegram that it was told."""

    def __init__(self, answer: bytes | Callable[[bytes], bytes] = b"") -> None:
        self.told: list[bytes] = []
        self.answer = answer
        self.gate = Gate()
        self._number = 0
        settings = IbkMisoSettings(base_url="tcp://127.0.0.1:1", org_code="NARU0001")
        self.adapter = IbkMiso(settings, Wires("ibk_miso", self.gate, line=self._line))

    async def _line(self, said: bytes) -> bytes:
        self.told.append(said)
        return self.answer if isinstance(self.answer, bytes) else self.answer(said)

    def submit(self, told: Disclosure | None = None, trace: str = TRACE) -> SubmitOrder:
        told = told or document()
        decision = self._decide(Disclose, fields=present_paths(told), bases={}, fields_hmac="")
        return SubmitOrder(**_common(trace), decision=decision, document=told)

    def find(self) -> FindOrder:
        return FindOrder(**_common(), decision=self._decide(Reconcile))

    def status(self, receipt: str = RECEIPT) -> StatusOrder:
        return StatusOrder(**_common(), decision=self._decide(Reconcile), receipt=receipt)

    def withdraw(self, receipt: str = RECEIPT) -> WithdrawOrder:
        return WithdrawOrder(**_common(), decision=self._decide(Withdraw), receipt=receipt)

    def precheck(self, service: ServiceCode = ServiceCode.LOAN_MISO) -> PrecheckOrder:
        return PrecheckOrder(decision=self.impersonal(), service=service, message_id=TRACE, sent_at=SENT_AT)

    def impersonal(self) -> Impersonal:
        return self._decide(Impersonal)

    def _decide(self, kind: type[AnyDecision], **more: Any) -> AnyDecision:
        self._number += 1
        made = kind(attempt_id=f"a-{self._number}", recipient="ibk_miso", send_by=steady_now() + 60, **more)
        return self.gate.stamp(made)


def _common(trace: str = TRACE) -> dict[str, Any]:
    return {"wire_key": KEY, "message_id": trace, "sent_at": SENT_AT}
