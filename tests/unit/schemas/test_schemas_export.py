"""The exported JSON Schemas: fresh, valid, complete, and guarded by `python -m schemas --check`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
from pydantic import BaseModel
from schemas_samples import CLIENT, CONSENT, REFERRAL, case

import schemas
from schemas import __main__ as command
from schemas.case import CaseDocument
from schemas.disclosure import FIELD_PATHS, Disclosure
from schemas.events import Event
from schemas.export import exported

DOCUMENT = {"client": CLIENT, "consents": [CONSENT], "referrals": [REFERRAL]}


def models_in(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield a model and all models inside it."""
    if model in seen:
        return
    seen.add(model)
    yield model
    for info in model.model_fields.values():
        for part in (info.annotation, *getattr(info.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from models_in(part, seen)


def test_exported_files_are_fresh() -> None:
    """`schemas/json/` holds exactly what the models say now; otherwise: make generate."""
    assert command.stale_files() == []


@pytest.mark.parametrize("name", sorted(exported()))
def test_exported_files_are_schemas(name: str) -> None:
    """Each schema is a valid JSON Schema 2020-12; the table of paths is what the code uses."""
    content = json.loads(exported()[name])
    if name == "field_paths.json":
        assert content == {path: str(privacy) for path, privacy in FIELD_PATHS.items()}
    else:
        jsonschema_rs.meta.validate(content)


def test_the_schema_and_the_models_agree() -> None:
    """A document that the models take is valid by the schema, and so are simple slips invalid by both."""
    validator = jsonschema_rs.validator_for(json.loads(exported()["CaseDocument.schema.json"]), validate_formats=True)
    slips = [
        DOCUMENT | {"more": 1},
        DOCUMENT | {"referrals": []},
        DOCUMENT | {"client": CLIENT | {"birth_date": 0}},
        DOCUMENT | {"client": CLIENT | {"rrn": "800102"}},
        DOCUMENT | {"client": CLIENT | {"household": {"size": "3"}}},
        DOCUMENT | {"consents": [CONSENT | {"items": ["client"]}]},
        DOCUMENT | {"consents": [CONSENT | {"refusal_right_notified": False}]},
        DOCUMENT | {"consents": [CONSENT | {"refusal_right_notified": 1}]},
    ]
    assert validator.is_valid(DOCUMENT)
    assert validator.is_valid(json.loads(case().model_dump_json()))
    assert [slip for slip in slips if validator.is_valid(slip)] == []
    for slip in slips:
        with pytest.raises(ValueError, match="validation error"):
            CaseDocument.model_validate(slip)


@pytest.mark.parametrize("root", [CaseDocument, Disclosure, Event])
def test_every_public_name_is_explained(root: type[BaseModel]) -> None:
    """Each model, each field and each code of an enumeration says what it is (style: docstrings)."""
    unexplained = []
    for model in models_in(root, set()):
        unexplained += [model.__name__] * (not model.__doc__)
        unexplained += [f"{model.__name__}.{name}" for name, info in model.model_fields.items() if not info.description]
    assert unexplained == []


def test_codes_are_explained_where_they_stand() -> None:
    """Members of our enumerations carry a docstring each, but for service codes, which `SERVICES` names."""
    silent = []
    for path in sorted(Path(schemas.__file__).parent.glob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        inside = ""
        for line, after in zip(lines, [*lines[1:], ""], strict=True):
            if line.startswith("class "):
                inside = line if "StrEnum" in line and "ServiceCode" not in line else ""
            if inside and line.startswith("    ") and ' = "' in line and not after.strip().startswith('"""'):
                silent.append(f"{path.name}: {line.strip()}")
    assert silent == []


def test_check_names_a_stale_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Changed, missing and left-over files fail the check by name; writing mends all three."""
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["schemas"])
    assert command.main() == 0
    (tmp_path / "Event.schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "Consent.schema.json").unlink()
    (tmp_path / "Gone.schema.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["schemas", "--check"])
    assert command.main() == 1
    assert "Consent.schema.json, Event.schema.json, Gone.schema.json" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["schemas"])
    assert command.main() == 0
    assert command.stale_files() == []


@pytest.mark.slow
def test_the_command_fails_on_a_stale_copy(tmp_path: Path) -> None:
    """`python -m schemas --check` ends with 1 in a checkout whose JSON is stale, and says what to run."""
    copy = tmp_path / "schemas"
    shutil.copytree(Path(schemas.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    run = [sys.executable, "-m", "schemas", "--check"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert subprocess.run(run, cwd=tmp_path, env=environment, check=False).returncode == 0
    stale = copy / "json" / "Event.schema.json"
    stale.write_text(stale.read_text(encoding="utf-8") + " ", encoding="utf-8")
    failed = subprocess.run(run, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert (failed.returncode, "Event.schema.json" in failed.stderr, "make generate" in failed.stderr) == (
        1,
        True,
        True,
    )
