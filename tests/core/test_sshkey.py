"""Public keys are checked before they open a door."""

from __future__ import annotations

import base64
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.sshkey import parse_keys

SSH, RAW = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH


def text_of(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(SSH, RAW)


KEY = text_of(ed25519.Ed25519PrivateKey.generate())


def blob(*fields: bytes) -> str:
    return base64.b64encode(b"".join(struct.pack(">I", len(field)) + field for field in fields)).decode()


@pytest.mark.parametrize(
    "key",
    [KEY, text_of(ec.generate_private_key(ec.SECP384R1())), text_of(rsa.generate_private_key(65537, 2048))],
    ids=lambda _: "key",
)
def test_an_ordinary_key_is_taken_without_its_comment(key: bytes) -> None:
    assert [str(one) for one in parse_keys(key + b' anna@dator" ,command="sh\n')] == [key.decode()]


def test_the_fingerprint_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_bytes(KEY + b"\n")
    told = subprocess.run(
        ["ssh-keygen", "-lf", tmp_path / "key.pub"], capture_output=True, text=True, check=False
    )
    if told.returncode:
        pytest.skip("ssh-keygen is not here")
    assert parse_keys(KEY)[0].fingerprint in told.stdout.split()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"# only a comment",
        b'command="sh" ' + KEY,
        b"no-pty " + KEY,
        b"ssh-dss " + blob(b"ssh-dss", b"p", b"q", b"g", b"y").encode(),
        b"ssh-ed25519",
        b"ssh-ed25519 AAAA",
        b"ssh-ed25519 not*base64",
        KEY[:-4],
        b"ssh-ed25519 " + blob(b"ssh-rsa", b"\1\0\1", b"\xff" * 256).encode(),
        b"ssh-ed25519 " + blob(b"ssh-ed25519", b"k" * 32, b"more").encode(),
        b"ssh-rsa " + blob(b"ssh-rsa", b"\1\0\1", b"\x7f" * 128).encode(),
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
        KEY + b"\n" + b'restrict,command="sh" ' + KEY,
    ],
    ids=lambda _: "line",
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(UsageError):
        parse_keys(line)


@given(st.binary(max_size=300))
def test_no_bytes_make_more_than_a_type_and_base64(data: bytes) -> None:
    try:
        keys = parse_keys(data)
    except UsageError:
        return
    assert all(
        set(str(key)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-@. ")
        for key in keys
    )
