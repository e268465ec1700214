"""Kill a sender of letters with SIGKILL at every step between the outbox and the answer; count what arrives.

``python tests/faults/invite_harness.py --trials 60`` exits 0 when no person got a letter twice without somebody
having been asked, and everybody got one in the end. ``--naive`` is the control: the same sender without the
*sending* that is written before the text goes; it must be seen to send letters twice.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from core.config import load  # noqa: E402
from core.invite.letters import LetterKind  # noqa: E402
from core.invite.outbound import Letter, LetterState  # noqa: E402
from core.invite.rows import InviteState  # noqa: E402
from core.mail.smtp import SmtpPost  # noqa: E402
from core.orgnr import with_check_digit  # noqa: E402
from core.store import invitations, letters  # noqa: E402
from core.usecases import invite, invite_send  # noqa: E402
from core.usecases.clients import add_client  # noqa: E402
from core.usecases.context import Context, open_context  # noqa: E402
from tests.mailserver import Handed, MailServer  # noqa: E402

PEOPLE = 5
STEPS = ("queued", "made", "going", "taken", "answered", "written")
"""Nothing sent / the letter is made / *sending* is committed / the server has it / it has said so / written down."""
CONFIG = """[firm]
name = "Byrån"
[mail]
host = "127.0.0.1"
port = {port}
security = "none"
from = "byra@example.com"
"""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(function: Callable[..., Any], victim: int, *, before: bool) -> Callable[..., Any]:
    """The function, in whose call number ``victim`` the process dies."""
    calls = Counter[str]()

    def wrapped(*arguments: Any, **options: Any) -> Any:
        calls["n"] += 1
        if before and calls["n"] == victim:
            die()
        result = function(*arguments, **options)
        if not before and calls["n"] == victim:
            die()
        return result

    return wrapped


def deadly_send(victim: int, where: str) -> None:
    """The post dies at its letter number ``victim``: after the commit, or after the answer."""
    original, calls = SmtpPost.send, Counter[str]()

    async def send(self: SmtpPost, mail: Any, commit: Any) -> Any:
        calls["n"] += 1
        here = calls["n"] == victim

        async def committed() -> bool:
            going: bool = await commit()
            if here and where == "going":
                die()
            return going

        delivery = await original(self, mail, committed)
        if here and where == "answered":
            die()
        return delivery

    SmtpPost.send = send  # type: ignore[method-assign]


def prepare(step: str, victim: int, *, naive: bool) -> None:
    run: Any = invite_send._Run
    if naive:
        run._going = lambda _self, _tx, letter, _mail: letter
    if step == "queued":
        run._made = deadly(run._made, 1, before=True)
    elif step == "made":
        run._going = deadly(run._going, victim, before=True)
    elif step in {"going", "answered"}:
        deadly_send(victim, step)
    elif step == "written":
        run._written_down = deadly(run._written_down, victim, before=False)


async def child(directory: Path, step: str, victim: int, *, naive: bool) -> None:
    prepare(step, victim, naive=naive)
    async with open_office(directory) as ctx:
        await invite_send.send_letters(ctx, LetterKind.INVITATION)


def open_office(directory: Path) -> Any:
    return open_context(load(directory / "config.toml", directory / "data", environ={}), person="anna")


async def furnish(directory: Path, port: int) -> None:
    (directory / "config.toml").write_text(CONFIG.format(port=port), "utf-8")
    async with open_office(directory) as ctx:
        for number in range(1, PEOPLE + 1):
            client = await add_client(ctx, name=f"K{number} AB", orgnr=with_check_digit(f"556{number:06}"))
            line = await invite.add_invitation(
                ctx, client.id, name=f"Åsa {number}", email=f"asa{number}@example.com"
            )
            await invite.set_admin(ctx, [client.id], admin=True)
            await invite.mark(ctx, [line.key], InviteState.EXPORTED)


async def afterwards(directory: Path, server: MailServer) -> tuple[Counter[str], int]:
    """Send again; what arrived until then, and how many letters a person had to be asked about."""
    async with open_office(directory) as ctx:
        await invite_send.send_letters(ctx, LetterKind.INVITATION)
        without_asking = Counter(one.recipients[0] for one in server.letters)
        unclear = await ctx.store.read(lambda tx: letters.in_state(tx, LetterState.UNKNOWN))
        for letter in unclear:
            await answer(ctx, letter, server)
        await invite_send.send_letters(ctx, LetterKind.INVITATION)
    return without_asking, len(unclear)


async def answer(ctx: Context, letter: Letter, server: MailServer) -> None:
    """A person looks whether the letter is there, and says so."""
    row = await ctx.store.read(lambda tx: invitations.get(tx, letter.invitation_id))
    assert row is not None
    await invite_send.settle_letters(ctx, [row.id], went=bool(server.to(row.email)))


def trial(template: Path, server: MailServer, step: str, victim: int, *, naive: bool) -> tuple[int, int, int]:
    """(letters that came twice without asking, letters that never came, letters asked about)."""
    server.letters.clear()
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place) / "office"
        shutil.copytree(template, directory)
        command = [sys.executable, __file__, "--child", str(directory), step, str(victim)]
        running = subprocess.Popen([*command, "naive"] if naive else command, stderr=subprocess.PIPE)
        if step == "taken":

            def kill(handed: Handed) -> None:
                if len(server.letters) == victim:
                    running.send_signal(signal.SIGKILL)

            server.on_letter = kill
        error = running.communicate(timeout=60)[1]
        server.on_letter = None
        assert running.returncode == -signal.SIGKILL, (step, running.returncode, error.decode())
        without_asking, asked = asyncio.run(afterwards(directory, server))
    twice = sum(count - 1 for count in without_asking.values() if count > 1)
    arrived = {one.recipients[0] for one in server.letters}
    again = Counter(one.recipients[0] for one in server.letters)
    twice = max(twice, sum(count - 1 for count in again.values() if count > 1))
    return twice, PEOPLE - len(arrived), asked


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--naive", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", nargs="+")
    options = parser.parse_args()
    if options.child:
        place, step, victim, *naive = options.child
        asyncio.run(child(Path(place), step, int(victim), naive=bool(naive)))
        return 1
    dice, server = random.Random(options.seed), MailServer().start()
    twice = lost = asked = 0
    with tempfile.TemporaryDirectory() as place:
        template = Path(place)
        asyncio.run(furnish(template, server.port))
        for number in range(options.trials):
            step = STEPS[number % len(STEPS)]
            found = trial(template, server, step, dice.randint(1, PEOPLE), naive=options.naive)
            twice, lost, asked = twice + found[0], lost + found[1], asked + found[2]
    server.stop()
    print(f"trials {options.trials} · twice {twice} · lost {lost} · asked about {asked}")
    return int(twice == 0) if options.naive else int(bool(twice or lost))


if __name__ == "__main__":
    raise SystemExit(main())
