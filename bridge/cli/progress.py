"""The one line that follows a long use case on stderr."""

from __future__ import annotations

from bridge.cli.words import megabytes
from core.i18n import _
from core.usecases.progress import Progress


def progress_line(progress: Progress) -> str:
    """``3/7 customer ledger 1 200 (waiting for Fortnox)`` in the language in use."""
    words = [f"{progress.step}/{progress.steps}", phase_name(progress.phase), progress.detail]
    if progress.requests:
        traffic = _("{requests} requests, {megabytes} MB")
        words.append(traffic.format(requests=progress.requests, megabytes=megabytes(progress.received)))
    if progress.seconds:
        words.append(
            _("(a voucher without receipt is looked up in {seconds} s)").format(seconds=progress.seconds)
        )
    elif progress.waiting:
        words.append(_("(waiting for Fortnox)"))
    return " ".join(word for word in words if word)


def phase_name(phase: str) -> str:
    """The phase in the language in use; an unknown one as it stands."""
    names = {
        "company": _("company"),
        "year": _("fiscal year"),
        "sie": _("bookkeeping data (SIE4)"),
        "customer_ledger": _("customer ledger"),
        "supplier_ledger": _("supplier ledger"),
        "checks": _("checks"),
        "save": _("saving"),
        "check": _("checking"),
        "send": _("sending"),
        "verify": _("verifying"),
        "letters": _("letters"),
    }
    return names.get(phase, phase)
