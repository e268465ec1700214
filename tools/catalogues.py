"""Compile, list and check the message catalogues.

``python tools/catalogues.py compile`` makes the .mo files, ``missing`` lists what has no Swedish translation
and what is translated but no longer used, ``english`` writes the English catalogues (message id = sentence),
``merge`` takes the fragments ``AREA.PART.po`` into their area's catalogue and leaves out what is no longer used.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "core" / "locale"
AREAS = {"core": ("core",), "bridge": ("bridge", "brygga.py"), "tui": ("tui",)}
UNCHANGING = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in the catalogues' headers: the same messages give the same bytes."""
KEYWORDS = {"_": None, "ngettext": (1, 2), "mark": None, "gettext": None}


def catalogue_path(language: str, area: str, suffix: str = "po") -> Path:
    """Where a catalogue of a language and an area lies."""
    return LOCALE / language / "LC_MESSAGES" / f"{area}.{suffix}"


def compile_all() -> list[Path]:
    """Write a .mo beside every .po that is newer; returns what was written."""
    written = []
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        buffer = io.BytesIO()
        write_mo(buffer, catalogue)
        temporary = target.with_suffix(f".tmp{os.getpid()}")
        temporary.write_bytes(buffer.getvalue())
        temporary.replace(target)
        written.append(target)
    return written


def extracted(area: str) -> Catalog:
    """Every message that the area's code marks."""
    catalogue = Catalog()
    for place in AREAS[area]:
        path = ROOT / place
        folder = path if path.is_dir() else path.parent
        mapping = [("**.py" if path.is_dir() else place, "python")]
        found = extract_from_dir(folder, mapping, keywords=KEYWORDS, strip_comment_tags=True)
        for filename, line, message, __, context in found:
            catalogue.add(message, locations=[(f"{place}/{filename}", line)], context=context)
    return catalogue


def translated(language: str, area: str) -> Catalog:
    """The catalogue as it stands; empty where there is none."""
    path = catalogue_path(language, area)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def differences(language: str, area: str) -> tuple[list[str], list[str]]:
    """(messages without a translation, translations that nothing uses)."""
    wanted = {_key(message.id) for message in extracted(area) if message.id}
    catalogue = translated(language, area)
    have = {_key(message.id) for message in catalogue if message.id and _is_complete(message.string)}
    everywhere = {
        _key(message.id) for other in AREAS for message in translated(language, other) if message.id
    }
    return sorted(wanted - have - (everywhere - {_key(m.id) for m in catalogue if m.id})), sorted(
        have - wanted
    )


def _key(message: str | tuple[str, ...] | list[str]) -> str:
    return message if isinstance(message, str) else message[0]


def _is_complete(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def write_english() -> None:
    """The English catalogues: every message is its own sentence."""
    for area in AREAS:
        catalogue = Catalog(locale="en", project="brygga", fuzzy=False)
        for message in extracted(area):
            if message.id:
                catalogue.add(message.id, string=message.id)
        catalogue.revision_date = catalogue.creation_date = UNCHANGING
        path = catalogue_path("en", area)
        with path.open("wb") as file:
            write_po(file, catalogue, sort_output=True, omit_header=False, no_location=True, width=0)


def merge(language: str = "sv") -> None:
    """One sorted catalogue for each area: fragments in, unused entries out; the area's own file wins."""
    for area in AREAS:
        target = catalogue_path(language, area)
        fragments = sorted(target.parent.glob(f"{area}.*.po"))
        wanted = {_key(message.id) for message in extracted(area) if message.id}
        merged = Catalog(
            locale=language,
            project="brygga",
            header_comment=f"# The area {area}, by tools/catalogues.py merge.",
            msgid_bugs_address="",
            last_translator="brygga",
            language_team=language,
            fuzzy=False,
        )
        merged.revision_date = merged.creation_date = UNCHANGING
        for path in (target, *fragments):
            for message in _messages(path, language):
                if _key(message.id) in wanted and merged.get(_key(message.id)) is None:
                    merged.add(message.id, string=message.string)
        with target.open("wb") as file:
            write_po(file, merged, sort_output=True, no_location=True, width=0)
        for path in fragments:
            path.unlink()
            path.with_suffix(".mo").unlink(missing_ok=True)


def _messages(path: Path, language: str) -> Iterator[Message]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for message in read_po(file, locale=language):
            if message.id and _is_complete(message.string):
                yield message


def report() -> Iterator[str]:
    """A line for each thing that is wrong with the Swedish catalogues."""
    for area in AREAS:
        missing, unused = differences("sv", area)
        yield from (f"{area}: missing: {message!r}" for message in missing)
        yield from (f"{area}: unused: {message!r}" for message in unused)


def main(arguments: list[str]) -> int:
    """Run one of the commands named in the module's first lines."""
    command = arguments[0] if arguments else "compile"
    if command == "compile":
        compile_all()
    elif command == "english":
        write_english()
    elif command == "merge":
        merge()
    else:
        lines = list(report())
        print("\n".join(lines))
        return 1 if lines else 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
