r"""Splits one record line into fields (SIE 4B section 5), forgiving about what real programs write.

Fields stand between spaces or tabs and may be quoted; inside quotes ``\"`` is a quotation mark. A quotation
mark that no space, tab, brace or line end follows does not close its field: some programs have written
letters as quotation marks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ObjectList = tuple[tuple[str, str], ...]
"""(dimension, object) pairs."""

_SPACE = re.compile(r"[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\"|\\|"(?![ \t}]|\Z))*+)"')
_BARE = re.compile(r"[^ \t]+")
_LIST_BARE = re.compile(r"[^ \t}]+")
_TOP = r'(?:"[^"\\]*+"|[^ \t"{}]++)(?=[ \t]|\Z)'
_IN_LIST = r'(?:"[^"\\]*+"|[^ \t"{}]++)(?=[ \t}])'
_PLAIN_LINE = re.compile(
    rf"((?:[ \t]*+{_TOP})*+)[ \t]*+(?:\{{((?:[ \t]*+{_IN_LIST})*+)[ \t]*+\}}(?=[ \t]|\Z)((?:[ \t]*+{_TOP})*+))?+[ \t]*+"
)
"""Tokens, perhaps an object list and more tokens, with nothing that needs a second thought."""

_PLAIN_TOKEN = re.compile(r'"([^"]*)"|([^ \t"]+)')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Fields(NamedTuple):
    """One record's fields, without its label."""

    values: list[str]
    """The fields in order; an object list is not among them."""
    objects: ObjectList | None
    """None when the record has no object list."""
    objects_at: int
    """How many values stand before the object list; -1 without one."""
    flaws: list[str]
    """Codes of what is wrong with the line itself."""


def split(text: str) -> Fields:
    """Split what follows the label."""
    flaws: list[str] = []
    if not text.isprintable() and _CONTROL.search(text):
        flaws.append("control_characters")
        text = _CONTROL.sub("", text)
    if '"' not in text and "{" not in text:
        return Fields(text.split() if text.isascii() else _BARE.findall(text), None, -1, flaws)
    plain = _PLAIN_LINE.fullmatch(text)
    return _split_plain(plain, flaws) if plain else _split_carefully(text, flaws)


def _split_plain(line: re.Match[str], flaws: list[str]) -> Fields:
    before, listed, after = line.groups()
    values = [quoted or bare for quoted, bare in _PLAIN_TOKEN.findall(before)]
    if listed is None:
        return Fields(values, None, -1, flaws)
    tokens = [quoted or bare for quoted, bare in _PLAIN_TOKEN.findall(listed)]
    objects_at = len(values)
    values += [quoted or bare for quoted, bare in _PLAIN_TOKEN.findall(after)]
    return Fields(values, _pairs(tokens, flaws), objects_at, flaws)


def _split_carefully(text: str, flaws: list[str]) -> Fields:
    values: list[str] = []
    objects: ObjectList | None = None
    objects_at = -1
    at = _end_of_space(text, 0)
    while at < len(text):
        if text[at] == "{" and objects is None:
            tokens, at = _object_tokens(text, at + 1, flaws)
            objects, objects_at = _pairs(tokens, flaws), len(values)
        else:
            value, at = _token(text, at, _BARE, flaws)
            values.append(value)
        at = _end_of_space(text, at)
    return Fields(values, objects, objects_at, flaws)


def _end_of_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _token(text: str, at: int, bare: re.Pattern[str], flaws: list[str]) -> tuple[str, int]:
    if text[at] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted:
            if '"' in quoted[1].replace('\\"', ""):
                flaws.append("quote_inside")
            return quoted[1].replace('\\"', '"'), quoted.end()
        return _unclosed(text, at, flaws)
    match = bare.match(text, at)
    if match is None:
        return "", at + 1
    if '"' in match[0]:
        flaws.append("quote_inside")
    return match[0], match.end()


def _unclosed(text: str, at: int, flaws: list[str]) -> tuple[str, int]:
    r"""The rest of the line; ``"C:\temp\"`` is a literal backslash before a closing quotation mark."""
    rest = text[at + 1 :].rstrip(" \t")
    if rest.endswith('\\"'):
        return rest[:-1].replace('\\"', '"'), len(text)
    flaws.append("quote_unclosed")
    return rest.replace('\\"', '"'), len(text)


def _object_tokens(text: str, at: int, flaws: list[str]) -> tuple[list[str], int]:
    tokens: list[str] = []
    at = _end_of_space(text, at)
    while at < len(text):
        if text[at] == "}":
            return tokens, at + 1
        token, at = _token(text, at, _LIST_BARE, flaws)
        tokens.append(token)
        at = _end_of_space(text, at)
    flaws.append("objects_unclosed")
    return tokens, at


def _pairs(tokens: list[str], flaws: list[str]) -> ObjectList:
    if len(tokens) % 2:
        flaws.append("objects_odd")
        tokens = tokens[:-1]
    return tuple(zip(tokens[::2], tokens[1::2], strict=True))
