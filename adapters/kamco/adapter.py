"""Kamco: what 한국자산관리공사 is to the hub, and the verbs that its contract has.

A verb writes or reads whole files; meanings live in `codes` and `mapping`, forms in `files`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import ClassVar

from adapters.kamco import codes
from adapters.kamco.files import RESULT_NAME, Member, read_result, request_name, write_member, write_request
from adapters.kamco.mapping import FIELDS, REQUIRED
from adapters.kamco.settings import KamcoSettings
from adapters.sdk import (
    Adapter,
    AdapterSettings,
    Batching,
    DropEndpoint,
    DropFile,
    FoldOrder,
    HandedOver,
    Profile,
    Repeat,
    ResultFile,
    WireKey,
    Wires,
)
from adapters.sdk.transports.drop import OURS, THEIRS


class Kamco(Adapter[KamcoSettings]):
    """한국자산관리공사: CP949 files of fixed length in drop folders, answered the next day."""

    profile: ClassVar[Profile] = Profile(
        slug="kamco",
        title="한국자산관리공사",
        wire="CP949 fixed-length files in drop folders",
        contract_basis="assumed",
        services=frozenset(codes.SERVICES),
        discloses=frozenset(FIELDS.values()),
        requires=REQUIRED,
        repeat=Repeat.BATCH,
        wire_key=WireKey(width=20),
        receipt=r"KM[0-9]{8}-[0-9]{6}",
        batching=Batching(cut_off=time(17, 0), result_days=2, largest=1000),
    )
    settings_type: ClassVar[type[AdapterSettings]] = KamcoSettings

    def __init__(self, settings: KamcoSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        self._wire = wires.drop(DropEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes))

    def file_name(self, day: date, number: int) -> str:
        """Return the name of the `number`-th 의뢰파일 of a KST day."""
        return request_name(day, number)

    def express(self, order: Member) -> None:
        """Check that one member can be said in a record of 300 bytes."""
        write_member(order)

    async def fold(self, order: FoldOrder) -> HandedOver:
        """Lay one 의뢰파일 into `in`, on the decisions of all its members."""
        data = write_request(order, self.settings.org_code)
        was_there = await self._wire.hand_over(order.name, data, [member.decision for member in order.members])
        return HandedOver(order.name, was_there)

    async def lies_there(self, name: str) -> bool:
        """Return whether a 의뢰파일 of this name lies in `in`."""
        return await self._wire.lies_there(name)

    async def unfold(self) -> tuple[ResultFile, ...]:
        """Read every whole 결과파일 in `out`, in the order of its day and number."""
        read = map(self._read, await self._wire.collect(RESULT_NAME))
        return tuple(result for result in read if result is not None)

    async def clear(self, file: ResultFile) -> bool:
        """Remove a 결과파일 that was read from `out`, and before it the 의뢰파일 in `in` that it answers."""
        if file.answers is not None:
            await self._wire.clear(OURS, file.answers)
        return await self._wire.clear(THEIRS, file.name, file.digest)

    def _read(self, file: DropFile) -> ResultFile | None:
        if file.problem is not None:
            return ResultFile(file.name, unreadable=file.problem)
        result = read_result(file.name, file.data, self.settings.org_code)
        return None if result is None else replace(result, digest=file.digest)
