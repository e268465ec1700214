"""A store in a throw-away directory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.model import FiscalYear
from core.register import Client, Engagement, SourceKind
from core.store import clients, engagements
from core.store.database import Store, Transaction

MOMENT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
CLIENT = Client("K1", "Bageri [/] Söder AB", "556677-8899", "101", "AB", "Anna", "410001", "I")
ENGAGEMENT = Engagement("E1", "K1", FiscalYear(date(2025, 1, 1), date(2025, 12, 31)), SourceKind.FORTNOX)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "brygga.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store.open(path)
    yield made
    made.close()


def insert_both(tx: Transaction) -> None:
    clients.insert(tx, CLIENT)
    engagements.insert(tx, ENGAGEMENT)


@pytest.fixture
async def engagement(store: Store) -> Engagement:
    await store.write(insert_both)
    return ENGAGEMENT
