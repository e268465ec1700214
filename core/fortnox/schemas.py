"""The company, its years, accounts, series and settings as Fortnox's JSON has them, turned into records of the core.

Fields stay raw until `core.fortnox.values` is asked what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.fortnox.values import NULL, flag, number, reference, required_day, text
from core.model import Account, Company, FiscalYear, ObjectRule, Series


class Meta(msgspec.Struct):
    """The envelope's paging."""

    total: msgspec.Raw = msgspec.field(default=NULL, name="@TotalResources")
    pages: msgspec.Raw = msgspec.field(default=NULL, name="@TotalPages")
    current: msgspec.Raw = msgspec.field(default=NULL, name="@CurrentPage")


class CompanyItem(msgspec.Struct, rename="pascal"):
    """/3/companyinformation. Note Organization here and Organisation elsewhere."""

    company_name: msgspec.Raw = NULL
    organization_number: msgspec.Raw = NULL
    database_number: msgspec.Raw = NULL

    def record(self) -> Company:
        """The company; its number as Fortnox spells it."""
        return Company(text(self.company_name), text(self.organization_number), text(self.database_number))


@dataclass(frozen=True, slots=True)
class FinancialYear:
    """A fiscal year at Fortnox, with its accounting method."""

    year: FiscalYear
    cash_method: bool


class FinancialYearItem(msgspec.Struct, rename="pascal"):
    """/3/financialyears."""

    id: msgspec.Raw = NULL
    from_date: msgspec.Raw = NULL
    to_date: msgspec.Raw = NULL
    accounting_method: msgspec.Raw = NULL

    def record(self) -> FinancialYear:
        """The year with its Id."""
        first, last = required_day(self.from_date, "FromDate"), required_day(self.to_date, "ToDate")
        return FinancialYear(FiscalYear(first, last, text(self.id)), text(self.accounting_method) == "CASH")


class AccountItem(msgspec.Struct, rename="pascal"):
    """/3/accounts."""

    number: msgspec.Raw = NULL
    description: msgspec.Raw = NULL
    active: msgspec.Raw = msgspec.Raw(b"true")
    vat_code: msgspec.Raw = msgspec.field(default=NULL, name="VATCode")
    cost_center_settings: msgspec.Raw = NULL
    project_settings: msgspec.Raw = NULL
    sru: msgspec.Raw = msgspec.field(default=NULL, name="SRU")

    def record(self) -> Account:
        """The account."""
        return Account(
            text(self.number),
            text(self.description),
            flag(self.active),
            text(self.vat_code),
            object_rule(self.cost_center_settings),
            object_rule(self.project_settings),
            text(self.sru).lstrip("0"),
        )


def object_rule(raw: msgspec.Raw) -> ObjectRule:
    """ALLOWED, MANDATORY or NOTALLOWED; anything else is left to Fortnox to judge."""
    spelled = text(raw).lower()
    return ObjectRule(spelled) if spelled in set(ObjectRule) else ObjectRule.ALLOWED


class ApproverItem(msgspec.Struct, rename="pascal"):
    """The approver of a voucher series."""

    id: msgspec.Raw = NULL
    name: msgspec.Raw = NULL


class SeriesItem(msgspec.Struct, rename="pascal"):
    """/3/voucherseries; the next number only in the single form."""

    code: msgspec.Raw = NULL
    description: msgspec.Raw = NULL
    manual: msgspec.Raw = NULL
    next_voucher_number: msgspec.Raw = NULL
    approver: ApproverItem | None = None

    def record(self) -> Series:
        """The series."""
        following = number(self.next_voucher_number)
        return Series(
            text(self.code),
            text(self.description),
            flag(self.manual),
            None if following is None else int(following),
            self._approver(),
        )

    def _approver(self) -> str:
        """The name, or the id where there is none; Fortnox sends empty fields when nobody approves."""
        if self.approver is None:
            return ""
        return text(self.approver.name) or (reference(self.approver.id) or "")


class LockedPeriodItem(msgspec.Struct, rename="pascal"):
    """/3/settings/lockedperiod. The automatic lock is not told."""

    end_date: msgspec.Raw = NULL


class PredefinedAccountItem(msgspec.Struct, rename="pascal"):
    """/3/predefinedaccounts."""

    name: msgspec.Raw = NULL
    account: msgspec.Raw = NULL
