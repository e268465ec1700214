"""What is said of words that are no command of a session over SSH."""

from __future__ import annotations

import pytest

from bridge.cli import forced
from bridge.cli.options import Options
from core.errors import BryggaError
from core.register import Role


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("statsu", "status"), ("Status", "status"), ("client lst", "client list"), ("voucher", "voucher add"),
        ("users", "users list"), ("bash -c id", "ssh SERVER help"), ("scp -t x", "ssh SERVER help"),
    ],
)  # fmt: skip
def test_what_was_mistyped_is_told_with_what_may_be_meant(asked: str, meant: str) -> None:
    with pytest.raises(BryggaError) as caught:
        forced.options_of(Options(person="anna"), forced.words_of(asked), Role.ADMIN)
    assert (caught.value.code, meant in caught.value.hint) == ("read_only", True)


def test_what_another_role_may_is_not_suggested() -> None:
    with pytest.raises(BryggaError) as caught:
        forced.options_of(Options(person="anna"), forced.words_of("client forgte 1"), Role.CONSULTANT)
    assert "client forget" not in caught.value.hint


@pytest.mark.parametrize(("asked", "why"), [("status" + " x" * 4096, "4096"), ("status \udcff", "UTF-8")])
def test_what_is_no_command_is_told_apart(asked: str, why: str) -> None:
    with pytest.raises(BryggaError) as caught:
        forced.words_of(asked)
    assert why in caught.value.title
