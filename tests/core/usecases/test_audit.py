from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from core.errors import Refused
from core.register import Client, Engagement
from core.usecases.audit import export_audit, verify_audit, write_audit_head, write_daily_head
from core.usecases.context import Context

Filed = tuple[Client, Engagement]


def tampered(ctx: Context, statement: str) -> None:
    """As somebody with the file and sqlite3 would do it."""
    with sqlite3.connect(ctx.settings.store_path) as store:
        for trigger in ("audit_is_never_changed", "audit_is_never_deleted"):
            store.execute(f"DROP TRIGGER {trigger}")
        store.execute(statement)
    store.close()


async def broken(ctx: Context, heads: Path | None = None) -> list[str]:
    __, checks = await verify_audit(ctx, heads)
    return [check.code for check in checks if not check.ok]


async def test_an_untouched_chain_holds(bare: Context, filed: Filed) -> None:
    assert await broken(bare) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET person = 'eva' WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 1",
        "UPDATE audit SET seq = CASE seq WHEN 1 THEN -1 ELSE 1 END",
    ],
)
async def test_a_changed_removed_or_moved_row_is_found(bare: Context, filed: Filed, statement: str) -> None:
    tampered(bare, statement)
    assert await broken(bare) == ["audit_chain"]


async def test_rows_cut_off_at_the_end_show_against_a_written_head(
    bare: Context, filed: Filed, tmp_path: Path
) -> None:
    heads = tmp_path / "heads"
    await write_audit_head(bare, heads)
    tampered(bare, "DELETE FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)")
    assert (await broken(bare), await broken(bare, heads)) == ([], ["audit_heads"])


async def test_a_head_that_has_not_moved_is_written_once(bare: Context, filed: Filed, tmp_path: Path) -> None:
    heads = tmp_path / "heads"
    await write_audit_head(bare, heads)
    await write_audit_head(bare, heads)
    assert len(heads.read_text().splitlines()) == 1


async def test_the_whole_chain_is_written_as_json_lines(bare: Context, filed: Filed, tmp_path: Path) -> None:
    end, _count = await export_audit(bare, tmp_path / "audit.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert (rows[-1]["hash"], rows[0]["action"]) == (end.hash, "client.added")


async def test_the_daily_head_is_written_once_a_day(bare: Context, filed: Filed) -> None:
    written = [await write_daily_head(bare) for _time in range(2)]
    assert [head is not None for head in written] == [True, False]


async def test_a_daily_head_of_another_chain_alarms_and_is_left(bare: Context, filed: Filed) -> None:
    heads = bare.settings.audit_heads_path
    heads.write_text(json.dumps({"seq": 1, "hash": "0" * 64, "at": "2020-01-01T00:00:00Z"}) + "\n")
    with pytest.raises(Refused) as caught:
        await write_daily_head(bare)
    assert (caught.value.code, len(heads.read_text().splitlines())) == ("audit_broken", 1)
