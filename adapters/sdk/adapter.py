"""The base of every adapter: what it is (`profile`), what it must be told (`settings_type`), what it is built with."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from adapters.sdk.profile import Profile
from adapters.sdk.settings import AdapterSettings
from adapters.sdk.wires import Wires

SomeSettings = TypeVar("SomeSettings", bound=AdapterSettings)


class Adapter(Generic[SomeSettings]):
    """One agency's adapter. Subclasses add verbs (`adapters.sdk.verbs`) and nothing else that is public.

    An adapter translates and calls once; it never retries, never stores, never decides what may be sent. It is built
    once for each process and lane, with connections of its own that `aclose` closes.
    """

    profile: ClassVar[Profile]
    settings_type: ClassVar[type[AdapterSettings]] = AdapterSettings

    def __init__(self, settings: SomeSettings, wires: Wires) -> None:
        self.settings = settings
        self._wires = wires

    async def aclose(self) -> None:
        """Close the adapter's connections."""
        await self._wires.aclose()
