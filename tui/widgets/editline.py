"""One line of text being written: the buffer under every field."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from core.text import clean
from tui.paint import Line, Span, fit
from tui.theme import Tone

LONGEST = 500
"""Characters that a field takes; a redirect address is the longest thing anybody pastes."""


@dataclass
class EditLine:
    """Text and a caret between its characters."""

    text: str = ""
    caret: int = 0

    def set(self, text: str) -> None:
        """Other text, the caret at its end."""
        self.text = clean(text, LONGEST)
        self.caret = len(self.text)

    def insert(self, text: str) -> None:
        """Text at the caret, cleaned of everything that is no character."""
        piece = clean(text, LONGEST)[: max(0, LONGEST - len(self.text))]
        self.text = self.text[: self.caret] + piece + self.text[self.caret :]
        self.caret += len(piece)

    def press(self, key: str, character: str | None) -> bool:
        """Take a key; false when it means nothing to a line of text."""
        match key:
            case "left":
                self.caret = max(0, self.caret - 1)
            case "right":
                self.caret = min(len(self.text), self.caret + 1)
            case "home" | "ctrl+a":
                self.caret = 0
            case "end" | "ctrl+e":
                self.caret = len(self.text)
            case "backspace":
                if self.caret:
                    self.text = self.text[: self.caret - 1] + self.text[self.caret :]
                    self.caret -= 1
            case "delete":
                self.text = self.text[: self.caret] + self.text[self.caret + 1 :]
            case "ctrl+u":
                self.set("")
            case _:
                if character is None or not character.isprintable():
                    return False
                self.insert(character)
        return True

    def spans(self, width: int, *, secret: bool = False, right: bool = False) -> Line:
        """The text in ``width`` cells with the caret in sight."""
        shown = "·" * len(self.text) if secret else self.text
        start = 0
        while cell_len(shown[start : self.caret]) >= width:
            start += 1
        before, at, after = (
            shown[start : self.caret],
            shown[self.caret : self.caret + 1],
            shown[self.caret + 1 :],
        )
        room = width - cell_len(before) - max(1, cell_len(at))
        tail: Span = (fit(after, room) if cell_len(after) <= room else after[:room], Tone.FIELD)
        if right and start == 0 and not after and cell_len(shown) < width:
            lead = " " * (width - cell_len(shown) - (0 if at else 1))
            return ((lead + before, Tone.FIELD), (at or " ", Tone.CARET))
        return ((before, Tone.FIELD), (at or " ", Tone.CARET), tail)
