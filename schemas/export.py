"""The JSON Schemas of the common language, as text: what `schemas/json/` must hold. Writing them is `__main__`'s."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel

from schemas.case import CaseDocument
from schemas.consent import Consent
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.events import Event
from schemas.referral import ReferralRequest
from schemas.titles import FIELD_TITLES

_MODELS: tuple[type[BaseModel], ...] = (CaseDocument, Consent, ReferralRequest, Disclosure, Event)


def exported() -> Mapping[str, str]:
    """Return file name → content (UTF-8 JSON, two spaces) for every exported schema and the tables of field paths."""
    files = {
        f"{model.__name__}.schema.json": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **model.model_json_schema(),
        }
        for model in _MODELS
    }
    files["field_paths.json"] = {path: str(privacy) for path, privacy in FIELD_PATHS.items()}
    files["field_titles.json"] = dict(FIELD_TITLES)
    return {name: json.dumps(content, ensure_ascii=False, indent=2) + "\n" for name, content in files.items()}
