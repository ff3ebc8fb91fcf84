"""What an answer says about how often its caller may call: `RateLimit` and `RateLimit-Policy`, as structured fields.

The form is that of draft-ietf-httpapi-ratelimit-headers-11. The counting is done in `hub/access/rates.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from starlette.types import Scope

from hub.access.rates import Standing

_KEPT = "rate_standing"


def note_standing(request: Request, standing: Standing) -> None:
    """Keep how the caller stands, for the answer's headers."""
    setattr(request.state, _KEPT, standing)


def limit_headers(scope: Scope) -> Mapping[str, str]:
    """Return the headers of an answer; none if nobody was counted."""
    standing = scope.get("state", {}).get(_KEPT)
    if not isinstance(standing, Standing):
        return {}
    return {
        "RateLimit-Policy": f'"{standing.policy}";q={standing.quota};w={standing.window}',
        "RateLimit": f'"{standing.policy}";r={standing.left};t={standing.full_in}',
    }
