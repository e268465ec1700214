"""read(write(read(f))) says the same as read(f), for the corpus and for whole generated files."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.sie.characters import to_cp437
from core.sie.file import SieFile
from core.sie.reader import read
from core.sie.rewrite import rewrite

Corpus = list[tuple[dict[str, Any], bytes]]

_POSITIONS = {"line", "offset", "end", "opened", "year_records", "balance_lines", "header_lines"}


def meaning(sie: SieFile) -> dict[str, Any]:
    """Everything a file says, without where it says it; texts in the characters that SIE has."""
    register = {
        field.name: _plain(getattr(sie.register, field.name))
        for field in fields(sie.register)
        if field.name not in _POSITIONS | {"header"}
    }
    register["header"] = {
        label: _plain("\0".join(texts)).rstrip("\0") for label, texts in sie.register.header.items()
    }
    vouchers = [_record(sie.voucher_record(at)) for at in range(len(sie.columns))]
    return {"type": sie.type, **register, "vouchers": vouchers, "change": dict(sie.change)}


def _record(record: Any) -> dict[str, Any]:
    found = {
        name: _plain(getattr(record, name)) for name in record.__slots__ if name not in _POSITIONS | {"rows"}
    }
    if hasattr(record, "rows"):
        found["rows"] = [_record(row) for row in record.rows if row.amount is not None]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        plain = "\0".join(to_cp437(part)[0] for part in value.split("\0"))
        return plain.rstrip("\\") + "/" if plain.endswith("\\") else plain
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return _parts(value) if is_dataclass(value) else value


def _parts(record: Any) -> tuple[Any, ...]:
    return tuple(_plain(getattr(record, field.name)) for field in fields(record))


def test_every_corpus_file_survives_being_written_again(corpus: Corpus) -> None:
    readable = 0
    for entry, data in corpus:
        sie = read(data, name=entry["path"])
        if sie.fatal is None:
            readable += 1
            again = read(rewrite(sie).data, name=entry["path"])
            assert meaning(again) == meaning(sie), entry["path"]
    assert readable >= 75


def test_writing_twice_gives_the_same_bytes(corpus: Corpus) -> None:
    for entry, data in corpus:
        sie = read(data, name=entry["path"])
        if sie.fatal is None:
            once = rewrite(sie, ksumma=True).data
            again = read(once, name=entry["path"])
            assert again.ksumma == "ok"
            assert rewrite(again, ksumma=True).data == once, entry["path"]


TEXTS = st.text(st.characters(codec="cp437", exclude_categories=["Cc"]), max_size=30).map(
    lambda text: text.rstrip("\\")
)
WORDS = st.text("ABCXYZ0123456789-_/", min_size=1, max_size=8)
AMOUNTS = st.integers(-(10**13), 10**13).map(
    lambda ore: f"{'-' if ore < 0 else ''}{abs(ore) // 100}.{abs(ore) % 100:02d}"
)
ACCOUNTS = st.integers(1000, 8999).map(str)
DAYS = st.dates().filter(lambda day: day.year >= 1000).map(lambda day: f"{day:%Y%m%d}")
LISTS = st.lists(st.tuples(st.sampled_from("126789"), TEXTS), max_size=3)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def object_list(pairs: list[tuple[str, str]]) -> str:
    return "{" + " ".join(f"{dimension} {quoted(code)}" for dimension, code in pairs) + "}"


@st.composite
def rows(draw: st.DrawFn) -> str:
    label = draw(st.sampled_from(["TRANS", "TRANS", "TRANS", "RTRANS", "BTRANS"]))
    line = f"#{label} {draw(ACCOUNTS)} {object_list(draw(LISTS))} {draw(AMOUNTS)}"
    extras = [
        draw(DAYS | st.just('""')),
        quoted(draw(TEXTS)),
        draw(AMOUNTS | st.just('""')),
        quoted(draw(TEXTS)),
    ]
    return " ".join([line, *extras[: draw(st.integers(0, 4))]])


@st.composite
def vouchers(draw: st.DrawFn) -> list[str]:
    head = [draw(WORDS | st.just('""')), draw(WORDS | st.just('""')), draw(DAYS), quoted(draw(TEXTS))]
    extras = [draw(DAYS | st.just('""')), quoted(draw(TEXTS))]
    line = " ".join(["#VER", *head, *extras[: draw(st.integers(0, 2))]])
    return [line, "{", *draw(st.lists(rows(), max_size=5)), "}"]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A whole file with records of every kind."""
    year = st.sampled_from(["0", "-1", "-2"])
    lines = ["#FLAGGA 0", f"#PROGRAM {quoted(draw(TEXTS))} 1.0", "#FORMAT PC8", f"#GEN {draw(DAYS)}"]
    lines += [
        f"#SIETYP {draw(st.sampled_from('1234'))}",
        f"#FNAMN {quoted(draw(TEXTS))}",
        "#ORGNR 556677-8899",
    ]
    lines += ["#RAR 0 20250101 20251231", "#RAR -1 20240101 20241231"]
    for account in draw(st.lists(ACCOUNTS, max_size=6, unique=True)):
        lines += [f"#KONTO {account} {quoted(draw(TEXTS))}", f"#KTYP {account} T", f"#SRU {account} 7251"]
    lines += [f"#DIM 21 {quoted(draw(TEXTS))}", f"#UNDERDIM 22 {quoted(draw(TEXTS))} 21"]
    lines += [f"#OBJEKT {dimension} {quoted(code)} {quoted(draw(TEXTS))}" for dimension, code in draw(LISTS)]
    for label in draw(st.lists(st.sampled_from(["IB", "UB", "RES"]), max_size=5)):
        lines.append(f"#{label} {draw(year)} {draw(ACCOUNTS)} {draw(AMOUNTS)}")
    for label in draw(st.lists(st.sampled_from(["OIB", "OUB"]), max_size=3)):
        lines.append(f"#{label} {draw(year)} {draw(ACCOUNTS)} {object_list(draw(LISTS))} {draw(AMOUNTS)} 5")
    for label in draw(st.lists(st.sampled_from(["PSALDO", "PBUDGET"]), max_size=3)):
        lines.append(
            f"#{label} {draw(year)} 202503 {draw(ACCOUNTS)} {object_list(draw(LISTS))} {draw(AMOUNTS)}"
        )
    for voucher in draw(st.lists(vouchers(), max_size=4)):
        lines += voucher
    return ("\r\n".join(lines) + "\r\n").encode("cp437")


@settings(max_examples=80, deadline=None)
@given(files())
def test_every_generated_file_survives_being_written_again(data: bytes) -> None:
    sie = read(data, name="x.se")
    assert meaning(read(rewrite(sie).data, name="x.se")) == meaning(sie)
    assert meaning(read(data, name="x.se", fast=False)) == meaning(sie)


def test_signs_whose_bytes_are_swedish_letters_elsewhere_are_written_plainly() -> None:
    data = '#FLAGGA 0\r\n#FORMAT PC8\r\n#SIETYP 4\r\n#FNAMN "Ä ÷ ─Σ ┼ ╓"\r\n'.encode("cp437")
    written = rewrite(
        read(data.replace("Ä".encode("cp437"), "Ä Å Ö å ä ö".encode("cp437")), name="x.se")
    ).data
    assert read(written, name="x.se").encoding == "cp437"
    assert '#FNAMN "Ä Å Ö å ä ö / -S + +"'.encode("cp437") in written
