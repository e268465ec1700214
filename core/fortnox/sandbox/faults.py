"""Faults on demand: by name, for a path, so many times or with a probability."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any

ANY = "/"
API = "/3/"
BOOKING = "POST /3/vouchers"
CONSENT = "/oauth-v1/auth"


@dataclass(frozen=True)
class Kind:
    """A kind of fault: where it strikes unless told otherwise, and what it does (for the control page)."""

    path: str
    text: str
    writes_only: bool = False
    delay_s: float = 0.0


KINDS = {
    "lapse": Kind(ANY, "samtycket är borta: 401 här, invalid_grant vid förnyelse"),
    "429": Kind(API, "för många anrop, i tre former"),
    "500-before": Kind(API, "500, inget gjort"),
    "500-after": Kind(BOOKING, "500, men det blev gjort", writes_only=True),
    "drop-before": Kind(API, "förbindelsen bryts, inget gjort"),
    "drop-after": Kind(BOOKING, "förbindelsen bryts, men det blev gjort", writes_only=True),
    "late-commit": Kind(
        BOOKING, "förbindelsen bryts, och det blir gjort senare", writes_only=True, delay_s=3
    ),
    "slow": Kind(API, "svaret dröjer", delay_s=5),
    "truncated": Kind(API, "svaret tar slut mitt i"),
    "html-error": Kind(API, "502 med en webbsida"),
    "lower-case-errors": Kind(API, "felsvar med gemena nycklar"),
    "inactive-account": Kind(BOOKING, "kontot är inte aktivt"),
    "locked-period": Kind(BOOKING, "perioden är låst"),
    "no-licence": Kind(API, "licens saknas"),
    "utf8-sie": Kind("/3/sie", "SIE-filen i UTF-8 fast den säger PC8"),
    "clock-skew": Kind(API, "Fortnox klocka går två timmar före: åtkomsten är redan slut"),
    "no-service": Kind(CONSENT, "klienten får inte skapa servicekonto"),
    "no-right": Kind(CONSENT, "användaren saknar behörighet"),
    "locked-account": Kind(CONSENT, "kontot är spärrat"),
    "no-code": Kind(CONSENT, "svarsadressen saknar kod"),
}


@dataclass
class Fault:
    """A fault that lies in wait."""

    name: str
    path: str
    count: int | None = None
    """How many times more; None is always."""
    probability: float = 1.0
    delay_s: float = 0.0
    method: str = ""
    tenant: str = ""
    holds: str = ""
    """Only requests whose body holds this text."""
    struck: int = 0

    def strikes(self, method: str, path: str, tenant: str, body: bytes = b"") -> bool:
        """Whether the fault concerns this request."""
        wanted_method, _space, wanted_path = self.path.rpartition(" ")
        wanted_method = wanted_method or self.method
        writes_only = KINDS[self.name].writes_only and not wanted_method
        return (
            self.count != 0
            and path.startswith(wanted_path)
            and (not wanted_method or method == wanted_method)
            and not (writes_only and method == "GET")
            and (not self.tenant or tenant == self.tenant)
            and self.holds.encode() in body
        )


@dataclass
class Faults:
    """All faults that lie in wait."""

    rng: random.Random
    waiting: list[Fault] = field(default_factory=list)

    def add(self, name: str, **options: Any) -> Fault:
        """Let a fault lie in wait.

        Raises:
            ValueError: there is no fault of that name, or an option has no sense.
        """
        kind = KINDS.get(name)
        if kind is None:
            raise ValueError(f"no fault {name!r}; there are {', '.join(KINDS)}")
        given = {key: value for key, value in options.items() if value is not None}
        try:
            fault = Fault(name, **{"path": kind.path, "delay_s": kind.delay_s, **given})
        except TypeError as error:
            raise ValueError(str(error)) from error
        fault.tenant = str(fault.tenant)
        self.waiting.append(fault)
        return fault

    def take(self, name: str, method: str, path: str, tenant: str, body: bytes = b"") -> Fault | None:
        """The fault of that name, if one strikes now; it is used up by that."""
        for fault in self.waiting:
            if fault.name != name or not fault.strikes(method, path, tenant, body):
                continue
            if fault.probability < 1 and self.rng.random() >= fault.probability:
                continue
            fault.struck += 1
            if fault.count is not None:
                fault.count -= 1
            return fault
        return None

    def clear(self, tenant: str = "") -> None:
        """Peace, for everybody or for one company's own faults."""
        self.waiting[:] = [fault for fault in self.waiting if tenant and fault.tenant != tenant]

    def as_json(self) -> list[dict[str, Any]]:
        """What lies in wait, and how often it struck."""
        return [asdict(fault) for fault in self.waiting]


def parse(text: str) -> tuple[str, int | None]:
    """``NAME`` or ``NAME:COUNT`` of the command line.

    Raises:
        ValueError: no such fault, or the count is no number.
    """
    name, colon, count = text.partition(":")
    if name not in KINDS:
        raise ValueError(f"no fault {name!r}; there are {', '.join(KINDS)}")
    return name, int(count) if colon else None
