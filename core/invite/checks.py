"""What stands in a row's way. Refusals keep it out of the batch; warnings are for the person to weigh."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from core.i18n import _
from core.invite.addresses import checked_email, checked_mobile
from core.invite.rows import Consent, Invitation, InviteState
from core.model import Finding, Severity


@dataclass(frozen=True, slots=True)
class Field:
    """A cell that is wrong: its column (``name``, ``email``, ``mobile`` ...) and the code of the reason."""

    column: str
    code: str


def check_cells(name: str, email: str, mobile: str) -> list[Field]:
    """What is wrong with what a person wrote."""
    wrong = []
    if not name.strip():
        wrong.append(Field("name", "name_missing"))
    if not email.strip():
        wrong.append(Field("email", "email_missing"))
    elif not _passes(checked_email, email):
        wrong.append(Field("email", "email_invalid"))
    if not _passes(checked_mobile, mobile):
        wrong.append(Field("mobile", "mobile_invalid"))
    return wrong


def _passes(check: object, text: str) -> bool:
    assert callable(check)
    try:
        check(text)
    except ValueError:
        return False
    return True


def check_row(row: Invitation, others: Iterable[Invitation], *, admin: bool) -> list[Finding]:
    """The findings of a row among all others, refusals first. ``admin``: the client's tick."""
    found = [Finding(Severity.ERROR, wrong.code) for wrong in check_cells(row.name, row.email, row.mobile)]
    if not admin:
        found.append(Finding(Severity.ERROR, "not_admin"))
    if row.consent is Consent.NO:
        found.append(Finding(Severity.ERROR, "consent_refused"))
    found += _duplicates(row, [other for other in others if other.id != row.id])
    if row.consent is Consent.UNNOTED:
        found.append(Finding(Severity.WARNING, "consent_unnoted"))
    return found


def _duplicates(row: Invitation, others: Sequence[Invitation]) -> list[Finding]:
    """The same address at the same client is the same user twice; at another client it may be right."""
    same = [other for other in others if other.email.casefold() == row.email.casefold()]
    at_client = [other for other in same if other.client_id == row.client_id]
    earlier = [other for other in at_client if other.state is not InviteState.DRAFT]
    if earlier:
        return [Finding(Severity.ERROR, "duplicate_earlier")]
    if any(other.id < row.id for other in at_client):
        return [Finding(Severity.ERROR, "duplicate_batch")]
    mobiles = row.mobile and any(o.mobile == row.mobile and o.email != row.email for o in others)
    found = [Finding(Severity.WARNING, "email_elsewhere")] if same and not at_client else []
    return [*found, *([Finding(Severity.WARNING, "mobile_elsewhere")] if mobiles else [])]


def refuses(findings: Iterable[Finding]) -> bool:
    """Whether any of them keeps the row out of the batch."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def may_be_written_to(findings: Collection[Finding]) -> bool:
    """Whether a letter may go: everything but the tick of the system administrator holds."""
    return not refuses(finding for finding in findings if finding.code != "not_admin")


def sentence(code: str) -> str:
    """The finding in a sentence."""
    return {
        "name_missing": _("The name is missing."),
        "email_missing": _("The e-mail address is missing."),
        "email_invalid": _("The e-mail address is not written as one."),
        "mobile_invalid": _("The mobile number is not one; write 070-123 45 67 or +46 70 123 45 67."),
        "not_admin": _("Nobody has ticked that they are system administrator at the client."),
        "consent_refused": _("The person does not want to be contacted."),
        "consent_unnoted": _("It is not noted that the person may be contacted."),
        "duplicate_earlier": _("The same address has been handed over for this client before."),
        "duplicate_batch": _("The same address stands on another row of this client."),
        "email_elsewhere": _("The same address stands at another client."),
        "mobile_elsewhere": _("The same mobile number stands with another address."),
    }.get(code, code)


def short(code: str) -> str:
    """The finding in a word or two, for a column."""
    return {
        "name_missing": _("no name"),
        "email_missing": _("no e-mail"),
        "email_invalid": _("e-mail?"),
        "mobile_invalid": _("mobile?"),
        "not_admin": _("sysadmin?"),
        "consent_refused": _("no contact"),
        "duplicate_earlier": _("handed over"),
        "duplicate_batch": _("twice"),
    }.get(code, code)
