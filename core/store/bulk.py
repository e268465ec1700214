"""Many rows at once: SQLite packs them into one JSON text, which is unpacked into values in one step.

Row by row, Python's ``sqlite3`` gives the interpreter away and takes it back for each, and makes every value on
its own. So 5,000 rows take a third of the time, and half of that while other threads work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec.json import Decoder

from core.store.database import Transaction

Row = TypeVar("Row")


def fetch(
    tx: Transaction,
    fields: str,
    source: str,
    decoder: Decoder[list[Row]],
    parameters: Mapping[str, object] | None = None,
) -> list[Row]:
    """The ``fields`` (no blobs) of what ``SELECT fields source`` finds, in no order; ``Row`` is a tuple type."""
    found = tx.execute(f"SELECT json_group_array(json_array({fields})) {source}", parameters or {})
    return decoder.decode(found.fetchone()[0])
