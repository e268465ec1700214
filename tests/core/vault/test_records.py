from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.vault.records import Label, Vault, key_text, new_key, read_key

KEY = bytes(range(32))


@given(st.text(), st.text(st.characters(codec="ascii"), max_size=10), st.integers(0, 10**6))
def test_what_is_sealed_opens_again(content: str, tenant: str, generation: int) -> None:
    label = Label("tokens", tenant, generation)
    vault = Vault(KEY)
    assert vault.open(label, vault.seal(label, content)) == content


@pytest.mark.parametrize(
    "other", [Label("tokens", "2", 1), Label("tokens", "1", 2), Label("client_secret", "1", 1)]
)
def test_a_record_in_another_row_does_not_open(other: Label) -> None:
    vault = Vault(KEY)
    body = vault.seal(Label("tokens", "1", 1), "hemligt")
    with pytest.raises(UsageError) as caught:
        vault.open(other, body)
    assert caught.value.code == "vault_locked"


@given(st.integers(0, 10**9))
def test_a_changed_byte_does_not_open(where: int) -> None:
    vault = Vault(KEY)
    body = bytearray(vault.seal(Label("tokens"), "hemligt"))
    body[where % len(body)] ^= 1
    with pytest.raises(UsageError):
        vault.open(Label("tokens"), bytes(body))


def test_another_key_does_not_open() -> None:
    with pytest.raises(UsageError):
        Vault(new_key()).open(Label("tokens"), Vault(KEY).seal(Label("tokens"), "hemligt"))


def test_sealing_twice_gives_other_bytes() -> None:
    vault = Vault(KEY)
    assert vault.seal(Label("tokens"), "x") != vault.seal(Label("tokens"), "x")


def test_the_key_shows_nowhere() -> None:
    vault = Vault(KEY)
    assert KEY.hex() not in repr(vault)
    assert KEY.hex()[:8] not in vault.key_id


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "00" * 31])
def test_a_damaged_key_is_no_key(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_key(text)
    assert caught.value.code == "vault_locked"


def test_key_text_reads_back() -> None:
    assert read_key(key_text(KEY) + "\n") == KEY
