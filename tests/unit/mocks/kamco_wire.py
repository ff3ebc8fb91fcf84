"""What the tests of the mock 한국자산관리공사 share: golden files, and folders that its clerk works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mocks.kamco import KamcoMock
from mocks.kamco.exchange import is_collecting, next_hour
from mocks.kamco.misbehaviour import OWN_FAULTS
from mocks.kit.desk import Desk, desk_for
from mocks.kit.faults import Faults

GOLDEN = Path(__file__).parents[2] / "contract" / "kamco"
REQUEST = "REQ_20250106_001.dat"
KEYS = "NR20250106A1B2C3D4E5", "NR20250106F6G7H8J9K0", "NR20250103M1N2P3Q4R5"


def golden(name: str) -> bytes:
    """Read a golden file: hex bytes, `20x7` is a run of seven, what follows `#` is for people."""
    found = bytearray()
    for line in (GOLDEN / f"{name}.hex").read_text("utf-8").splitlines():
        for word in line.split("#")[0].split():
            digits, _, count = word.partition("x")
            found += bytes.fromhex(digits) * int(count or 1)
    return bytes(found)


def records(data: bytes) -> list[bytes]:
    """Split a file into its records, without their CR LF."""
    return data.split(b"\r\n")[:-1]


def joined(lines: list[bytes]) -> bytes:
    """Put a file together again."""
    return b"".join(line + b"\r\n" for line in lines)


@dataclass
class Office:
    """The mock with its folders, its clock and its books."""

    mock: KamcoMock
    desk: Desk
    folder: Path

    def bring(self, data: bytes, name: str = REQUEST) -> None:
        """Lay a file into `in`."""
        (self.folder / "in" / name).write_bytes(data)

    def next_two(self) -> datetime:
        """Return the next 02:00 in Korea."""
        two = next_hour(self.desk.clock.now())
        return two if is_collecting(two) else next_hour(two)

    def day_passes(self) -> None:
        """Let the next two and six o'clock in Korea pass, and the clerk do what was due."""
        self.desk.clock.set(self.next_two() + timedelta(hours=5))
        self.mock.work()

    def results(self) -> list[bytes]:
        """Return what lies in `out` under a final name, in the order of names."""
        names = sorted(path for path in (self.folder / "out").iterdir() if not path.name.startswith("."))
        return [path.read_bytes() for path in names]

    def answered(self) -> list[tuple[str, str, str]]:
        """Return key, 구분 and result code of every D record in `out`."""
        lines = [line for data in self.results() for line in records(data) if line[:1] == b"D"]
        return [(line[1:21].decode(), line[21:22].decode(), line[22:26].decode().strip()) for line in lines]

    def told(self) -> list[tuple[str, str]]:
        """Return key and status of every P record in `out`."""
        lines = [line for data in self.results() for line in records(data) if line[:1] == b"P"]
        return [(line[1:21].decode(), line[44:46].decode()) for line in lines]


def open_office(folder: Path) -> Office:
    """Build the mock on folders of its own."""
    for name in ("in", "out"):
        (folder / name).mkdir(mode=0o700)
    desk = desk_for("kamco", folder=folder)
    desk = Desk(**{**desk.__dict__, "faults": Faults(KamcoMock.operations, (), OWN_FAULTS)})
    return Office(KamcoMock(desk), desk, folder)
