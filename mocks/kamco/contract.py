"""The contract files of kamco, read as data, and what its README says in numbers. Nothing is decided here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path

from mocks.kit.fixed_width import read_layout
from mocks.kit.kst import KST

FOLDER = Path(__file__).parents[2] / "schemas" / "agencies" / "kamco"
LAYOUT = read_layout(FOLDER)
CODES: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads((FOLDER / "codes.json").read_text(encoding="utf-8"))
"""The code tables, by name and code; see `codes.json`."""

END_OF_RECORD = b"\r\n"
REQUEST_NAME = re.compile(r"REQ_(?P<day>[0-9]{8})_(?P<number>[0-9]{3})\.dat", re.ASCII)

COLLECTS_AT = time(2, 0)
ANSWERS_AT = time(6, 0)


def result_name(day: str, number: int) -> str:
    """Return the name of the `number`-th 결과파일 of a day (`yyyyMMdd`)."""
    return f"RES_{day}_{number:03d}.dat"


def kst_day(moment: datetime) -> str:
    """Return the day in Korea at a moment: `yyyyMMdd`."""
    return moment.astimezone(KST).strftime("%Y%m%d")
