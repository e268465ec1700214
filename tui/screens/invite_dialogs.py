"""The invitation desk's dialogs: a user, the wording of a letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widget import Widget

from core.i18n import _
from core.invite import usernames
from core.invite.checks import check_cells, sentence
from core.invite.letters import LetterKind, Template
from core.invite.rows import Consent, Invitation, UserChoice
from core.invite.words import choice_word, consent_word, kind_word
from core.model import Severity
from tui import actions
from tui.actions import key_word
from tui.page import Dialog
from tui.paint import Lines, Span
from tui.screens.dialogs import FormDialog
from tui.theme import Ground, Tone
from tui.widgets.form import ChoiceField, Field, Form, Note, TextField, TickField

if TYPE_CHECKING:
    from core.usecases.invite_desk import DeskRow


class UserDialog(FormDialog):
    """The user that a client is to have. Answers with (the row as it shall be, the tick)."""

    def __init__(self, line: DeskRow, taken: Sequence[str]) -> None:
        self._row = line.row or Invitation("", line.client.id, "", "")
        self._taken = taken
        self._suggested = self._row.username
        title = _("Invite a user") + f" · {line.client.name}"
        super().__init__(title, self._fields(line), _("Save"), self._answer)

    def _fields(self, line: DeskRow) -> list[Field]:
        row = self._row
        name = TextField("name", _("Name"), width=44).fill(row.name)
        email = TextField("email", _("The user's e-mail"), width=44).fill(row.email)
        mobile = TextField(
            "mobile", _("Mobile"), _("May be left empty; with a number Fortnox sends an SMS too."), width=20
        ).fill(row.mobile)
        username = TextField("username", _("Username"), _("A suggestion: Fortnox decides."), width=44)
        choices = [(str(one), choice_word(one)) for one in UserChoice]
        answers = [(str(one), consent_word(one)) for one in Consent]
        fields: list[Field] = [
            name,
            email,
            mobile,
            username.fill(row.username),
            ChoiceField("choice", _("Choice"), options=choices).choose(row.choice),
            TickField(
                "admin",
                _("I am sysadmin at the client"),
                _("Fortnox does not tell; without the tick the row is not exported."),
                on=line.admin,
            ),
            ChoiceField("consent", _("May be contacted"), options=answers).choose(row.consent),
        ]
        wrong = [one for one in line.findings if one.severity is Severity.ERROR and one.code != "not_admin"]
        fields += [Note(f"found{one.code}", "▲ " + sentence(one.code), tone=Tone.WARN) for one in wrong]
        letter = line.letters[-1] if line.letters else None
        if letter is not None and letter.reason:
            fields.append(
                Note("letter", f"{kind_word(letter.kind).capitalize()}: {letter.reason}", tone=Tone.BAD)
            )
        return fields

    def on_form_changed(self, message: Form.Changed) -> None:
        """Name and address suggest a username, as long as nobody has written another."""
        if message.key not in {"name", "email"} or self.form.text("username") != self._suggested:
            return
        field = self.form.field("username")
        assert isinstance(field, TextField)
        name, email = self.form.text("name"), self.form.text("email")
        self._suggested = usernames.suggest(name, email, self._taken) if name else ""
        field.fill(self._suggested)
        self.form.update()

    def _answer(self, form: Form) -> tuple[Invitation, bool] | None:
        wrong = check_cells(form.text("name"), form.text("email"), form.text("mobile"))
        for one in reversed(wrong):
            form.fail(one.column, sentence(one.code))
        if wrong:
            return None
        admin = form.field("admin")
        assert isinstance(admin, TickField)
        row = replace(
            self._row,
            name=form.text("name"),
            email=form.text("email"),
            mobile=form.text("mobile"),
            username=form.text("username"),
            choice=UserChoice(form.text("choice")),
            consent=Consent(form.text("consent")),
        )
        return row, admin.on


class LetterDialog(Dialog[bool]):
    """The wording of a letter: subject and text, previewed and saved."""

    hint = ""

    DEFAULT_CSS = """
    LetterDialog TextArea { height: 1fr; min-height: 4; border: none; padding: 0 1; background: $background; }
    LetterDialog TextArea:focus { border: none; }
    LetterDialog Box { height: 100%; }
    LetterDialog #subject { height: 2; min-height: 2; }
    """

    def __init__(self, shown: Template) -> None:
        super().__init__(kind_word(shown.kind).capitalize() + f" ({shown.language})")
        self._shown = shown

    def contents(self) -> Iterable[Widget]:
        """The subject, the text, the keys."""
        from textual.widgets import TextArea

        self.subject = TextArea(self._shown.subject, id="subject", show_line_numbers=False, soft_wrap=True)
        self.body = TextArea(self._shown.body, id="body", show_line_numbers=False, soft_wrap=True)
        if self._shown.kind is not LetterKind.SMS:
            yield Lines([((_("Subject"), Tone.DIM),)], ground=Ground.BOX)
            yield self.subject
        yield Lines([((_("Text"), Tone.DIM),)], ground=Ground.BOX)
        yield self.body
        keys = (
            ("f2", _("save")),
            ("f3", _("preview")),
            ("f4", _("brygga's own")),
            ("tab", _("next field")),
            ("escape", _("close")),
        )
        yield _key_line(keys)

    def on_mount(self) -> None:
        """One writes in the text at once."""
        self.body.focus()

    def scopes(self) -> list[str]:
        """The keys of the letter besides those of every dialog."""
        return ["letter", "dialog"]

    def why_not(self, action: str) -> str | None:
        """Whoever only reads may look at the wording."""
        return actions.denied(self.brygga.role, "template") if action in {"save", "reset"} else None

    @property
    def written(self) -> Template:
        """The letter as it stands on the screen."""
        return replace(self._shown, subject=self.subject.text, body=self.body.text)

    async def do_save(self) -> None:
        """Keep the wording, unless something is wrong with it."""
        from core.usecases.invite_letters import save_template

        await save_template(await self.brygga.context(), self.written)
        self.dismiss(True)

    async def do_preview(self) -> None:
        """The letter as somebody would get it."""
        from core.invite import letters as wording

        wrong = wording.check(self.written)
        if wrong:
            self.say(" ".join(wrong), Tone.BAD)
            return
        from core.usecases.invite_letters import fill_example

        subject, body = fill_example(await self.brygga.context(), self.written)
        self.brygga.ask(PreviewDialog(subject or kind_word(self._shown.kind).capitalize(), body))

    async def do_reset(self) -> None:
        """Brygga's own wording in the fields; saving keeps it."""
        from core.invite import letters as wording

        own = wording.default(self._shown.kind, self._shown.language)
        self.subject.text, self.body.text = own.subject, own.body

    def do_next_field(self) -> None:
        """From the subject to the text and back."""
        (self.subject if self.body.has_focus and self._shown.subject else self.body).focus()


class PreviewDialog(Dialog[bool]):
    """A letter to read from its beginning to its end, under its subject."""

    hint = ""

    DEFAULT_CSS = """
    PreviewDialog TextArea { height: 1fr; border: none; padding: 0 1; background: $background; }
    PreviewDialog TextArea:focus { border: none; }
    PreviewDialog Box { height: 100%; }
    """

    def __init__(self, subject: str, body: str) -> None:
        super().__init__(subject)
        self._body = body

    def contents(self) -> Iterable[Widget]:
        """The text, and how one leaves it."""
        from textual.widgets import TextArea

        self.text = TextArea(self._body, read_only=True, show_line_numbers=False, soft_wrap=True)
        yield self.text
        yield _key_line((("up", ""), ("down", _("read")), ("escape", _("close"))))

    def on_mount(self) -> None:
        """The arrows move in the text."""
        self.text.focus()


class LetterChoice(FormDialog):
    """Which letter: its kind and language, and what to do."""

    def __init__(self, title: str, go_on: str, kinds: Sequence[LetterKind], language: str) -> None:
        fields: list[Field] = [
            ChoiceField(
                "kind", _("Letter"), _("← and → choose."), options=[(str(k), kind_word(k)) for k in kinds]
            ),
            ChoiceField("language", _("Language"), options=[("sv", "svenska"), ("en", "English")]).choose(
                language
            ),
        ]
        super().__init__(title, fields, go_on, _chosen)


def _key_line(keys: Sequence[tuple[str, str]]) -> Lines:
    """What the keys of a dialog do, in a line."""
    spans: list[Span] = []
    for key, label in keys:
        spans += [(key_word(key) + " ", Tone.KEY), (label + "  " if label else "", Tone.PLAIN)]
    return Lines([tuple(spans)], ground=Ground.BOX)


def _chosen(form: Form) -> tuple[LetterKind, str]:
    return LetterKind(form.text("kind")), form.text("language")
