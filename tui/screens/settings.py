""", Inställningar: language, colours, signs. Written to settings.toml; the configuration stays untouched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from textual.widget import Widget

from core.i18n import _, mark
from core.paths import Paths
from tui.page import Page
from tui.paint import Lines, columns
from tui.theme import PALETTES
from tui.widgets.form import Button, ChoiceField, Form, Note

_THEMES: Final = {
    "dark": mark("dark"),
    "light": mark("light"),
    "contrast": mark("high contrast"),
    "ansi": mark("the terminal's own colours"),
}


class SettingsPage(Page):
    """What a person may want otherwise."""

    page = "settings"

    def body(self) -> Iterable[Widget]:
        """The form."""
        self.form = Form()
        self.lines = Lines(id="facts")
        yield self.form
        yield self.lines

    async def load(self) -> None:
        """The settings in use."""
        settings = self.brygga.settings
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
                Note("gap", ""),
                Button("save", _("Save")),
            ]
        )
        paths = settings.paths
        pairs = [
            (_("Configuration"), str(settings.config_file)),
            (_("Data"), str(settings.data_dir)),
            (_("Log"), str(settings.log_path)),
            (_("Keeper of the secrets"), settings.secrets.keeper or _("none chosen yet")),
            (_("Changed here"), _file_word(paths)),
        ]
        self.lines.show([(), *columns(pairs, self.size.width or 80)])

    async def on_form_pressed(self) -> None:
        """The button saves, like F2."""
        await self.do_save()

    async def do_save(self) -> None:
        """Write, and use at once."""
        from core.usecases.settings import change_settings

        chosen = {key: self.form.text(key) for key in ("language", "theme", "glyphs")}
        await change_settings(await self.context(), {"ui": chosen})
        await self.brygga.reread(chosen["language"])
        await self.reload()
        self.refresh(layout=True)
        self.say(_("Saved. It holds from now on."))


def _file_word(paths: Paths) -> str:
    path: Path = paths.settings
    return str(path) if path.exists() else _("nothing yet")
