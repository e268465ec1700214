"""The exchange folder under fire: random drops of every kind, writers that pause, kill -9 at every numbered step.

``python tests/faults/exchange_harness.py --drops 100000`` prints the figures and, with ``--json FILE``, writes
them. A round drops a handful of things, lets the bridge take them in (killed at random steps until a run ends by
itself), and then everything is looked for: each content had its effect once, nothing else had one, every file
stands in done, failed or in. Writers that write in place carry a control sum (#KSUMMA) or use a name that says
unfinished, as the guide asks of them; the waiting times of the readiness rules are cut short.
"""

# ruff: noqa: ARG002 every kind of drop is called alike

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import stat
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bridge.exchange import ready, run
from bridge.exchange.intake import Step
from bridge.exchange.run import open_exchange
from core.config import Settings, load
from core.register import SourceKind
from core.usecases.clients import add_client
from core.usecases.context import open_context
from core.usecases.engagements import add_engagement
from core.usecases.exchangefolders import client_folders
from tests.faults.exchange_fortnox import HORIZON_SECONDS, NUMBER, Fortnox, trace
from tests.faults.exchange_waiting import Patience, Person, bring_forward, what_waits

CLIENTS = ("556677-8899", "556036-0793", "556012-5790")
BATCH = 40
HANG_SECONDS = 60
KILLED = 0.8
"""How many runs are to be killed."""
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
KINDS = (
    "books", "vouchers", "again", "in_place", "part_renamed", "half", "empty", "html", "other_company",
    "unbalanced", "hostile_name", "long_name", "link", "hard_link", "fifo", "folder", "sum_beside", "wrong_sum",
)  # fmt: skip
FORTNOX_KINDS = ("posted", "paper", "paper_again", "no_paper")
HEAD = '#FLAGGA 0\n{ksumma}#PROGRAM "Prov" 1\n#FORMAT PC8\n#GEN 20260110\n#SIETYP 4\n#ORGNR {orgnr}\n#FNAMN "Prov AB"\n'
BOOKS = (
    HEAD
    + '#RAR 0 20250101 20251231\n#KONTO 1930 "Bank"\n#KONTO 3001 "Sales"\n#UB 0 1930 {ore}\n#RES 0 3001 -{ore}\n'
    '#VER A 1 20250315 "{text}"\n{{\n#TRANS 1930 {{}} {ore}\n#TRANS 3001 {{}} -{ore}\n}}\n'
)
VOUCHERS = HEAD + '#VER "" "" 20251231 "{text}"\n{{\n#TRANS 1710 {{}} {ore}\n#TRANS 5010 {{}} -{credit}\n}}\n'


@dataclass
class Figures:
    """What was seen."""

    drops: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    effects: int = 0
    """Contents that should have had an effect."""
    wrong: int = 0
    """Effects that nobody intended: of half a file, another company's, what a link points at."""
    doubled: int = 0
    lost: int = 0
    """Effects that never came."""
    unaccounted: int = 0
    """Files that stand neither in done nor in failed nor in in."""
    unexplained: int = 0
    """Files in done or failed without a receipt or an explanation."""
    left_claimed: int = 0
    posted: int = 0
    """Vouchers that the bridge posted by itself and that stand once in the sandbox's books."""
    uploaded: int = 0
    """Documents that stand once in the inbox."""
    faults: Counter[str] = field(default_factory=Counter)
    """Faults of the sandbox that struck."""
    left_waiting: int = 0
    """Files that still wait for Fortnox at the end."""
    decided: int = 0
    """Vouchers that brygga left to a person, who decided."""
    stillest: int = 0
    """Most looks in a row at which nothing that waited had moved."""
    hung: int = 0
    """Rounds that were given up because nothing that waited for Fortnox moved any more."""
    escapes: int = 0
    hangs: int = 0
    crashes: int = 0
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        return not any(
            (self.wrong, self.doubled, self.lost, self.unaccounted, self.unexplained, self.left_claimed,
             self.left_waiting, self.hung, self.escapes, self.hangs, self.crashes)
        )  # fmt: skip


class Harness:
    def __init__(self, place: Path, seed: int, fortnox_share: float, helped: float = 0.0) -> None:
        self.place, self.root = place, place / "exchange"
        self.rng = random.Random(seed)
        self.fortnox = Fortnox(self.rng)
        self.fortnox_share = fortnox_share
        self.helped = helped
        """How many runs read their files in processes of their own, as a run does that finds many."""
        self.figures = Figures()
        self.serial = 0
        self.books: dict[str, str] = {}
        """sha256 -> client folder, of books that should be imported."""
        self.texts: set[str] = set()
        """Texts of vouchers that should be there once."""
        self.contents: Counter[str] = Counter()
        """sha256 of every regular file that was dropped."""
        self.earlier: list[tuple[str, bytes]] = []
        self.writers: list[threading.Thread] = []
        self.secret = place / "secret.se"
        config = place / "config.toml"
        config.write_text(
            f"{self.fortnox.config}\n[exchange]\ndir = {json.dumps(str(self.root))}\nstable_seconds = 0\n",
            encoding="utf-8",
        )
        self.settings: Settings = load(config, place / "data", environ={})
        self.person = Person(self.settings)

    async def prepare(self) -> None:
        async with open_context(self.settings, person="harness") as ctx:
            for number, orgnr in enumerate(CLIENTS, 1):
                client = await add_client(ctx, name=f"Prov {number}", orgnr=orgnr, number=str(number))
                await add_engagement(ctx, client.id, date(2025, 1, 1), date(2025, 12, 31), SourceKind.SIE4)
            await self.fortnox.prepare(ctx)
            await client_folders(ctx)
            async with open_exchange(ctx) as exchange:
                assert exchange is not None
                await exchange.settle()
        with contextlib.closing(sqlite3.connect(self.settings.store_path)) as store:
            found = store.execute("SELECT details FROM audit WHERE action = 'import'")
            self.own_imports = {json.loads(row[0])["sha256"] for row in found}
        self.secret.write_bytes(self._books("1", "secret"))

    # drops

    def _text(self) -> tuple[str, str]:
        self.serial += 1
        return f"text {self.serial}", f"{self.serial}.00"

    def _books(self, client: str, text: str = "", *, ksumma: bool = False, orgnr: str = "") -> bytes:
        made, ore = self._text()
        head = "#KSUMMA\n" if ksumma else ""
        body = BOOKS.format(ksumma=head, orgnr=orgnr or CLIENTS[int(client) - 1], text=text or made, ore=ore)
        return self._bytes(body + ("#KSUMMA 1\n" if ksumma else ""))

    def _vouchers(self, client: str, *, balanced: bool = True) -> tuple[str, bytes]:
        text, ore = self._text()
        credit = ore if balanced else "0.01"
        body = VOUCHERS.format(ksumma="", orgnr=CLIENTS[int(client) - 1], text=text, ore=ore, credit=credit)
        return text, self._bytes(body)

    @staticmethod
    def _bytes(text: str) -> bytes:
        return text.replace("\n", "\r\n").encode("cp437")

    def drop(self) -> None:
        """Put one thing into a client's folder."""
        kinds = FORTNOX_KINDS if self.rng.random() < self.fortnox_share else KINDS
        kind, client = self.rng.choice(kinds), str(self.rng.randint(1, len(CLIENTS)))
        self.figures.drops += 1
        self.figures.kinds[kind] += 1
        self.serial += 1
        folder = self.root / client / "in"
        name = self.rng.choice(
            (f"bok{self.serial}.se", f"Bokslut {self.serial}.SI", f"{self.serial}", f"å{self.serial}.sie")
        )
        getattr(self, f"_drop_{kind}")(folder, client, name)

    def _put(self, path: Path, data: bytes) -> None:
        self.contents[hashlib.sha256(data).hexdigest()] += 1
        hidden = path.with_name(f".{self.serial}.tmp")
        hidden.write_bytes(data)
        hidden.rename(path)

    def _intend(self, client: str, data: bytes) -> bytes:
        self.books[hashlib.sha256(data).hexdigest()] = client
        self.earlier = [*self.earlier[-50:], (client, data)]
        return data

    def _drop_books(self, folder: Path, client: str, name: str) -> None:
        self._put(folder / name, self._intend(client, self._books(client)))

    def _drop_vouchers(self, folder: Path, client: str, name: str) -> None:
        text, data = self._vouchers(client)
        self.texts.add(text)
        self.earlier.append((client, data))
        self._put(folder / name, data)

    def _drop_again(self, folder: Path, client: str, name: str) -> None:
        if self.earlier:
            client, data = self.rng.choice(self.earlier)
            self._put(self.root / client / "in" / name, data)

    def _drop_in_place(self, folder: Path, client: str, name: str) -> None:
        data = self._with_sum(client)
        self.contents[hashlib.sha256(data).hexdigest()] += 1
        self._start(self._write_slowly, folder / name, data)

    def _with_sum(self, client: str) -> bytes:
        data = self._books(client, ksumma=True)
        from core.sie.reader import read

        sie = read(data)
        wrong = next((one for one in sie.findings if one.code.startswith("ksumma")), None)
        if wrong is not None and "computed" in wrong.parameters:
            data = data.replace(b"#KSUMMA 1\r\n", f"#KSUMMA {wrong.parameters['computed']}\r\n".encode())
        return self._intend(client, data)

    def _drop_part_renamed(self, folder: Path, client: str, name: str) -> None:
        data = self._intend(client, self._books(client))
        self.contents[hashlib.sha256(data).hexdigest()] += 1

        def write() -> None:
            part = folder / f"{name}.part"
            self._write_slowly(part, data)
            part.rename(folder / name)

        self._start(write)

    @staticmethod
    def _write_slowly(path: Path, data: bytes) -> None:
        rng = random.Random(len(data) + hash(data))
        with path.open("wb", buffering=0) as file:
            at = 0
            while at < len(data):
                step = rng.randint(1, max(1, len(data) // 2))
                file.write(data[at : at + step])
                at += step
                time.sleep(rng.random() * 0.02)

    def _drop_half(self, folder: Path, client: str, name: str) -> None:
        data = self._books(client, ksumma=True)
        self._put(folder / name, data[: self.rng.randint(60, len(data) - 14)])

    def _drop_empty(self, folder: Path, client: str, name: str) -> None:
        self._put(folder / name, b"")

    def _drop_html(self, folder: Path, client: str, name: str) -> None:
        self._put(folder / name, f"<html>{self.serial}</html>\n".encode())

    def _drop_other_company(self, folder: Path, client: str, name: str) -> None:
        self._put(folder / name, self._books(client, orgnr="559999-0004"))

    def _drop_unbalanced(self, folder: Path, client: str, name: str) -> None:
        self._put(folder / name, self._vouchers(client, balanced=False)[1])

    def _drop_hostile_name(self, folder: Path, client: str, name: str) -> None:
        made = bytes(self.rng.choice([byte for byte in range(1, 256) if byte != 0x2F]) for _ in range(12))
        hostile = self.rng.choice(
            (b"n\xff\xe5" + made, b"x..\\..\\etc" + made, b"\x1b]0;x\x07" + made, b"a\n" + made)
        )
        self._put(folder / os.fsdecode(hostile + b"x"), self._intend(client, self._books(client)))

    def _drop_long_name(self, folder: Path, client: str, name: str) -> None:
        self._put(folder / (name + "y" * 255)[:253], self._intend(client, self._books(client)))

    def _drop_link(self, folder: Path, client: str, name: str) -> None:
        (folder / name).symlink_to(
            self.rng.choice((self.secret, Path("/etc/passwd"), Path("/nowhere"), self.root))
        )

    def _drop_hard_link(self, folder: Path, client: str, name: str) -> None:
        (folder / name).hardlink_to(self.secret)

    def _drop_fifo(self, folder: Path, client: str, name: str) -> None:
        os.mkfifo(folder / name)

    def _drop_folder(self, folder: Path, client: str, name: str) -> None:
        (folder / name).mkdir()

    def _drop_sum_beside(self, folder: Path, client: str, name: str) -> None:
        data = self._intend(client, self._books(client))
        (folder / f"{name}.sha256").write_text(hashlib.sha256(data).hexdigest())
        self._put(folder / name, data)

    def _drop_wrong_sum(self, folder: Path, client: str, name: str) -> None:
        (folder / f"{name}.sha256").write_text("0" * 64)
        self._put(folder / name, self._books(client))

    def _drop_posted(self, folder: Path, client: str, name: str) -> None:
        data = self.fortnox.voucher(self.serial)
        self.earlier.append((NUMBER, data))
        self._put(self.root / NUMBER / "in" / name, data)

    def _drop_paper(self, folder: Path, client: str, name: str) -> None:
        self._put(self.root / NUMBER / "underlag" / f"{self.serial}.pdf", self.fortnox.document(self.serial))

    def _drop_paper_again(self, folder: Path, client: str, name: str) -> None:
        if self.fortnox.contents:
            data = self.rng.choice(self.fortnox.contents)
            self._put(self.root / NUMBER / "underlag" / f"{self.serial} again.pdf", data)

    def _drop_no_paper(self, folder: Path, client: str, name: str) -> None:
        data = self.rng.choice((b"MZ\x90\x00 %d", b"%%PDF-1.4 %d", b"#FLAGGA 0 %d\n")) % self.serial
        self._put(self.root / NUMBER / "underlag" / f"{self.serial}.exe", data)

    def _start(self, work: object, *arguments: object) -> None:
        self.writers.append(threading.Thread(target=work, args=arguments))  # type: ignore[arg-type]

    # runs

    def round(self, drops: int) -> None:
        """Drop things, and run the bridge until it has come to its end by itself and everybody has written.

        Ends sooner, as hung, when what waits for Fortnox does not move.
        """
        for _ in range(drops):
            self.drop()
        writers, self.writers = self.writers, []
        first, patience = True, Patience()
        while True:
            child = self._fork(kill=self.rng.random() < KILLED)
            if first:
                for writer in writers:
                    writer.start()
            ended = self._wait(child)
            if first:
                for writer in writers:
                    writer.join()
                first = False
                continue
            waiting = self._waiting()
            if ended == 0 and not waiting:
                break
            lasts = patience.lasts(waiting)
            self.figures.stillest = max(self.figures.stillest, patience.longest)
            if not lasts:
                self.figures.hung += 1
                print(*what_waits(self.settings.store_path), sep="\n", file=sys.stderr)
                break
        self.fortnox.heal()

    def _waiting(self) -> list[str]:
        """The files that wait for Fortnox, or for a person, who decides at once."""
        waiting = bring_forward(self.settings.store_path)
        if self.person.is_needed:
            asyncio.run(self.person.decide(self.fortnox.there()))
            self.figures.decided = self.person.decided
            return [*waiting, "a person"]
        if waiting:
            time.sleep(HORIZON_SECONDS / 2)
        return waiting

    def _fork(self, *, kill: bool) -> int:
        after = self.rng.randint(1, self.rng.choice((3, 20, 100, 400))) if kill else 0
        is_helped = self.rng.random() < self.helped
        self.figures.runs += 1
        child = os.fork()
        if child == 0:
            try:
                run.WORTH_WORKERS = 1 if is_helped else run.WORTH_WORKERS
                asyncio.run(self._bridge(after))
            except BaseException:  # noqa: BLE001 a child must end whatever happened
                import traceback

                traceback.print_exc()
                os._exit(9)
            os._exit(0)
        return child

    async def _bridge(self, after: int) -> None:
        left = after
        killed = (self.place / "killed").open("a")

        def point(name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                killed.write(f"{name}\n")
                killed.flush()
                os.kill(os.getpid(), signal.SIGKILL)

        def reached(step: Step) -> None:
            point(step.name)

        trace(point)

        async with (
            open_context(self.settings, person="bridge") as ctx,
            open_exchange(ctx, reached) as exchange,
        ):
            assert exchange is not None
            await exchange.settle()

    def _wait(self, child: int) -> int:
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                ended = os.waitstatus_to_exitcode(status)
                self.figures.crashes += ended not in {0, -signal.SIGKILL}
                return ended
            time.sleep(0.005)
        self.figures.hangs += 1
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return 1

    # the count

    def judge(self) -> None:
        """Compare what is there with what was intended."""
        figures = self.figures
        figures.kills.update(
            (self.place / "killed").read_text().split() if (self.place / "killed").exists() else []
        )
        figures.effects = len(self.books) + len(self.texts)
        with contextlib.closing(sqlite3.connect(self.settings.store_path)) as store:
            details = [row[0] for row in store.execute("SELECT details FROM audit WHERE action = 'import'")]
            texts = Counter(row[0] for row in store.execute("SELECT text FROM closing_vouchers"))
            figures.left_waiting = store.execute("SELECT COUNT(*) FROM exchange_errands").fetchone()[0]
        found = self.fortnox.judge()
        figures.posted, figures.uploaded = found["posted"], found["uploaded"]
        figures.wrong, figures.doubled, figures.lost = found["wrong"], found["doubled"], found["lost"]
        figures.faults = self.fortnox.faults
        figures.effects += len(self.fortnox.texts) + len(self.fortnox.documents)
        texts = Counter({text: count for text, count in texts.items() if not text.startswith("Utbyte ")})
        imports = Counter(json.loads(one).get("sha256") for one in details)
        imports = Counter({sha: count for sha, count in imports.items() if sha not in self.own_imports})
        figures.wrong += sum(count for sha, count in imports.items() if sha not in self.books)
        figures.wrong += sum(count for text, count in texts.items() if text not in self.texts)
        figures.doubled += sum(count - 1 for count in (*imports.values(), *texts.values()))
        figures.lost += len(self.books.keys() - imports.keys()) + len(self.texts - texts.keys())
        self._judge_files()
        figures.left_claimed += sum(
            not one.name.startswith(".") for one in (self.root / ".processing").iterdir()
        )
        kept = hashlib.sha256(self.secret.read_bytes()).hexdigest()
        figures.escapes += kept in imports
        figures.escapes += sorted(one.name for one in self.place.iterdir() if one.name != "killed") != [
            "config.toml", "data", "exchange", "secret.se",
        ]  # fmt: skip

    def _judge_files(self) -> None:
        found: Counter[str] = Counter()
        special = 0
        for base, folders, files in os.walk(os.fsencode(self.root)):
            names = files + [one for one in folders if stat.S_ISLNK(os.lstat(base + b"/" + one).st_mode)]
            parts = base.split(b"/")
            if b".processing" in parts:
                continue
            kept = set(names)
            for name in names:
                seen = os.lstat(base + b"/" + name)
                is_result = b"done" in parts or b"failed" in parts
                if is_result and name.endswith((b".receipt.json", b".error.txt", b".error.json")):
                    continue
                if is_result and not {name + b".receipt.json", name + b".error.txt"} & kept:
                    self.figures.unexplained += 1
                if not stat.S_ISREG(seen.st_mode) or seen.st_nlink > 1:
                    special += 1
                    continue
                with open(base + b"/" + name, "rb") as file:  # noqa: PTH123 names of any bytes
                    found[hashlib.sha256(file.read()).hexdigest()] += 1
        dropped = sum(self.figures.kinds[kind] for kind in ("link", "fifo", "hard_link"))
        self.figures.unaccounted += sum((self.contents - found).values()) + abs(dropped - special)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--drops", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--minutes", type=float, default=24 * 60, help="end sooner")
    parser.add_argument("--fortnox", type=float, default=0.01, help="the share of drops that reach Fortnox")
    parser.add_argument("--helped", type=float, default=0.05, help="the share of runs with reading processes")
    chosen = parser.parse_args()
    vars(ready)["PATIENCE_SECONDS"] = 0.05
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        harness = Harness(Path(place), chosen.seed, chosen.fortnox, chosen.helped)
        try:
            asyncio.run(harness.prepare())
            until = started + 60 * chosen.minutes
            while (
                harness.figures.drops < chosen.drops and time.monotonic() < until and not harness.figures.hung
            ):
                harness.round(min(BATCH, chosen.drops - harness.figures.drops))
            harness.judge()
        finally:
            harness.fortnox.close()
    figures = harness.figures
    figures.seconds = round(time.monotonic() - started, 1)
    for name, value in vars(figures).items():
        print(f"{name:>12}  {dict(value) if isinstance(value, Counter) else value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(vars(figures), indent=2), encoding="utf-8")
    return 0 if figures.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
