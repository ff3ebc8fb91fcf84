"""Which faults the agencies are set to: lost replies at the wanted rate, and a little of everything else. Pure.

Each fault throws dice of its own from the seed, in the order in which requests arrive (`mocks.kit.faults`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mocks.kit.fault_catalogue import CATALOGUE, LineKind
from mocks.kit.file_faults import FILE_CATALOGUE

Fault = Mapping[str, Any]

_REGISTERS = frozenset({"register", "reserve", "apply"})
_SECONDS = {"accept_then_hide": 20.0, "slow_drip": 0.004, "busy_503_retry_after": 5.0, "late_callback": 90.0}
"""What a fault lasts where the catalogue's own figure does not fit: hidden for less than the hub waits."""

_ON_REGISTERS = {
    "slow_drip": 0.05,  # slow, and whole in the end: here a kill meets an act that has happened
    "accept_then_hide": 0.02,
    "reset_before_acceptance": 0.01,
    "reset_after_acceptance": 0.01,
    "maintenance_page": 0.01,
    "busy_503_retry_after": 0.01,
    "cut_short": 0.01,
    "truncated_body": 0.005,
    "empty_200": 0.005,
    "no_answer": 0.005,
    "agency_fault_after_acceptance": 0.01,
    "agency_fault_500": 0.005,
    "wrongly_signed_reply": 0.005,
}
_ON_OTHERS = {"accept_then_lose_reply": 0.05, "reset_before_acceptance": 0.02, "maintenance_page": 0.01}
_ON_CALLBACKS = {"duplicate_callback": 0.1, "late_callback": 0.1, "out_of_order_callback": 0.1}
_ON_FILES_IN = {"file_rejected": 0.05}
_ON_FILES_OUT = {
    "result_twice": 0.1,
    "result_half_written": 0.1,
    "result_half_aside": 0.05,
    "result_late": 0.05,
    "result_lines_twice": 0.05,
    "result_unknown_line": 0.05,
    "result_lines_missing": 0.03,
    "result_missing": 0.03,
    "result_garbled": 0.02,
    "result_wrong_count": 0.02,
}


def faults_for(agency: Mapping[str, Any], lost_replies: float) -> list[Fault]:
    """Return what to set at one agency, as `GET /_mock/agencies` describes it."""
    line, operations = _line_of(agency), agency["operations"]
    possible = _possible(line, agency["own_faults"])
    if line is LineKind.FILES:
        return [
            *(_fault(name, "request", rate) for name, rate in _ON_FILES_IN.items() if name in possible),
            *(_fault(name, "result", rate) for name, rate in _ON_FILES_OUT.items() if name in possible),
        ]
    faults = []
    for operation in operations:
        registers = operation in _REGISTERS
        rates = {"accept_then_lose_reply": lost_replies, **_ON_REGISTERS} if registers else _ON_OTHERS
        faults += [_fault(name, operation, rate) for name, rate in rates.items() if name in possible]
    if agency["callbacks"]:
        faults += [_fault(name, "*", rate) for name, rate in _ON_CALLBACKS.items()]
    return faults


def _line_of(agency: Mapping[str, Any]) -> LineKind:
    scheme = str(agency["own_url"]).partition(":")[0]
    return {"http": LineKind.HTTP, "https": LineKind.HTTP, "file": LineKind.FILES}.get(scheme, LineKind.TELEGRAM)


def _possible(line: LineKind, own: Collection[str]) -> frozenset[str]:
    return frozenset(_names(line, own))


def _names(line: LineKind, own: Collection[str]) -> Iterator[str]:
    for name, kind in {**CATALOGUE, **FILE_CATALOGUE}.items():
        if line in kind.lines and (kind.by != "agency" or name in own):
            yield name


def _fault(name: str, operation: str, rate: float) -> Fault:
    seconds = {"seconds": _SECONDS[name]} if name in _SECONDS else {}
    return {"name": name, "operation": operation, "rate": rate, **seconds}
