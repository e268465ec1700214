"""Lists: paging, sorting and the parameters that every list knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from core.fortnox.sandbox.answers import ApiError, Document, bad_parameter, whole

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
PAGING = frozenset({"page", "limit", "offset", "sortby", "sortorder"})

T = TypeVar("T")


def page(key: str, items: Sequence[T], query: Mapping[str, str], shape: Callable[[T], Document]) -> Document:
    """One page of a list in its envelope.

    Raises:
        ApiError: page, limit or offset is no number in its range.
    """
    limit = number(query, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    current = number(query, "page", 1, 1)
    start = (current - 1) * limit + number(query, "offset", 0, 0)
    pages = -(-len(items) // limit)
    meta = {"@TotalResources": len(items), "@TotalPages": pages, "@CurrentPage": current}
    return {"MetaInformation": meta, key: [shape(item) for item in items[start : start + limit]]}


def number(query: Mapping[str, str], name: str, default: int, least: int, most: int | None = None) -> int:
    """A whole number of the query."""
    text = query.get(name, "")
    if not text:
        return default
    value = whole(text)
    if value is None or value < least or (most is not None and value > most):
        raise bad_parameter(name)
    return value


def day(query: Mapping[str, str], name: str) -> date | None:
    """A date of the query."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise bad_parameter(name) from error


def modified_since(query: Mapping[str, str]) -> datetime | None:
    """``lastmodified=2019-03-10 12:30``, in Fortnox's own local time."""
    text = query.get("lastmodified", "")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise bad_parameter("lastmodified") from error


def ordered(items: Iterable[T], query: Mapping[str, str], keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """The items in the order that ``sortby`` and ``sortorder`` ask for."""
    listed = list(items)
    name = query.get("sortby", "")
    direction = query.get("sortorder", "ascending")
    if direction not in {"ascending", "descending"}:
        raise bad_parameter("sortorder")
    if name:
        if name not in keys:
            raise bad_parameter("sortby")
        listed.sort(key=keys[name], reverse=direction == "descending")
    elif direction == "descending":
        listed.reverse()
    return listed


def refuse_unknown(query: Mapping[str, str], known: frozenset[str], *, paged: bool) -> None:
    """Names are lower case, and what the resource does not know is refused."""
    for name in query:
        if name not in known and not (paged and name in PAGING):
            raise bad_parameter(name)


def bad_filter() -> ApiError:
    """An unknown value of ``filter``."""
    return ApiError(2000587, "Ett ogiltigt filter har använts.")
