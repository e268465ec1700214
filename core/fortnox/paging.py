"""Fortnox's answers of one document and of pages of documents, as typed items.

A page is at most 500 documents. Its own number is checked against the one asked for, and a list that changed
while it was read is read anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from core.errors import TryLater
from core.fortnox import errors, schemas, values
from core.fortnox.api import Api
from core.i18n import _

PAGE = 500
"""Fortnox's largest page."""
RESTARTS = 3
"""How often a list that changes while it is read is read anew."""

PageReport: TypeAlias = Callable[[int, int], None]
"""Told the page that has come and how many there are."""

_Item = TypeVar("_Item")


def segment(value: str) -> str:
    """A value as one part of a path."""
    return quote(value, safe="")


async def single(
    api: Api, path: str, key: str, kind: type[_Item], params: Mapping[str, str] | None = None
) -> _Item:
    """The document under ``key``.

    Raises:
        FortnoxRejected: ``fortnox_error``: it is not there, or Fortnox said no.
        LoginNeeded, TryLater: Fortnox did not give it.
    """
    content = values.envelope(await api.get(path, params))
    if key not in content:
        raise errors.missing(key)
    return values.decode(content[key], kind)


async def listed(
    api: Api,
    path: str,
    key: str,
    kind: type[_Item],
    params: Mapping[str, str] | None = None,
    report: PageReport | None = None,
) -> list[_Item]:
    """All pages of a list; read anew when it changed in between.

    Raises:
        TryLater: it changed every time, or Fortnox did not give it.
        LoginNeeded, FortnoxRejected: Fortnox did not give it.
    """
    for _attempt in range(RESTARTS):
        items = await _read_pages(api, path, key, kind, params or {}, report)
        if items is not None:
            return items
    raise TryLater(
        "fortnox_error",
        _("The list {name} changes while it is read.").format(name=path),
        _("Someone is working in the company's Fortnox just now."),
        _("Try again in a while."),
    )


async def _read_pages(
    api: Api,
    path: str,
    key: str,
    kind: type[_Item],
    params: Mapping[str, str],
    report: PageReport | None,
) -> list[_Item] | None:
    items: list[_Item] = []
    totals: set[int] = set()
    page, pages = 1, 1
    while page <= pages:
        data = await api.get(path, {**params, "page": str(page), "limit": str(PAGE)})
        found, meta = await asyncio.to_thread(_decode_page, data, key, kind)
        _check_echo(meta, page, path)
        total = _count(meta.total)
        items.extend(found)
        if total is None:
            return _one_page(items)
        totals.add(total)
        pages = max(_count(meta.pages) or 1, 1)
        if report is not None:
            report(page, pages)
        page += 1
    return items if totals == {len(items)} else None


def _one_page(items: list[_Item]) -> list[_Item]:
    """The whole list, where it comes without a count and has room left on its page."""
    if len(items) >= PAGE:
        raise errors.missing("@TotalResources")
    return items


def _decode_page(data: bytes, key: str, kind: type[_Item]) -> tuple[list[_Item], schemas.Meta]:
    content = values.envelope(data)
    if key not in content:
        raise errors.missing(key)
    meta = content.get("MetaInformation")
    return (
        values.decode(content[key], list[kind]),  # type: ignore[valid-type] # the item's type is a value here
        schemas.Meta() if meta is None else values.decode(meta, schemas.Meta),
    )


def _check_echo(meta: schemas.Meta, page: int, path: str) -> None:
    current = _count(meta.current)
    if current is not None and current != page:
        raise errors.misplaced(f"{path} page={current}", f"page={page}")


def _count(raw: msgspec.Raw) -> int | None:
    value = values.number(raw)
    return None if value is None else int(value)


async def first_page(
    api: Api, path: str, key: str, kind: type[_Item], params: Mapping[str, str], size: int = PAGE
) -> tuple[list[_Item], int]:
    """The first ``size`` documents of a list, and how many the whole list holds."""
    data = await api.get(path, {**params, "page": "1", "limit": str(size)})
    found, meta = await asyncio.to_thread(_decode_page, data, key, kind)
    _check_echo(meta, 1, path)
    counted = _count(meta.total)
    return found, len(found) if counted is None else counted
