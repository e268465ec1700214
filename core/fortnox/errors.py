"""What Fortnox says when it says no, read by content, and turned into brygga's error tree.

Four shapes of body are live, whatever the Content-Type says (recorded answers): ``ErrorInformation`` with
capital keys, the same with lower-case keys, the gateway's ``{"message"}`` and OAuth's ``{"error",
"error_description"}``. A proxy in between may answer HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from core.errors import BryggaError, FortnoxRejected, LoginNeeded, TryLater
from core.i18n import _, mark
from core.text import clean

LOGIN_CODES = frozenset({"2000310", "2000311", "2004054"})
SCOPE_CODES = frozenset({"2000663", "2002455", "2001393", "2001339"})
LICENCE_CODES = frozenset({"2001101", "2001103"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal in Fortnox's own words. ``code`` and ``text`` are empty when the body says nothing."""

    status: int
    code: str = ""
    """Fortnox's number as text, or the OAuth error word."""
    text: str = ""

    @property
    def explained(self) -> bool:
        """Whether Fortnox itself answered, as opposed to something in between."""
        return bool(self.code or self.text)


def parse(status: int, body: bytes) -> Fault:
    """Read the body of an answer that is not 2xx; never fails."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Fault(status)
    if not isinstance(content, dict):
        return Fault(status)
    outer = _lowered(content)
    inner = outer.get("errorinformation")
    if isinstance(inner, dict):
        fields = _lowered(inner)
        return Fault(status, _plain(fields.get("code")), _plain(fields.get("message")))
    if "error" in outer:
        return Fault(status, _plain(outer["error"]), _plain(outer.get("error_description")))
    return Fault(status, _plain(outer.get("code")), _plain(outer.get("message")))


def _lowered(content: Mapping[object, object]) -> dict[str, object]:
    return {str(key).lower(): value for key, value in content.items()}


def _plain(value: object) -> str:
    return clean(str(value), 500) if isinstance(value, str | int) else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A case of the contract: its error code and what to do about it."""

    code: str
    hint: str


_INACTIVE = Kind(
    "account_inactive", mark("Activate the account in Fortnox for that fiscal year, or choose another.")
)
_UNKNOWN_ACCOUNT = Kind(
    "account_unknown", mark("Add the account in Fortnox for that fiscal year, or choose another.")
)
_LOCKED = Kind("period_locked", mark("Unlock the period in Fortnox, or date the voucher after it."))
_NOT_MANUAL = Kind(
    "series_not_manual",
    mark("Choose another series, or open it for manual entry in Fortnox for that fiscal year."),
)
_NO_SERIES = Kind(
    "series_unknown", mark("Choose a series that exists in that fiscal year, or add it in Fortnox.")
)
_SCOPE = Kind(
    "fortnox_error", mark("Connect the client again, so that the consent covers what brygga asks for.")
)
_LICENCE = Kind(
    "fortnox_error", mark("The company needs that licence in Fortnox; ask the client or Fortnox.")
)
_CHARACTERS = Kind("fortnox_error", mark("Take the characters that Fortnox refuses out of the text."))
_OBJECT = Kind("fortnox_error", mark("Correct the cost centre or project of the row."))
_OTHER = Kind("fortnox_error", mark("Correct what Fortnox points at and try again."))

_BY_CODE: Mapping[str, Kind] = {
    **dict.fromkeys(("2000550", "2001265"), _INACTIVE),
    **dict.fromkeys(("2000423", "2001304"), _UNKNOWN_ACCOUNT),
    **dict.fromkeys(("2000401", "2002141"), _LOCKED),
    **dict.fromkeys(SCOPE_CODES, _SCOPE),
    **dict.fromkeys(LICENCE_CODES, _LICENCE),
    **dict.fromkeys(("2000946", "2000947", "2002821", "2001161"), _OBJECT),
    "2000359": _CHARACTERS,
}
"""Codes with a known meaning (Fortnox's error page, vendors' support articles)."""

_BY_TEXT: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"automatlåst|har låst perioden|perioden är låst|låst period", re.IGNORECASE), _LOCKED),
    (re.compile(r"inte manuell", re.IGNORECASE), _NOT_MANUAL),
    (re.compile(r"ogiltig verifikationsserie|verifikationsserien .* finns inte", re.IGNORECASE), _NO_SERIES),
    (re.compile(r"konto .*inte aktivt|ogiltigt konto", re.IGNORECASE), _INACTIVE),
    (re.compile(r"saknas i kontoplanen|hitta kontot?\b", re.IGNORECASE), _UNKNOWN_ACCOUNT),
    (re.compile(r"licens", re.IGNORECASE), _LICENCE),
    (re.compile(r"kostnadsställe|projekt", re.IGNORECASE), _OBJECT),
)
"""Refusals whose code no source gives, by their text."""


def to_error(fault: Fault, retry_after: float | None = None) -> BryggaError:
    """The error that a person sees for the refusal; Fortnox's code stands in ``details["fortnox_code"]``."""
    details: dict[str, object] = {"fortnox_code": fault.code, "status": fault.status}
    if retry_after is not None:
        details["retry_after"] = round(retry_after)
    if fault.status == 401 or fault.code in LOGIN_CODES:
        return lapsed(details)
    if fault.status == 429:
        return TryLater(
            "fortnox_limit",
            _("Fortnox asks for patience."),
            _("Too many requests were made for this company in a short time."),
            _("Wait a minute and try again."),
            details,
        )
    if fault.status >= 500:
        return TryLater(
            "fortnox_unreachable" if fault.status in {502, 503, 504} else "fortnox_error",
            _("Fortnox could not answer just now."),
            _words(fault) or _("Its answer was status {status}.").format(status=fault.status),
            _("Try again in a while; nothing was changed here."),
            details,
        )
    return _rejected(fault, details)


def _rejected(fault: Fault, details: dict[str, object]) -> FortnoxRejected:
    kind = classify(fault)
    if not fault.explained:
        return FortnoxRejected(
            "fortnox_error",
            _("The answer did not come from Fortnox's interface."),
            _("Status {status} came without an explanation; a proxy may stand in between.").format(
                status=fault.status
            ),
            _("Check the network and fortnox.api_url in the configuration."),
            details,
        )
    return FortnoxRejected(kind.code, _("Fortnox said no."), _words(fault), _(kind.hint), details)


def classify(fault: Fault) -> Kind:
    """Which case of the contract a refusal is, by its code first and its text second."""
    known = _BY_CODE.get(fault.code)
    if known is not None:
        return known
    return next((kind for pattern, kind in _BY_TEXT if pattern.search(fault.text)), _OTHER)


def _words(fault: Fault) -> str:
    if fault.text and fault.code:
        return _("Fortnox: {text} (code {code})").format(text=fault.text, code=fault.code)
    if fault.text or fault.code:
        return _("Fortnox: {text}").format(text=fault.text or fault.code)
    return ""


def lapsed(details: dict[str, object] | None = None) -> LoginNeeded:
    """The connection no longer lets brygga in."""
    return LoginNeeded(
        "connection_lapsed",
        _("The connection to Fortnox has lapsed."),
        _("Fortnox no longer accepts the consent that was given."),
        _("Connect the client again."),
        details or {},
    )


def clocks_differ(seconds: float) -> FortnoxRejected:
    """Fortnox refuses an access that it has just given, and its clock shows why."""
    return FortnoxRejected(
        "fortnox_error",
        _("This computer's clock and Fortnox's differ by {minutes} minutes.").format(
            minutes=round(abs(seconds) / 60)
        ),
        _("Fortnox therefore refuses an access that it has just given."),
        _("Set this computer's clock (network time), then try again."),
    )


def unreachable(reason: str) -> TryLater:
    """Fortnox, or the network on the way there, does not answer."""
    return TryLater(
        "fortnox_unreachable",
        _("Fortnox does not answer."),
        clean(reason, 300),
        _("Check the network connection and try again."),
    )


def missing(name: str) -> FortnoxRejected:
    """An answer that leaves out what brygga cannot do without."""
    return unreadable(_("{name} is missing in it.").format(name=name))


def misplaced(value: str, expected: str) -> FortnoxRejected:
    """A value that is none of its kind; ``expected`` is the field's kind in Fortnox's words."""
    return unreadable(
        _("{value} stands in it instead of {expected}.").format(value=clean(value, 40), expected=expected)
    )


def unreadable(what: str) -> FortnoxRejected:
    """An answer with status 2xx that is not what the interface promises."""
    return FortnoxRejected(
        "fortnox_error",
        _("Fortnox's answer could not be read."),
        clean(what, 300),
        _("Try again; if it happens every time, report it with the log."),
    )
