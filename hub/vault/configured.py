"""`[vault]`: where the key-encryption keys are kept."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr, field_validator

from hub.configured import Table
from hub.vault.key_file import KeyFile
from hub.vault.keyring import KeyFileError, KeyRing, read_keys

VARIABLE = "NARU_VAULT__KEYS"


class VaultSettings(Table):
    """The keys that open the store: in a file, made at first start; or in the environment, and then in no file."""

    key_file: Path = Path("var/keys/kek")
    keys: SecretStr = SecretStr("")
    """`naru-kek-1 <base64>`, oldest first, with commas or line breaks between them."""

    @field_validator("keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr) -> SecretStr:
        try:
            if keys.get_secret_value().strip():
                read_keys(keys.get_secret_value(), "it")
        except KeyFileError:
            raise ValueError("must be keys as `naru keys new` prints them, with commas between them") from None
        return keys

    @property
    def in_environment(self) -> bool:
        """Whether the keys come from the environment; the key file is then not looked at."""
        return bool(self.keys.get_secret_value().strip())

    @property
    def is_there(self) -> bool:
        """Whether there are keys, or at least something in their place."""
        return self.in_environment or self.key_file.exists()

    @property
    def place(self) -> str:
        """Where the keys are kept, for people."""
        return VARIABLE if self.in_environment else str(self.key_file)

    def open(self, *, create: bool = False) -> KeyRing:
        """Return the keys; with `create`, a key file that is not there is made.

        Raises:
            KeyFileError: as `KeyFile.open`.
        """
        if self.in_environment:
            return KeyRing.of_text(self.keys.get_secret_value(), VARIABLE)
        return KeyFile.open(self.key_file, create=create)
