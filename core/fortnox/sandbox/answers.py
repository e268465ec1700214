"""What goes out over the wire: JSON the way Fortnox writes it, and its many shapes of error."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from core.money import Ore

JSON = "application/json"


@dataclass
class Answer:
    """An answer before it is sent; faults may still change it."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A refusal in Fortnox's words.

    Capitalisation of the keys differs between refusals of look-ups and refusals of values; both are live.
    """

    def __init__(self, code: int, message: str, status: int = 400, *, lower: bool | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.lower = status == 400 if lower is None else lower

    def answer(self, *, force_lower: bool = False) -> Answer:
        """The error's body."""
        keys = ("error", "message", "code") if self.lower or force_lower else ("Error", "Message", "Code")
        body = dict(zip(keys, (1, self.message, self.code), strict=True))
        return json_answer({"ErrorInformation": body}, self.status)


def encode(document: object) -> bytes:
    """JSON with non-ASCII and slashes escaped, as recorded."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()


def json_answer(document: object, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, encode(document))


def unauthorized() -> Answer:
    """The gateway's answer to a missing, unknown or expired access token."""
    return json_answer({"message": "unauthorized"}, 401)


def oauth_error(error: str, description: str, status: int = 400) -> Answer:
    """The token endpoint's refusals: JSON under a content type that says otherwise, as recorded."""
    content_type = "text/plain;charset=UTF-8" if status == 401 else "text/html; charset=UTF-8"
    body = encode({"error": error, "error_description": description})
    return Answer(status, body, content_type, {"Cache-Control": "no-store"})


def kronor(ore: Ore) -> int | float:
    """An amount as a JSON number: whole kronor as an integer, else with the fewest decimals."""
    return ore // 100 if ore % 100 == 0 else ore / 100


def kronor_text(ore: Ore) -> str:
    """An amount in the fields that are strings."""
    return str(kronor(ore))


# Codes of refusals that are known by their text only; the numbers are placeholders of this sandbox.
UNBALANCED = 2099001
NO_YEAR_FOR_DATE = 2099002
SERIES_NOT_MANUAL = 2099003
SERIES_MISSING = 2099004
TOO_LONG = 2099005
AUTO_LOCKED = 2099006


def not_found(what: str, code: int) -> ApiError:
    """A look-up that found nothing: ``Kan inte hitta kontot`` and the like."""
    return ApiError(code, f"Kan inte hitta {what}.", 404)


def no_route() -> ApiError:
    """There is no such resource, or not with that method."""
    return ApiError(2000762, "No such route", 404)


def bad_parameter(detail: str = "") -> ApiError:
    """A parameter that is unknown or has no sense."""
    return ApiError(2000588, f"Ogiltig parameter i anropet.{' (' + detail + ')' if detail else ''}")


def missing_field(name: str) -> ApiError:
    """A field that must be there."""
    return ApiError(2001795, f"Obligatoriskt fält saknas. ({name})")


def whole(text: str) -> int | None:
    """The whole number that the text is in plain digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


MOST_DIGITS = 18
Document = dict[str, Any]
