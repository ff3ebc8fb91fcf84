"""The desk: all that a mock agency is handed when it is built. What it does with it lives in `mocks/<slug>/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mocks.kit.callbacks import Callback, Callbacks, was_acknowledged
from mocks.kit.clock import BusinessClock
from mocks.kit.faults import Faults
from mocks.kit.journal import Journal
from mocks.kit.ledger import Ledger


@dataclass(frozen=True)
class Desk:
    """What one mock agency works with.

    `settings` are plain text. The kit knows these names; an agency's class may name more in `own_settings`:

    - `certificates`: folder made by `mocks.kit.pki.make_certificates`.
    - `callback_url`, `callback_secret`: where callbacks go, and the shared secret that signs them.
    - `port`: of the agency's own line; any free one if not given.
    - `folder`: where a `BatchMock` exchanges files; a new one for each server if not given.
    - `unsigned`: `true` if the agency shall neither sign nor ask for signatures (foreign SOAP clients).
    """

    slug: str
    base_url: str
    """Where callers reach this agency, without a trailing slash: `http://127.0.0.1:8800/haengbok`."""
    clock: BusinessClock
    ledger: Ledger
    journal: Journal
    callbacks: Callbacks
    settings: Mapping[str, str] = field(default_factory=dict)
    faults: Faults | None = None
    """What is set for it, for an agency that has to ask: a `BatchMock`, which the kit hands no requests."""
    folder: Path | None = None
    """Where a `BatchMock` exchanges files: it has the subfolders `in` and `out`; None for all others."""

    def call_back(
        self,
        name: str,
        build: Callable[[], Callback],
        is_acknowledged: Callable[[int, bytes], bool] = was_acknowledged,
    ) -> None:
        """Queue a callback to the hub; does nothing if no `callback_url` is set.

        Callbacks of one agency go out one after the other in the order of queueing, in the background, and are tried
        again for about a minute while nobody acknowledges them. The callback faults (duplicate, late, out of order)
        apply here.

        Args:
            name: one of the agency's `callbacks`, for faults and journal.
            build: makes the message; called anew for every attempt, so that time stamps and signatures are fresh.
            is_acknowledged: judges the hub's answer by status and body; any 2xx if not given.
        """
        self.callbacks.queue(name, build, is_acknowledged)


def desk_for(slug: str, settings: Mapping[str, str] | None = None, folder: Path | None = None) -> Desk:
    """Return a desk with empty books and nobody listening: for tests of an agency's rules without a server."""
    clock = BusinessClock()
    journal = Journal(clock)
    return Desk(
        slug=slug,
        base_url=f"http://127.0.0.1/{slug}",
        clock=clock,
        ledger=Ledger(clock),
        journal=journal,
        callbacks=Callbacks(clock, journal),
        settings=settings or {},
        folder=folder,
    )
