"""The parameters that several commands share, so that a word means the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from core.i18n import mark

ClientName: TypeAlias = Annotated[
    str,
    Parameter(
        name="CLIENT",
        help=mark("client number, organisation number, tenant, or a unique part of the name"),
    ),
]
OptionalClient: TypeAlias = Annotated[
    str | None,
    Parameter(
        name="CLIENT",
        help=mark("client number, organisation number, tenant, or a unique part of the name"),
    ),
]
Year: TypeAlias = Annotated[
    str | None,
    Parameter(
        name="--year",
        help=mark("the calendar year in which the fiscal year ends, or FROM..TO (2025-05-01..2026-04-30)"),
    ),
]
Target: TypeAlias = Annotated[
    Path | None, Parameter(name=["--output", "-o"], help=mark("write to this file; it must not exist"))
]
VoucherIds: TypeAlias = Annotated[tuple[str, ...], Parameter(name="ID", help=mark("the voucher's id"))]

Switch: TypeAlias = Literal["on", "off"]
"""A choice that stays as it is when it is left out."""


def is_on(switch: Switch | None) -> bool | None:
    """What was chosen; None for nothing."""
    return None if switch is None else switch == "on"


def option(text: str, *names: str) -> Parameter:
    """An option or argument with its help (an English message id)."""
    return Parameter(name=list(names) or None, help=text)
