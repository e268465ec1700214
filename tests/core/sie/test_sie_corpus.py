"""Every figure that the corpus manifest promises, for every file."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.money import from_decimal
from core.sie.file import SieFile
from core.sie.reader import read
from core.sie.vouchers import RowKind

Corpus = list[tuple[dict[str, Any], bytes]]

KNOWN_DIFFERENCES = {
    ("BL0001_typ4.SE", "rows with objects"): "the manifest counts the objects of an #RTRANS row too",
    (
        "XE_SIE_4_20151125095119.SE",
        "objects",
    ): "an object is declared several times; the manifest counts records",
}
_ENCODINGS = {"latin-1/cp1252": "cp1252"}


def expected_figures(entry: dict[str, Any]) -> dict[str, object]:
    expected = entry["expected"]
    if entry["type"] in {"?", "5(XML)"}:
        return {"refused": True}
    figures: dict[str, object] = {
        "refused": False,
        "type": entry["type"].strip("()"),
        "encoding": _ENCODINGS.get(expected["encoding"], expected["encoding"]),
        "accounts": expected["accounts"],
        "vouchers": expected["vouchers"],
        "transactions": expected["trans"],
        "added rows": expected["rtrans"],
        "removed rows": expected["btrans"],
        "unbalanced": expected["unbalanced"],
        "objects": expected["objects"],
        "rows with objects": expected["trans_with_objects"],
        "company": (expected["fnamn"] or [""])[0],
        "ksumma": _expected_ksumma(expected["ksumma"]),
        "period balances": expected["psaldo"] + expected["pbudget"],
    }
    for name, year in (("sums_year0", 0), ("sums_prev", -1)):
        for label, amount in expected[name].items():
            figures[f"{label} {year}"] = from_decimal(Decimal(amount))
    if expected["reconcile"]:
        figures["balance_ok"] = expected["reconcile"]["balance_ok"]
        figures["result_ok"] = expected["reconcile"]["result_ok"]
    return figures


def _expected_ksumma(ksumma: dict[str, Any] | None) -> str:
    if ksumma is None:
        return "none"
    return "ok" if ksumma["match_transcoded"] else "mismatch"


def figures_of(sie: SieFile) -> dict[str, object]:
    if sie.fatal:
        return {"refused": True}
    kinds = Counter(row.kind for at in sie.columns.audited for row in sie.voucher_record(at).rows)
    figures: dict[str, object] = {
        "refused": False,
        "type": sie.type,
        "encoding": sie.encoding,
        "accounts": len(sie.accounts),
        "vouchers": sie.voucher_count,
        "transactions": sie.transaction_count,
        "added rows": kinds[RowKind.ADDED],
        "removed rows": kinds[RowKind.REMOVED],
        "unbalanced": sie.unbalanced,
        "objects": len(sie.register.objects),
        "rows with objects": sum(number > 0 for number in sie.columns.row_objects),
        "company": sie.company,
        "ksumma": sie.ksumma,
        "period balances": len(sie.register.period_balances),
    }
    for year in (0, -1):
        for label, balances in (("IB", sie.ib(year)), ("UB", sie.ub(year)), ("RES", sie.res(year))):
            figures[f"{label} {year}"] = sum(balances.values())
    figures["balance_ok"] = not sie.counts.get("balance_mismatch")
    figures["result_ok"] = not sie.counts.get("result_mismatch")
    return figures


def test_every_expected_figure_of_every_file(corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    met = promised = 0
    differences = []
    for entry, data in corpus:
        figures = figures_of(read(data, name=entry["path"]))
        for name, value in expected_figures(entry).items():
            promised += 1
            met += figures.get(name) == value
            if figures.get(name) != value:
                reason = KNOWN_DIFFERENCES.get((Path(entry["path"]).name, name), "")
                differences.append((entry["path"], name, value, figures.get(name), reason))
    with capsys.disabled():
        print(f"\nSIE corpus: {met} of {promised} expected figures met in {len(corpus)} files")
        for path, name, value, read_value, reason in differences:
            print(f"  {path}: {name} expected {value}, read {read_value} ({reason or 'unexplained'})")
    assert [difference for difference in differences if not difference[-1]] == []


def test_both_ways_of_reading_agree_on_every_file(corpus: Corpus) -> None:
    for entry, data in corpus:
        quick, careful = read(data, name=entry["path"]), read(data, name=entry["path"], fast=False)
        assert contents(quick) == contents(careful), entry["path"]


def contents(sie: SieFile) -> dict[str, object]:
    """Everything that reading produced."""
    columns = {name: value for name, value in vars(sie.columns).items() if name != "objects"}
    columns["objects"] = sie.columns.objects.lists
    skipped = {"columns", "data"}
    return {**{name: getattr(sie, name) for name in sie.__slots__ if name not in skipped}, **columns}
