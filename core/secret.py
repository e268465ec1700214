"""A secret value that does not show itself in a repr, a log line or a crash screen."""

from __future__ import annotations

import hmac
from typing import NoReturn

MASK = "Secret(***)"


class Secret:
    """A token, code or client secret.

    Textual's crash screen and rich tracebacks print the ``repr`` of local variables, so the value lies
    behind ``reveal`` and is asked for only in the expression that sends or seals it.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")
