"""What the tests of the mock 불법사금융 피해구제 share: the mock with empty books, and forms to post to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from lxml import etree

from mocks.illegal_lending import IllegalLendingMock
from mocks.kit.agency import Reply, Request
from mocks.kit.desk import Desk, desk_for

GOLDEN = Path(__file__).parents[2] / "contract" / "illegal_lending"
TRAN_ID = "00112233445566778899aabbccddeeff"
LABELLED = "application/x-www-form-urlencoded; charset=EUC-KR"
LEAST = [
    ("TRAN_ID", TRAN_ID), ("SVC_CD", "IL"), ("REF_YMD", "20250304"), ("REQ_NM", "홍길동"), ("REQ_BIRTH", "19680209"),
    ("REQ_TEL", "01000000001"), ("CRDT_HP", "01000009001"),
]  # fmt: skip


def golden(name: str) -> bytes:
    """Return the bytes of one message."""
    return (GOLDEN / name).read_bytes()


def form(*more: tuple[str, str], without: str = "") -> bytes:
    """Return the least form, with more fields and without one."""
    pairs = [pair for pair in LEAST if pair[0] != without] + list(more)
    return "&".join(f"{name}={quote_plus(value, encoding='cp949')}" for name, value in pairs).encode()


def instead(name: str, value: str) -> bytes:
    """Return the least form with another value in one field."""
    return form((name, value), without=name)


class Relief:
    """The mock, asked as over a wire."""

    def __init__(self) -> None:
        self.desk: Desk = desk_for("illegal_lending")
        self.mock = IllegalLendingMock(self.desk)

    async def post(self, body: bytes, path: str = "register", content_type: str = LABELLED) -> Reply:
        """Post one form."""
        headers = {"content-type": content_type}
        return await self.mock.handle(Request("POST", f"/complaints/{path}.do", "", headers, body))

    async def told(self, body: bytes, path: str = "register") -> dict[str, Any]:
        """Post one form; return what the reply says."""
        root = etree.fromstring((await self.post(body, path)).body.decode("cp949").partition("?>")[2])
        return {element.tag: element.text for element in root.iter() if len(element) == 0}
