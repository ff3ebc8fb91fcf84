"""Which faults each registered agency's line can have, and which verbs they strike: declared; nothing is tried here.

Adapters and mocks are found through their registries: nothing here names an agency, so that another one needs no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from adapters.sdk import Adapter, Verb, capabilities
from adapters.sdk.registry import AdapterClass, Broken, installed_adapters
from adapters.sdk.testing import ANSWERS, Row, Says, rows_for
from mocks.kit.agency import MockAgency
from mocks.kit.fault_catalogue import CATALOGUE, By, Moment
from mocks.kit.lines import impossible_on
from mocks.kit.registry import installed_mocks

NONE = "none"
"""The fault that is none: every verb answers."""
HONEST = Row(NONE, Says.ANSWER, "the agency behaves")


@cache
def adapters() -> Mapping[str, AdapterClass]:
    """Return the registered adapters by slug.

    Raises:
        ImportError: one of them is broken.
    """
    found = installed_adapters()
    broken = [one.why for one in found.values() if isinstance(one, Broken)]
    if broken:
        raise ImportError("; ".join(broken))
    return {slug: one for slug, one in found.items() if not isinstance(one, Broken)}


def mock_of(slug: str) -> type[MockAgency]:
    """Return the mock agency that is registered under an adapter's slug."""
    (kind,) = installed_mocks([slug])
    return kind


def spoken(adapter: type[Adapter[Any]]) -> list[Verb]:
    """Return the verbs that the adapter speaks about a referral, in the table's order; none where files are spoken."""
    return [verb for verb in ANSWERS if verb in capabilities(adapter)]


def call_rows(slug: str) -> list[tuple[Row, list[Verb]]]:
    """Return the faults that can strike a call to this agency, each with the verbs that it can strike."""
    verbs = spoken(adapters()[slug])
    struck = [(row, [verb for verb in verbs if row.concerns(verb)]) for row in _rows(slug, callbacks=False)]
    return [(row, concerned) for row, concerned in struck if concerned]


def request_rows(slug: str) -> list[Row]:
    """Return the faults that can strike any call to this agency: a registration too."""
    return [row for row, verbs in call_rows(slug) if Verb.SUBMIT in verbs]


def poll_rows(slug: str) -> list[Row]:
    """Return the faults that can strike polls only."""
    return [row for row, verbs in call_rows(slug) if verbs == [Verb.STATUS]]


def callback_rows(slug: str) -> list[Row]:
    """Return the faults that can strike this agency's callbacks; none if it sends none."""
    return _rows(slug, callbacks=True) if mock_of(slug).callbacks else []


def _rows(slug: str, *, callbacks: bool) -> list[Row]:
    agency, table = mock_of(slug), rows_for(adapters()[slug])
    possible = {name for name, kind in CATALOGUE.items() if kind.by is By.KIT or name in agency.own_faults}
    return [
        table[name]
        for name, kind in CATALOGUE.items()
        if name in possible - impossible_on(agency) and (kind.moment is Moment.CALLBACK) == callbacks
    ]
