"""Encrypted records: AES-256-GCM, bound to what they are and whose they are.

The associated data is ``brygga|v1|kind|tenant|generation``, so a record copied to another company's row or
put back from an older generation does not open. Layout: version byte, 12-byte nonce, ciphertext with tag.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from core.errors import UsageError
from core.i18n import _

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Label:
    """What a record is: bound to its ciphertext."""

    kind: str
    tenant: str = ""
    generation: int = 0

    def associated(self) -> bytes:
        """The associated data."""
        return f"brygga|v1|{self.kind}|{self.tenant}|{self.generation}".encode()


class Vault:
    """Seals and opens records with the master key."""

    __slots__ = ("__key", "key_id")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise damaged_key()
        self.__key = key
        self.key_id = hashlib.sha256(b"brygga key id|" + key).hexdigest()[:16]
        """Names the key without telling it."""

    def seal(self, label: Label, content: str) -> bytes:
        """Encrypt; every call gives other bytes."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(self.__key).encrypt(nonce, content.encode(), label.associated())

    def open(self, label: Label, body: bytes) -> str:
        """Decrypt.

        Raises:
            UsageError: ``vault_locked``: another key, another label, or changed bytes.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        start = len(_VERSION) + _NONCE_BYTES
        if body[:1] != _VERSION or len(body) < start + 16:
            raise unopened()
        try:
            opened = AESGCM(self.__key).decrypt(body[len(_VERSION) : start], body[start:], label.associated())
        except InvalidTag as error:
            raise unopened() from error
        return opened.decode()

    def __repr__(self) -> str:
        return f"Vault(key_id={self.key_id!r})"


def new_key() -> bytes:
    """A new master key."""
    return os.urandom(KEY_BYTES)


def key_text(key: bytes) -> str:
    """The key as keepers store it: 64 hexadecimal digits."""
    return key.hex()


def read_key(text: str) -> bytes:
    """The inverse of ``key_text``; white space around it is ignored.

    Raises:
        UsageError: ``vault_locked``: not 64 hexadecimal digits.
    """
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise damaged_key()
    return key


def damaged_key() -> UsageError:
    """What the keeper holds is no key."""
    return UsageError(
        "vault_locked",
        _("The master key is damaged."),
        _("It must be 64 hexadecimal digits."),
        _("Restore it from its own backup; without it every client must be connected again."),
    )


def unopened() -> UsageError:
    """A record does not open with this key."""
    return UsageError(
        "vault_locked",
        _("A stored secret cannot be opened."),
        _("It was sealed with another master key, or it has been changed."),
        _("Restore the right master key, or run brygga secrets init and connect the clients again."),
    )
