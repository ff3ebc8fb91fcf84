"""Pages to print and hand over: HTML that escapes whatever it is given, one style sheet for A4, nothing from elsewhere.

Pure. What stands on a page is the business of the modules that make one; what a caller accepts is asked here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse

_STYLE = """
@page { size: A4; margin: 18mm 16mm; }
:root { color-scheme: light; }
body { font: 11pt/1.6 "Pretendard", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "Nanum Gothic", sans-serif;
  color: #000; background: #fff; max-width: 178mm; margin: 0 auto; padding: 1rem; word-break: keep-all;
  overflow-wrap: anywhere; }
h1 { font-size: 18pt; margin: 0 0 .4rem; }
h2 { font-size: 13pt; margin: 1.4rem 0 .4rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 700; padding: .3rem 0; }
th, td { border: 1px solid #555; padding: .3rem .5rem; text-align: left; vertical-align: top; }
th[scope="row"] { width: 28%; background: #f2f2f2; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.said { white-space: pre-line; margin: 0; }
.state { border: 2px solid #000; padding: .4rem .7rem; font-weight: 700; }
footer { border-top: 1px solid #555; margin-top: 1.6rem; padding-top: .4rem; font-size: 9pt; }
@media print { body { max-width: none; padding: 0; } }
"""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""Of these pages: their own style sheet, known by its hash, and nothing else."""
_HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Content-Language": "ko", "Vary": "Accept"}
VARIES = {"Vary": "Accept"}
"""The header of the other form of what is served as a page, too."""


class Markup(str):
    """Text that is HTML already; only `element` and `page` make it."""

    __slots__ = ()


def element(name: str, *inside: str, **attributes: str) -> Markup:
    """Return an element; texts in it are escaped, elements are not. Attributes: a final `_` is left out (`class_`)."""
    said = "".join(f' {key.rstrip("_")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{said}>{''.join(map(_safe, inside))}</{name}>")


def _safe(text: str) -> str:
    return text if isinstance(text, Markup) else escape(text)


def paragraphs(texts: Iterable[str]) -> Markup:
    """Return a paragraph for each text."""
    return Markup("".join(element("p", text) for text in texts))


def facts(rows: Iterable[tuple[str, str]]) -> Markup:
    """Return a table of names and what each says."""
    told = (element("tr", element("th", name, scope="row"), element("td", said)) for name, said in rows)
    return element("table", element("tbody", *told))


def table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Markup:
    """Return a table with a row of heads."""
    head = element("thead", element("tr", *(element("th", said, scope="col") for said in heads)))
    body = element("tbody", *(element("tr", *(element("td", cell) for cell in row)) for row in rows))
    return element("table", element("caption", caption), head, body)


def section(title: str, *inside: str) -> Markup:
    """Return a part of the page under a heading."""
    return element("section", element("h2", title), *inside)


def page(title: str, *inside: str, footer: str) -> str:
    """Return a whole page: a heading, its parts, and what stands at the foot."""
    main = element("main", element("h1", title), *inside)
    return (
        f'<!doctype html>\n<html lang="ko"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body>{main}{element('footer', footer)}</body></html>\n"
    )


def as_page(html: str) -> HTMLResponse:
    """Return the answer that holds a page."""
    return HTMLResponse(html, headers=_HEADERS)


def wants_page(request: Request) -> bool:
    """Return whether the caller would rather have HTML than JSON; whoever does not say gets JSON."""
    accepted = [_range(part) for part in request.headers.get("accept", "").split(",")]
    return _quality(accepted, "text/html") > _quality(accepted, "application/json")


def _range(part: str) -> tuple[str, float]:
    """Read a media range and its weight; one whose weight is not a number counts nothing."""
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        return media, float(weight)
    except ValueError:
        return media, 0.0


def _quality(accepted: list[tuple[str, float]], media: str) -> float:
    """Return the weight of a media type by the most specific range that fits it; of none 0 (RFC 9110, 12.5.1)."""
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        found = [weight for name, weight in accepted if name == wanted]
        if found:
            return max(found)
    return 0.0
