"""Which folder of the exchange is which client's: its client number, or a short name of its own.

A folder's name is chosen once and kept for good, so that other programs may rely on it. It is never a personal
identity number: folder names show in listings, logs and backups where such numbers do not belong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from core import orgnr
from core.register import Client
from core.store import clients, exchange
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.rights import Right, needs

LONGEST_NAME = 40
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._]+")
_NUMBER = re.compile(r"(?:\d\d)?\d{6}[-+ ]?\d{4}")


@dataclass(frozen=True, slots=True)
class ClientFolder:
    """A client and the name of its folder."""

    client: Client
    name: str


@needs(Right.WORK)
async def client_folders(ctx: Context) -> list[ClientFolder]:
    """The folder of every client, by name; a client without one gets it now."""

    def known(tx: Transaction) -> tuple[list[Client], dict[str, str]]:
        return clients.every(tx), exchange.folders(tx)

    everyone, names = await ctx.store.read(known)
    if any(client.id not in names for client in everyone):
        everyone, names = await ctx.store.write(_give_names)
    return sorted((ClientFolder(client, names[client.id]) for client in everyone), key=lambda one: one.name)


async def store_version(ctx: Context) -> int:
    """A number that is another one once the store has changed, also by this process."""
    return await ctx.store.read(exchange.version)


def _give_names(tx: Transaction) -> tuple[list[Client], dict[str, str]]:
    everyone, names = clients.every(tx), exchange.folders(tx)
    for client in everyone:
        if client.id not in names:
            names[client.id] = free_name(client, names.values())
            exchange.add_folder(tx, client.id, names[client.id])
    return everyone, names


def free_name(client: Client, taken: Collection[str]) -> str:
    """The client number as a plain name, else one made of the client's name, that no other client has."""
    wish = _plain(client.number) or _plain(client.name) or "klient"
    used = {name.casefold() for name in taken}
    name, serial = wish, 1
    while name.casefold() in used:
        serial += 1
        name = f"{wish}-{serial}"
    return name


def _plain(text: str) -> str:
    """Letters, digits, hyphens and underscores without any personal identity number."""
    kept = _NUMBER.sub(_without_identity, text)
    ascii_only = unicodedata.normalize("NFKD", kept).encode("ascii", "ignore").decode()
    return _NOT_PLAIN.sub("-", ascii_only).strip("-.")[:LONGEST_NAME].strip("-.")


def _without_identity(match: re.Match[str]) -> str:
    try:
        return "" if orgnr.is_personal(match.group()) else match.group()
    except ValueError:
        return match.group()
