""", Inställningar: language, colours, signs; the source of the engagement that is open, and its client's details.

The former are written to settings.toml; the configuration stays untouched.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from textual.widget import Widget

from core.i18n import _, mark
from core.register import EngagementStatus
from tui.page import Page
from tui.paint import Line, Lines, columns
from tui.theme import PALETTES, Tone
from tui.widgets.form import Button, ChoiceField, Form

_THEMES: Final = {
    "dark": mark("dark"),
    "light": mark("light"),
    "contrast": mark("high contrast"),
    "ansi": mark("the terminal's own colours"),
}


class SettingsPage(Page):
    """What a person may want otherwise."""

    page = "settings"
    row: EngagementStatus | None = None

    def body(self) -> Iterable[Widget]:
        """The form."""
        self.form = Form()
        self.lines = Lines(id="facts")
        yield self.form
        yield self.lines

    async def load(self) -> None:
        """The settings in use."""
        settings = self.brygga.settings
        self.row = await self._engagement()
        self.entitle(_("Maintenance – Settings"))
        self.form.show(
            [
                ChoiceField("language", _("Language"), options=[("sv", "svenska"), ("en", "English")]).choose(
                    settings.ui.language
                ),
                ChoiceField(
                    "theme", _("Colours"), options=[(name, _(_THEMES[name])) for name in PALETTES]
                ).choose(settings.ui.theme),
                ChoiceField(
                    "glyphs",
                    _("Signs"),
                    _("Plain letters are for terminals that show boxes instead of signs."),
                    options=[("unicode", "✓ ▲ ✕"), ("ascii", _("plain letters"))],
                ).choose(settings.ui.glyphs),
                Button("save", _("Save")),
                *self._engagement_buttons(),
            ]
        )
        pairs = [
            (_("Configuration"), str(settings.config_file)),
            (_("Data"), str(settings.data_dir)),
            (_("Log"), str(settings.log_path)),
            (_("Keeper of the secrets"), settings.secrets.keeper or _("none chosen yet")),
            (_("Changed here"), _file_word(settings.person_file or settings.paths.settings)),
        ]
        width = self.size.width or 80
        self.lines.show([*await self._engagement_lines(width), (), *columns(pairs, width)])

    async def _engagement(self) -> EngagementStatus | None:
        """The engagement that the screens show."""
        from core.usecases.status import overview

        rows = await overview(await self.context())
        wanted = self.brygga.engagement_id
        return next((row for row in rows if row.engagement and row.engagement.id == wanted), None)

    def _engagement_buttons(self) -> list[Button]:
        if self.row is None or self.row.engagement is None:
            return []
        return [
            Button("source", _("Source, chart of accounts and balances")),
            Button("client", _("The client's details")),
        ]

    async def _engagement_lines(self, width: int) -> list[Line]:
        """How the engagement's chart and balances are handled."""
        from core.usecases.sourcesettings import source_settings
        from tui.screens.source import settings_pairs

        if self.row is None or self.row.engagement is None:
            return [
                (),
                ((" " + _("An engagement's source is set here when one has been opened."), Tone.DIM),),
            ]
        engagement = self.row.engagement
        settings = await source_settings(await self.context(), engagement.id)
        heading = f" {self.row.client.name} · {engagement.year.label}"
        pairs = settings_pairs(engagement.source, settings)
        return [(), ((heading, Tone.STRONG),), *columns(pairs, width)]

    async def on_form_pressed(self, message: Form.Pressed) -> None:
        """The first button saves, like F2; the others ask about the engagement and its client."""
        from tui.screens.client import open_client
        from tui.screens.source import open_source

        if message.key == "save" or self.row is None or self.row.engagement is None:
            await self.do_save()
        elif message.key == "client":
            open_client(self, self.row.client)
        elif self.row.engagement.locked:
            self.say(_("The engagement is locked. Press 2, then l, to unlock it."), Tone.WARN)
        else:
            await open_source(self, self.row)

    async def do_save(self) -> None:
        """Write, and use at once."""
        from core.usecases.settings import change_look

        chosen = {key: self.form.text(key) for key in ("language", "theme", "glyphs")}
        await change_look(await self.context(), chosen)
        await self.brygga.reread(chosen["language"])
        await self.reload()
        self.refresh(layout=True)
        self.say(_("Saved. It holds from now on."))


def _file_word(path: Path) -> str:
    return str(path) if path.exists() else _("nothing yet")
