"""The action table: no clashes, nothing without an answer, keys that a Swedish keyboard has."""

from __future__ import annotations

from importlib import import_module

import pytest

from core.errors import UsageError
from tui import actions, app, pages
from tui.actions import TABLE, Action
from tui.page import Dialog
from tui.screens.dialogs import Pages
from tui.widgets.form import Form
from tui.widgets.grid import VoucherGrid
from tui.widgets.table import Table

HARD_TO_TYPE = set("[]{}\\|@~$")
TAKEN_BY_TERMINALS = {f"ctrl+{letter}" for letter in "hijmqsz"}
WIDGETS = {
    "table": Table,
    "marks": Table,
    "reading": Pages,
    "form": Form,
    "grid": VoucherGrid,
    "dialog": Dialog,
}


def answers(action: Action, scope: str) -> bool:
    """Whether somebody in the scope answers to the action."""
    name = f"do_{action.id}"
    if action.id.removeprefix("go_") in actions.PAGES or hasattr(app.BryggaApp, name):
        return True
    if scope in WIDGETS:
        return hasattr(WIDGETS[scope], name)
    if scope == "page":
        from tui.page import Page

        return hasattr(Page, name)
    if scope == "letter":
        from tui.screens.invite_dialogs import LetterDialog

        return hasattr(LetterDialog, name)
    module, class_name = pages._MODULES[scope]
    page = getattr(import_module(f"tui.screens.{module}"), class_name)
    return hasattr(page, name) or any(hasattr(widget, name) for widget in (Table, Form, VoucherGrid))


def test_no_key_means_two_things_in_one_place() -> None:
    assert actions.clashes() == []


@pytest.mark.parametrize("action", TABLE, ids=lambda action: f"{action.id}-{action.scopes[0]}")
def test_an_action_has_somebody_who_answers_to_it(action: Action) -> None:
    assert [scope for scope in action.scopes if not answers(action, scope)] == []


@pytest.mark.parametrize("action", TABLE, ids=lambda action: f"{action.id}-{action.scopes[0]}")
def test_a_key_passes_through_a_swedish_keyboard_and_ssh(action: Action) -> None:
    for key in action.keys:
        assert not HARD_TO_TYPE.intersection(key)
        assert key not in TAKEN_BY_TERMINALS
        assert not key.startswith("alt+")


@pytest.mark.parametrize("page", actions.PAGES)
def test_the_footer_shows_at_most_seven_and_help_last(page: str) -> None:
    shown = actions.footer(["table", "marks", page, "page"])
    assert len(shown) <= 7
    assert shown[-1].id == "help"


def test_a_letter_keeps_its_meaning_on_every_screen() -> None:
    meanings: dict[str, set[str]] = {}
    for action in TABLE:
        for key in action.keys:
            if len(key) == 1 and key.isalpha():
                meanings.setdefault(key, set()).add(action.id)
    assert {key: ids for key, ids in meanings.items() if len(ids) > 1} == {
        "x": {"remove", "disconnect", "cancel_here"}  # all of them: take away what is under the cursor
    }


def test_a_rebound_action_answers_to_its_new_key() -> None:
    table = actions.rebound({"export": "Q"})
    found = actions.find("Q", ["overview", "page"], table)
    assert found is not None
    assert found.id == "export"
    assert actions.find("e", ["overview", "page"], table) is None


def test_a_rebinding_that_clashes_is_refused_with_both_names() -> None:
    with pytest.raises(UsageError) as refused:
        actions.rebound({"export": "i"})
    assert "export" in refused.value.message
    assert "import" in refused.value.message


def test_a_rebinding_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        actions.rebound({"explode": "e"})
