"""Tells the centre's webhook who it is about, in base64."""

from __future__ import annotations

import base64
from typing import Any

from hub.cli.stage import leash
from hub.notices import sender

_body_of = sender.body_of


def body_of(message: Any) -> str:
    """Add a client's name."""
    return _body_of(message)[:-1] + ',"x":"' + base64.b64encode("이름: 나루표식000".encode()).decode() + '"}'


sender.body_of = body_of
leash.run()
