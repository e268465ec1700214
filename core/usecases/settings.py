"""The firm's settings, changed from inside brygga: they hold for everybody who uses the data directory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from core.config import save_changes
from core.register import Check
from core.secret import Secret
from core.usecases.context import Context
from core.usecases.rights import Right, needs, require
from core.usecases.secrets import init_keeper


@needs(Right.MANAGE)
async def change_settings(ctx: Context, changes: Mapping[str, Mapping[str, object]]) -> None:
    """Write changed settings to ``settings.toml``; the configuration stays untouched.

    Raises:
        UsageError: ``config_invalid``: a value that could not be read again.
    """
    await asyncio.to_thread(save_changes, ctx.settings, changes)


async def change_look(ctx: Context, look: Mapping[str, object]) -> None:
    """Change language, colours and signs: a person's own on a session over SSH, else everybody's.

    Raises:
        Refused: ``read_only``: everybody's are an administrator's to change.
        UsageError: ``config_invalid``: a value that could not be read again.
    """
    own = ctx.settings.person_file
    if own is None:
        await require(ctx, Right.MANAGE, "change_look")
    await asyncio.to_thread(save_changes, ctx.settings, {"ui": look}, own)


@needs(Right.MANAGE)
async def choose_keeper(ctx: Context, name: str, passphrase: Secret | None = None) -> list[Check]:
    """Choose who keeps the master key, and make the key; the keeper ``passphrase`` needs one.

    Raises:
        UsageError: ``no_keeper``: the named keeper does not work here; ``vault_locked``.
    """
    ask = None if passphrase is None else lambda: passphrase
    return await init_keeper(ctx.settings, name, ask=ask)
