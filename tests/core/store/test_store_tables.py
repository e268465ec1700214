from __future__ import annotations

import dataclasses
import sqlite3
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.model import Account, Annex, Explanation, Finding, FiscalYear, OpenItem, Row, Series, Severity
from core.register import ClosingVoucher, Engagement, ImportRun, SourceKind, VoucherState
from core.store import clients, engagements, imports, outbox, vouchers
from core.store.database import Store, Transaction
from core.store.imports import AccountSums, Snapshot
from core.store.outbox import OutboxEntry, OutboxState

MOMENT = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
DAY = date(2025, 12, 31)
YEAR = FiscalYear(date(2025, 1, 1), DAY)
FINDING = Finding(Severity.WARNING, "gap", 7, {"series": "A", "first": 3})
ITEM = OpenItem(
    "1001", "Café [Lyktan]", "invoice", DAY, None, DAY, "EUR", 1_150_000, -5, 100_000, 1, DAY, "åäö", "1510"
)
ANNEX = Annex(
    "1510", DAY, (ITEM,), 451_200, 0, 451_200, (Explanation("direct_voucher", 451_200, DAY, "A 222", "x"),)
)
WITHOUT = Annex("2440", DAY, None, None, -3, None)


def snapshot(run_id: str = "R1", made_at: datetime = MOMENT) -> Snapshot:
    run = ImportRun(
        run_id, "E1", made_at, SourceKind.FORTNOX, "anna", "0" * 64, 5, "Fortnox 3", "cp437", 1, 2, 4, True, (FINDING,)
    )  # fmt: skip
    sums = AccountSums(Account("1510", "Kundfordringar", active=False, vat_code="MP1"), 1, -2, 3, -(10**15))
    return Snapshot(
        run, b"#FLAGGA 0\r\n\x84", (sums,), (Series("I", "Bokslut", manual=True),), (ANNEX, WITHOUT)
    )


@pytest.fixture
async def imported(store: Store, engagement: Engagement) -> Snapshot:
    made = snapshot()
    await store.write(lambda tx: imports.insert(tx, imports.pack(made)))
    return made


async def test_a_run_reads_back(store: Store, imported: Snapshot) -> None:
    assert await store.read(lambda tx: imports.latest(tx, "E1")) == imported.run


async def test_the_files_bytes_read_back(store: Store, imported: Snapshot) -> None:
    packed = await store.read(lambda tx: imports.packed_sie(tx, "R1"))
    assert imports.unpack_sie(packed) == imported.sie


async def test_sums_read_back(store: Store, imported: Snapshot) -> None:
    assert tuple(await store.read(lambda tx: imports.sums(tx, "R1"))) == imported.sums


async def test_series_read_back(store: Store, imported: Snapshot) -> None:
    assert tuple(await store.read(lambda tx: imports.series(tx, "R1"))) == imported.series


async def test_annexes_read_back(store: Store, imported: Snapshot) -> None:
    assert tuple(await store.read(lambda tx: imports.annexes(tx, "R1"))) == imported.annexes


async def test_a_missing_ledger_is_no_difference_of_zero(store: Store, imported: Snapshot) -> None:
    newest = (await store.read(imports.latest_runs))["E1"]
    assert [(annex.account, annex.difference) for annex in newest.annexes] == [
        ("1510", 451_200),
        ("2440", None),
    ]


async def test_the_latest_run_is_the_newest(store: Store, imported: Snapshot) -> None:
    later = snapshot("R0", MOMENT + timedelta(seconds=1))
    await store.write(lambda tx: imports.insert(tx, imports.pack(later)))
    assert (await store.read(imports.latest_runs))["E1"].id == "R0"


async def test_two_runs_of_one_second_are_told_apart_by_their_ids(store: Store, imported: Snapshot) -> None:
    await store.write(lambda tx: imports.insert(tx, imports.pack(snapshot("R2"))))
    assert [run.id for run in await store.read(lambda tx: imports.runs(tx, "E1"))] == ["R2", "R1"]


def count(tx: Transaction, table: str) -> int:
    return int(tx.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize(
    "table", ["engagements", "imports", "import_files", "import_balances", "import_series", "annexes"]
)
async def test_a_removed_client_takes_its_snapshots_along(
    store: Store, imported: Snapshot, table: str
) -> None:
    await store.write(lambda tx: clients.delete(tx, "K1"))
    assert await store.read(lambda tx: count(tx, table)) == 0


async def test_an_import_of_an_unknown_engagement_is_refused(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await store.write(lambda tx: imports.insert(tx, imports.pack(snapshot())))


VOUCHER = ClosingVoucher("V1", "E1", VoucherState.DRAFT, DAY, "Hyra", (), YEAR)
ROWS = st.lists(
    st.builds(
        Row,
        st.from_regex(r"[1-8][0-9]{3}", fullmatch=True),
        st.integers(-(10**15), 10**15),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.lists(st.tuples(st.sampled_from(["1", "6"]), st.text('åÄ {}"\\', max_size=5)), max_size=2).map(
            tuple
        ),
    ),
    max_size=4,
).map(tuple)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
async def test_a_voucher_reads_back(store: Store, engagement: Engagement, rows: tuple[Row, ...]) -> None:
    made = replace(VOUCHER, rows=rows)

    def work(tx: Transaction) -> ClosingVoucher | None:
        vouchers.delete(tx, "V1")
        vouchers.insert(tx, made)
        return vouchers.get(tx, "V1")

    assert await store.write(work) == made


async def test_vouchers_keep_the_order_they_were_added_in(store: Store, engagement: Engagement) -> None:
    def work(tx: Transaction) -> list[str]:
        for name in ("V9", "V1", "V5"):
            vouchers.insert(tx, replace(VOUCHER, id=name))
        vouchers.update(tx, replace(VOUCHER, id="V9", text="Ändrad"))
        return [one.id for one in vouchers.of_engagement(tx, "E1")]

    assert await store.write(work) == ["V9", "V1", "V5"]


async def test_vouchers_are_counted_by_state(store: Store, engagement: Engagement) -> None:
    def work(tx: Transaction) -> object:
        vouchers.insert(tx, VOUCHER)
        vouchers.insert(tx, replace(VOUCHER, id="V2", state=VoucherState.READY))
        return vouchers.counts(tx)

    assert await store.write(work) == {"E1": {VoucherState.DRAFT: 1, VoucherState.READY: 1}}


ENTRY = OutboxEntry("bkX", "410001", "V1", "E1", "3", "I", OutboxState.SENDING, "{}", "anna", 1, MOMENT)


def put_all(tx: Transaction, *entries: OutboxEntry) -> None:
    for entry in entries:
        outbox.put(tx, entry)


async def test_an_outbox_entry_reads_back(store: Store) -> None:
    await store.write(lambda tx: outbox.put(tx, ENTRY))
    assert await store.read(lambda tx: outbox.of_engagement(tx, "E1")) == [ENTRY]


async def test_an_outbox_entry_is_replaced_by_its_next_state(store: Store) -> None:
    posted = dataclasses.replace(ENTRY, state=OutboxState.POSTED, number="7")
    await store.write(lambda tx: put_all(tx, ENTRY, posted))
    assert await store.read(lambda tx: outbox.of_engagement(tx, "E1")) == [posted]


async def test_the_same_key_at_two_tenants_is_two_entries(store: Store) -> None:
    await store.write(lambda tx: put_all(tx, ENTRY, dataclasses.replace(ENTRY, tenant="410002")))
    assert len(await store.read(lambda tx: outbox.of_engagement(tx, "E1"))) == 2


async def test_the_outbox_outlives_its_client(store: Store, engagement: Engagement) -> None:
    await store.write(lambda tx: outbox.put(tx, ENTRY))
    await store.write(lambda tx: clients.delete(tx, "K1"))
    assert await store.read(lambda tx: outbox.of_engagement(tx, "E1")) == [ENTRY]


async def test_a_clients_latest_year_comes_first(store: Store, engagement: Engagement) -> None:
    later = Engagement(
        "E2", "K1", FiscalYear(date(2026, 1, 1), date(2026, 12, 31)), SourceKind.SIE4, locked=True
    )
    await store.write(lambda tx: engagements.insert(tx, later))
    assert await store.read(lambda tx: engagements.every(tx, "K1")) == [later, engagement]


async def test_one_tenant_belongs_to_one_client(store: Store, engagement: Engagement) -> None:
    def work(tx: Transaction) -> None:
        client = clients.get(tx, "K1")
        assert client
        clients.insert(tx, replace(client, id="K2", number=""))

    with pytest.raises(sqlite3.IntegrityError):
        await store.write(work)
