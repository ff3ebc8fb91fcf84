"""Who may call what: the one table. Every route of the API has its line here, or the app is not built.

`hub/api/callers.py` reads a route's line when it is called; `docs/authorisation.md` and the OpenAPI document are made
from it; `tests/unit/api/test_api_authorisation.py` calls every route as everybody and compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from hub.access.scopes import Scope


class Who(StrEnum):
    """Which kind of caller a route is for."""

    CENTRE = "centre"
    """Callers of a centre. Another centre's ids answer like unknown ones."""
    HUB = "hub"
    """Operators of the hub as a whole: what it does concerns every centre."""
    EITHER = "either"
    """Both; what they see may differ."""
    AGENCY = "agency"
    """An agency, which proves itself to its adapter (signature, shared secret)."""
    ANYBODY = "anybody"
    """No proof is asked for."""


@dataclass(frozen=True)
class Access:
    """One line: which callers, and of which scopes one is enough."""

    who: Who
    scopes: frozenset[Scope] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether the hub itself asks for no key."""
        return self.who in {Who.AGENCY, Who.ANYBODY}


def _centre(*scopes: Scope) -> Access:
    return Access(Who.CENTRE, frozenset(scopes))


_CASES, _CONSENTS, _READ, _ADMIN = Scope.CASES, Scope.CONSENTS, Scope.READ, Scope.ADMIN
_STEP = _centre(Scope.CASES, Scope.OPERATE)
_WHOLE_HUB = Access(Who.HUB, frozenset({Scope.OPERATE}))
_ANY_SCOPE = frozenset(Scope)
_AGENCY, _ANYBODY = Access(Who.AGENCY), Access(Who.ANYBODY)

AUTHORISATION: Mapping[str, Access] = {
    "POST /v1/cases": _centre(_CASES),
    "GET /v1/cases/{case_id}": _centre(_READ),
    "POST /v1/cases/{case_id}/referrals": _centre(_CASES),
    "GET /v1/referrals": _centre(_READ),
    "POST /v1/referrals/bulk": _centre(Scope.OPERATE),
    "GET /v1/referrals/{referral_id}": _centre(_READ),
    "GET /v1/referrals/{referral_id}/events": _centre(_READ),
    "GET /v1/referrals/{referral_id}/explanation": _centre(_READ),
    "POST /v1/referrals/{referral_id}/cancel": _STEP,
    "POST /v1/referrals/{referral_id}/pause": _centre(Scope.OPERATE),
    "POST /v1/referrals/{referral_id}/resume": _centre(Scope.OPERATE),
    "POST /v1/referrals/{referral_id}/retry": _STEP,
    "POST /v1/referrals/{referral_id}/resolve": _STEP,
    "POST /v1/referrals/{referral_id}/override": _centre(_CASES),
    "POST /v1/referrals/{referral_id}/acknowledge": _STEP,
    "POST /v1/referrals/{referral_id}/supplement": _centre(_CASES),
    "POST /v1/referrals/{referral_id}/close": _STEP,
    "POST /v1/consents": _centre(_CONSENTS),
    "GET /v1/consents/{consent_id}": _centre(_CONSENTS, _READ),
    "GET /v1/consents/{consent_id}/receipt": _centre(_CONSENTS, _READ),
    "POST /v1/consents/{consent_id}/withdraw": _centre(_CONSENTS),
    "POST /v1/clients/search": _centre(_CASES),
    "GET /v1/clients/{client_id}/disclosures": _centre(_READ),
    "POST /v1/prechecks": _centre(_CASES, _READ),
    "GET /v1/services": Access(Who.CENTRE, _ANY_SCOPE),
    "GET /v1/services/{service_id}": Access(Who.CENTRE, _ANY_SCOPE),
    "GET /v1/agencies": Access(Who.EITHER, _ANY_SCOPE),
    "POST /v1/agencies/{slug}/pause": _WHOLE_HUB,
    "POST /v1/agencies/{slug}/resume": _WHOLE_HUB,
    "POST /v1/webhooks": _centre(_ADMIN),
    "GET /v1/webhooks": _centre(_ADMIN),
    "GET /v1/webhooks/{webhook_id}": _centre(_ADMIN),
    "PATCH /v1/webhooks/{webhook_id}": _centre(_ADMIN),
    "DELETE /v1/webhooks/{webhook_id}": _centre(_ADMIN),
    "POST /v1/webhooks/{webhook_id}/rotate": _centre(_ADMIN),
    "POST /v1/webhooks/{webhook_id}/ping": _centre(_ADMIN),
    "GET /v1/webhooks/{webhook_id}/shelf": _centre(_ADMIN),
    "POST /v1/webhooks/{webhook_id}/redeliver": _centre(_ADMIN),
    "GET /v1/audit": Access(Who.EITHER, frozenset({Scope.AUDIT})),
    "POST /v1/callbacks/{slug}": _AGENCY,
    "POST /v1/callbacks/{slug}/{path:path}": _AGENCY,
    "GET /livez": _ANYBODY,
    "GET /readyz": _ANYBODY,
    "GET /openapi.json": _ANYBODY,
    "GET /docs": _ANYBODY,
}


class AuthorisationGapError(Exception):
    """Table and routes do not fit together; the text names the routes. The app is not built."""


def check_routes(routes: Sequence[BaseRoute], proofs: Mapping[object, Iterable[Who]]) -> None:
    """Check that every route has its line, every line a route, and that each route asks for the caller of its line.

    `proofs` names the dependencies that prove who calls, each with the kinds of callers that it lets in.

    Raises:
        AuthorisationGapError: not so.
    """
    found = {
        f"{method} {route.path}": route for route in iter_route_contexts(routes) for method in route.methods or "*"
    }
    gaps = [f"{name} has no line in AUTHORISATION" for name in found.keys() - AUTHORISATION.keys()]
    gaps += [f"AUTHORISATION has a line for {name}, which is no route" for name in AUTHORISATION.keys() - found.keys()]
    for name in found.keys() & AUTHORISATION.keys():
        who = AUTHORISATION[name].who
        asked = [frozenset(proofs[call]) for call in _calls(found[name]) if call in proofs]
        if AUTHORISATION[name].is_open != (not asked) or any(who not in kinds for kinds in asked):
            gaps.append(f"{name} does not ask for what its line says: {who}")
        if not AUTHORISATION[name].is_open and not AUTHORISATION[name].scopes:
            gaps.append(f"{name} is for nobody: its line has no scope")
    if gaps:
        raise AuthorisationGapError("; ".join(sorted(gaps)))


def _calls(route: object) -> set[object]:
    """Return every dependency of a route, however deep."""
    found, left = set(), [getattr(route, "dependant", None)]
    while left:
        dependant = left.pop()
        if dependant is not None:
            found.add(dependant.call)
            left += dependant.dependencies
    return found
