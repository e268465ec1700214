"""The proof after an export: the books now less the books before are exactly our vouchers, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.closing.effect import account_effects
from core.model import Voucher
from core.money import Ore
from core.register import ClosingVoucher

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What the books say after an export."""

    found: tuple[ClosingVoucher, ...]
    """Ours that stand in the books as they were sent."""
    missing: tuple[ClosingVoucher, ...]
    """Ours that the books lack: an alarm, never a reason to send again."""
    altered: tuple[ClosingVoucher, ...]
    """Ours whose date or rows are others in the books."""
    added: tuple[Voucher, ...]
    """What others added meanwhile."""
    removed: tuple[Voucher, ...]
    changed: tuple[Voucher, ...]
    """What others changed meanwhile, as it is now."""
    unexplained: Mapping[str, Ore]
    """Change of each account that our vouchers do not account for, ledger-signed."""

    @property
    def holds(self) -> bool:
        """Whether the books changed by our vouchers and nothing else."""
        others = self.added or self.removed or self.changed
        return not (self.missing or self.altered or others or self.unexplained)


def prove(before: Iterable[Voucher], after: Iterable[Voucher], posted: Iterable[ClosingVoucher]) -> Proof:
    """Compare the books of one fiscal year before and after an export of ``posted`` (with their numbers).

    Vouchers of ours that were there before already count as found and as no change.
    """
    old = {(one.series, one.number): one for one in before}
    new = {(one.series, one.number): one for one in after}
    ours = {(one.series, one.number): one for one in posted}
    found = [one for key, one in ours.items() if key in new and _same(one, new[key])]
    altered = [one for key, one in ours.items() if key in new and not _same(one, new[key])]
    return Proof(
        tuple(found),
        tuple(one for key, one in ours.items() if key not in new),
        tuple(altered),
        tuple(one for key, one in new.items() if key not in old and key not in ours),
        tuple(one for key, one in old.items() if key not in new and key not in ours),
        tuple(one for key, one in new.items() if key in old and key not in ours and _differ(old[key], one)),
        _unexplained(old, new, ours),
    )


def _same(ours: ClosingVoucher, theirs: Voucher) -> bool:
    return ours.date == theirs.date and _amounts(ours) == _amounts(theirs)


def _differ(one: Voucher, other: Voucher) -> bool:
    return one.date != other.date or _amounts(one) != _amounts(other)


def _amounts(voucher: Voucher | ClosingVoucher) -> Counter[tuple[str, Ore]]:
    return Counter((row.account, row.amount) for row in voucher.rows if row.amount)


def _unexplained(
    old: Mapping[Key, Voucher], new: Mapping[Key, Voucher], ours: Mapping[Key, ClosingVoucher]
) -> dict[str, Ore]:
    """Books after less books before less ours, for each account, over the vouchers."""
    sums = Counter(account_effects(row for one in new.values() for row in one.rows))
    sums.subtract(account_effects(row for one in old.values() for row in one.rows))
    fresh = [one for key, one in ours.items() if key not in old]
    sums.subtract(account_effects(row for one in fresh for row in one.rows))
    return {account: sums[account] for account in sorted(sums) if sums[account]}
