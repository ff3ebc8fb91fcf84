from __future__ import annotations

from pathlib import Path

import pytest
from settings_bench import problems_of, read

from hub.audit.signing import AuditKeyError

KEY = "naru-audit-key-1 " + "A" * 43 + "="


def test_the_signing_key_comes_from_the_environment(tmp_path: Path) -> None:
    """Then there is no file, and none is made."""
    audit = read(tmp_path, NARU_AUDIT__SIGNING_KEY=KEY, NARU_AUDIT__KEY_FILE=str(tmp_path / "key")).audit
    assert len(audit.open_key().key_id) == 16
    assert not (tmp_path / "key").exists()
    assert "AAAA" not in repr(audit)


def test_the_signing_key_must_not_stand_in_the_file(tmp_path: Path) -> None:
    """It is refused by its name, and not shown."""
    (problem,) = problems_of(tmp_path, f'[audit]\nsigning_key = "{KEY}"\n')
    assert problem == (
        "audit.signing_key (config.toml): a secret must not stand in a file; set NARU_AUDIT__SIGNING_KEY"
    )


def test_what_is_no_signing_key_is_not_shown(tmp_path: Path) -> None:
    """The problem names the variable and the form."""
    (problem,) = problems_of(tmp_path, NARU_AUDIT__SIGNING_KEY="hunter2")
    assert problem == "NARU_AUDIT__SIGNING_KEY: must be one line that begins with naru-audit-key-1"


def test_an_office_opens_before_it_closes(tmp_path: Path) -> None:
    """Hours that go round midnight would turn the review over."""
    (problem,) = problems_of(tmp_path, "[audit]\noffice_opens = 20:00:00\n")
    assert problem == "audit (config.toml): office_opens must be before office_closes"


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """0600 in a folder 0700; the second start reads the same key; one that is open to others is refused."""
    audit = read(tmp_path, NARU_AUDIT__KEY_FILE=str(tmp_path / "keys" / "audit")).audit
    with pytest.raises(AuditKeyError, match="cannot be read"):
        audit.open_key(create=False)
    assert audit.open_key().key_id == audit.open_key(create=False).key_id
    assert audit.key_file.stat().st_mode & 0o777 == 0o600
    assert audit.key_file.parent.stat().st_mode & 0o777 == 0o700
    audit.key_file.chmod(0o640)
    with pytest.raises(AuditKeyError, match="chmod 600"):
        audit.open_key()
    audit.key_file.chmod(0o600)
    audit.key_file.write_text("naru-kek-1 " + "A" * 43 + "=")
    with pytest.raises(AuditKeyError, match="no key file of the audit"):
        audit.open_key()
