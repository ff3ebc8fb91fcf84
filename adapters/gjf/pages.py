"""Walks a list that comes page by page, and refuses one whose pages do not fit together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from adapters.gjf.contract import NAME
from adapters.gjf.replies import Decided
from adapters.sdk import BadReplyError
from adapters.sdk.json_contract import Message

ROWS = 10
"""`numOfRows`: as many as the contract allows."""
MOST_PAGES = 20
"""More than that is no history of one referral, but a list without an end."""


async def all_items(ask: Callable[[int], Awaitable[Message | Decided]]) -> list[Message] | Decided:
    """Ask for page after page, from 1, until all items are there; or return what the first page was answered with.

    Raises:
        BadReplyError: a page is not the one asked for, holds more or fewer than it should, the total changed on the
            way, or there is no end. Asking again later tells.
    """
    items: list[Message] = []
    total = None
    for number in range(1, MOST_PAGES + 1):
        page = await ask(number)
        if isinstance(page, Decided):
            if number == 1:
                return page
            raise BadReplyError(f"{NAME}: page {number} of a list was refused ({page.code})")
        total = page["totalCount"] if total is None else total
        _check(page, number, total)
        items += page["items"]
        if len(items) == total:
            return items
    raise BadReplyError(f"{NAME}: a list of more than {MOST_PAGES * ROWS} items")


def _check(page: Message, number: int, total: int) -> None:
    if (page["pageNo"], page["numOfRows"]) != (number, ROWS):
        raise BadReplyError(f"{NAME}: another page than {number} was answered")
    if page["totalCount"] != total:
        raise BadReplyError(f"{NAME}: the total changed from page to page")
    if len(page["items"]) != min(ROWS, total - (number - 1) * ROWS):
        raise BadReplyError(f"{NAME}: page {number} does not hold what its total says")
