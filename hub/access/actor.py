"""The actor: in whose name something is done. How a caller proves who it is lives in `hub/access/api_keys.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts: a name for events and audit (`key:<id>`, never a person's name), whose cases they see, from where."""

    name: str
    centre_id: str
    origin: str | None = None
    """The network address that the request came from, if there was one."""
