"""A real program's file closed through the real program; skipped where the shared corpus is not beside us."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("BRYGGA_SHARED", Path(__file__).parents[2].parent / "shared"))
EXAMPLE = SHARED / "data" / "sie" / "files" / "forsslund+sie-parser" / "SIE4 Exempelfil.SE"


@pytest.mark.skipif(not EXAMPLE.exists(), reason=f"the shared corpus is not there: {EXAMPLE}")
def test_a_real_file_is_closed_and_the_written_file_holds_exactly_the_voucher(brygga: Any) -> None:
    summary = brygga("sie", "summary", EXAMPLE, "--json").json
    assert (summary["accounts"], summary["vouchers"], summary["transactions"]) == (530, 295, 1330)
    brygga("client", "add", "--name", summary["company"], "--orgnr", summary["orgnr"], "--number", "1")
    first, last = summary["years"]["0"]
    brygga("engagement", "add", "1", "--from", first, "--to", last, "--source", "sie4")
    imported = brygga("import", "1", "--file", EXAMPLE, "--json")
    assert imported.code == 0, imported
    assert (imported.json["accounts"], imported.json["vouchers"]) == (530, 295)

    rows = [{"account": "6420", "debit": "18000.00"}, {"account": "2990", "credit": "18000.00"}]
    file = brygga.directory / "vouchers.json"
    file.write_text(json.dumps({"vouchers": [{"date": last, "text": "Upplupen revision", "rows": rows}]}))
    identity = brygga("voucher", "add", "1", file, "--json").json["vouchers"][0]["id"]
    assert brygga("voucher", "ready", identity).code == 0
    target = brygga.directory / "out.si"
    written = brygga("export", "1", "--to-file", target, "--series", "B", "--json")
    assert written.code == 0, written

    back = brygga("sie", "summary", target, "--json").json
    assert (back["type"], back["vouchers"], back["transactions"], back["unbalanced"]) == ("4I", 1, 2, 0)
    assert (back["orgnr"], back["company"]) == (summary["orgnr"], summary["company"])
    lines = target.read_bytes().decode("cp437").splitlines()
    assert next(line.split() for line in lines if line.startswith("#VER"))[1] == "B"
    rows_back = [line.split() for line in lines if line.strip().startswith("#TRANS")]
    assert [(row[1], row[3]) for row in rows_back] == [("6420", "18000.00"), ("2990", "-18000.00")]
