"""Papers for the auditor's tests: one document, one promise, one honest book, and ways to spoil them."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from mocks.auditor import Findings, Statute, Terms, audit, read_book, read_promises
from mocks.auditor.books import digest

KEY = bytes(32)
OFFICE = "community_center:3820000"
ITEMS = [
    "client.name",
    "client.birth_date",
    "client.phones",
    "client.address.adm_cd",
    "referral.opinion",
]
CONSENT: dict[str, Any] = {
    "recipient": OFFICE,
    "type": "third_party",
    "purposes": ["WEL-EMERG"],
    "items": ITEMS,
    "signed_at": "2025-03-04T10:20:00+09:00",
}
DOCUMENT: dict[str, Any] = {
    "client": {
        "name": "홍길동",
        "birth_date": "1968-02-09",
        "rrn": "6802091000000",
        "phones": ["010-0000-0001"],
        "address": {"adm_cd": "4115010100"},
        "debts": [{"amount": 1000}, {"amount": 250}],
    },
    "consents": [CONSENT],
    "referrals": [{"service_code": "WEL-EMERG", "opinion": "생계비 지원이 필요함", "urgency": "urgent"}],
}
FIELDS = {
    "refRqstNo": "NR202503040000000001",
    "svcCd": "EW01",
    "tgtrNm": "홍길동",
    "tgtrBrthYmd": "19680209",
    "tgtrTelno": "01000000001",
    "lgldongCd": "4115010100",
    "rqstOpnn": "생계비 지원이 필요함",
}
RECEIPT = "3820000-20250304-000001"


class Papers:
    """Everything that one audit reads; tests change a part and count."""

    def __init__(self) -> None:
        self.document = deepcopy(DOCUMENT)
        self.entry: dict[str, Any] = {
            "case": "sample",
            "handed_in_at": "2025-03-04T02:00:00+00:00",
            "accepted": {
                "id": "case_1",
                "consents": ["con_1"],
                "referrals": [{"id": "ref_1", "service_code": "WEL-EMERG", "agency": "community_center"}],
            },
            "added": [],
            "withdrawals": [],
            "cancelled": [],
            "final": [
                {"id": "ref_1", "delivery": "delivered", "receipt": RECEIPT, "wire_key": "NR202503040000000001"},
            ],
        }
        self.acts: list[dict[str, Any]] = []
        self.entries: list[dict[str, Any]] = []
        self.statutes: list[Statute] = []
        self.terms = Terms()

    @property
    def final(self) -> dict[str, Any]:
        """The client's last answer about the one referral."""
        final: dict[str, Any] = self.entry["final"][0]
        return final

    def register(self, at: str = "2025-03-04T02:00:01+00:00", **fields: str) -> None:
        """Let the agency accept a registration of the sample client."""
        said = FIELDS | fields
        self.visit("register", said, at, accepted=True)
        self.act("register", said, at, f"3820000-20250304-{len(self.acts) + 1:06d}")

    def act(self, operation: str, said: dict[str, str], at: str, receipt: str) -> None:
        """Write an act into the ledger."""
        digests = {name: digest(KEY, value) for name, value in said.items()}
        self.acts.append(
            {
                "at": at,
                "operation": operation,
                "key": said.get("refRqstNo", ""),
                "receipt": receipt,
                "state": "",
                "fields": digests,
                "changes": [],
            }
        )

    def visit(self, operation: str, said: dict[str, str], at: str, *, accepted: bool, fault: str | None = None) -> None:
        """Write a request into the journal."""
        self.entries.append(
            {
                "direction": "in",
                "at": at,
                "operation": operation,
                "path": "/3820000/referrals",
                "key": said["refRqstNo"],
                "fields": list(said),
                "accepted": accepted,
                "fault": fault,
                "reply_complete": fault is None,
            }
        )

    def consent_later(self, at: str) -> None:
        """Let the client give its consent only at `at`, after the hand-over; its id is con_2."""
        late, self.document["consents"], self.entry["accepted"]["consents"] = self.document["consents"], [], []
        self.entry["added"].append({"at": at, "consents": late, "ids": ["con_2"]})

    def withdraw(
        self, at: str, *, consent: str = "con_1", in_flight: tuple[str, ...] = (), told: tuple[str, ...] = ()
    ) -> None:
        """Let the client withdraw its consent; the answer came at `at`."""
        answer = {"id": consent, "stopped": [], "in_flight": list(in_flight), "told": list(told), "kept": []}
        self.entry["withdrawals"].append({"at": at, "consent": consent, "answer": answer})

    def count(self) -> Findings:
        """Audit what is written so far."""
        book = read_book("community_center", {"acts": self.acts}, {"entries": self.entries})
        return audit(
            read_promises({"sample": self.document}, {"cases": [self.entry]}),
            {"community_center": book},
            ended_at=datetime(2025, 4, 1, tzinfo=UTC),
            ledger_key=KEY,
            statutes=self.statutes,
            terms=self.terms,
        )


def counts(findings: Findings) -> tuple[int, int, int, int]:
    """Return how many were lost, duplicates, unconsented and altered."""
    return len(findings.lost), len(findings.duplicates), len(findings.unconsented), len(findings.altered)
