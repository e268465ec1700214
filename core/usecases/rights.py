"""Who may do what. Every use case that changes something names the right that it needs.

Enforced here and not in the front ends, which only show early what would be refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from core.errors import Refused
from core.i18n import _
from core.register import Role
from core.store import people
from core.text import clean

if TYPE_CHECKING:
    from core.usecases.context import Context

UseCase = TypeVar("UseCase", bound=Callable[..., Coroutine[Any, Any, Any]])


class Right(StrEnum):
    """What a use case asks for; reading asks for nothing."""

    WORK = "work"
    """Fetch, write, sign off and post: the work on clients and their engagements."""
    MANAGE = "manage"
    """The firm's own things: people, secrets, settings, and what cannot be taken back."""


GRANTED: Final = {
    Role.READER: frozenset[Right](),
    Role.CONSULTANT: frozenset({Right.WORK}),
    Role.ADMIN: frozenset(Right),
}


def refusal(role: Role, right: Right) -> Refused | None:
    """Why the role may not do what needs the right; None when it may."""
    if right in GRANTED[role]:
        return None
    if role is Role.READER:
        title = _("You may read here but change nothing.")
        message = _("Changing something takes a consultant or an administrator.")
    else:
        title = _("This takes an administrator.")
        message = _("A consultant does the work on the clients, not what concerns the whole firm.")
    return Refused("read_only", title, message, _("Ask an administrator of brygga for another role."))


def needs(right: Right) -> Callable[[UseCase], UseCase]:
    """Let a use case begin only for a person with the right; what is refused is written to the audit.

    The use case's first argument is the context. It raises ``Refused`` with the code ``read_only``.
    """

    def guard(usecase: UseCase) -> UseCase:
        @functools.wraps(usecase)
        async def guarded(ctx: Context, *arguments: Any, **options: Any) -> Any:
            await require(ctx, right, usecase.__name__)
            return await usecase(ctx, *arguments, **options)

        guarded.right = right  # type: ignore[attr-defined]
        return cast("UseCase", guarded)

    return guard


async def require(ctx: Context, right: Right, what: str) -> None:
    """Refuse, and write to the audit, unless the person has the right. ``what`` names the use case.

    In a session over SSH the person is looked up anew: who is removed or gets another role while a session is
    open has from then on what the store says.

    Raises:
        Refused: ``read_only``.
    """
    error = await _refusal_now(ctx, right)
    if error is None:
        return
    await ctx.store.write(
        lambda tx: ctx.record(tx, "right.refused", outcome="refused", what=what, role=ctx.role)
    )
    raise error


async def role_now(ctx: Context) -> Role | None:
    """The person's role, which the context remembers; over SSH as the store has it, None for who is not let in."""
    if ctx.settings.person_file is not None:
        person = await ctx.store.read(lambda tx: people.get(tx, ctx.person))
        ctx.role = person.role if person is not None else Role.READER
        return ctx.role if person is not None else None
    return ctx.role


async def _refusal_now(ctx: Context, right: Right) -> Refused | None:
    role = await role_now(ctx)
    return refusal(role, right) if role is not None else not_let_in(ctx.person)


def not_let_in(name: str) -> Refused:
    """Why a person who is not in the store may do nothing over SSH."""
    return Refused(
        "read_only",
        _("{name} may not log in here.").format(name=clean(name, 40)),
        _("The key is known, the person is not; somebody has been removed."),
        _("Ask an administrator of brygga."),
    )
