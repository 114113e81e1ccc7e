"""Secrets at rest: encrypted in the data folder, never shown by the API, decrypted for component processes only."""

from pathlib import Path

from cryptography.fernet import Fernet

from sandbox.dss.storage import write_text

REDACTED = "e:REDACTED"
_MARK = "e:FERNET:"


class Vault:
    """Encrypts and decrypts with a key kept in one file.

    Args:
        key_file: made with a new key, mode 0600, when it does not exist.
    """

    def __init__(self, key_file: Path) -> None:
        if not key_file.exists():
            write_text(key_file, Fernet.generate_key().decode("ascii"))
        self._fernet = Fernet(key_file.read_text(encoding="ascii"))

    def encrypt(self, value: str) -> str:
        """Return the form that is stored; an empty or already encrypted value stays as it is."""
        if not value or value.startswith(_MARK):
            return value
        return _MARK + self._fernet.encrypt(value.encode()).decode("ascii")

    def decrypt(self, value: str) -> str:
        """Return the secret of a stored form."""
        if not value.startswith(_MARK):
            return value
        return self._fernet.decrypt(value[len(_MARK) :].encode("ascii")).decode()


def redact(value: str) -> str:
    """Return what the API shows instead of a secret: a mark that means `unchanged` when it is saved again."""
    return REDACTED if value else value
