from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.sie.reader import read
from core.sie.texts import voucher_texts

TEXTS = st.lists(
    st.sampled_from(
        ['"Hyra"', '"Förråd å"', '"e\u0301n"', '"\u0301"', '"a\u200bb"', "Ord", '""', "", '"x\\"y"']
    )
    | st.text("aå \t\u202e\u0301", max_size=3).map(lambda text: f'"{text}"'),
    max_size=8,
)


def books(texts: list[str]) -> bytes:
    vouchers = [
        f"#VER A {at} 20250101 {text}\n{{\n#TRANS 1910 {{}} 1.00\n#TRANS 3001 {{}} -1.00\n}}\n"
        for at, text in enumerate([*texts, '"' + "l" * 300 + '"'], 1)
    ]
    return ("#FLAGGA 0\n#FORMAT PC8\n#SIETYP 4\n#RAR 0 20250101 20251231\n" + "".join(vouchers)).encode()


@given(TEXTS)
def test_the_texts_of_all_vouchers_at_once_are_those_of_each(texts: list[str]) -> None:
    sie = read(books(texts))
    assert voucher_texts(sie) == [voucher.text for voucher in sie.vouchers()]


def test_a_file_without_vouchers_has_no_texts() -> None:
    assert voucher_texts(read(b"#FLAGGA 0\n#SIETYP 4\n#RAR 0 20250101 20251231\n")) == []
