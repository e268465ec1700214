"""What a closing voucher's state is called, in the language in use."""

from __future__ import annotations

from core.i18n import _
from core.register import VoucherState


def voucher_state(state: VoucherState) -> str:
    """Where a closing voucher stands."""
    return {
        VoucherState.DRAFT: _("draft"),
        VoucherState.READY: _("ready to export"),
        VoucherState.WAITING_YEAR: _("waiting for the fiscal year"),
        VoucherState.SENDING: _("being sent"),
        VoucherState.UNKNOWN: _("sent – receipt missing"),
        VoucherState.POSTED: _("posted"),
        VoucherState.REJECTED: _("rejected"),
        VoucherState.EXPORTED: _("exported to file"),
        VoucherState.EXCLUDED: _("excluded"),
    }[state]
