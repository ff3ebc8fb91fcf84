from __future__ import annotations

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from hub.api.pages import element, facts, page, table, wants_page

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


def _asks(accept: str | None) -> bool:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return wants_page(Request({"type": "http", "headers": headers}))


@pytest.mark.parametrize(
    ("accept", "page_wanted"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        ("TEXT/HTML; Q=0.5", True),
        ("text/*", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html, application/json", False),
        ("text/html;q=0.8, application/json;q=0.9", False),
        ("text/html;q=0, */*", False),
        ("application/json;q=0.1, text/html;q=0.2", True),
        ("text/html;q=many", False),
        (";;;,,q=1", False),
    ],
)
def test_a_page_is_for_who_would_rather_have_it(accept: str | None, page_wanted: bool) -> None:
    """Browsers get the page, programs JSON; who says nothing, or likes both alike, gets JSON."""
    assert _asks(accept) is page_wanted


@given(TEXT, TEXT)
def test_no_text_makes_an_element(name: str, said: str) -> None:
    """Whatever stands in a cell comes out of a parser as the same text, and as no element."""
    root = html.fromstring(page("시험", facts([(name, said)]), table("표", [name], [[said]]), footer=said))

    cells = ["".join(node.itertext()) for node in root.iter("td")]
    assert cells == [said, said]
    assert root.find(".//footer").text == said
    assert {node.tag for node in root.find("body").iter()} == {
        "body", "main", "h1", "table", "caption", "thead", "tbody", "tr", "th", "td", "footer",
    }  # fmt: skip


def test_attributes_are_escaped_too() -> None:
    """A quote ends no attribute."""
    assert element("p", "가", class_='a" onclick="b') == '<p class="a&quot; onclick=&quot;b">가</p>'
