"""Letters go once: to a real server, to files, by SMS; refused, paused, cut off, and never with an address in a log."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from core.config import Settings
from core.config_tables import SmsSettings
from core.errors import TryLater, UsageError
from core.invite.letters import LetterKind
from core.invite.outbound import LetterState
from core.invite.rows import Consent, InviteState
from core.register import Check
from core.store import letters
from core.usecases import invite
from core.usecases.activity import activity
from core.usecases.audit import export_audit
from core.usecases.context import Context, open_context
from core.usecases.invite_desk import desk
from core.usecases.invite_letters import (
    plan_letters,
    preview_letter,
    reset_template,
    save_template,
    template,
)
from core.usecases.invite_post import SMS_PASSWORD, examine_mail
from core.usecases.invite_send import Sent, drop_waiting, note_bounce, send_letters, settle_letters
from core.usecases.secrets import init_keeper, set_secret
from tests.mailserver import MailServer, wait_for

INVITATION, REMINDER, SMS = LetterKind.INVITATION, LetterKind.REMINDER, LetterKind.SMS
Invite = Callable[..., Any]


async def send(ctx: Context, kind: LetterKind = INVITATION, ids: list[str] | None = None) -> Sent:
    return await send_letters(ctx, kind, ids)


async def states(ctx: Context) -> list[LetterState]:
    return [letter.state for letter in await ctx.store.read(letters.every)]


async def exported(ctx: Context, invite_clients: Invite, count: int) -> list[str]:
    rows = await invite_clients(ctx, count)
    ids = [row.key for row in rows]
    await invite.mark(ctx, ids, InviteState.EXPORTED)
    return ids


async def test_every_exported_row_gets_its_own_letter_once(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 12)
    first, second = await send(posting), await send(posting)
    assert (first.sent, second.sent) == (12, 0)
    assert sorted(one.recipients[0] for one in mail_server.letters) == sorted(
        f"asa{number}@example.com" for number in range(1, 13)
    )
    message = mail_server.to("asa3@example.com")[0].message
    assert message["From"] == "Byrån Åhlén AB <byra@example.com>"
    assert "Klient 003 AB" in message["Subject"]
    assert "Hej Åsa!" in message.get_content()


async def test_drafts_get_no_letter_unless_they_are_named(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    rows = await invite_clients(posting, 2)
    assert (await send(posting)).sent == 0
    assert (await send(posting, ids=[rows[0].key])).sent == 1
    assert len(mail_server.letters) == 1


async def test_a_person_who_said_no_gets_no_letter(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    rows = await invite_clients(posting, 1)
    await invite.update_invitation(posting, replace(rows[0].row, consent=Consent.NO))
    plan = await plan_letters(posting, INVITATION, [rows[0].key])
    assert plan.to_send == []
    assert "vill inte" in plan.left_out[0][1]
    assert (await send(posting, ids=[rows[0].key])).sent == 0
    assert mail_server.letters == []


async def test_a_dead_server_leaves_every_row_as_it_was(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 3)
    before = (await desk(posting)).rows
    mail_server.stop()
    with pytest.raises(TryLater, match="kan inte nås") as caught:
        await send(posting)
    assert caught.value.code == "mail_unreachable"
    assert (await desk(posting)).rows == before


async def test_a_refusal_stands_with_its_row_and_the_others_go(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    ids = await exported(posting, invite_clients, 3)
    mail_server.refuse["asa2@example.com"] = "550 5.1.1 <asa2@example.com> unknown"
    done = await send(posting)
    assert (done.sent, done.refused) == (2, 1)
    (letter,) = (await desk(posting)).by_id[ids[1]].letters
    assert letter.state is LetterState.REFUSED
    assert "550" in letter.reason
    assert "asa2" not in letter.reason


async def test_a_refused_letter_goes_again_when_the_address_was_corrected(
    posting: Context, mail_server: MailServer, invite_clients: Invite, clock: Any
) -> None:
    (row,) = await exported(posting, invite_clients, 1)
    mail_server.refuse["asa1@example.com"] = "550 no"
    await send(posting)
    plan = await plan_letters(posting, INVITATION, [row])
    assert "rätta adressen" in plan.left_out[0][1]
    clock.pass_days(1)
    kept = (await desk(posting)).by_id[row].row
    assert kept is not None
    await invite.update_invitation(posting, replace(kept, email="ratt@example.com"))
    assert (await send(posting, ids=[row])).sent == 1
    assert mail_server.to("ratt@example.com")


async def test_a_server_that_asks_for_patience_keeps_the_letter(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 2)
    mail_server.refuse["asa1@example.com"] = "451 greylisted"
    assert (await send(posting)).waiting == 1
    del mail_server.refuse["asa1@example.com"]
    assert (await send(posting)).sent == 1
    assert len(mail_server.letters) == 2


async def test_a_lost_answer_asks_a_person_and_never_the_server(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    (row,) = await exported(posting, invite_clients, 1)
    mail_server.cut_after_data.add("asa1@example.com")
    assert (await send(posting)).unknown == 1
    assert (await send(posting)).sent == 0
    assert "oklart" in (await plan_letters(posting, INVITATION, [row])).left_out[0][1]
    assert len(mail_server.letters) == 1
    assert await settle_letters(posting, [row], went=True) == 1
    assert (await send(posting)).sent == 0


async def test_a_letter_that_a_person_says_did_not_go_is_sent(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    (row,) = await exported(posting, invite_clients, 1)
    mail_server.cut_after_data.add("asa1@example.com")
    await send(posting)
    mail_server.cut_after_data.clear()
    await settle_letters(posting, [row], went=False)
    assert (await send(posting)).sent == 1


async def test_a_run_is_paused_between_letters_and_goes_on(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 10)
    mail_server.slow = 0.02
    work = asyncio.create_task(send(posting))
    await asyncio.to_thread(wait_for, lambda: len(mail_server.letters) >= 3)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    there = len(mail_server.letters)
    assert there < 10
    assert (await states(posting)).count(LetterState.SENT) == there
    assert set(await states(posting)) == {LetterState.SENT, LetterState.QUEUED}
    assert (await send(posting)).sent == 10 - there
    assert len({one.recipients[0] for one in mail_server.letters}) == len(mail_server.letters) == 10


async def test_a_connection_that_dies_half_way_keeps_the_rest_with_the_reason(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 4)
    mail_server.on_letter = lambda handed: mail_server.stop_soon() if "asa2" in handed.recipients[0] else None
    done = await send(posting)
    assert done.stopped
    waiting = [one for one in await posting.store.read(letters.every) if one.state is LetterState.QUEUED]
    assert len(waiting) == done.waiting >= 2
    assert all(one.reason == done.stopped for one in waiting)


async def test_two_senders_are_one_too_many(
    posting: Context, mail_server: MailServer, mailing: Settings, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 5)
    mail_server.slow = 0.05
    work = asyncio.create_task(send(posting))
    await asyncio.to_thread(wait_for, lambda: bool(mail_server.letters))
    async with open_context(mailing, person="bo") as other:
        with pytest.raises(TryLater, match="En annan brygga"):
            await send(other)
    assert (await work).sent == 5


async def test_a_row_that_is_closed_meanwhile_gets_no_letter(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    ids = await exported(posting, invite_clients, 2)
    mail_server.refuse = dict.fromkeys(("asa1@example.com", "asa2@example.com"), "451 later")
    await send(posting)
    mail_server.refuse.clear()
    await invite.mark(posting, [ids[0]], InviteState.DECLINED)
    assert (await send(posting)).sent == 1
    assert not mail_server.to("asa1@example.com")


async def test_waiting_letters_can_be_given_up(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 1)
    mail_server.refuse["asa1@example.com"] = "451 later"
    await send(posting)
    assert await drop_waiting(posting) == 1
    assert await states(posting) == []


async def test_a_bounce_is_told_by_a_person(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    (row,) = await exported(posting, invite_clients, 1)
    await send(posting)
    assert await note_bounce(posting, [row], "user asa1@example.com unknown") == 1
    (letter,) = (await desk(posting)).by_id[row].letters
    assert letter.state is LetterState.BOUNCED
    assert "asa1" not in letter.reason


async def test_a_reminder_goes_when_it_is_due_and_marks_the_row(
    posting: Context, mail_server: MailServer, invite_clients: Invite, clock: Any
) -> None:
    ids = await exported(posting, invite_clients, 2)
    await invite.mark(posting, ids, InviteState.INVITED)
    assert (await send(posting, REMINDER)).sent == 0
    clock.pass_days(7)
    await invite.mark(posting, [ids[1]], InviteState.DONE)
    assert (await send(posting, REMINDER)).sent == 1
    assert (await send(posting, REMINDER)).sent == 0
    row = (await desk(posting)).by_id[ids[0]].row
    assert row is not None
    assert (row.state, row.reminded_at) == (InviteState.REMINDED, clock.moment)
    clock.pass_days(7)
    assert (await send(posting, REMINDER)).sent == 1
    assert len(mail_server.to("asa1@example.com")) == 2


async def test_without_a_server_letters_become_files(ctx: Context, invite_clients: Invite) -> None:
    await exported(ctx, invite_clients, 3)
    done = await send(ctx)
    assert (done.written, done.sent) == (3, 0)
    assert done.folder is not None
    assert len(list(done.folder.glob("*.eml"))) == 3
    assert (await send(ctx)).written == 0


async def test_a_file_that_was_written_before_the_crash_is_found_again(
    ctx: Context, invite_clients: Invite
) -> None:
    await exported(ctx, invite_clients, 1)
    await send(ctx)
    await ctx.store.write(lambda tx: tx.execute("UPDATE letters SET state = 'sending'"))
    await send(ctx)
    assert await states(ctx) == [LetterState.WRITTEN]


async def test_the_firms_own_wording_is_used_and_taken_back(
    posting: Context, mail_server: MailServer, invite_clients: Invite
) -> None:
    await exported(posting, invite_clients, 1)
    kept = await template(posting, INVITATION, "sv")
    await save_template(posting, replace(kept, subject="{firm} – {client}", body="Välkommen {name}!"))
    assert (await preview_letter(posting, INVITATION, "sv"))[1] == "Välkommen Anna Exempel!\n"
    await send(posting)
    assert mail_server.letters[0].message.get_content().strip() == "Välkommen Åsa Öberg 1!"
    assert not (await reset_template(posting, INVITATION, "sv")).edited
    with pytest.raises(UsageError, match=r"\{nmae\}"):
        await save_template(posting, replace(kept, body="{nmae}"))


async def test_nobodys_address_stands_in_log_audit_or_error(
    posting: Context,
    mail_server: MailServer,
    invite_clients: Invite,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "mail")
    caplog.set_level(logging.WARNING, "mail.log")
    ids = await exported(posting, invite_clients, 4)
    mail_server.refuse["asa1@example.com"] = "550 5.1.1 <asa1@example.com> Åsa unknown +46 70 123 45 67"
    mail_server.answer["asa2@example.com"] = "554 asa2@example.com is spam"
    mail_server.cut_after_data.add("asa3@example.com")
    done = await send(posting)
    await note_bounce(posting, [ids[3]], "asa4@example.com bounced")
    mail_server.stop()
    await invite.mark(posting, ids, InviteState.EXPORTED)
    with pytest.raises(TryLater) as caught:
        await send(posting, ids=ids)
    await export_audit(posting, tmp_path / "audit.jsonl")
    exported_audit = (tmp_path / "audit.jsonl").read_text()
    said = [str(caught.value), repr(done), caplog.text, exported_audit, repr(await activity(posting))]
    for text in said:
        assert "@example.com" not in text
        assert "Öberg" not in text
        assert "123 45 67" not in text
    assert ids[0] in exported_audit


# -- text messages -----------------------------------------------------------------------------------------------


class Elks:
    """The provider's interface as its documentation describes it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.status = 200
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.asked.append((f"{self.path} {self.headers['Authorization']}", parse_qs(body)))
                answer = json.dumps({"status": "created", "id": "s1"}).encode()
                if provider.status != 200:
                    answer = b"Invalid to: +46701234567"
                self.send_response(provider.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def elks() -> Iterator[Elks]:
    provider = Elks()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
async def texting(settings: Settings, elks: Elks, clock: Any) -> AsyncIterator[Context]:
    await init_keeper(settings, "keyfile")
    secrets = msgspec.structs.replace(settings.secrets, keeper="keyfile")
    url = f"http://127.0.0.1:{elks.server.server_port}/a1"
    sms = SmsSettings(provider="46elks", api_url=url, username="u1", sender="Byran")
    changed = msgspec.structs.replace(settings, sms=sms, secrets=secrets)
    async with open_context(changed, person="anna", clock=clock) as context:
        await set_secret(context, SMS_PASSWORD, "p1")
        yield context


async def with_mobile(ctx: Context, invite_clients: Invite) -> str:
    (row,) = await invite_clients(ctx, 1)
    await invite.update_invitation(ctx, replace(row.row, mobile="070-123 45 67"))
    await invite.mark(ctx, [row.key], InviteState.EXPORTED)
    key: str = row.key
    return key


async def test_a_text_message_is_handed_to_the_provider_once(
    texting: Context, elks: Elks, invite_clients: Invite
) -> None:
    await with_mobile(texting, invite_clients)
    assert (await send(texting, SMS)).sent == 1
    assert (await send(texting, SMS)).sent == 0
    ((asked, form),) = elks.asked
    assert asked == "/a1/sms Basic dTE6cDE="
    assert (form["from"], form["to"]) == (["Byran"], ["+46701234567"])
    assert "Byrån Åhlén AB" in form["message"][0]


async def test_a_refused_text_message_stands_with_its_row(
    texting: Context, elks: Elks, invite_clients: Invite
) -> None:
    row = await with_mobile(texting, invite_clients)
    elks.status = 403
    assert (await send(texting, SMS)).refused == 1
    (letter,) = (await desk(texting)).by_id[row].letters
    assert "403" in letter.reason
    assert "4670" not in letter.reason


async def test_text_messages_are_off_by_default(posting: Context, invite_clients: Invite) -> None:
    await with_mobile(posting, invite_clients)
    with pytest.raises(UsageError, match="avstängda"):
        await send(posting, SMS)


# -- doctor ------------------------------------------------------------------------------------------------------


def _mail(checks: list[Check]) -> Check:
    return next(check for check in checks if check.code == "mail")


async def test_the_doctor_speaks_to_the_mail_server(mailing: Settings, mail_server: MailServer) -> None:
    assert _mail(await examine_mail(mailing)).ok
    assert mail_server.letters == []
    mail_server.stop()
    found = _mail(await examine_mail(mailing))
    assert not found.ok
    assert "kan inte nås" in found.why


async def test_the_doctor_knows_a_firm_without_a_mail_server(settings: Settings) -> None:
    assert _mail(await examine_mail(settings)).ok
