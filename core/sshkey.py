"""Public SSH keys as they stand in a ``.pub`` file, checked before they open a door.

A line is ``TYPE BASE64 [COMMENT]`` (sshd(8), AUTHORIZED_KEYS FILE FORMAT) without options: the blob's own type
must be the one that the line names, and the blob must be whole (RFC 4253 section 6.6, RFC 5656, RFC 8709).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from core.errors import UsageError
from core.i18n import _
from core.text import clean

_FIELDS = {
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "ssh-rsa": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""Accepted key types and how many fields follow the type in the blob."""
RSA_BITS = 2048
"""A shorter RSA key is refused, as sshd refuses it."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key without its comment."""

    kind: str
    body: str
    """The blob in base64."""

    @property
    def fingerprint(self) -> str:
        """``SHA256:...`` as ``ssh-keygen -l`` prints it."""
        return fingerprint_of(str(self))

    def __str__(self) -> str:
        """As it stands in a file."""
        return f"{self.kind} {self.body}"


def fingerprint_of(key: str) -> str:
    """The fingerprint of ``TYPE BASE64``."""
    digest = hashlib.sha256(base64.b64decode(key.partition(" ")[2])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def parse_keys(data: bytes) -> list[PublicKey]:
    """The keys of a ``.pub`` file; empty lines and comments are passed over.

    Raises:
        UsageError: ``usage``: no key, a private key, a key with options, of another type, or damaged.
    """
    if b"PRIVATE KEY" in data:
        raise _bad(
            _("This is a private key."), _("It must never leave its owner; the other file ends in .pub.")
        )
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()]
    keys = [_parse_line(line) for line in lines if line and not line.startswith("#")]
    if not keys:
        raise _bad(
            _("There is no key in the file."), _("A public key is one line, for example ssh-ed25519 AAAA...")
        )
    return list(dict.fromkeys(keys))


def _parse_line(line: str) -> PublicKey:
    kind, _space, rest = line.partition(" ")
    if kind not in _FIELDS:
        raise _bad(
            _("{word} is no key type that brygga accepts.").format(word=clean(kind, 40)),
            _("A line begins with one of: {types}. Options before it are not allowed.").format(
                types=", ".join(_FIELDS)
            ),
        )
    body = rest.split(" ")[0]
    try:
        blob = base64.b64decode(body, validate=True)
        fields = _fields(blob)
    except (binascii.Error, ValueError, struct.error):
        fields = []
    if not fields or fields[0] != kind.encode() or len(fields) != _FIELDS[kind] + 1:
        raise _bad(_("The key is damaged."), _("Its contents do not fit its type {type}.").format(type=kind))
    if kind == "ssh-rsa" and int.from_bytes(fields[2], "big").bit_length() < RSA_BITS:
        raise _bad(
            _("The RSA key is too short."), _("At least {bits} bits are needed.").format(bits=RSA_BITS)
        )
    return PublicKey(kind, base64.b64encode(blob).decode())


def _fields(blob: bytes) -> list[bytes]:
    """The length-prefixed strings that the blob is made of.

    Raises:
        ValueError, struct.error: it does not end where a field ends.
    """
    found, at = [], 0
    while at < len(blob):
        (length,) = struct.unpack_from(">I", blob, at)
        at += 4 + length
        if at > len(blob) or not length:
            raise ValueError("a field reaches past the end")
        found.append(blob[at - length : at])
    return found


def _bad(title: str, message: str) -> UsageError:
    return UsageError("usage", title, message, _("Make one with: ssh-keygen -t ed25519"))
