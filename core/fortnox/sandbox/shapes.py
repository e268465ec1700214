"""The company, its years, accounts and vouchers as Fortnox's JSON: short in lists, long alone."""

from __future__ import annotations

from core.fortnox.sandbox.answers import Document, kronor
from core.fortnox.sandbox.firm import Profile
from core.fortnox.sandbox.records import Account, Row, Series, Voucher, Year


def company_information(profile: Profile) -> Document:
    """/3/companyinformation: Organization-, and the database number as an integer."""
    return {
        "Address": f"Storgatan {profile.tenant % 90 + 1}",
        "City": profile.city,
        "CompanyName": profile.name,
        "CountryCode": "SE",
        "DatabaseNumber": profile.tenant,
        "OrganizationNumber": profile.orgnr,
        "VisitAddress": "",
        "VisitCity": "",
        "VisitCountryCode": "",
        "VisitZipCode": "",
        "ZipCode": "70000",
    }


def company_settings(profile: Profile) -> Document:
    """/3/settings/company: the database number as a string."""
    blank = dict.fromkeys(
        [
            "BG",
            "BIC",
            "BranchCode",
            "ContactFirstName",
            "ContactLastName",
            "Email",
            "Fax",
            "IBAN",
            "PG",
            "Phone1",
            "Phone2",
            "VisitAddress",
            "VisitCity",
            "VisitCountry",
            "VisitCountryCode",
            "VisitName",
            "VisitZipCode",
            "WWW",
        ],
        "",
    )
    return {
        **blank,
        "Address": f"Storgatan {profile.tenant % 90 + 1}",
        "City": profile.city,
        "Country": "Sverige",
        "CountryCode": "SE",
        "DatabaseNumber": str(profile.tenant),
        "Domicile": profile.city,
        "Name": profile.name,
        "OrganizationNumber": profile.orgnr,
        "TaxEnabled": True,
        "VATNumber": f"SE{profile.orgnr.replace('-', '')}01",
        "ZipCode": "70000",
    }


def financial_year(year: Year, base: str) -> Document:
    """A fiscal year."""
    return {
        "@url": f"{base}/financialyears/{year.id}",
        "Id": year.id,
        "FromDate": year.from_date.isoformat(),
        "ToDate": year.to_date.isoformat(),
        "AccountChartType": "Bas 2025",
        "AccountingMethod": year.method,
    }


def account(item: Account, year: Year, base: str) -> Document:
    """An account in a list."""
    return {
        "@url": f"{base}/accounts/{item.number}?financialyear={year.id}",
        "Active": item.active,
        "BalanceBroughtForward": kronor(year.opening.get(item.number, 0)),
        "CostCenter": "",
        "CostCenterSettings": item.cost_center,
        "Description": item.name,
        "Number": item.number,
        "Project": "",
        "ProjectSettings": "ALLOWED",
        "SRU": item.sru,
        "VATCode": item.vat_code or None,
        "Year": year.id,
    }


def single_account(item: Account, year: Year, base: str) -> Document:
    """An account alone: only this form has the closing balance."""
    return account(item, year, base) | {
        "BalanceCarriedForward": kronor(year.closing(item.number)),
        "OpeningQuantities": [],
        "QuantitySettings": "ALLOWED",
        "QuantityUnit": "",
        "TransactionInformation": "",
        "TransactionInformationSettings": "ALLOWED",
    }


def series(item: Series, year: Year, base: str) -> Document:
    """A voucher series in a list."""
    return {
        "@url": f"{base}/voucherseries/{item.code}?financialyear={year.id}",
        "Code": item.code,
        "Description": item.name,
        "Manual": item.manual,
        "Year": year.id,
    }


def single_series(item: Series, year: Year, base: str) -> Document:
    """A voucher series alone."""
    vouchers = year.vouchers.get(item.code)
    return series(item, year, base) | {"NextVoucherNumber": vouchers[-1].number + 1 if vouchers else 1}


def voucher(item: Voucher, base: str) -> Document:
    """A voucher in a list: without its rows."""
    return {
        "@url": f"{base}/vouchers/{item.series}/{item.number}?financialyear={item.year}",
        "ApprovalState": 0,
        "Comments": item.comments,
        "Description": item.text,
        "ReferenceNumber": item.reference_number,
        "ReferenceType": item.reference.value,
        "TransactionDate": item.date.isoformat(),
        "VoucherNumber": item.number,
        "VoucherSeries": item.series,
        "Year": item.year,
    }


def single_voucher(item: Voucher, year: Year, base: str) -> Document:
    """A voucher with its rows; a row's Description is the account's name."""
    rows = [_voucher_row(row, year) for row in item.rows]
    return voucher(item, base) | {"CostCenter": "", "Project": "", "VoucherRows": rows}


def _voucher_row(row: Row, year: Year) -> Document:
    known = year.accounts.get(row.account)
    return {
        "Account": row.account,
        "CostCenter": row.cost_center,
        "Credit": kronor(max(0, -row.amount)),
        "Debit": kronor(max(0, row.amount)),
        "Description": known.name if known else "",
        "Project": row.project,
        "Quantity": 0,
        "Removed": False,
        "TransactionInformation": row.text,
    }
