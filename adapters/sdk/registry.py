"""Which adapters are installed: found by entry point, the built-in ones through the same door as everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from adapters.sdk.adapter import Adapter
from adapters.sdk.profile import Repeat
from adapters.sdk.verbs import Verb, capabilities

GROUP = "naru.adapters"


class DuplicateAdapterError(Exception):
    """Two installed packages claim the same slug: the hub refuses to start rather than choose."""


@dataclass(frozen=True)
class Broken:
    """An adapter that is installed but could not be imported, or must not be used.

    It is shown as a broken lane, not as a line in a log.
    """

    slug: str
    why: str
    """The class of the error and where it was to be loaded from, or what is wrong with it; no values."""


AdapterClass = type[Adapter[Any]]


def installed_adapters(found: Iterable[EntryPoint] | None = None) -> Mapping[str, AdapterClass | Broken]:
    """Load every installed adapter, by slug, in the order of slugs.

    Raises:
        DuplicateAdapterError: a slug is claimed twice.
    """
    points = list(entry_points(group=GROUP) if found is None else found)
    slugs = [point.name for point in points]
    twice = sorted({slug for slug in slugs if slugs.count(slug) > 1})
    if twice:
        raise DuplicateAdapterError(f"installed more than once: {', '.join(twice)}; uninstall all but one of each")
    return {point.name: _load(point) for point in sorted(points, key=lambda point: point.name)}


def _load(point: EntryPoint) -> AdapterClass | Broken:
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - foreign code may fail at import in any way; the lane shows it
        return Broken(point.name, f"{type(error).__name__} while importing {point.value}")
    if not (isinstance(loaded, type) and issubclass(loaded, Adapter)):
        return Broken(point.name, f"{point.value} is not an Adapter")
    if loaded.profile.slug != point.name:
        return Broken(point.name, f"{point.value} calls itself {loaded.profile.slug}")
    why = contradiction_of(loaded)
    return loaded if why is None else Broken(point.name, f"{point.value} cannot be used: {why}")


def contradiction_of(adapter: AdapterClass) -> str | None:
    """Return what an adapter class says of itself and cannot do, for which no hub may use it; None: nothing.

    A look-up that nobody can make would leave a lost answer unknown for ever, and nobody told.
    """
    if adapter.profile.repeat is Repeat.LOOKUP and Verb.FIND not in capabilities(adapter):
        return "repeat by look-up needs find"
    return None
