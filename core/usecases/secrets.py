"""The master key and what it guards: choose a keeper, store the client secret, look after both."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from core.config import Settings, save_changes
from core.errors import BryggaError, UsageError
from core.i18n import _
from core.register import Check
from core.secret import Secret
from core.store import records
from core.store.database import Store, Transaction
from core.usecases.context import ASK, Context, remember_passphrase
from core.usecases.rights import Right, needs
from core.usecases.tokens import BRIDGE, CLIENT_SECRET, vault
from core.vault.choice import KEEPERS, keeper, open_vault
from core.vault.keeper import Keeper, locked, ways
from core.vault.keyring_keeper import KeyringKeeper
from core.vault.passphrase import Ask
from core.vault.records import Label, Vault, key_text, new_key
from core.vault.systemd import SERVICE_CREDENTIALS

_BY_ITSELF = ("keyring", "systemd", "keyfile")
"""Tried in this order when nobody names a keeper; a passphrase is never chosen for somebody."""


async def init_keeper(
    settings: Settings, keeper: str | None = None, *, ask: Ask | None = None
) -> list[Check]:
    """Choose who keeps the master key, prove that it works, make the key and record the choice.

    A key that the former keeper still gives is moved, so that what it sealed stays readable.

    Raises:
        UsageError: ``no_keeper``: the named keeper does not work here; ``usage``: there is no such keeper;
            ``vault_locked``, also when it has another key than the one in use.
    """
    if keeper is not None and keeper not in KEEPERS:
        raise UsageError(
            "usage",
            _("There is no keeper {name}.").format(name=keeper),
            _("The keepers are {names}.").format(names=", ".join(KEEPERS)),
            ways(),
        )
    return await asyncio.to_thread(_init, settings, keeper, ask)


def _init(settings: Settings, name: str | None, ask: Ask | None) -> list[Check]:
    checks: list[Check] = []
    chosen = _fit(settings, name, ask, checks)
    former = _former_key(settings, chosen.name, ask)
    kept = chosen.load()
    if kept is None:
        kept = former or new_key()
        chosen.store(kept)
        checks.append(Check("key_made", ok=True, text=_("The master key has been stored.")))
    else:
        _refuse_another(settings, chosen, kept, former)
        checks.append(Check("key_found", ok=True, text=_("The keeper already has a master key; it is used.")))
    changes: dict[str, object] = {"keeper": chosen.name}
    if isinstance(chosen, KeyringKeeper):
        changes["keyring_backend"] = chosen.backend
    save_changes(settings, {"secrets": changes})
    return checks


def _refuse_another(settings: Settings, chosen: Keeper, kept: bytes, former: bytes | None) -> None:
    """A keeper that has another key than what is stored was sealed with is not chosen."""
    if former in {None, kept} or not _stored(settings):
        return
    raise locked(
        _("The keeper {name} has another master key than the one in use.").format(name=chosen.name),
        _("The stored consents could not be opened with it. Nothing was changed."),
        _("Give it the key that is in use, or take its own key away."),
    )


def _fit(settings: Settings, name: str | None, ask: Ask | None, checks: list[Check]) -> Keeper:
    """The named keeper, or the first that proves itself."""
    names = (name,) if name is not None else _BY_ITSELF
    failure: BryggaError | None = None
    for candidate in names:
        made = keeper(settings, candidate, ask)
        try:
            made.probe()
        except BryggaError as error:
            failure = error
            checks.append(_failed(f"keeper_{candidate}", error, warning=True))
        else:
            checks.append(
                Check(
                    f"keeper_{candidate}", ok=True, text=_("The keeper {name} works.").format(name=candidate)
                )
            )
            return made
    assert failure is not None
    raise failure


def _former_key(settings: Settings, chosen: str, ask: Ask | None) -> bytes | None:
    """The key of the former keeper; one that gives none is left behind only when nothing is sealed with it."""
    if settings.secrets.keeper in {"", chosen}:
        return None
    try:
        return keeper(settings, ask=ask).load()
    except BryggaError:
        if _stored(settings):
            raise
        return None


def key_places(settings: Settings) -> tuple[Path, ...]:
    """Where a keeper may read the master key, apart from the data directory."""
    return settings.keyfile_path, SERVICE_CREDENTIALS


async def missing_key(ctx: Context) -> UsageError | None:
    """Why stored consents cannot be opened now, for an interface that opens all the same; None when they can.

    Nothing is made or chosen instead: without the key what was imported can be read, and that is all.
    """
    if not ctx.settings.secrets.keeper or not await ctx.store.read(records.every):
        return None
    try:
        await vault(ctx)
    except UsageError as error:
        title = _("Without its master key brygga only reads what was imported; Fortnox is out of reach.")
        return UsageError(error.code, title, f"{error.title} {error.message}".strip(), error.hint)
    return None


def needs_passphrase(settings: Settings) -> bool:
    """Whether a person must type the passphrase before the stored consents can be opened."""
    return settings.secrets.keeper == "passphrase" and not settings.secrets.passphrase_command


async def unlock(ctx: Context, passphrase: Secret) -> None:
    """Open the vault with the passphrase that a person typed; the context keeps it as long as it lives.

    Raises:
        UsageError: ``vault_locked``: it is the wrong one, or there is no key.
    """
    remember_passphrase(ctx, passphrase)
    try:
        await vault(ctx)
    except UsageError:
        del ctx.shared[ASK]
        raise


@needs(Right.MANAGE)
async def set_client_secret(ctx: Context, secret: str) -> None:
    """Store the client secret of the firm's Fortnox app, encrypted.

    Raises:
        UsageError: ``usage``: empty; ``no_keeper``, ``vault_locked``.
    """
    await set_secret(ctx, CLIENT_SECRET, secret)


@needs(Right.MANAGE)
async def set_secret(ctx: Context, kind: str, secret: str) -> None:
    """Store a secret of its kind, encrypted: the client secret, the mail server's password ...

    Raises:
        UsageError: ``usage``: empty; ``no_keeper``, ``vault_locked``.
    """
    value = Secret(secret.strip())
    if not value:
        raise _empty(kind)
    key = await vault(ctx)

    def work(tx: Transaction) -> None:
        previous = records.newest(tx, kind)
        generation = previous.generation + 1 if previous else 1
        body = key.seal(Label(kind, "", generation), value.reveal())
        records.forget_kind(tx, kind)
        records.put(tx, records.Sealed(kind, "", generation, key.key_id, body), ctx.now())
        ctx.record(tx, f"secrets.{kind}")

    await ctx.store.write(work)


def _empty(kind: str) -> UsageError:
    client = kind == CLIENT_SECRET
    return UsageError(
        "usage",
        _("The client secret was empty.") if client else _("The password was empty."),
        _("It is read from standard input, one line."),
        _("Copy it from Fortnox's developer portal.") if client else _("Write it once more."),
    )


async def stored_secret(ctx: Context, kind: str) -> Secret | None:
    """The secret of a kind, or None when none is stored.

    Raises:
        UsageError: ``no_keeper``, ``vault_locked``.
    """
    record = await ctx.store.read(lambda tx: records.newest(tx, kind))
    if record is None:
        return None
    opened = await vault(ctx)
    return Secret(opened.open(Label(record.kind, record.tenant, record.generation), record.body))


@needs(Right.MANAGE)
async def rekey(ctx: Context) -> int:
    """Make a new master key and seal everything anew; the number of records.

    The new key, sealed with the old one, stands in the same transaction as the records until the keeper has
    it, so a crash at any point leaves either key enough (``tokens.vault`` finishes the change). A keeper that
    cannot take the new key is found out first. Nobody else may have the store open: what they would store with the
    old key, a renewed token first of all, could never be opened again.

    Raises:
        UsageError: ``no_keeper``, ``vault_locked``.
        Refused: ``already_running``: another brygga has the store open; nothing was changed.
    """
    old = await vault(ctx)
    ask = ctx.shared.get(ASK)
    chosen = keeper(ctx.settings, ask=ask if callable(ask) else None)
    if not chosen.is_writable:
        raise _only_root(chosen.name)
    await asyncio.to_thread(chosen.probe)
    key = new_key()
    new = Vault(key)

    def work(tx: Transaction) -> int:
        everything = records.every(tx)
        for record in everything:
            label = Label(record.kind, record.tenant, record.generation)
            sealed = new.seal(label, old.open(label, record.body))
            records.reseal(tx, replace(record, key_id=new.key_id, body=sealed))
        bridge = old.seal(Label(BRIDGE), key_text(key))
        records.put(tx, records.Sealed(BRIDGE, "", 0, old.key_id, bridge), ctx.now())
        ctx.record(tx, "secrets.rekey", records=len(everything))
        return len(everything)

    async with ctx.store.alone():
        count = await ctx.store.write(work)
        await asyncio.to_thread(chosen.store, key, replace=True)
        await ctx.store.write(lambda tx: records.forget_kind(tx, BRIDGE))
    ctx.shared["vault"] = new
    for name in [name for name in ctx.shared if name.startswith("tokens ")]:
        del ctx.shared[name]
    return count


def _only_root(name: str) -> UsageError:
    return UsageError(
        "no_keeper",
        _("brygga cannot give the keeper {name} a new master key; only root can.").format(name=name),
        _("Nothing was changed."),
        _(
            "Move the key to a file first: brygga secrets init --keeper keyfile. Then change it, and move it back."
        ),
    )


async def examine_secrets(settings: Settings, *, ask: Ask | None = None) -> list[Check]:
    """Is there a keeper, does it give the key, does the key open what is stored, is there a client secret?"""
    return await asyncio.to_thread(_examine, settings, ask)


def _examine(settings: Settings, ask: Ask | None) -> list[Check]:
    checks: list[Check] = []
    opened: Vault | None = None
    try:
        opened = open_vault(settings, ask)
    except BryggaError as error:
        checks.append(_failed("keeper", error))
    else:
        text = _("The keeper {name} gives the master key.").format(name=settings.secrets.keeper)
        checks.append(Check("keeper", ok=True, text=text))
    stored = _stored(settings)
    if opened is not None:
        checks.append(_records_check(opened, stored))
    checks.append(_secret_check(settings, stored))
    return checks


def _stored(settings: Settings) -> list[records.Sealed]:
    if not settings.store_path.exists():
        return []
    store = Store.open(settings.store_path, read_only=True)
    try:
        return asyncio.run(store.read(records.every))
    finally:
        store.close()


def _records_check(opened: Vault, stored: list[records.Sealed]) -> Check:
    for record in stored:
        if record.kind == BRIDGE:
            continue
        try:
            opened.open(Label(record.kind, record.tenant, record.generation), record.body)
        except UsageError as error:
            return _failed("records", error)
    return Check(
        "records", ok=True, text=_("The stored secrets can be opened ({count}).").format(count=len(stored))
    )


def _secret_check(settings: Settings, stored: list[records.Sealed]) -> Check:
    if settings.client_secret:
        return Check("client_secret", ok=True, text=_("The client secret comes from the environment."))
    if any(record.kind == CLIENT_SECRET for record in stored):
        return Check("client_secret", ok=True, text=_("The client secret is stored."))
    return Check(
        "client_secret",
        ok=False,
        text=_("There is no client secret."),
        remedy=_("Store it with: brygga secrets set fortnox-client-secret"),
        warning=True,
    )


def _failed(code: str, error: BryggaError, *, warning: bool = False) -> Check:
    return Check(code, ok=False, text=error.title, remedy=error.hint, warning=warning, why=error.message)
