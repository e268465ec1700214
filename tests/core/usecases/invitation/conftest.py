"""A firm with clients to invite users for, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.config import Settings, load
from core.config_tables import Firm, MailSettings
from core.orgnr import with_check_digit
from core.register import Client
from core.usecases.clients import add_client
from core.usecases.context import Context, open_context
from core.usecases.invite import add_invitation, set_admin
from core.usecases.invite_desk import DeskRow
from tests.mailserver import MailServer


@dataclass
class HandClock:
    """Time as the test says."""

    moment: datetime = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_days(self, days: int) -> None:
        self.moment += timedelta(days=days)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No mail server: letters become files."""
    bare = load(None, tmp_path / "data", environ={"BRYGGA_CONFIG": ""})
    return msgspec.structs.replace(bare, firm=Firm(name="Byrån Åhlén AB"))


@pytest.fixture
def mailing(settings: Settings, mail_server: MailServer) -> Settings:
    """The same with the test's mail server."""
    mail = MailSettings(
        host="127.0.0.1",
        port=mail_server.port,
        security="none",
        sender="byra@example.com",
        reply_to="svar@example.com",
    )
    return msgspec.structs.replace(settings, mail=mail)


@pytest.fixture
async def ctx(settings: Settings, clock: HandClock) -> AsyncIterator[Context]:
    async with open_context(settings, person="anna", clock=clock) as context:
        yield context


@pytest.fixture
async def posting(mailing: Settings, clock: HandClock) -> AsyncIterator[Context]:
    """A context whose letters go to the mail server."""
    async with open_context(mailing, person="anna", clock=clock) as context:
        yield context


async def _client(ctx: Context, number: int, name: str = "") -> Client:
    return await add_client(
        ctx,
        name=name or f"Klient {number:03} AB",
        orgnr=with_check_digit(f"556{number:06}"),
        number=str(number),
    )


@pytest.fixture
def make_client() -> Any:
    return _client


@pytest.fixture
def invite_clients() -> Callable[..., Any]:
    """Clients with a user each, whose administrator has ticked."""

    async def make(ctx: Context, count: int, *, admin: bool = True) -> list[DeskRow]:
        rows = []
        for number in range(1, count + 1):
            client = await _client(ctx, number)
            row = await add_invitation(
                ctx, client.id, name=f"Åsa Öberg {number}", email=f"asa{number}@example.com"
            )
            rows.append(row)
        if admin:
            await set_admin(ctx, [row.client.id for row in rows], admin=True)
        return rows

    return make
