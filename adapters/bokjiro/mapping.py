"""From the entries of both APIs to the catalogue's common form. Pure: no I/O, no clock, no settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from lxml import etree

from adapters.bokjiro.codes import LIFE, TARGETS, THEMES, grouped
from adapters.bokjiro.gateway import NAME
from adapters.sdk import BadReplyError
from adapters.sdk.catalogue import Pointer, Scope, ServiceDetail, WelfareService
from adapters.sdk.kst import OPEN_END, from_kst, kst_today
from adapters.sdk.transports.xml_text import values_of

_SERVICE_ID = re.compile(r"WLF[0-9]{8}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)
_PAIRS = (("servSeDetailNm", "servSeDetailLink"), ("wlfareInfoReldNm", "wlfareInfoReldCn"))
"""How the national and the local API call a name and what it leads to."""


def total_of(answer: etree._Element) -> int:
    """Return how many entries the whole list has.

    Raises:
        BadReplyError: it does not say so.
    """
    told = values_of(answer).get("totalCount", "")
    if not _COUNT.fullmatch(told):
        raise BadReplyError(f"{NAME}: a list without a totalCount")
    return int(told)


def service_from(entry: etree._Element, scope: Scope) -> WelfareService:
    """Read one `servList`.

    Raises:
        BadReplyError: it has no id or no name.
    """
    told = values_of(entry)
    if not _SERVICE_ID.fullmatch(told.get("servId", "")) or not told.get("servNm"):
        raise BadReplyError(f"{NAME}: an entry without servId or servNm")
    life, strange_life = grouped(told.get("lifeArray") or told.get("lifeNmArray", ""), LIFE)
    targets, strange_targets = grouped(told.get("trgterIndvdlArray") or told.get("trgterIndvdlNmArray", ""), TARGETS)
    themes, strange_themes = grouped(told.get("intrsThemaArray") or told.get("intrsThemaNmArray", ""), THEMES)
    return WelfareService(
        id=told["servId"],
        name=told["servNm"],
        summary=told.get("servDgst", ""),
        scope=scope,
        provider=_provider(told),
        province=told.get("ctpvNm") or None,
        municipality=told.get("sggNm") or None,
        life=life,
        targets=targets,
        themes=themes,
        unknown_labels=(*strange_life, *strange_targets, *strange_themes),
        cycle=told.get("sprtCycNm") or None,
        provision=told.get("srvPvsnNm") or None,
        online={"Y": True, "N": False}.get(told.get("onapPsbltYn", "")),
        how_to_apply=told.get("aplyMtdNm") or None,
        contact=told.get("rprsCtadr") or None,
        link=_web_address(told.get("servDtlLink", "")),
        listed_on=_day(told.get("lastModYmd") or told.get("svcfrstRegTs", "")),
    )


def detail_from(answer: etree._Element, service_id: str) -> ServiceDetail:
    """Read one `wantedDtl`.

    Raises:
        BadReplyError: it is about another service.
    """
    told = values_of(answer)
    if told.get("servId") != service_id:
        raise BadReplyError(f"{NAME}: a detail of another service")
    return ServiceDetail(
        id=service_id,
        who=told.get("tgtrDtlCn") or told.get("sprtTrgtCn") or None,
        criteria=told.get("slctCritCn") or None,
        benefit=told.get("alwServCn") or None,
        how_to_apply=told.get("aplyMtdCn") or _steps(answer) or None,
        begins_on=_day(told.get("enfcBgngYmd", "")),
        ends_on=_day(told.get("enfcEndYmd", "")),
        contacts=_pointers(answer, "inqplCtadrList"),
        sites=_pointers(answer, "inqplHmpgReldList"),
        forms=_pointers(answer, "basfrmList"),
        laws=tuple(pointer.name for pointer in _pointers(answer, "baslawList")),
    )


def _provider(told: Mapping[str, str]) -> str:
    """Name who provides it; the department of a municipality begins with the names of both."""
    names = (told.get("jurMnofNm"), told.get("jurOrgNm")) if "jurMnofNm" in told else (told.get("bizChrDeptNm"),)
    said = " ".join(name for name in names if name)
    return said or " ".join(name for name in (told.get("ctpvNm"), told.get("sggNm")) if name)


def _steps(answer: etree._Element) -> str:
    said = _pointers(answer, "applmetList")
    return "\n".join(" ".join(part for part in (step.name, step.value) if part) for step in said)


def _pointers(answer: etree._Element, name: str) -> tuple[Pointer, ...]:
    """Read a list in which each member is an element of this name, or all stand in one."""
    found = []
    for element in answer.iter(name):
        for part in element.iter():
            told = values_of(part) if len(part) else {}
            pairs = ((told.get(title, ""), told.get(value) or None) for title, value in _PAIRS)
            found += [Pointer(title or value or "", value) for title, value in pairs if title or value]
    return tuple(dict.fromkeys(found))


def _web_address(text: str) -> str | None:
    """Return an address that can be shown as a link, None for anything else."""
    return text if text.startswith(("https://", "http://")) and not re.search(r"[\s\"<>]", text) else None


def _day(text: str) -> date | None:
    """Return a day that the source names in 8 digits or more; None if it names none, or no end."""
    figures = re.sub(r"[^0-9]", "", text)[:8]
    if figures == OPEN_END:
        return None
    try:
        return kst_today(from_kst(figures))
    except ValueError:
        return None
