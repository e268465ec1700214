"""One table of actions: keys, footer, help and palette are all made from it.

An action is a word that a widget, a page or the app answers to with a method ``do_<id>``. The scopes say where
it lives: a kind of widget (``table``, ``form``, ``grid``), a page by name, ``page`` for all pages, ``dialog``
for everything that lies over a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.errors import UsageError
from core.i18n import _, mark
from core.register import Role
from core.usecases.rights import Right, refusal


class Action(Struct, frozen=True):
    """Something that a key does. ``rank`` orders the footer; 0 keeps it out."""

    id: str
    keys: tuple[str, ...]
    scopes: tuple[str, ...]
    label: str
    """One or two words for the footer."""
    help: str
    """A sentence for help and palette."""
    rank: int = 0


def _action(name: str, keys: str, scopes: str, label: str, text: str, rank: int = 0) -> Action:
    return Action(name, tuple(keys.split()), tuple(scopes.split()), label, text, rank)


SCREENS: Final = (
    ("overview", mark("Overview"), mark("Overview")),
    ("engagement", mark("Engagement"), mark("Engag")),
    ("imports", mark("Import"), mark("Import")),
    ("annexes", mark("Annexes"), mark("Annexes")),
    ("reconciliation", mark("Reconciliation"), mark("Recon")),
    ("vouchers", mark("Closing vouchers"), mark("Vou")),
    ("integrations", mark("Integrations"), mark("Int")),
    ("log", mark("Log"), mark("Log")),
)
"""The screens behind 1 to 8: name, title, short title for the header at 80 columns."""

PAGES: Final = (
    *(name for name, _title, _short in SCREENS),
    "guide",
    "editor",
    "effects",
    "proof",
    "receipts",
    "carry",
    "settings",
    "help",
    "jobs",
    "dashboard",
    "invite",
    "fields",
)
"""Every page by name."""

TABLE: Final[tuple[Action, ...]] = (
    # in a list
    _action("open", "enter", "table form reading", mark("open"), mark("Open the row under the cursor."), 10),
    _action("up", "up k", "table reading", "", mark("One row up.")),
    _action("down", "down j", "table reading", "", mark("One row down.")),
    _action("page_up", "pageup", "table reading", "", mark("One screenful up.")),
    _action("page_down", "pagedown", "table reading", "", mark("One screenful down.")),
    _action("top", "home", "table reading", "", mark("To the first row.")),
    _action("end", "end G", "table reading", "", mark("To the last row.")),
    _action("filter", "slash", "table", mark("filter"), mark("Narrow the list as you type; esc takes the filter away."), 35),
    _action("next_hit", "full_stop", "table", "", mark("To the next row of the filtered list.")),
    _action("mark", "space", "marks", mark("mark"), mark("Mark the row for a joint action, or take its mark away."), 47),
    _action("mark_all", "a", "marks", "", mark("Mark all rows shown, or none.")),
    _action("sort", "o", "table", mark("sort"), mark("Sort by the next column.")),
    _action("sort_reverse", "O", "table", "", mark("Turn the sorted order around.")),
    # in a form
    _action("up", "up shift+tab", "form", "", mark("To the field above.")),
    _action("down", "down tab", "form", "", mark("To the field below.")),
    # on the welcome, before the screens of the same digits
    _action("demo", "1", "welcome", mark("demo"), mark("Try brygga on a made-up firm on this computer."), 20),
    _action("connect_first", "2", "welcome", mark("Fortnox"), mark("Connect the first client to Fortnox."), 22),
    _action("file_first", "3", "welcome", mark("SIE file"), mark("Open a SIE file; client and fiscal year are read from it."), 24),
    # in the voucher grid
    _action("next_cell", "tab enter", "grid", mark("next"), mark("To the next cell; at the end of the last row a new row."), 10),
    _action("previous_cell", "shift+tab", "grid", "", mark("To the previous cell.")),
    _action("row_up", "up", "grid", "", mark("To the row above, or up among the suggested accounts.")),
    _action("row_down", "down", "grid", "", mark("To the row below, or down among the suggested accounts.")),
    # on the pages
    _action("import", "i", "overview engagement imports", mark("import"), mark("Import the year: the books and the ledgers."), 20),
    _action("export", "e", "overview engagement vouchers", mark("export"), mark("Export the closing vouchers that are ready: to Fortnox, or to a file."), 30),
    _action("new", "n", "overview", mark("new"), mark("Start guide: a new client and engagement."), 49),
    _action("new", "n", "vouchers", mark("new"), mark("Write a new closing voucher."), 20),
    _action("quick", "v", "overview", mark("show"), mark("Show all, those that need you, or your own engagements."), 50),
    _action("connect", "f", "overview engagement integrations", mark("connect"), mark("Connect the client to Fortnox; a person must approve in a browser."), 52),
    _action("lock", "l", "overview engagement", mark("lock"), mark("Lock the engagement when it is signed off, or unlock it."), 54),
    _action("take_over", "T", "engagement", mark("take over"), mark("Take the engagement over from whoever has it open; there it is then only read."), 53),
    _action("rename", "A", "overview engagement", mark("client"), mark("Change what is known of the client: name, number, responsible, voucher series."), 58),
    _action("source", "s", "engagement imports", mark("source"), mark("Source of the books, account names, period balances and last year's figures."), 45),
    _action("next_tab", "tab t", "annexes reconciliation", mark("tab"), mark("To the next tab."), 20),
    _action("ready", "m", "vouchers", mark("ready"), mark("Mark as ready to export, or back to draft."), 40),
    _action("read_file", "h", "vouchers", mark("from file"), mark("Read closing vouchers from a JSON or SIE 4I file."), 55),
    _action("remove", "x", "vouchers", mark("remove"), mark("Remove the closing voucher; u brings it back."), 45),
    _action("disconnect", "x", "integrations", mark("disconnect"), mark("Disconnect the client from Fortnox."), 45),
    _action("note", "N", "annexes", mark("remark"), mark("Write a note on the item; it stays through every import."), 30),
    _action("ready", "m", "annexes", mark("sign off"), mark("Sign the account off as reconciled; the annex shown is frozen."), 40),
    _action("obstacle", "P", "overview", mark("obstacle"), mark("Show those that wait for one step: connect, fetch, explain and so on; once more for the next."), 51),
    _action("quick", "v", "annexes", mark("the other"), mark("Show the signed-off annex and the new one, the one or the other."), 42),
    _action("keep", "B", "annexes", mark("keep"), mark("Keep the signed-off annex and decline the new one, or take the new one after all."), 44),
    _action("day", "D", "annexes", mark("day"), mark("Show the annexes of another day of the year, from the latest import."), 46),
    _action("detail", "d", "imports", mark("detail"), mark("Every voucher and account that changed since the import before."), 25),
    _action("detail", "d", "annexes", mark("detail"), mark("Ages, reasons, reclassification, old claims, and what has changed since the sign-off."), 25),
    _action("ready", "m", "reconciliation", mark("sign off"), mark("Sign the account off as reconciled; its annex is frozen."), 20),
    _action("amount", "b", "reconciliation", mark("amount"), mark("Enter what an underlag says that the account should stand at."), 30),
    _action("rename", "A", "reconciliation", mark("name"), mark("Edit the account's name; an empty one gives the source's own back."), 60),
    _action("second_read", "g", "reconciliation", mark("read"), mark("Say as second reader that the sign-off has been read."), 40),
    _action("new", "n", "reconciliation", mark("voucher"), mark("Make a closing voucher of the difference."), 42),
    _action("undo", "u", "reconciliation", mark("open again"), mark("Open the signed-off account again."), 46),
    _action("quick", "v", "reconciliation", mark("show"), mark("Show all accounts, or those that are open, differ, or where something was found."), 44),
    _action("undo", "u", "vouchers", mark("undo"), mark("Undo the latest change made here."), 46),
    _action("twin", "y", "vouchers", mark("copy"), mark("Copy the closing vouchers as drafts."), 56),
    _action("reverse", "w", "vouchers", mark("reverse"), mark("Make the reversal on the next fiscal year's first day; it waits for that year."), 42),
    _action("correct", "z", "vouchers", mark("correct"), mark("Make a draft that takes a posted voucher out again."), 57),
    _action("template", "M", "vouchers", mark("template"), mark("Make a closing voucher from a template."), 56),
    _action("go_effects", "V", "vouchers", mark("effect"), mark("Show what the closing vouchers do to the result and to each account."), 43),
    _action("go_proof", "p", "engagement vouchers receipts", mark("proof"), mark("The proof of the export: the books changed by our vouchers alone, row by row."), 44),
    _action("go_receipts", "K", "vouchers proof", mark("receipts"), mark("The receipts of the exports, to read or to write to a file."), 58),
    _action("import", "i", "proof", mark("read and compare"), mark("Read the books once more and compare them with those before the export."), 20),
    _action("write_file", "W", "receipts", mark("to file"), mark("Write the receipt to a file: JSON or PDF."), 20),
    _action("go_carry", "I", "overview vouchers proof", mark("carry over"), mark("The clients whose balances are still to be carried over in Fortnox, and how."), 59),
    _action("earlier", "minus", "vouchers", "", mark("Move the closing voucher up in the order in which vouchers of a day are sent.")),
    _action("later", "plus", "vouchers", "", mark("Move the closing voucher down in that order.")),
    _action("leave_out", "U", "vouchers", mark("leave out"), mark("Leave the closing voucher out, so that it is neither sent nor counted, or take it back."), 60),
    _action("release", "J", "vouchers", mark("release"), mark("Say, after looking in Fortnox, that a voucher without receipt is not there."), 61),
    _action("last_year", "F", "vouchers", mark("last year's"), mark("Take over last year's closing vouchers as drafts, those that are not here yet."), 62),
    _action("result", "R", "vouchers", mark("result"), mark("Make the voucher that moves the year's result to equity."), 63),
    _action("keep_template", "H", "vouchers", mark("as template"), mark("Keep the closing voucher's accounts as a template of the firm."), 64),
    _action("cancel_here", "x", "jobs", mark("cancel"), mark("Cancel the job under the cursor at its next safe point."), 20),
    _action("save", "f2", "editor settings", mark("save"), mark("Save."), 20),
    _action("save_ready", "f7", "editor", mark("save as ready"), mark("Save, and mark as ready to export."), 22),
    _action("row_details", "f8", "editor", mark("row text"), mark("To the row's text, cost centre and project, and back."), 28),
    _action("new_row", "f3", "editor", mark("row"), mark("Add a row."), 30),
    _action("drop_row", "f4", "editor", mark("drop row"), mark("Take the row away."), 40),
    _action("balance", "f6", "editor", mark("balance"), mark("Put the missing amount on this row, so that debit and credit agree."), 25),
    # inviting client users
    _action("new", "n", "invite", mark("one more"), mark("One more user for the client under the cursor."), 50),
    _action("ready", "m", "invite", mark("sysadmin"), mark("Tick that you are system administrator at the marked clients, or take the tick away."), 20),
    _action("export", "e", "invite", mark("export"), mark("Write the next batch of at most fifty rows for Digital byrå."), 30),
    _action("state", "S", "invite", mark("status"), mark("Say where the marked rows stand: what is seen in Fortnox, or what became of a letter."), 32),
    _action("letters", "E", "invite", mark("letters"), mark("Send letters or reminders: to the marked rows, or to all whose turn it is."), 34),
    _action("pause", "Z", "invite", "", mark("Pause the letters between two of them, or go on with those that wait.")),
    _action("fields", "f7", "invite", mark("copy"), mark("The batch field by field, for copying into Digital byrå."), 36),
    _action("read_file", "h", "invite", mark("from file"), mark("Read users from a CSV file, after a look at its rows."), 40),
    _action("remove", "x", "invite", mark("remove"), mark("Remove the marked rows; u brings them back."), 55),
    _action("undo", "u", "invite", mark("undo"), mark("Bring back the rows that were removed last."), 56),
    _action("quick", "v", "invite", mark("show"), mark("Show clients without a user, all, the batch, what is exported, or those to remind."), 48),
    _action("template", "M", "invite", mark("wording"), mark("Change the wording of the letters."), 57),
    _action("save", "f2", "letter", mark("save"), mark("Save the wording of the letter."), 20),
    _action("preview", "f3", "letter", mark("preview"), mark("Show the letter as somebody would get it."), 22),
    _action("reset", "f4", "letter", mark("brygga's own"), mark("brygga's own wording; it holds once it is saved."), 24),
    _action("next_field", "tab shift+tab", "letter", "", mark("To the subject or to the text.")),
    # everywhere
    _action("go_to", "colon", "page", mark("go to"), mark("Go to a client or a command by a few of its letters."), 48),
    *(
        _action(f"go_{name}", str(number), "page", "", title)
        for number, (name, title, _short) in enumerate(SCREENS, start=1)
    ),
    _action("save_table", "C", "table", "", mark("Save the table (its marked rows, else all shown) as xlsx or CSV.")),
    _action("picture", "", "page", "", mark("Save a picture of the screen as SVG.")),
    _action("go_invite", "Y", "page", "", mark("Invite client users for Digital byrå.")),
    _action("copy", "c", "invite overview integrations annexes reconciliation vouchers log jobs", "", mark("Copy the marked rows, ready to paste into a spreadsheet.")),
    _action("refresh", "r f5", "page", "", mark("Read the screen anew from the store.")),
    _action("back", "escape", "page", mark("back"), mark("Take the filter away, or go back to the screen before."), 90),
    _action("jobs", "L", "page", "", mark("The jobs: what is running and what has run.")),
    _action("cancel_job", "X", "page", "", mark("Cancel the job in the strip at its next safe point.")),
    _action("settings", "comma f9", "page", "", mark("Settings: language, colours, signs, source of the engagement.")),
    _action("palette", "ctrl+p", "page", "", mark("All commands, searched as you type.")),
    _action("help", "question_mark f1", "page", mark("help"), mark("What each key does here."), 95),
    _action("quit", "q f10", "page", mark("quit"), mark("Quit brygga.")),
    _action("interrupt", "ctrl+c", "page dialog", "", mark("Says how one quits; nothing is lost by a habit.")),
    _action("close", "escape", "dialog", "", mark("Close without doing anything.")),
)  # fmt: skip

WORK: Final = frozenset(
    [
        "import",
        "export",
        "new",
        "connect",
        "lock",
        "source",
        "ready",
        "read_file",
        "remove",
        "disconnect",
        "amount",
        "second_read",
        "note",
        "rename",
        "keep",
        "undo",
        "twin",
        "reverse",
        "correct",
        "template",
        "earlier",
        "later",
        "leave_out",
        "release",
        "last_year",
        "result",
        "keep_template",
        "save_ready",
        "new_row",
        "drop_row",
        "balance",
        "state",
        "letters",
        "pause",
    ]
)
"""Actions that change something at a client."""


def denied(role: Role, name: str) -> str | None:
    """Why the role may not do the action, in a sentence; None when it may.

    Only shown early: what the action does is refused by the use case itself.
    """
    if name not in WORK:
        return None
    if refusal(role, Right.WORK) is None:
        return None
    return _("You may only read; a consultant or administrator does this.")


FOOTER: Final = 7
"""Keys that the footer shows at most."""

_KEY_WORDS: Final = {
    "slash": "/", "colon": ":", "full_stop": ".", "comma": ",", "question_mark": "?", "minus": "-", "plus": "+",
    "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip


def key_word(key: str) -> str:
    """The key as a person reads it: ``F1``, ``:``, ``esc``, ``space``."""
    if key == "space":
        return _("space")
    if key[:1] == "f" and key[1:].isdigit():
        return key.upper()
    return _KEY_WORDS.get(key, key)


def in_scopes(scopes: Iterable[str], table: Sequence[Action] = TABLE) -> Iterator[Action]:
    """The actions that live in any of the scopes, in the order of the table."""
    wanted = frozenset(scopes)
    return (action for action in table if not wanted.isdisjoint(action.scopes))


def own_first(scopes: Sequence[str], table: Sequence[Action] = TABLE) -> list[Action]:
    """The actions of the scopes, those of the page itself before those of its list and of all pages."""
    own = [scope for scope in scopes if scope in PAGES]
    order = {
        scope: place for place, scope in enumerate([*own, *(each for each in scopes if each not in own)])
    }
    found = [action for action in in_scopes(scopes, table) if _is_reached(action, scopes, table)]
    return sorted(found, key=lambda action: min(order.get(scope, 99) for scope in action.scopes))


def _is_reached(action: Action, scopes: Sequence[str], table: Sequence[Action]) -> bool:
    """Whether any of its keys means it here; a nearer scope may have taken them all. The palette needs no key."""
    return not action.keys or any(
        (owner := find(key, scopes, table)) is not None and owner.id == action.id for key in action.keys
    )


def find(key: str, scopes: Sequence[str], table: Sequence[Action] = TABLE) -> Action | None:
    """The action of a key; an earlier scope wins over a later one."""
    for scope in scopes:
        for action in table:
            if scope in action.scopes and key in action.keys:
                return action
    return None


def footer(scopes: Iterable[str], table: Sequence[Action] = TABLE, first: Sequence[str] = ()) -> list[Action]:
    """The actions of the footer, the most wanted first, at most seven, help always the last.

    ``first`` names actions that the page wants before all others just now.
    """
    shown = (each for each in in_scopes(scopes, table) if each.rank)
    ranked = sorted(shown, key=lambda each: (each.id not in first, each.rank))
    helps = [each for each in ranked if each.id == "help"]
    others = [each for each in ranked if each.id != "help"]
    return others[: FOOTER - len(helps)] + helps


def clashes(table: Sequence[Action] = TABLE) -> list[tuple[str, str, str]]:
    """Keys that mean two things in one place: (key, action, other action)."""
    found = []
    for page in PAGES:
        for widgets in (("table", "marks"), ("form",), ("grid",)):
            seen: dict[str, Action] = {}
            for action in in_scopes((*widgets, page, "page"), table):
                for key in action.keys:
                    other = seen.setdefault(key, action)
                    if other.id != action.id and not _expected(other, action):
                        found.append((key, other.id, action.id))
    return found


def _expected(first: Action, second: Action) -> bool:
    """A form or grid owns tab and enter; the page's own meaning of them is out of reach there."""
    widgets = {"form", "grid"}
    return bool(widgets.intersection(first.scopes)) and not widgets.intersection(second.scopes)


def rebound(changes: Mapping[str, str]) -> tuple[Action, ...]:
    """The table with other keys: ``changes`` maps an action's id to keys parted by spaces.

    Raises:
        UsageError: ``config_invalid`` for an unknown action or a key that another action has.
    """
    known = {action.id for action in TABLE}
    for name in changes:
        if name not in known:
            raise _bad_keys(_("There is no action {name}.").format(name=name))
    table = tuple(
        replace(action, keys=tuple(changes[action.id].split())) if action.id in changes else action
        for action in TABLE
    )
    for key, first, second in clashes(table):
        raise _bad_keys(
            _("The key {key} would mean both {first} and {second}.").format(
                key=key, first=first, second=second
            )
        )
    return table


def _bad_keys(what: str) -> UsageError:
    return UsageError(
        "config_invalid", _("The keys in the configuration cannot be used."), what, _("Correct [ui.keys].")
    )
