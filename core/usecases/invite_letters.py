"""Letters to the people who are invited: the wording, and whom they go to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import UsageError
from core.i18n import _, ngettext
from core.invite import letters as wording
from core.invite.checks import may_be_written_to, sentence
from core.invite.letters import LetterKind, Template
from core.invite.outbound import ARRIVED, Letter, LetterState
from core.invite.rows import CLOSED, Consent, Invitation, InviteState
from core.model import Severity
from core.register import Client
from core.store import clients, letters
from core.store.database import Transaction
from core.usecases.context import Context
from core.usecases.invite_desk import DeskRow, load_desk, require_row
from core.usecases.invite_post import goes_to_folder
from core.usecases.rights import Right, needs


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """Whom a letter would go to, whom not and why."""

    kind: LetterKind
    to_send: Sequence[DeskRow]
    left_out: Sequence[tuple[DeskRow, str]]
    waiting: int
    """Letters that were begun earlier and wait to be sent; they go too."""
    to_folder: bool
    warnings: Sequence[str] = ()


# -- wording -----------------------------------------------------------------------------------------------


async def template(ctx: Context, kind: LetterKind, language: str) -> Template:
    """The firm's own wording, or brygga's."""
    return await ctx.store.read(lambda tx: template_in(tx, kind, language))


def template_in(tx: Transaction, kind: LetterKind, language: str) -> Template:
    """The wording inside a transaction."""
    return letters.template(tx, kind, language) or wording.default(kind, language)


@needs(Right.MANAGE)
async def save_template(ctx: Context, own: Template) -> Template:
    """Keep the firm's own wording of a letter.

    Raises:
        UsageError: ``usage``: a placeholder is unknown, missing or not closed, or the text is empty or too long.
    """
    tidy = replace(own, subject=own.subject.strip(), body=wording.tidy(own.body), edited=True)
    wrong = wording.check(tidy)
    if wrong:
        raise UsageError(
            "usage",
            " ".join(wrong),
            _("The letter was not saved."),
            _("The placeholders are: {names}").format(
                names=" ".join(f"{{{name}}}" for name in wording.PLACEHOLDERS)
            ),
        )

    def work(tx: Transaction) -> None:
        letters.put_template(tx, tidy)
        ctx.record(tx, "invite.template", kind=str(tidy.kind), language=tidy.language)

    await ctx.store.write(work)
    return tidy


@needs(Right.MANAGE)
async def reset_template(ctx: Context, kind: LetterKind, language: str) -> Template:
    """Back to brygga's own wording."""

    def work(tx: Transaction) -> None:
        letters.drop_template(tx, kind, language)
        ctx.record(tx, "invite.template", kind=str(kind), language=language)

    await ctx.store.write(work)
    return wording.default(kind, language)


async def preview_letter(
    ctx: Context, kind: LetterKind, language: str, invitation_id: str | None = None
) -> tuple[str, str]:
    """(subject, text) as a row would get it; without a row with names that are nobody's.

    Raises:
        UsageError: ``id_unknown``.
    """

    def work(tx: Transaction) -> tuple[str, str]:
        if invitation_id is None:
            return fill_example(ctx, template_in(tx, kind, language))
        row = require_row(tx, invitation_id)
        client = clients.get(tx, row.client_id)
        assert client is not None
        return wording.fill(template_in(tx, kind, language), facts_of(ctx, row, client))

    return await ctx.store.read(work)


def fill_example(ctx: Context, own: Template) -> tuple[str, str]:
    """(subject, text) of a wording with names that are nobody's."""
    row = Invitation("", "", "Anna Exempel", "anna@example.com", username="anna.exempel")
    return wording.fill(own, facts_of(ctx, row, Client("", "Exempelbolaget AB", "")))


def facts_of(ctx: Context, row: Invitation, client: Client) -> dict[str, str]:
    """What the placeholders stand for."""
    mail = ctx.settings.mail
    return {
        "name": row.name,
        "first_name": row.name.split()[0] if row.name.split() else "",
        "client": client.name,
        "firm": ctx.settings.firm.name,
        "sender": client.responsible or ctx.person,
        "username": row.username,
        "reply_to": mail.reply_to or mail.sender,
    }


# -- whom ----------------------------------------------------------------------------------------------------


async def plan_letters(
    ctx: Context, kind: LetterKind, ids: Sequence[str] | None = None, *, folder: Path | None = None
) -> LetterPlan:
    """Whom the letter would go to: the named rows, or without names all whose turn it is.

    An invitation's turn comes when its row has been exported, a reminder's when it is due. Rows that are named
    may be drafts.
    """

    def work(tx: Transaction) -> LetterPlan:
        now = load_desk(ctx, tx)
        lines = [line for line in now.rows if line.row is not None]
        if ids is None:
            lines = [line for line in lines if _its_turn(line, kind)]
        else:
            wanted = set(ids)
            lines = [line for line in lines if line.key in wanted]
        judged = [(line, _why_not(line, kind)) for line in lines]
        good = [line for line, reason in judged if not reason]
        waiting = [one for one in letters.in_state(tx, LetterState.QUEUED) if one.kind is kind]
        left_out = [(line, reason) for line, reason in judged if reason]
        to_folder = goes_to_folder(ctx.settings, kind, folder)
        return LetterPlan(kind, good, left_out, len(waiting), to_folder, _warnings(good))

    return await ctx.store.read(work)


def _its_turn(line: DeskRow, kind: LetterKind) -> bool:
    assert line.row is not None
    if kind is LetterKind.REMINDER:
        return line.reminder_due
    turn = line.row.state in {InviteState.EXPORTED, InviteState.INVITED}
    return turn and not any(letter.kind is kind for letter in line.letters)


def _why_not(line: DeskRow, kind: LetterKind) -> str:
    """Why the row gets no such letter, in a sentence; empty when it does."""
    row = line.row
    assert row is not None
    if row.state in CLOSED:
        return _("The row is closed.")
    if row.consent is Consent.NO:
        return sentence("consent_refused")
    if not may_be_written_to(line.findings):
        return " ".join(sentence(one.code) for one in line.findings if one.severity is Severity.ERROR)
    if kind is LetterKind.SMS and not row.mobile:
        return _("There is no mobile number.")
    if kind is LetterKind.REMINDER and not line.reminder_due:
        return _("No reminder is due yet.")
    return _why_not_again([letter for letter in line.letters if letter.kind is kind], row)


def _why_not_again(own: Sequence[Letter], row: Invitation) -> str:
    """The same letter goes once: again only after a refusal, when the row was corrected; reminders when due."""
    states = {letter.state for letter in own}
    if LetterState.UNKNOWN in states:
        return _("It is unclear whether the letter went; say so first.")
    if states & {LetterState.QUEUED, LetterState.SENDING}:
        return _("The letter waits to be sent.")
    if own and own[-1].kind is LetterKind.REMINDER:
        return ""
    if states & ARRIVED:
        return _("The letter has gone already.")
    if own and (row.changed_at is None or row.changed_at <= own[-1].at):
        return _("The letter was refused; correct the address first.")
    return ""


def _warnings(lines: Sequence[DeskRow]) -> list[str]:
    unnoted = sum(line.row is not None and line.row.consent is Consent.UNNOTED for line in lines)
    if not unnoted:
        return []
    text = ngettext(
        "For {count} of them it is not noted that the person may be contacted.",
        "For {count} of them it is not noted that the person may be contacted.",
        unnoted,
    )
    return [text.format(count=unnoted)]
