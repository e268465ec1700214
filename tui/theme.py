"""Colours by meaning: blue is well, orange wants attention; never colour alone, and ASCII for poor terminals."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final

from msgspec import Struct
from rich.style import Style
from textual.theme import Theme


class Tone(Enum):
    """What a piece of text means; a palette gives it a colour."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    TITLE = "title"
    KEY = "key"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    MARK = "mark"
    FIELD = "field"
    CARET = "caret"


class Ground(Enum):
    """What a line lies on."""

    PAGE = "page"
    CURSOR = "cursor"
    BAR = "bar"
    BOX = "box"


class Palette(Struct, frozen=True, eq=False):
    """The colours of a theme: one for each tone, one for each ground."""

    name: str
    dark: bool
    page: str
    text: str
    cursor: str
    bar: str
    box: str
    dim: str
    title: str
    key: str
    good: str
    warn: str
    bad: str
    field: str
    ansi: bool = False
    """The terminal's own colours: bright ones, whose look nobody knows, are not among them, and what stands back is
    dim, the cursor's line reversed and a field underlined, which no terminal makes unreadable."""

    @property
    def theme_name(self) -> str:
        """The name under which Textual knows it."""
        return f"brygga-{self.name}"

    def theme(self) -> Theme:
        """The theme as Textual wants it; only its background and text are ever seen."""
        if self.ansi:
            plain = "ansi_default"
            return Theme(
                self.theme_name,
                primary="ansi_blue",
                foreground=plain,
                background=plain,
                surface=plain,
                panel=plain,
                ansi=True,
                variables={"ansi-background": plain, "ansi-foreground": plain},
            )
        return Theme(
            self.theme_name,
            primary=self.key,
            foreground=self.text,
            background=self.page,
            surface=self.box,
            panel=self.box,
            dark=self.dark,
        )


PALETTES: Final = {
    palette.name: palette
    for palette in (
        Palette(
            name="dark",
            dark=True,
            page="#16191d",
            text="#d8dde3",
            cursor="#0b2e50",
            bar="#20262d",
            box="#1d2228",
            dim="#8b96a3",
            title="#ffffff",
            key="#7cc0ff",
            good="#6cb6ff",
            warn="#f5a742",
            bad="#ff8a3d",
            field="#2b333c",
        ),
        Palette(
            name="light",
            dark=False,
            page="#fbfbf9",
            text="#1e2329",
            cursor="#cfe6fa",
            bar="#e8ebee",
            box="#f1f3f4",
            dim="#4d5661",
            title="#000000",
            key="#0b4c93",
            good="#0b4c93",
            warn="#6e3a00",
            bad="#8a2e00",
            field="#dfe5ea",
        ),
        Palette(
            name="contrast",
            dark=True,
            page="#000000",
            text="#ffffff",
            cursor="#002b66",
            bar="#000000",
            box="#000000",
            dim="#d0d0d0",
            title="#ffffff",
            key="#80d0ff",
            good="#80d0ff",
            warn="#ffc040",
            bad="#ffa000",
            field="#404040",
        ),
        Palette(
            name="ansi",
            dark=True,
            page="default",
            text="default",
            cursor="default",
            bar="default",
            box="default",
            dim="default",
            title="default",
            key="cyan",
            good="cyan",
            warn="yellow",
            bad="red",
            field="default",
            ansi=True,
        ),
    )
}
DEFAULT: Final = "dark"

_BOLD: Final = frozenset({Tone.STRONG, Tone.TITLE, Tone.BAD, Tone.MARK, Tone.KEY})


def chosen(name: str, *, colour: bool = True) -> Palette:
    """The palette that a person has chosen; without colour it is the terminal's own, which says all without."""
    return PALETTES.get(name, PALETTES[DEFAULT]) if colour else PALETTES["ansi"]


def palette_of(theme_name: str) -> Palette:
    """The palette behind a Textual theme name; the default one for a theme of Textual's own."""
    return PALETTES.get(theme_name.removeprefix("brygga-"), PALETTES[DEFAULT])


@lru_cache(maxsize=256)
def style(palette: Palette, tone: Tone, ground: Ground = Ground.PAGE) -> Style:
    """The style of a tone on a ground. The caret and the cursor line are seen without colour as well."""
    background = {
        Ground.PAGE: palette.page,
        Ground.CURSOR: palette.cursor,
        Ground.BAR: palette.bar,
        Ground.BOX: palette.box,
    }[ground]
    colours = {
        Tone.DIM: palette.dim,
        Tone.TITLE: palette.title,
        Tone.KEY: palette.key,
        Tone.GOOD: palette.good,
        Tone.WARN: palette.warn,
        Tone.BAD: palette.bad,
        Tone.MARK: palette.warn,
    }
    on_cursor = ground is Ground.CURSOR
    if tone is Tone.FIELD:
        background = palette.field
    plain = on_cursor and (palette.ansi or tone is Tone.DIM)
    colour = palette.text if plain else colours.get(tone, palette.text)
    return Style(
        color=colour,
        bgcolor=background,
        bold=tone in _BOLD or on_cursor,
        dim=palette.ansi and tone is Tone.DIM and not on_cursor,
        underline=palette.ansi and tone is Tone.FIELD,
        reverse=tone is Tone.CARET or (palette.ansi and on_cursor),
    )


ASCII: Final = str.maketrans(
    {
        "✓": "+",
        "▲": "!",
        "✕": "x",
        "●": "*",
        "○": "o",
        "◉": "@",
        "·": "-",
        "▸": ">",
        "◆": "#",
        "─": "-",
        "│": "|",
        "┌": "+",
        "┐": "+",
        "└": "+",
        "┘": "+",
        "▇": "#",
        "▁": ".",
        "▂": ":",
        "▃": "-",
        "▄": "=",
        "▅": "+",
        "▆": "*",
        "█": "%",
        "▴": "^",
        "▾": "v",
        "…": "~",
        "–": "-",
        "−": "-",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "\u00a0": " ",
    }
)
"""Every sign that brygga draws, in the form of a terminal that has only letters."""
