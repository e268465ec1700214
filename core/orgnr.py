"""Swedish organisation numbers and personal identity numbers: one canonical form, checksum included."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"(?:\d\d)?(\d{6})[-+]?(\d{4})\Z", re.ASCII)


def normalise(text: str) -> str:
    """``5566778899``, ``556677-8899`` and ``165566778899`` all become ``556677-8899``.

    Raises:
        ValueError: not 10 or 12 digits, or the check digit is wrong.
    """
    match = _SHAPE.match(text.strip().replace(" ", ""))
    if match is None or not has_valid_check_digit("".join(match.groups())):
        raise ValueError(f"not an organisation number: {text!r}")
    return "-".join(match.groups())


def same(first: str, second: str) -> bool:
    """Whether two spellings name the same number; never true for what is no number."""
    try:
        return normalise(first) == normalise(second)
    except ValueError:
        return False


def has_valid_check_digit(digits: str) -> bool:
    """Luhn (modulus 10) over ten digits."""
    total = 0
    for position, digit in enumerate(map(int, digits)):
        doubled = digit * 2 if position % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def is_personal(orgnr: str) -> bool:
    """Whether the number is a personal identity or coordination number (the third digit is below 2).

    Legal persons have at least 20 in the month's place (Skatteverket, organisationsnummer).
    """
    return int(normalise(orgnr)[2]) < 2


def with_check_digit(nine_digits: str) -> str:
    """Complete nine digits to a number with the right check digit, ``NNNNNN-NNNN`` (sample data)."""
    for last in "0123456789":
        if has_valid_check_digit(nine_digits + last):
            return f"{nine_digits[:6]}-{nine_digits[6:]}{last}"
    raise ValueError(nine_digits)
