"""Makes a new key for a supplement each time that it is sent: a lost answer brings it as another one."""

from __future__ import annotations

from typing import Any

from adapters.sdk import Verb
from hub.cli.stage import leash
from hub.delivery import worker
from hub.store.deliveries import delivery_by_id, update_delivery

_begin = worker.begin


def begin_anew(conn: Any, room: Any, delivery_id: str) -> Any:
    """Begin; a supplement that was tried before under another key."""
    delivery = delivery_by_id(conn, delivery_id)
    if delivery is not None and delivery.kind is Verb.SUPPLEMENT and delivery.tries:
        key = room.agencies.active[delivery.agency].profile.wire_key.make(room.clock.now())
        update_delivery(conn, delivery_id, wire_key=key)
    return _begin(conn, room, delivery_id)


worker.begin = begin_anew
leash.run()
