from __future__ import annotations

import pickle
import traceback

import pytest

from core.secret import Secret

CANARY = "kanariefågel"


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(CANARY)
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {str(secret)!r} %s" % secret
    assert CANARY not in shown


def test_a_traceback_with_local_variables_does_not_show_it() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(len(secret.reveal()))

    with pytest.raises(ValueError, match="12") as caught:
        fail(Secret(CANARY))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [line for line in told.format() if "in fail" in line]
    assert frames
    assert not any(CANARY in line for line in frames)


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))


def test_secrets_are_equal_by_value() -> None:
    assert Secret("å") == Secret("å")
    assert Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != "a"


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret("x")
