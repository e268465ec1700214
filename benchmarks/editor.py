"""The editor of a closing voucher, with 5,000 vouchers in the engagement and imported books: time per key."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from benchmarks.interface import WORKING, Answers, Program, running
from benchmarks.measure import report
from benchmarks.startup import interface
from core.config import load
from core.model import Row
from core.register import DraftVoucher, SourceKind
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement
from core.usecases.imports import import_file
from core.usecases.vouchers import add_vouchers

VOUCHERS = 5_000
ACCOUNTS = 600
"""Accounts of the chart, from which the completion chooses."""
GOAL_MS = 30


def sie_file(path: Path) -> None:
    """A year with a wide chart and one balanced voucher for every account."""
    numbers = [1000 + 13 * place for place in range(ACCOUNTS)]
    lines = [
        "#FLAGGA 0",
        "#SIETYP 4",
        "#ORGNR 556677-8899",
        '#FNAMN "Stora Bolaget AB"',
        "#RAR 0 20250101 20251231",
        *(f'#KONTO {number} "Konto med ett ganska vanligt namn {number}"' for number in numbers),
    ]
    for place, number in enumerate(numbers[1:], 1):
        lines += [
            f'#VER A {place} 20250630 "Verifikation {place}"',
            "{",
            f"#TRANS {number} {{}} {place}.00",
            f"#TRANS {numbers[0]} {{}} -{place}.00",
            "}",
        ]
    path.write_bytes("\r\n".join(lines).encode("cp437") + b"\r\n")


async def fill(data_dir: Path) -> None:
    """The engagement, its books and its closing vouchers."""
    async with open_context(load(data_dir=data_dir, environ={})) as ctx:
        client = await add_client(ctx, name="Stora Bolaget AB", orgnr="556677-8899")
        last = date(2025, 12, 31)
        engagement = await add_engagement(ctx, client.id, date(2025, 1, 1), last, SourceKind.SIE4)
        books = data_dir / "year.se"
        sie_file(books)
        await import_file(ctx, engagement.id, books)
        drafts = [
            DraftVoucher(
                last,
                f"Periodisering {number}",
                (Row("1013", 100 * number + 100), Row("5004", -100 * number - 100)),
            )
            for number in range(VOUCHERS)
        ]
        await add_vouchers(ctx, engagement.id, drafts)


def keys(program: Program, name: str, pressed: Iterable[bytes]) -> tuple[object, ...]:
    """One answer for each key."""
    answers = Answers()
    for key in pressed:
        answers.add(program.answer(key))
    return answers.row(name)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "data"
        asyncio.run(fill(place))
        with running(interface(), place) as program:
            program.until("Stora")
            opened = program.answer(b"6", WORKING)
            editor = program.answer(b"n", WORKING)
            rows = [
                keys(
                    program, "a letter of the text", [bytes([each]) for each in b"upplupen hyra for januari"]
                )
            ]
            program.answer(b"\t")
            letters = [bytes([each]) for each in b"vanligt namn 4"]
            rows.append(keys(program, "a letter of the account, with suggestions", letters))
            program.answer(b"\t")
            rows.append(keys(program, "a digit of the amount", [bytes([each]) for each in b"1234567,50"]))
            rows.append(keys(program, "to the next cell and back", [b"\t", b"\x1b[Z"] * 10))
            rows.append(keys(program, "up and down between the rows", [b"\x1b[B", b"\x1b[A"] * 10))
    report(
        "editor",
        f"Editor with {VOUCHERS} vouchers and {ACCOUNTS} accounts, 80x24 (goal: below {GOAL_MS} ms)",
        ("key", "median ms", "worst ms", "worst without waits", "median bytes", "most bytes"),
        rows,
    )
    report(
        "editor-opening",
        "Opening, in seconds",
        ("what", "seconds"),
        [("the list of vouchers", opened.seconds), ("the editor", editor.seconds)],
    )


if __name__ == "__main__":
    main()
