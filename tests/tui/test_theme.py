"""The themes are readable: by contrast, at 256 colours, without colour, with letters alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from rich.color import Color, ColorSystem

from core.config import Settings
from tui.theme import PALETTES, Ground, Palette, Tone, style

OWN = [palette for palette in PALETTES.values() if not palette.ansi]
READABLE = 4.5
"""WCAG 2.1, contrast of ordinary text (level AA)."""


def luminance(color: Color) -> float:
    parts = [part / 255 for part in color.get_truecolor()]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: Color, second: Color) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT], ids=["true", "256"])
@pytest.mark.parametrize("ground", Ground)
@pytest.mark.parametrize("tone", Tone)
@pytest.mark.parametrize("palette", OWN, ids=lambda palette: palette.name)
def test_text_stands_out_from_its_ground(
    palette: Palette, tone: Tone, ground: Ground, system: ColorSystem
) -> None:
    shown = style(palette, tone, ground)
    assert shown.color is not None
    assert shown.bgcolor is not None
    assert contrast(shown.color.downgrade(system), shown.bgcolor.downgrade(system)) >= READABLE


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_caret_and_cursor_line_are_seen_without_colour(palette: Palette) -> None:
    assert style(palette, Tone.CARET).reverse
    assert style(palette, Tone.PLAIN, Ground.CURSOR).bold
    assert not style(palette, Tone.PLAIN).bold


async def test_no_color_says_the_same_without_colour(
    firm: Settings, drive: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with drive(firm) as driven:
        coloured = driven.text
    monkeypatch.setenv("NO_COLOR", "1")
    async with drive(firm) as driven:
        assert driven.text == coloured
        assert driven.app.no_color
        assert "brygga" in "".join(
            segment.text for segment in driven.app.screen._compositor.render_strips()[0]
        )


def colours_of(driven: Any) -> set[str]:
    """The colours that the terminal is told, after all that Textual makes of them."""
    app = driven.app
    ground = app.screen.background_colors[1]
    found = set()
    for line in app.screen._compositor.render_strips():
        segments = list(line)
        for each in app._filters:
            segments = each.apply(segments, ground) if each.enabled else segments
        found |= {
            one.name
            for _text, style, _control in segments
            if style is not None
            for one in (style.color, style.bgcolor)
            if one is not None
        }
    return found


async def test_the_terminals_own_colours_stay_its_own(firm: Settings, drive: Callable[..., Any]) -> None:
    looks = msgspec.structs.replace(firm.ui, theme="ansi")
    async with drive(msgspec.structs.replace(firm, ui=looks)) as driven:
        assert colours_of(driven) <= {"default", "cyan", "yellow", "red"}
        driven.app.use_palette("dark")
        await driven.press("down")
        assert any(name.startswith("#") for name in colours_of(driven))
        driven.app.use_palette("ansi")
        await driven.press("up")
        assert colours_of(driven) <= {"default", "cyan", "yellow", "red"}


async def test_no_color_sends_none(
    firm: Settings, drive: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with drive(firm) as driven:
        assert colours_of(driven) == {"default"}


@pytest.mark.parametrize("glyphs", ["unicode", "ascii"])
@pytest.mark.parametrize("name", PALETTES)
async def test_every_theme_paints_the_same_words(
    name: str, glyphs: str, firm: Settings, drive: Callable[..., Any]
) -> None:
    looks = msgspec.structs.replace(firm.ui, theme=name, glyphs=glyphs)
    async with drive(msgspec.structs.replace(firm, ui=looks)) as driven:
        assert driven.app.theme == f"brygga-{name}"
        assert "Bageri" in driven.text
        assert ("▸" in driven.text) is (glyphs == "unicode")
