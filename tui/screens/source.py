"""Where an engagement's books come from and how its chart and balances are handled, said before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.i18n import _, mark
from core.register import AccountNames, EngagementStatus, PreviousYear, SourceKind, SourceSettings
from tui.page import Page
from tui.screens.dialogs import FormDialog, Question
from tui.theme import Tone
from tui.widgets.form import ChoiceField, Form, Note
from tui.wording import source_word

if TYPE_CHECKING:
    from core.usecases.sourcesettings import SourceChange

NAMES: Final = {
    AccountNames.SOURCE: mark("as the source has them"),
    AccountNames.EDITED: mark("as edited here"),
}
PERIODS: Final = {True: mark("taken over, month by month"), False: mark("not taken over")}
PREVIOUS: Final = {
    PreviousYear.SOURCE: mark("from the source"),
    PreviousYear.ENGAGEMENT: mark("from last year's engagement"),
}


async def open_source(page: Page, row: EngagementStatus) -> None:
    """Ask for source and settings; say what is kept and what is replaced; then change."""
    from core.usecases.sourcesettings import source_settings

    if row.engagement is None:
        return
    engagement = row.engagement
    now = await source_settings(await page.context(), engagement.id)
    fields = [
        Note(
            "now",
            _("The books of this engagement come from {source}.").format(
                source=source_word(engagement.source)
            ),
        ),
        _choice("source", _("Source"), {kind: source_word(kind) for kind in SourceKind}, engagement.source),
        _choice("names", _("Account names"), {key: _(word) for key, word in NAMES.items()}, now.names),
        _choice(
            "periods",
            _("Period balances"),
            {key: _(word) for key, word in PERIODS.items()},
            now.period_balances,
        ),
        _choice(
            "previous",
            _("Last year's figures"),
            {key: _(word) for key, word in PREVIOUS.items()},
            now.previous_year,
        ),
        Note("next", _("Nothing is changed yet: what is kept and what is replaced is shown first.")),
    ]
    title = _("Source, chart of accounts and balances")
    page.brygga.ask(
        FormDialog(title, fields, _("Go on"), _chosen), lambda answer: _confirm(page, row, *answer)
    )


def _choice(key: str, label: str, words: dict[object, str], now: object) -> ChoiceField:
    options = [(str(value), word) for value, word in words.items()]
    return ChoiceField(key, label, options=options).choose(str(now))


def _chosen(form: Form) -> tuple[SourceKind, SourceSettings]:
    settings = SourceSettings(
        AccountNames(form.text("names")), form.text("periods") == "True", PreviousYear(form.text("previous"))
    )
    return SourceKind(form.text("source")), settings


async def _confirm(page: Page, row: EngagementStatus, source: SourceKind, settings: SourceSettings) -> None:
    from core.usecases.sourcesettings import change_source, plan_source

    assert row.engagement is not None
    engagement = row.engagement
    plan = await plan_source(await page.context(), engagement.id, source, settings)
    if not plan.replaced and source is engagement.source:
        page.say(_("Nothing was changed."))
        return

    async def change(_answer: object) -> None:
        await change_source(await page.context(), engagement.id, source, settings)
        await page.reload()
        switched = _("The source is now {source}.").format(source=source_word(source))
        page.say(switched if source is not engagement.source else _("Saved."), Tone.GOOD)

    page.brygga.ask(
        Question(_("What is kept and what is replaced"), _plan_lines(plan), _("Make the change")), change
    )


def _plan_lines(plan: SourceChange) -> list[str]:
    """Replaced first: that is what a person must know."""
    replaced = plan.replaced or (_("Nothing is replaced before the next import."),)
    return [_("Replaced:"), *(f"· {one}" for one in replaced), _("Kept:"), *(f"· {one}" for one in plan.kept)]


def settings_pairs(source: SourceKind, settings: SourceSettings) -> list[tuple[str, str]]:
    """The settings in words, for a page of facts."""
    return [
        (_("Source"), source_word(source)),
        (_("Account names"), _(NAMES[settings.names])),
        (_("Period balances"), _(PERIODS[settings.period_balances])),
        (_("Last year's figures"), _(PREVIOUS[settings.previous_year])),
    ]
