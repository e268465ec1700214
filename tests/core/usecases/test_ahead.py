"""The overview that is read while the interface is being loaded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.config import load
from core.errors import UsageError
from core.register import SourceKind
from core.usecases.ahead import Ahead
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement
from core.usecases.status import overview


async def test_what_was_read_ahead_answers_the_first_question_and_no_other(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, environ={})
    async with open_context(settings) as ctx:
        client = await add_client(ctx, name="Bolaget AB", orgnr="556677-8899")
    ahead = Ahead(settings)
    async with open_context(settings, store=await ahead.store()) as ctx:
        ahead.hand_over(ctx)
        assert [row.engagement for row in await overview(ctx)] == [None]
        made = await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
        assert [row.engagement for row in await overview(ctx)] == [made]


async def test_a_store_that_cannot_be_read_says_so_when_it_is_asked_for(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, environ={})
    settings.store_path.write_bytes(b"no store at all " * 100)
    with pytest.raises(UsageError):
        await Ahead(settings).store()
