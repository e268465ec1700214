"""The words of the activity log: what was done, how it went, and what is noted about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from core.i18n import _, mark
from core.money import to_swedish
from core.register import AuditEvent

_ACTIONS: Final = {
    "client.added": mark("client added"),
    "client.changed": mark("client changed"),
    "client.removed": mark("client removed"),
    "client.forgotten": mark("client forgotten"),
    "backup.made": mark("backup made"),
    "backup.restored": mark("backup restored"),
    "invite.added": mark("user to invite added"),
    "invite.changed": mark("user to invite changed"),
    "invite.removed": mark("user to invite removed"),
    "invite.admin": mark("system administrator ticked"),
    "invite.has_user": mark("client has a user"),
    "invite.list": mark("list of users read"),
    "invite.batch": mark("batch exported"),
    "invite.draft": mark("user back to draft"),
    "invite.exported": mark("user exported"),
    "invite.invited": mark("user invited in Fortnox"),
    "invite.reminded": mark("user reminded"),
    "invite.done": mark("user has begun"),
    "invite.declined": mark("user declined"),
    "invite.purged": mark("users forgotten"),
    "invite.template": mark("letter reworded"),
    "letter.sent": mark("letter sent"),
    "letter.written": mark("letter written to a file"),
    "letter.refused": mark("letter refused"),
    "letter.unknown": mark("letter unclear"),
    "letter.bounced": mark("letter bounced"),
    "letter.dropped": mark("letter given up"),
    "letter.said_sent": mark("letter went"),
    "letter.said_queued": mark("letter did not go"),
    "engagement.added": mark("engagement added"),
    "engagement.source": mark("source switched"),
    "engagement.locked": mark("locked"),
    "engagement.unlocked": mark("unlocked"),
    "engagement.taken_over": mark("taken over"),
    "connection.made": mark("connected to Fortnox"),
    "connection.ended": mark("disconnected"),
    "connection.lapsed": mark("connection lapsed"),
    "import": mark("imported"),
    "import.done": mark("imported"),
    "import.made": mark("imported"),
    "secrets.client_secret": mark("client secret stored"),
    "secrets.rekey": mark("master key changed"),
    "session.started": mark("logged in over SSH"),
    "session.refused": mark("refused over SSH"),
    "user.added": mark("let in over SSH"),
    "user.changed": mark("keys or role changed"),
    "user.removed": mark("shut out"),
    "right.refused": mark("refused: lacks the right"),
    "voucher.added": mark("closing voucher written"),
    "voucher.changed": mark("closing voucher changed"),
    "voucher.ready": mark("marked as ready"),
    "voucher.draft": mark("back to draft"),
    "voucher.removed": mark("closing voucher removed"),
    "voucher.sending": mark("closing voucher being sent"),
    "voucher.posted": mark("closing voucher posted"),
    "voucher.rejected": mark("closing voucher rejected"),
    "voucher.unknown": mark("receipt missing"),
    "voucher.found": mark("found at Fortnox"),
    "voucher.not_found": mark("not found at Fortnox"),
    "voucher.not_sent": mark("not sent"),
    "voucher.conflict": mark("left to a person"),
    "export": mark("exported"),
    "voucher.derived": mark("taken as a model"),
    "voucher.undone": mark("change undone"),
    "voucher.seen": mark("recognised in the books"),
    "voucher.alarm": mark("differs in the books"),
    "voucher.waiting": mark("waits for its year"),
    "voucher.year_exists": mark("its year exists now"),
    "voucher.moved": mark("order changed"),
    "voucher.decided_ready": mark("released to be sent"),
    "voucher.decided_excluded": mark("left out"),
    "voucher.decided_draft": mark("taken back as draft"),
    "export.acknowledged": mark("check acknowledged"),
    "export.receipt": mark("receipt of the export"),
    "export.proof": mark("proof of the export"),
    "template.saved": mark("template kept"),
    "template.removed": mark("template removed"),
    "account.created": mark("account added in Fortnox"),
    "account.activated": mark("account activated"),
    "export.file": mark("exported to file"),
    "account.signed_off": mark("signed off"),
    "account.reviewed": mark("read by a second reader"),
    "account.reopened": mark("opened again"),
    "account.supported": mark("amount entered"),
    "account.sign_off_undone": mark("sign-off lifted"),
    "account.renamed": mark("account renamed"),
    "annex.accepted": mark("new annex taken"),
    "annex.declined": mark("old annex kept"),
    "annex.note": mark("remark written"),
    "binder.made": mark("closing binder made"),
    "exchange.emitted": mark("file put in the folder"),
    "exchange.export": mark("exported from the folder"),
    "exchange.file": mark("file from the folder"),
    "exchange.rules": mark("rules of the folder"),
}

_OUTCOMES: Final = {
    "ok": mark("done"),
    "done": mark("done"),
    "posted": mark("posted"),
    "refused": mark("refused"),
    "rejected": mark("rejected"),
    "unknown": mark("uncertain"),
    "not_processed": mark("not done"),
    "conflict": mark("conflict"),
    "difference": mark("differs"),
    "partly": mark("in part"),
}

_DETAILS: Final = {
    "account": mark("Account"),
    "accounts": mark("Accounts"),
    "added": mark("Added"),
    "admin": mark("System administrator"),
    "after": mark("Afterwards"),
    "asked": mark("Asked for"),
    "auto_export": mark("Posted by itself"),
    "batch": mark("Batch no."),
    "before": mark("Before"),
    "changed": mark("Changed"),
    "check": mark("Check"),
    "code": mark("Code"),
    "configuration": mark("By the configuration"),
    "count": mark("Number"),
    "emit": mark("Files put out"),
    "error": mark("Fault"),
    "file": mark("File"),
    "found": mark("Found"),
    "from_register": mark("From the register"),
    "has_user": mark("Has a user"),
    "invitation": mark("Row"),
    "job": mark("Job"),
    "key": mark("Marking"),
    "keys": mark("Keys"),
    "kind": mark("Kind"),
    "lagging": mark("Lagging behind"),
    "language": mark("Language"),
    "letter": mark("Letter"),
    "missing": mark("Missing"),
    "mode": mark("Access"),
    "name": mark("Name"),
    "names": mark("Account names"),
    "number": mark("No."),
    "others": mark("Others"),
    "owner": mark("Owner"),
    "period_balances": mark("Period balances"),
    "previous_year": mark("Last year's figures"),
    "program": mark("Program"),
    "receipt": mark("Receipt"),
    "records": mark("Secrets"),
    "removed": mark("Removed"),
    "revision": mark("Revision"),
    "revoked": mark("Revoked"),
    "role": mark("Role"),
    "rows": mark("Rows"),
    "run": mark("Import"),
    "seq": mark("State of the store"),
    "series": mark("Series"),
    "sha256": mark("Checksum"),
    "source": mark("Source"),
    "taken_from": mark("Taken from"),
    "tenant": mark("Database"),
    "text": mark("Text"),
    "turnover": mark("Turnover"),
    "underlag": mark("Documents"),
    "user": mark("Person"),
    "voucher": mark("Voucher"),
    "vouchers": mark("Vouchers"),
    "what": mark("What"),
    "why": mark("Why"),
    "with_key": mark("With the key"),
    "year": mark("Fiscal year"),
}

_ORE: Final = frozenset({"turnover", "before", "after"})
"""Details that are amounts wherever they are numbers."""

_TRACES: Final = ("voucher", "invitation", "letter", "run", "job", "key", "sha256")
"""Details that only identify something: they come last."""


def action_word(action: str) -> str:
    """What was done; an action without a word of its own is shown by its code."""
    return _(_ACTIONS[action]) if action in _ACTIONS else action


def outcome_word(outcome: str) -> str:
    """How it went; an outcome without a word of its own is shown as it is."""
    return _(_OUTCOMES[outcome]) if outcome in _OUTCOMES else outcome


def details_of(event: AuditEvent) -> list[tuple[str, str]]:
    """Name and value of everything noted about the event, what only identifies something last."""
    ordered = sorted(event.details.items(), key=lambda pair: pair[0] in _TRACES)
    return [(_(_DETAILS.get(name, name)), _value(name, value)) for name, value in ordered]


def _value(name: str, value: object) -> str:
    """A detail as a person reads it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and name in _ORE:
        return to_swedish(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items()) or "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(str(each) for each in value) or "–"
    return str(value) or "–"
