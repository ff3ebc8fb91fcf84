"""The sample cases: what is handed in, what happens on the way, and what must become of it. Reading only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.cli.demo.steps import STEPS

_EXPECTATIONS = frozenset({
    "agency", "office", "delivery", "business", "reason", "verification", "outcome", "registrations", "withdrawals",
    "questions", "passed", "not_sent",
})  # fmt: skip


class SampleError(Exception):
    """A sample case cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Sample:
    """One sample case."""

    name: str
    about: str
    document: Mapping[str, Any] = field(repr=False)
    """The body of `POST /v1/cases`."""
    steps: tuple[Mapping[str, Any], ...]
    expected: Mapping[str, Mapping[str, Any]]
    """What must become of each referral, by its service code."""

    @property
    def has_faults(self) -> bool:
        """Whether it makes an agency misbehave: such cases go one at a time, so that none disturbs another."""
        return any(step["do"] == "fault" for step in self.steps)


def read_samples(folder: Path) -> tuple[Sample, ...]:
    """Read all sample cases of a folder, by name.

    Raises:
        SampleError: there are none, a file is missing or is not what it should be.
    """
    names = sorted(path.name.removesuffix(".steps.json") for path in folder.glob("*.steps.json"))
    if not names:
        raise SampleError(f"no sample cases in {folder}: start naru demo in the repository, or name its --examples")
    return tuple(_sample(folder, name) for name in names)


def _sample(folder: Path, name: str) -> Sample:
    document, steps, expected = (_read(folder / f"{name}{kind}.json") for kind in ("", ".steps", ".expect"))
    try:
        sample = Sample(name, steps["about"], document, tuple(steps["steps"]), expected["referrals"])
        asked = {referral["service_code"] for referral in document["referrals"]}
        unknown = sorted({step["do"] for step in sample.steps} - STEPS.keys())
    except (KeyError, TypeError, AttributeError) as error:
        raise SampleError(f"{name}: a part is missing ({type(error).__name__})") from None
    if unknown:
        raise SampleError(f"{name}: no such step: {', '.join(unknown)}; known are: {', '.join(STEPS)}")
    if asked != sample.expected.keys():
        raise SampleError(f"{name}: every referral of the document needs its end in {name}.expect.json, and no other")
    for service, wanted in sample.expected.items():
        strange = sorted(wanted.keys() - _EXPECTATIONS)
        if strange or "delivery" not in wanted:
            raise SampleError(f"{name}.expect.json, {service}: needs delivery; unknown: {', '.join(strange) or 'none'}")
    return sample


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SampleError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise SampleError(f"{path}: is not JSON") from None
    return content
