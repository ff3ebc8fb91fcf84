"""How an entry names what a disclosure rests on: each consent by its id, each article by a code. Pure.

An article is a sentence of Korean, and entries hold codes only: it is named by the beginning of its SHA-256, which
anybody can make again from the configuration's `[[statutes]]`; the register of provisions shows its words.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

_ID = re.compile(r"[a-z]{2,4}_[0-9a-z]{1,40}", re.ASCII)


def fields_by_basis(bases: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the fields that rest on each basis, from the bases of each field; both in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(bases):
        for basis in bases[path]:
            found[_name_of(basis)].append(path)
    return dict(sorted(found.items()))


def _name_of(basis: str) -> str:
    return basis if _ID.fullmatch(basis) else f"article:{hashlib.sha256(basis.encode()).hexdigest()[:16]}"
