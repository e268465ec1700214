from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.errors import UsageError
from core.store import clients as table
from core.usecases.activity import activity
from core.usecases.clients import (
    add_client,
    find_client,
    get_client,
    import_clients,
    list_clients,
    make_client,
    remove_client,
    update_client,
)
from core.usecases.context import Context

FIRST, SECOND = "556677-8899", "556036-0793"


async def code_of(awaitable: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        await awaitable  # type: ignore[misc] # each test hands over a coroutine
    return caught.value


async def test_an_added_client_is_listed(bare: Context) -> None:
    made = await add_client(bare, name="Åkeri Vest AB", orgnr="165566778899", number="7", form="ab")
    assert (await list_clients(bare), made.orgnr, made.form) == ([made], FIRST, "AB")


async def test_a_name_keeps_its_brackets_and_loses_what_a_terminal_obeys(bare: Context) -> None:
    made = await add_client(bare, name=" Firma [/] \x1b[31m\u202eAB\n ", orgnr=FIRST)
    assert made.name == "Firma [/] [31mAB"


@pytest.mark.parametrize("name", ["", "  ", "\x00\u200b"])
async def test_a_client_needs_a_name(bare: Context, name: str) -> None:
    assert (await code_of(add_client(bare, name=name, orgnr=FIRST))).code == "usage"


@pytest.mark.parametrize("number", ["", "556677-8898", "x", "\x1b[2J"])
async def test_a_wrong_organisation_number_is_refused(bare: Context, number: str) -> None:
    error = await code_of(add_client(bare, name="A", orgnr=number))
    assert (error.code, "\x1b" in str(error), await list_clients(bare)) == ("orgnr_invalid", False, [])


async def test_a_client_number_belongs_to_one_client(bare: Context) -> None:
    await add_client(bare, name="A", orgnr=FIRST, number="7")
    error = await code_of(add_client(bare, name="B", orgnr=SECOND, number="7"))
    assert (error.code, len(await list_clients(bare))) == ("usage", 1)


@pytest.mark.parametrize(
    "reference", ["7", "5566778899", "556677-8899", "165566778899", "åkeri", "AKERI VEST", "est ab"]
)
async def test_a_client_is_found_by(bare: Context, reference: str) -> None:
    made = await add_client(bare, name="Åkeri Vest AB", orgnr=FIRST, number="7")
    await add_client(bare, name="Bageri Öst", orgnr=SECOND, number="8")
    assert await find_client(bare, reference) == made


async def test_a_client_number_wins_over_a_part_of_a_name(bare: Context) -> None:
    await add_client(bare, name="Bolag 7 AB", orgnr=FIRST, number="1")
    seven = await add_client(bare, name="Annat AB", orgnr=SECOND, number="7")
    assert await find_client(bare, "7") == seven


async def test_a_whole_name_wins_over_a_part_of_another(bare: Context) -> None:
    short = await add_client(bare, name="Alm", orgnr=FIRST)
    await add_client(bare, name="Alm Konsult", orgnr=SECOND)
    assert await find_client(bare, "alm") == short


async def add_database(ctx: Context, tenant: str) -> None:
    made = make_client(ctx, name="Bageri", organisation=FIRST, tenant=tenant)
    await ctx.store.write(lambda tx: table.insert(tx, made))


async def test_two_databases_on_one_organisation_number_are_listed(bare: Context) -> None:
    for tenant in ("410001", "410002"):
        await add_database(bare, tenant)
    error = await code_of(find_client(bare, FIRST))
    assert (error.code, len(error.details["clients"])) == ("client_ambiguous", 2)  # type: ignore[arg-type]


async def test_a_tenant_tells_two_databases_apart(bare: Context) -> None:
    for tenant in ("410001", "410002"):
        await add_database(bare, tenant)
    assert (await find_client(bare, "410002")).tenant == "410002"


@pytest.mark.parametrize("reference", ["", " ", "finns inte", "%", "_", "' OR 1=1 --"])
async def test_an_unknown_client(bare: Context, reference: str) -> None:
    await add_client(bare, name="A", orgnr=FIRST)
    assert (await code_of(find_client(bare, reference))).code == "client_unknown"


async def test_an_unknown_id(bare: Context) -> None:
    assert (await code_of(get_client(bare, "K0"))).code == "client_unknown"


async def test_a_changed_client_is_kept(bare: Context) -> None:
    made = await add_client(bare, name="A", orgnr=FIRST)
    await update_client(bare, replace(made, name="B\x07", responsible="Bo", number="9"))
    kept = await get_client(bare, made.id)
    assert (kept.name, kept.responsible, kept.number) == ("B", "Bo", "9")


async def test_a_changed_client_needs_a_name_too(bare: Context) -> None:
    made = await add_client(bare, name="A", orgnr=FIRST)
    assert (await code_of(update_client(bare, replace(made, name=" ")))).code == "usage"


async def test_an_organisation_number_is_corrected_until_fortnox_has_named_the_company(bare: Context) -> None:
    made = await add_client(bare, name="A", orgnr=FIRST)
    assert (await update_client(bare, replace(made, orgnr=SECOND))).orgnr == SECOND
    await bare.store.write(lambda tx: table.update(tx, replace(made, tenant="17")))
    assert (await code_of(update_client(bare, replace(made, orgnr=SECOND)))).code == "usage"
    assert (await get_client(bare, made.id)).orgnr == FIRST


async def test_the_tenant_stays_pinned(bare: Context) -> None:
    made = await add_client(bare, name="A", orgnr=FIRST)
    await update_client(bare, replace(made, tenant="999999"))
    assert (await get_client(bare, made.id)).tenant == ""


async def test_a_removed_client_is_gone(bare: Context) -> None:
    made = await add_client(bare, name="A", orgnr=FIRST)
    await remove_client(bare, made.id)
    assert await list_clients(bare) == []


async def test_removing_is_in_the_audit(bare: Context) -> None:
    made = await add_client(bare, name="A", orgnr=FIRST)
    await remove_client(bare, made.id)
    assert [event.action for event in await activity(bare)] == ["client.removed", "client.added"]


SWEDISH_LIST = "Nummer;Namn;Orgnr;Bolagsform;Ansvarig\r\n101;Åkeri [Väst] AB;5566778899;AB;Björn\r\n\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_a_client_list_in(bare: Context, encoding: str) -> None:
    (made,) = await import_clients(bare, SWEDISH_LIST.encode(encoding))
    assert (made.number, made.name, made.orgnr, made.responsible) == (
        "101",
        "Åkeri [Väst] AB",
        FIRST,
        "Björn",
    )


async def test_a_client_list_with_tabs_and_the_headings_of_other_programs(bare: Context) -> None:
    (made,) = await import_clients(bare, "Kundnr\tFöretag\tOrg.nr\r\n7\tAlm AB\t5566778899\r\n".encode())
    assert (made.number, made.name) == ("7", "Alm AB")


async def test_a_quotation_mark_that_is_never_closed_is_named_with_its_row(bare: Context) -> None:
    error = await code_of(import_clients(bare, b'namn;orgnr\nA;5566778899\nB;"5560360793\n'))
    assert (error.code, error.details) == ("usage", {"row": 3, "column": None})


async def test_a_client_list_with_commas_and_english_headings(bare: Context) -> None:
    (made,) = await import_clients(bare, b'name,orgnr\n"Alm, Bo & Co",5566778899\n')
    assert made.name == "Alm, Bo & Co"


async def test_a_bad_row_is_named_and_nothing_is_added(bare: Context) -> None:
    error = await code_of(import_clients(bare, b"namn;orgnr\nA;5566778899\nB;5566778898\n"))
    assert (error.code, "3" in error.title, await list_clients(bare)) == ("orgnr_invalid", True, [])


async def test_a_list_that_collides_with_itself_adds_nothing(bare: Context) -> None:
    await code_of(import_clients(bare, b"nummer;namn;orgnr\n1;A;5566778899\n1;B;5560360793\n"))
    assert await list_clients(bare) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"namn;telefon\nA;1\n",
        b"PK\x03\x04\x00\x00",
        b"namn;orgnr\n" + b"x" * 200_000 + b";5566778899\n",
        b"\x1b[2J;\x07\n",
    ],
)
async def test_what_is_no_client_list_is_refused(bare: Context, data: bytes) -> None:
    error = await code_of(import_clients(bare, data))
    assert (error.code, "\x1b" in str(error)) == ("usage", False)


async def test_a_short_row_is_a_row_without_what_it_lacks(bare: Context) -> None:
    assert (await code_of(import_clients(bare, b"namn;orgnr\nA\n"))).code == "orgnr_invalid"


async def test_twins_without_number_or_tenant_are_told_apart_by_id(bare: Context) -> None:
    first = await add_client(bare, name="Tvilling AB", orgnr="556677-8899")
    await add_client(bare, name="Tvilling AB", orgnr="556677-8899")
    with pytest.raises(UsageError) as caught:
        await find_client(bare, "Tvilling AB")
    assert first.id in caught.value.message
    assert await find_client(bare, first.id) == first


async def test_a_taken_number_names_its_holder(bare: Context) -> None:
    await add_client(bare, name="Först AB", orgnr="556677-8899", number="7")
    with pytest.raises(UsageError) as caught:
        await add_client(bare, name="Sedan AB", orgnr="556677-8899", number="7")
    assert "Först AB" in caught.value.message


@pytest.mark.parametrize(
    ("given", "kept"), [("ab", "AB"), ("Aktiebolag", "AB"), ("", ""), ("enskild firma", "EF")]
)
async def test_a_legal_form_is_known_by_code_or_name(bare: Context, given: str, kept: str) -> None:
    made = await add_client(bare, name="A", orgnr="5566778899", form=given)
    assert made.form == kept


@pytest.mark.parametrize("given", ["ZZ", "Aktiebolaget", "A B"])
async def test_an_unknown_legal_form_is_refused(bare: Context, given: str) -> None:
    with pytest.raises(UsageError) as caught:
        await add_client(bare, name="A", orgnr="5566778899", form=given)
    assert (caught.value.code, await list_clients(bare)) == ("usage", [])
