"""What the tests of the kamco adapter share: golden files, the orders that they are made of, and folders of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from adapters.kamco import Kamco
from adapters.kamco.settings import KamcoSettings
from adapters.sdk import Disclose, FoldOrder, Gate, SubmitOrder, Wires, Withdraw, WithdrawOrder
from adapters.sdk.decisions import AnyDecision, steady_now
from schemas.disclosure import Disclosure
from schemas.privacy import present_paths

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "contract" / "kamco"
CODES: Mapping[str, Any] = json.loads((ROOT / "schemas" / "agencies" / "kamco" / "codes.json").read_text("utf-8"))

ORG = "6410000"
DAY, MADE_AT = date(2025, 1, 6), datetime(2025, 1, 6, 8, tzinfo=UTC)
REQUEST, RESULT, PROGRESS = "REQ_20250106_001.dat", "RES_20250107_001.dat", "RES_20250108_001.dat"
KEYS = "NR20250106A1B2C3D4E5", "NR20250106F6G7H8J9K0", "NR20250103M1N2P3Q4R5"
ADDRESS = "경기도 의정부시 나루로 12, 가나다라마바사아자차카타파하 똠방각하 상가"


def golden(name: str) -> bytes:
    """Read a golden file: hex, `20x7` for seven times 20, `#` to the end of a line for people."""
    words = " ".join(line.partition("#")[0] for line in (FOLDER / f"{name}.hex").read_text("utf-8").splitlines())
    parts = (word.partition("x") for word in words.split())
    return b"".join(bytes.fromhex(pairs) * int(times or 1) for pairs, _, times in parts)


def records(data: bytes) -> list[bytes]:
    """Split a file into its records, without their CR LF."""
    return data.removesuffix(b"\r\n").split(b"\r\n")


def joined(lines: list[bytes]) -> bytes:
    """Put a file together again."""
    return b"".join(line + b"\r\n" for line in lines)


def whole(**client: Any) -> Disclosure:
    """Return what stands in the first line of `request.hex`, with changes to the client."""
    return Disclosure.model_validate({
        "client": {
            "name": "가나다라마바사아자차카타파하홍",
            "birth_date": "1961-03-07",
            "sex": "male",
            "phones": ["010-0000-0001"],
            "address": {"zip_no": "11622", "road_addr_part1": ADDRESS, "addr_detail": "101동 1203호"},
            "household": {"size": 2, "monthly_income": 680_000},
            "debts": [
                {"amount": 18_500_000, "secured": False, "days_overdue": 95},
                {"amount": 6_200_000, "secured": True, "days_overdue": 30},
            ],
            "employment": {"status": "self_employed"},
            **client,
        },
        "referral": {
            "service_code": "DEBT-KAMCO",
            "referred_on": "2025-01-06",
            "officer_name": "이담당",
            "officer_phone": "031-000-1111",
        },
    })  # fmt: skip


def least() -> Disclosure:
    """Return what stands in the second line of `request.hex`."""
    client = {
        "name": "홍길동",
        "birth_date": "1980-01-01",
        "phones": ["010-0000-0002"],
        "debts": [{"amount": 7_000_000}],
    }
    return Disclosure.model_validate(
        {
            "client": client,
            "referral": {"service_code": "DEBT-KAMCO", "referred_on": "2025-01-06"},
        }
    )


class Orders:
    """Orders as the hub gives them, decided by a gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._number = 0

    def submit(self, document: Disclosure, key: str = KEYS[0]) -> SubmitOrder:
        """Make a member that refers."""
        decision = self._decide(Disclose, fields=present_paths(document), bases={}, fields_hmac="")
        return SubmitOrder(wire_key=key, message_id="0" * 32, sent_at=MADE_AT, decision=decision, document=document)

    def withdraw(self, key: str = KEYS[2], receipt: str = "KM20250104-000001") -> WithdrawOrder:
        """Make a member that takes a referral back."""
        return WithdrawOrder(
            wire_key=key, message_id="0" * 32, sent_at=MADE_AT, decision=self._decide(Withdraw), receipt=receipt
        )

    def fold(self, *members: SubmitOrder | WithdrawOrder) -> FoldOrder:
        """Make an order to fold; without members, of those of `request.hex`."""
        golden_ones = (self.submit(whole()), self.submit(least(), KEYS[1]), self.withdraw())
        return FoldOrder(name=REQUEST, number=1, made_at=MADE_AT, members=members or golden_ones)

    def _decide(self, kind: type[AnyDecision], **more: Any) -> AnyDecision:
        self._number += 1
        attempt = f"attempt-{self._number}"
        return self._gate.stamp(kind(attempt_id=attempt, recipient="kamco", send_by=steady_now() + 60, **more))


def adapter_at(folder: Path, gate: Gate) -> Kamco:
    """Build the adapter on drop folders of its own."""
    for name in ("in", "out"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    return Kamco(KamcoSettings(enabled=True, base_url=folder.as_uri()), Wires("kamco", gate))
