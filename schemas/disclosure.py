"""What an adapter may see of a client and a referral: the document that is pruned, and all its field paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from schemas.base import Frozen
from schemas.client import DisclosedClient
from schemas.privacy import PrivacyClass, field_paths
from schemas.referral import DisclosedReferral


class Disclosure(Frozen):
    """One client and one referral, pruned to what the recipient may see: absent means not disclosed, or not known."""

    client: DisclosedClient = DisclosedClient()
    """대상자."""
    referral: DisclosedReferral = DisclosedReferral()
    """의뢰."""


FIELD_PATHS: Mapping[str, PrivacyClass] = field_paths(Disclosure)
"""Every field path of the common schema with its privacy class: what consents name and adapters disclose."""


def known_path(path: str) -> str:
    """Return `path` if it is a field path of the common schema.

    Raises:
        ValueError: no such path; group paths such as `client.address` are refused too, lest an old consent come to
            cover a field that is added to the group later.
    """
    below = next((known for known in FIELD_PATHS if known.startswith(f"{path}.")), None)
    if below is not None:
        raise ValueError(f"묶음이 아니라 하위 항목({below} 등)을 적으십시오 (a group of fields, not a field path)")
    if path not in FIELD_PATHS:
        raise ValueError("공통 스키마에 없는 항목입니다 (not a field path of the common schema)")
    return path


FieldPath = Annotated[str, AfterValidator(known_path), WithJsonSchema({"type": "string", "enum": list(FIELD_PATHS)})]
"""A leaf path of the common schema, such as `client.address.adm_cd`."""
