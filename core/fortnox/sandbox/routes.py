"""The table of resources: method, path, scope and the parameters each knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from core.fortnox.sandbox.answers import Answer, ApiError, Document, bad_parameter, whole
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.records import Year
from core.fortnox.sandbox.world import Tenant


@dataclass
class Call:
    """One request to a resource, after the gateway let it through."""

    tenant: Tenant
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    base: str
    """The API's own address, for ``@url``."""
    moment: datetime
    """Local time, without a zone."""
    faults: frozenset[str] = field(default_factory=frozenset)
    """Faults that the resource itself plays (``inactive-account``, ``locked-period``, ``utf8-sie``)."""
    upload: tuple[str, bytes] | None = None
    """The file of a multipart request: name and content."""

    @property
    def books(self) -> Books:
        """The company's books."""
        return self.tenant.books

    @property
    def year(self) -> Year:
        """The year that the query names, or the preselected one.

        Raises:
            ApiError: there is no such year.
        """
        text, day = self.query.get("financialyear", ""), self.query.get("financialyeardate", "")
        if text:
            year = self.books.year(whole(text) or 0)
        elif day:
            try:
                year = self.books.year_of(datetime.fromisoformat(day).date())
            except ValueError as error:
                raise bad_parameter("financialyeardate") from error
        else:
            year = self.books.preselected
        if year is None:
            raise bad_parameter("financialyear")
        return year


Result: TypeAlias = Document | Answer
Handler: TypeAlias = Callable[[Call], Result]


@dataclass(frozen=True)
class Resource:
    """One row of the table."""

    method: str
    pattern: re.Pattern[str]
    scope: str
    parameters: frozenset[str]
    handler: Handler
    created: bool
    """Whether success is 201."""
    listing: bool
    raw: bool
    """Whether the answer is bytes of another type than JSON."""


TABLE: list[Resource] = []


def resource(
    method: str,
    path: str,
    scope: str,
    parameters: str = "",
    *,
    listing: bool = False,
    raw: bool = False,
    created: bool | None = None,
) -> Callable[[Handler], Handler]:
    """Put a handler into the table. ``{Name}`` in the path stands for one segment."""
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + "/?")

    def add(handler: Handler) -> Handler:
        made = method == "POST" if created is None else created
        known = frozenset(parameters.split())
        TABLE.append(Resource(method, pattern, scope, known, handler, made, listing, raw))
        return handler

    return add


def find(method: str, path: str) -> tuple[Resource, dict[str, str]] | None:
    """The resource for a request, and what its path names."""
    for row in TABLE:
        if row.method == method and (match := row.pattern.fullmatch(path)):
            return row, match.groupdict()
    return None


def one(items: Mapping[int, Any], text: str, missing: ApiError) -> Any:
    """A record by its number.

    Raises:
        ApiError: ``missing``.
    """
    record = items.get(whole(text) or 0)
    if record is None:
        raise missing
    return record
