"""A check of mypy's: ``dataclasses.replace`` takes no msgspec record.

mypy takes records for dataclasses and lets the call pass; it fails when it is run. Records are changed with
``msgspec.structs.replace``.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import FunctionContext, Plugin
from mypy.types import Instance, Type, get_proper_type

RECORD = "msgspec.Struct"


class StructReplace(Plugin):
    """Looks at every call of ``dataclasses.replace``."""

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        """The check, for this one function."""
        return _check if fullname == "dataclasses.replace" else None


def _check(ctx: FunctionContext) -> Type:
    changed = get_proper_type(ctx.arg_types[0][0])
    if isinstance(changed, Instance) and any(base.fullname == RECORD for base in changed.type.mro):
        ctx.api.fail(
            "dataclasses.replace fails on a msgspec record; use msgspec.structs.replace", ctx.context
        )
    return ctx.default_return_type


def plugin(_version: str) -> type[Plugin]:
    """What mypy asks a plugin's module for."""
    return StructReplace
