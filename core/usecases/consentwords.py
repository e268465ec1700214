"""Why a consent did not become a connection, in plain words, each with what to do about it."""

from __future__ import annotations

from datetime import date

from core.errors import BryggaError, FortnoxRejected, LoginNeeded, Refused, UsageError
from core.fortnox import oauth
from core.fortnox.callback import Callback
from core.i18n import _
from core.model import Company
from core.register import Client, ConnectionMode


def unclear_company(company: Company, claim: str) -> FortnoxRejected:
    """The token and the company name different tenants."""
    return FortnoxRejected(
        "fortnox_error",
        _("Fortnox does not say clearly which company answers."),
        _("The token is for tenant {claim}, the company is tenant {tenant}.").format(
            claim=claim or "–", tenant=company.tenant or "–"
        ),
        _("Connect again; if it happens every time, report it."),
    )


def no_refresh_token() -> FortnoxRejected:
    """A consent that would end within the hour."""
    return FortnoxRejected(
        "fortnox_error",
        _("Fortnox gave no lasting access."),
        _("The answer to the consent had no refresh token."),
        _("Check the app's settings in Fortnox's developer portal and connect again."),
    )


def mismatch(client: Client, company: Company, why: str) -> Refused:
    """The consent is for another company than the client's."""
    return Refused(
        "company_mismatch",
        _("The consent is for {company} ({orgnr}), not for {client} ({own}).").format(
            company=company.name, orgnr=company.orgnr, client=client.name, own=client.orgnr
        ),
        _("{why} The consent has been revoked and nothing was changed.").format(why=why),
        _("Connect again and choose the right company in Fortnox."),
    )


def booked(day: date | None) -> str:
    """When a database was last booked in."""
    return _("no vouchers") if day is None else _("latest voucher {day}").format(day=day)


def denied(answer: Callback, mode: ConnectionMode) -> LoginNeeded:
    """Why there is no consent, in plain words, with what to do about it."""
    said = answer.description or answer.error
    message, hint = _refusal(answer.error, said, mode)
    return LoginNeeded(
        "consent_denied",
        _("There is no consent."),
        message,
        hint,
        {"fortnox_code": answer.error},
    )


def _refusal(error: str, said: str, mode: ConnectionMode) -> tuple[str, str]:
    quoted = _("Fortnox: {text}").format(text=said)
    lowered = said.lower()
    if error == "access_denied" and mode is ConnectionMode.SERVICE:
        return (
            _("The request was declined in the browser. Only a system administrator can approve it."),
            _("Let an administrator of the company approve, or connect with --mode code."),
        )
    if error == "access_denied":
        return _("The request was declined in the browser."), _("Connect again and choose Godkänn.")
    if error == "invalid_scope":
        return quoted, _(
            "Give the app those scopes in Fortnox's developer portal, or take them out of fortnox.scopes."
        )
    if "licens" in lowered or "license" in lowered or "licence" in lowered:
        return quoted, _("The company needs a licence in Fortnox for what brygga asks for.")
    if "service account" in lowered:
        return quoted, _("Allow service accounts for the app in the developer portal, or use --mode code.")
    if error == oauth.INVALID_GRANT:
        return quoted, _("The code from the browser is used or too old. Connect again.")
    if "redirect" in lowered:
        return quoted, _("fortnox.redirect_uri must be the address that is registered for the app.")
    if not said:
        return _("The browser brought no code back."), _("Connect again.")
    return quoted, _("Check the rights of the person who approves, then connect again.")


def expired() -> LoginNeeded:
    """Nobody came in time, or the address was used before."""
    return LoginNeeded(
        "login_needed",
        _("No consent came."),
        _("The address works for ten minutes and once."),
        _("Connect again."),
    )


def not_an_answer(*, of_fortnox: bool) -> BryggaError:
    """The pasted address is something else, or Fortnox left the code out of it."""
    kind, code = (LoginNeeded, "login_needed") if of_fortnox else (UsageError, "usage")
    return kind(
        code,
        _("That is not the address that Fortnox sent the browser to."),
        _("It must carry a state and a code."),
        _("Copy the whole address from the browser's address field after the consent."),
    )
