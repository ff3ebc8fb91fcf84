"""What the mocks can be told before they start, and what is refused of it: a mistyped name must not pass in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mocks.kit.agency import MockAgency
from mocks.kit.registry import registered_slugs

Settings = Mapping[str, Mapping[str, str]]
"""Settings by slug; those under `*` hold for every agency. See `Desk` for their names."""

EVERYBODY = "*"
NAMES = frozenset({"certificates", "callback_url", "callback_secret", "folder", "port", "unsigned"})
"""What every agency can be told; its class may name more in `own_settings`."""


class MockSettingsError(ValueError):
    """A table or key that no mock agency knows; the text names all of them, and shows no value."""


def check_settings(settings: Settings, kinds: Iterable[type[MockAgency]]) -> None:
    """Check the names of tables and keys; `kinds` are the agencies that will be served.

    Raises:
        MockSettingsError: a table is no installed agency's, or a key is none that its agency knows.
    """
    problems = list(_problems(settings, {kind.slug: NAMES | kind.own_settings for kind in kinds}))
    if problems:
        raise MockSettingsError("; ".join(problems))


def _problems(settings: Settings, names: Mapping[str, frozenset[str]]) -> Iterator[str]:
    installed = registered_slugs()
    known = {EVERYBODY: NAMES.union(*names.values()), **names}
    for slug, table in settings.items():
        if slug not in known and slug not in installed:
            yield f'no mock agency is called {slug}; tables are: "*", {", ".join(sorted(installed))}'
        unknown = sorted(table.keys() - known[slug]) if slug in known else []
        if unknown:
            yield f"[{slug}] has no setting {', '.join(unknown)}; there are: {', '.join(sorted(known[slug]))}"
