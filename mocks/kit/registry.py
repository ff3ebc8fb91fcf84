"""Which mock agencies are installed: the entry-point group `naru.mocks`, the same door for built-in and other ones."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from mocks.kit.agency import MockAgency
from mocks.kit.fault_catalogue import By
from mocks.kit.file_faults import EVERY_FAULT

GROUP = "naru.mocks"


class MockLoadError(Exception):
    """A mock agency cannot be used; the text says which and why."""


def installed_mocks(slugs: Iterable[str] | None = None) -> tuple[type[MockAgency], ...]:
    """Load the mock agencies called `slugs` (all if None), in that order.

    Raises:
        MockLoadError: a slug is unknown or registered twice, or a class does not load or contradicts its registration.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in found:
            raise MockLoadError(
                f"two mock agencies are registered as {point.name}: {found[point.name].value}, {point.value}"
            )
        found[point.name] = point
    wanted = sorted(found) if slugs is None else list(slugs)
    unknown = [slug for slug in wanted if slug not in found]
    if unknown:
        raise MockLoadError(f"no mock agency is called {', '.join(unknown)}; installed are: {', '.join(sorted(found))}")
    return tuple(_load(found[slug]) for slug in wanted)


def registered_slugs() -> frozenset[str]:
    """Return the slugs of all installed mock agencies, loading none."""
    return frozenset(point.name for point in entry_points(group=GROUP))


def check(kind: type[MockAgency]) -> None:
    """Check what a mock agency says of itself.

    Raises:
        MockLoadError: it claims a fault that the catalogue does not know, or one that is not an agency's to do.
    """
    theirs = {name for name, fault in EVERY_FAULT.items() if fault.by is By.AGENCY}
    foreign = sorted(kind.own_faults - theirs)
    if foreign:
        raise MockLoadError(f"{kind.slug} claims faults that are not an agency's: {', '.join(foreign)}")


def _load(point: EntryPoint) -> type[MockAgency]:
    try:
        kind: type[MockAgency] = point.load()
    except Exception as error:
        raise MockLoadError(f"mock agency {point.name} does not load: {type(error).__name__}: {error}") from error
    if kind.slug != point.name:
        raise MockLoadError(f"the mock agency registered as {point.name} calls itself {kind.slug}")
    check(kind)
    return kind
