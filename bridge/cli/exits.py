"""Errors to exit codes, and to the record that ``--json`` prints for them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from core.errors import BryggaError
from core.model import Finding


class Exit(IntEnum):
    """The exit codes of the contract."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    LOGIN = 4
    LATER = 5
    UNKNOWN = 6
    REFUSED = 7
    INTERRUPTED = 130


URGENCY = (Exit.UNKNOWN, Exit.LOGIN, Exit.LATER, Exit.PARTLY, Exit.FAILED)
"""When several codes apply, the first of these that does is the answer."""


def exit_code(error: BryggaError) -> Exit:
    """The exit code of one error."""
    return Exit(error.default_exit)


def combine(failures: Iterable[Exit], *, some_done: bool) -> Exit:
    """The exit code of a run over many clients, vouchers or files.

    A failure that a person must act on (unknown, login, later) wins over "partly done"; a run in which
    everything failed for one reason keeps that reason's code.
    """
    codes = set(failures) - {Exit.DONE}
    if not codes:
        return Exit.DONE
    if some_done:
        codes.add(Exit.PARTLY)
    for code in URGENCY:
        if code in codes:
            return code
    return codes.pop() if len(codes) == 1 else Exit.FAILED


def error_record(error: BryggaError) -> dict[str, object]:
    """The ``error`` object of the contract."""
    return {
        "code": error.code,
        "title": error.title,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }


def error_answer(error: BryggaError) -> dict[str, object]:
    """What stdout carries for an error: the error, and beside it the facts it brought (``findings`` ...)."""
    return {"error": error_record(error), **{key: _plain(fact) for key, fact in error.details.items()}}


def _plain(fact: object) -> object:
    """A fact that came with an error, in the form of the contract."""
    if isinstance(fact, list | tuple):
        return [_plain(part) for part in fact]
    if isinstance(fact, Finding):
        from core.sie.summary import finding_record

        return finding_record(fact)
    return fact
