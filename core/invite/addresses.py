"""Addresses and mobile numbers: checked without the network, written in one form, kept out of sentences."""

from __future__ import annotations

import re

from core.text import clean

HOME = "SE"
"""Numbers without a country code are Swedish."""
HIDDEN = "<…@…>"
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]+@[^\s<>\"'(),;:\[\]]+")
_NUMBER = re.compile(r"\+\d[\d ()-]{5,}\d")


def checked_email(text: str) -> str:
    """The address in its normal form.

    Reserved names such as ``example.com`` and ``firma.test`` pass: they are for training and reach nobody.

    Raises:
        ValueError: it is no address that a mail server takes.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            clean(text).strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError:
        raise ValueError("no e-mail address") from None
    return found.normalized


def wire_email(email: str) -> str:
    """The address in ASCII, as SMTP and its headers carry it: a Swedish domain name in punycode."""
    if email.isascii():
        return email
    local, _at, domain = email.rpartition("@")
    import idna

    return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"


def checked_mobile(text: str) -> str:
    """The number as E.164; empty for nothing.

    Raises:
        ValueError: it is no mobile number.
    """
    shown = clean(text).strip()
    if not shown:
        return ""
    import phonenumbers
    from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

    try:
        number = phonenumbers.parse(shown, HOME)
    except NumberParseException:
        raise ValueError("no mobile number") from None
    mobile = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in mobile:
        raise ValueError("no mobile number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def without_addresses(text: str) -> str:
    """A server's answer without the addresses and numbers that it repeats."""
    return _NUMBER.sub("<…>", _ADDRESS.sub(HIDDEN, text))
