"""What `[audit]` may say: where checkpoints and their key are, how often, and what a review points out."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from hub.audit.signing import AuditKeyError, SigningKey
from hub.configured import Table


class AuditSettings(Table):
    """How the audit trail is sealed, and where its checkpoints go."""

    folder: Path = Path("var/audit")
    """Of the checkpoints; outside the store, made at first start."""
    key_file: Path = Path("var/keys/audit")
    """The key that signs them; made at first start, unless `signing_key` is set."""
    signing_key: SecretStr | None = None
    """The key itself, as its file would hold it; from the environment only."""
    seal_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """How often new entries are looked for."""
    checkpoint_entries: Annotated[int, Field(ge=1)] = 1000
    checkpoint_seconds: Annotated[float, Field(gt=0, le=24 * 3600)] = 60.0
    """A checkpoint is written after so many entries or seconds, whichever comes first, if there is anything new."""
    office_opens: time = time(8)
    office_closes: time = time(19)
    """KST, on working days: the review points out accesses at other times."""
    bulk_persons: Annotated[int, Field(ge=2)] = 50
    """The review points out an hour in which one actor read the data of so many persons."""

    @field_validator("signing_key")
    @classmethod
    def _is_a_key(cls, key: SecretStr | None) -> SecretStr | None:
        try:
            if key is not None:
                SigningKey.from_text(key.get_secret_value())
        except AuditKeyError:
            raise ValueError("must be one line that begins with naru-audit-key-1") from None
        return key

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.office_opens.tzinfo or self.office_closes.tzinfo:
            raise ValueError("office_opens and office_closes are Korean times of day, without an offset")
        if self.office_opens >= self.office_closes:
            raise ValueError("office_opens must be before office_closes")
        return self

    @property
    def place(self) -> str:
        """Where the signing key is, for people to read."""
        return "NARU_AUDIT__SIGNING_KEY" if self.signing_key is not None else str(self.key_file)

    @property
    def is_there(self) -> bool:
        """Whether there is a signing key; its file is made at first start."""
        return self.signing_key is not None or self.key_file.exists()

    def open_key(self, *, create: bool = True) -> SigningKey:
        """Return the signing key, which is made at first start, unless `create` is false.

        Raises:
            AuditKeyError: its file is unfit, open to others, or cannot be made.
        """
        if self.signing_key is not None:
            return SigningKey.from_text(self.signing_key.get_secret_value())
        return SigningKey.open(self.key_file, create=create)
