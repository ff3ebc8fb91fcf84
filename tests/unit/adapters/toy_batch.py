"""A small honest adapter of a made-up agency that takes files of JSON lines, and hostile ones: the suite must bite."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from adapters.sdk import (
    Acknowledged,
    Adapter,
    AdapterSettings,
    Batching,
    CannotExpressError,
    Delivered,
    DropEndpoint,
    FoldOrder,
    HandedOver,
    Profile,
    Repeat,
    ResultFile,
    ResultLine,
    SubmitOrder,
    WireKey,
    Wires,
    WithdrawOrder,
)
from adapters.sdk.testing import BatchSubject
from schemas.privacy import present_paths
from schemas.services import ServiceCode

FIELDS = {"name": "client.name", "born": "client.birth_date", "phone": "client.phones"}
RESULTS = re.compile(r"res-[0-9-]+\.jsonl")
Member = SubmitOrder | WithdrawOrder


class ToyBatch(Adapter[AdapterSettings]):
    """Honest. A file is a JSON object a line, and at its end a line that counts them."""

    profile: ClassVar[Profile] = Profile(
        slug="toy_batch",
        title="장난감",
        wire="JSON lines in drop folders",
        contract_basis="assumed",
        services=frozenset({ServiceCode.DEBT_KAMCO}),
        discloses=frozenset(FIELDS.values()),
        requires=frozenset({"client.name"}),
        repeat=Repeat.BATCH,
        wire_key=WireKey(width=20),
        batching=Batching(),
    )

    def __init__(self, settings: AdapterSettings, wires: Wires) -> None:
        super().__init__(settings, wires)
        self.wire = wires.drop(DropEndpoint(settings.base_url, settings.timeout_seconds, settings.max_reply_bytes))
        self.folder = Path(urlsplit(settings.base_url).path)

    def file_name(self, day: date, number: int) -> str:
        return f"req-{day:%Y%m%d}-{number}.jsonl"

    def express(self, order: Member) -> None:
        self.line(order)

    def line(self, order: Member) -> dict[str, Any]:
        if isinstance(order, WithdrawOrder):
            return {"key": order.wire_key, "withdraws": order.receipt}
        beyond = sorted(present_paths(order.document) - self.profile.discloses)
        if beyond:
            raise CannotExpressError(beyond[0], "없음")
        client = order.document.client
        if len(client.name or "") > 30:
            raise CannotExpressError("client.name", "너무 깁니다")
        born = client.birth_date.isoformat() if client.birth_date else None
        return {"key": order.wire_key, "name": client.name, "born": born, "phone": (*client.phones, None)[0]}

    def data(self, order: FoldOrder) -> bytes:
        lines = [self.line(member) for member in order.members]
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (*lines, {"lines": len(lines)})).encode()

    async def fold(self, order: FoldOrder) -> HandedOver:
        decisions = [member.decision for member in order.members]
        return HandedOver(order.name, await self.wire.hand_over(order.name, self.data(order), decisions))

    async def unfold(self) -> tuple[ResultFile, ...]:
        found = await self.wire.collect(RESULTS)
        read = [
            (file, ResultFile(file.name, unreadable=file.problem) if file.problem else self.read(file.name, file.data))
            for file in found
        ]
        return tuple(replace(one, digest=file.digest) for file, one in read if one is not None)

    async def clear(self, file: ResultFile) -> bool:
        if file.answers is not None:
            await self.wire.clear("in", file.answers)
        return await self.wire.clear("out", file.name, file.digest)

    def read(self, name: str, data: bytes) -> ResultFile | None:
        if not data.endswith(b"}\n") or not data.split(b"\n")[-2].startswith(b'{"lines"'):
            return None
        try:
            return self.result(name, [json.loads(line) for line in data.decode().splitlines()])
        except (ValueError, KeyError, TypeError, RecursionError):
            return ResultFile(name, unreadable="not of the contract")

    def result(self, name: str, told: list[dict[str, Any]]) -> ResultFile:
        head, *lines, tail = told
        if tail != {"lines": len(lines)}:
            raise ValueError
        if not re.fullmatch(r"req-[0-9]{8}-[0-9]+\.jsonl", head["answers"], re.ASCII):
            raise ValueError
        return ResultFile(name, head["answers"], None, tuple(map(self.outcome, lines)))

    def outcome(self, line: dict[str, Any]) -> ResultLine:
        if not re.fullmatch(r"[0-9A-Z]{20}", line["key"]) or not re.fullmatch(r"T?[0-9]{1,6}", line["receipt"]):
            raise ValueError
        if line["withdrawn"]:
            return ResultLine(line["key"], Acknowledged("0"), is_withdrawal=True)
        return ResultLine(line["key"], Delivered(line["receipt"], "0"))


def answer(name: str, data: bytes) -> tuple[str, bytes]:
    """Answer as the agency does that takes everything."""
    lines = [json.loads(line) for line in data.decode().splitlines()][:-1]
    told: list[dict[str, Any]] = [{"answers": name}]
    told += [{"key": one["key"], "withdrawn": "withdraws" in one, "receipt": f"T{n}"} for n, one in enumerate(lines)]
    told.append({"lines": len(lines)})
    return name.replace("req", "res"), "".join(json.dumps(one) + "\n" for one in told).encode()


def said(data: bytes) -> list[str]:
    """Write each line without its key."""
    lines = [json.loads(line) for line in data.decode().splitlines()][:-1]
    return [json.dumps({**one, "key": ""}, ensure_ascii=False) for one in lines]


def toy_batch(adapter: type[Adapter[Any]] = ToyBatch) -> BatchSubject:
    """Return the subject of an adapter for the made-up agency."""
    return BatchSubject(
        adapter=adapter,
        settings=lambda folder: AdapterSettings(enabled=True, base_url=folder.as_uri()),
        problems=lambda _name, data: [] if data.endswith(b"}\n") else ["not whole"],
        said=said,
        answer=answer,
    )


class Boaster(ToyBatch):
    """Says that its agency takes single referrals too."""

    async def submit(self, order: SubmitOrder) -> Delivered:
        return Delivered(order.wire_key, "0")


class Scribbler(ToyBatch):
    """Forgets the end of the file."""

    def data(self, order: FoldOrder) -> bytes:
        return super().data(order).rstrip()


class Gossip(ToyBatch):
    """Tells what nobody may see."""

    def line(self, order: Member) -> dict[str, Any]:
        if isinstance(order, WithdrawOrder):
            return super().line(order)
        client = order.document.client
        return {"key": order.wire_key, "name": client.name, "rrn": client.rrn}


class Hoarder(ToyBatch):
    """Remembers a telephone number."""

    kept: ClassVar[list[str]] = []

    def line(self, order: Member) -> dict[str, Any]:
        line = super().line(order)
        self.kept.extend([line["phone"]] if line.get("phone") else [])
        return {**line, "phone": self.kept[-1] if self.kept else None}


class Dropper(ToyBatch):
    """Leaves a field out."""

    def line(self, order: Member) -> dict[str, Any]:
        return {name: value for name, value in super().line(order).items() if name != "born"}


class Cutter(ToyBatch):
    """Cuts a name to fit."""

    def line(self, order: Member) -> dict[str, Any]:
        if isinstance(order, SubmitOrder):
            name = (order.document.client.name or "")[:30]
            client = order.document.client.model_copy(update={"name": name})
            order = replace(order, document=order.document.model_copy(update={"client": client}))
        return super().line(order)


class Dater(ToyBatch):
    """Writes what is new at every attempt."""

    def line(self, order: Member) -> dict[str, Any]:
        return {**super().line(order), "attempt": order.decision.attempt_id}


class Overwriter(ToyBatch):
    """Writes over what lies there."""

    async def fold(self, order: FoldOrder) -> HandedOver:
        await self.wire.clear("in", order.name)
        return await super().fold(order)


class Sidestepper(ToyBatch):
    """Writes past its wire, and not in one step."""

    async def fold(self, order: FoldOrder) -> HandedOver:
        with (self.folder / "in" / order.name).open("wb", buffering=0) as file:
            for line in self.data(order).splitlines(keepends=True):
                file.write(line)
        return HandedOver(order.name)


class Keepsake(ToyBatch):
    """Keeps a copy of what it hands over, outside its folders."""

    async def fold(self, order: FoldOrder) -> HandedOver:
        with tempfile.NamedTemporaryFile() as copy:
            copy.write(self.data(order))
        return await super().fold(order)


class Mailer(ToyBatch):
    """Tells by mail that there is a file, by a program."""

    async def fold(self, order: FoldOrder) -> HandedOver:
        subprocess.run(["true"], check=True)  # noqa: ASYNC221 - what nobody should do
        return await super().fold(order)


class Slicer(ToyBatch):
    """Shows its file before it is on the disk."""

    async def fold(self, order: FoldOrder) -> HandedOver:
        told = await super().fold(order)
        path = self.folder / "in" / order.name
        if not told.was_there:
            whole = path.read_bytes()
            path.write_bytes(whole[:10])
            path.rename(path.with_suffix(".half"))
            path.with_suffix(".half").rename(path)
            path.write_bytes(whole)
        return told


class Believer(ToyBatch):
    """Reads a result as far as it goes."""

    def read(self, name: str, data: bytes) -> ResultFile | None:
        lines = [line for line in data.decode("utf-8", "replace").splitlines() if line.endswith("}")]
        return ResultFile(name, None, None, tuple(self.outcome(json.loads(line)) for line in lines[1:-1]))


class Keeper(ToyBatch):
    """Leaves our own file in the folder."""

    async def clear(self, file: ResultFile) -> bool:
        return await self.wire.clear("out", file.name, file.digest)


class Eraser(ToyBatch):
    """Removes what lies there, whatever it is by now."""

    async def clear(self, file: ResultFile) -> bool:
        return await super().clear(replace(file, digest=None))  # type: ignore[arg-type]  # as an adapter that forgot it


class Truster(ToyBatch):
    """Takes whatever lies under the name for its file."""

    async def fold(self, order: FoldOrder) -> HandedOver:
        if (self.folder / "in" / order.name).is_symlink() or (self.folder / "in" / order.name).exists():
            return HandedOver(order.name, was_there=True)
        return await super().fold(order)


class Quoter(ToyBatch):
    """Quotes what it cannot read."""

    def read(self, name: str, data: bytes) -> ResultFile | None:
        read = super().read(name, data)
        if read is None or read.unreadable is None:
            return read
        return replace(read, unreadable=data.decode("utf-8", "replace"))


class Logger(ToyBatch):
    """Logs what it says."""

    def line(self, order: Member) -> dict[str, Any]:
        line = super().line(order)
        logging.getLogger("toy").debug("line %s", line)
        return line
