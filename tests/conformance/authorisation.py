"""Writes `docs/authorisation.md` from the table of who may call what; `--check` only compares (`make generate`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from classification import main, table

from hub.access.scopes import APPLICATION, OF_THE_HUB, ROLES, Role, Scope, in_text
from hub.api.authorisation import AUTHORISATION, Access, Who
from hub.api.meanings import MEANINGS

PAGE = Path(__file__).parents[2] / "docs" / "authorisation.md"
_HEAD = """\
# Who may call what

Made from `hub/api/authorisation.py` (`make generate`); `make check` compares. `tests/unit/api/test_api_authorisation.py` calls every route as everybody in this table, with their own ids and another centre's, and holds the answers against it. A route without a line is not served: the app refuses to be built.

A caller proves who it is with an API key, or with a token of the configured issuer, and either carries scopes ([access.md](access.md)). A centre's key belongs to one centre, made by `naru centres key`, and a token names one; to it, another centre's ids answer like unknown ones (404), on every route. A key of the hub's own operator (`naru operators add`) has no centre: it opens what concerns every centre, and no client's case ([decision 0014](decisions/0014-who-may-call.md)).

Nothing presented, or what is wrong, revoked or over: 401. A key or token without one of the scopes of the line, or of the other kind: 403, which names the scopes. Both come before the body is read.
"""  # noqa: E501 - one paragraph of a page is one line
_ROUTES = """\
## Routes

`yes`: may call, for its own centre. `all`: may call, and it concerns every centre. `–`: 403. In `scopes` one is enough. *application* is what `naru centres add` gives a centre's application when nothing else is asked for.
"""  # noqa: E501 - the same


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, _scopes(), _roles(), f"{_ROUTES}\n{table(_titles(), map(_row, AUTHORISATION))}"])


def _scopes() -> str:
    rows = [[f"`{scope}`", MEANINGS[Scope.__name__][scope], "yes" if scope in OF_THE_HUB else "–"] for scope in Scope]
    return f"## Scopes\n\n{table(['scope', 'opens', 'the hub’s operators may have it'], rows)}"


def _roles() -> str:
    rows = [[f"`{role}`", MEANINGS[Role.__name__][role], in_text(ROLES[role])] for role in Role]
    rows.append(["application", "센터의 업무 프로그램", in_text(APPLICATION)])
    return f"## Roles\n\n{table(['role', '', 'scopes'], rows)}"


def _titles() -> list[str]:
    return [
        "route",
        "for",
        "scopes",
        *Role,
        "application",
        *(f"hub: {scope}" for scope in Scope if scope in OF_THE_HUB),
    ]


def _row(route: str) -> list[str]:
    access = AUTHORISATION[route]
    return [f"`{route}`", access.who, in_text(access.scopes) if access.scopes != set(Scope) else "any", *_cells(access)]


def _cells(access: Access) -> Iterator[str]:
    for held in (*ROLES.values(), APPLICATION):
        yield _cell(access, held, {Who.CENTRE, Who.EITHER}, "yes")
    for scope in Scope:
        if scope in OF_THE_HUB:
            yield _cell(access, frozenset({scope}), {Who.HUB, Who.EITHER}, "all")


def _cell(access: Access, held: frozenset[Scope], kinds: set[Who], said: str) -> str:
    if access.is_open:
        return "yes"
    return said if access.who in kinds and access.scopes & held else "–"


if __name__ == "__main__":
    sys.exit(main(PAGE, page))
