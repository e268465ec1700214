"""Every sentence of the interface passes the catalogues: no text literal stands where a person would read it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tui.actions import TABLE

TUI = Path(__file__).resolve().parents[2] / "tui"
TRANSLATING = {"_", "ngettext", "mark", "gettext"}
NAMES = {"brygga", "Fortnox", "eEkonomi", "SIE", "Client-Id", "Client-Secret"}
"""Names that are the same in every language."""

SCOPES = {scope for action in TABLE for scope in action.scopes}
WORD = re.compile(r"[A-Za-zÅÄÖåäö]{3,}")
SENTENCE = re.compile(r"[A-Za-zåäö,]{2,} [a-zåäö]{2,} [a-zåäö]{2,}")
NOT_SHOWN = re.compile(r"Error|fault|warn|debug|info|exception|RuntimeError")


def strings(node: ast.AST) -> Iterator[ast.Constant]:
    """The text constants below a node, but those that are translated, and those that are logged or raised."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise | ast.Assert | ast.Subscript):
            continue
        if isinstance(child, ast.Call):
            called = child.func.id if isinstance(child.func, ast.Name) else getattr(child.func, "attr", "")
            if called in TRANSLATING or NOT_SHOWN.search(called):
                continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child
        yield from strings(child)


def documentation(tree: ast.Module) -> set[int]:
    """The lines of docstrings, of texts under attributes, and of style sheets."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        loose = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        css = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id.endswith("CSS") for target in node.targets
        )
        if loose or css:
            assert isinstance(node, ast.stmt)
            lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def literals_of(source: str) -> list[str]:
    """Sentences outside the catalogues, and words that are painted with a tone."""
    tree = ast.parse(source)
    skipped = documentation(tree)
    found = [
        f"{node.lineno}: {node.value!s}"
        for node in strings(tree)
        if node.lineno not in skipped
        and SENTENCE.search(str(node.value))
        and not SCOPES.issuperset(str(node.value).split())
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and _is_tone(node.elts[1]):
            holder = ast.Tuple([node.elts[0]], ast.Load())
            words = [word for each in strings(holder) for word in WORD.findall(str(each.value))]
            found += [f"{node.lineno}: {word}" for word in words if word not in NAMES]
    return found


def _is_tone(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Tone"


@pytest.mark.parametrize("path", sorted(TUI.rglob("*.py")), ids=lambda path: str(path.relative_to(TUI)))
def test_no_text_literal_is_shown(path: Path) -> None:
    assert literals_of(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'x = ("Hello there", Tone.PLAIN)',
        'x = (f"{n} rows", Tone.DIM)',
        'page.say("nothing was found here")',
    ],
)
def test_a_literal_is_found(source: str) -> None:
    assert literals_of(source)


def test_a_message_inside_an_f_string_is_translated_too() -> None:
    """The catalogues' extraction does not look into f-strings; such a message must stand elsewhere as well."""
    root = Path(__file__).parents[2]
    swedish = {
        message.id
        for area in ("core", "bridge", "tui")
        for message in read_po(BytesIO((root / f"core/locale/sv/LC_MESSAGES/{area}.po").read_bytes()))
        if isinstance(message.id, str) and message.string
    }
    hidden = [
        (path.name, word.value)
        for area in ("core", "bridge", "tui")
        for path in (root / area).rglob("*.py")
        if "{_(" in (source := path.read_text(encoding="utf-8"))
        for piece in ast.walk(ast.parse(source))
        if isinstance(piece, ast.JoinedStr)
        for call in ast.walk(piece)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "_"
        for word in call.args
        if isinstance(word, ast.Constant)
    ]
    assert hidden
    assert [each for each in hidden if each[1] not in swedish] == []
