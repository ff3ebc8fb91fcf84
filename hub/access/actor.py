"""The actor: in whose name something is done. How a caller proves who it is lives in the modules beside this one.

There are two, and neither stands for the other: a centre's actor sees that centre's cases, the hub's own sees none.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts for a centre: a name for events and audit (`key:<id>`, never a person's name), whose cases they see."""

    name: str
    centre_id: str
    origin: str | None = None
    """The network address that the request came from, if there was one."""


@dataclass(frozen=True)
class HubActor:
    """Who acts for the hub as a whole: has no centre, so that nothing that asks for one can be called in its name."""

    name: str
    origin: str | None = None
