"""The signed-off annex beside the one of the latest import: what differs, and what the reader can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.clock import local_day
from core.i18n import _
from core.model import Annex, OpenItem
from core.money import Ore, to_swedish
from core.usecases.annexes import AnnexView


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item whose open amount is another one now; None where it does not stand."""

    number: str
    name: str
    before: Ore | None
    after: Ore | None


def item_changes(before: Annex, after: Annex) -> list[ItemChange]:
    """The items that came, went or have another open amount, in the order of the older annex."""
    old, new = _by_place(before), _by_place(after)
    places = [*old, *(place for place in new if place not in old)]
    changes = []
    for place in places:
        one, other = old.get(place), new.get(place)
        amounts = (one.open if one else None, other.open if other else None)
        if amounts[0] != amounts[1]:
            item = other or one
            assert item is not None
            changes.append(ItemChange(item.number, item.name, *amounts))
    return changes


def _by_place(annex: Annex) -> dict[tuple[str, str], OpenItem]:
    return {(item.number, item.kind): item for item in annex.items or ()}


def signed_off_sentence(view: AnnexView) -> str:
    """Whether the annex was signed off, and how it stands now; empty where nobody has signed."""
    if view.frozen is None:
        return ""
    words = (
        _("Signed off {date} by {person}; the new annex is declined, the signed-off one counts.")
        if view.declined
        else _("Signed off {date} by {person}, but the annex is another one now.")
        if view.changed
        else _("Signed off {date} by {person}; the annex is the same.")
    )
    return words.format(date=local_day(view.frozen.at), person=view.frozen.person)


def changed_sentences(view: AnnexView) -> Iterator[str]:
    """What differs between the signed-off annex and the latest one, the sums first."""
    if view.frozen is None or not view.changed:
        return
    before, after = view.frozen.annex, view.latest
    if before.date != after.date:
        yield _("As of {after} instead of {before}").format(before=before.date, after=after.date)
    pairs = (
        (_("According to the subledger"), before.total, after.total),
        (_("According to the general ledger"), before.books, after.books),
        (_("Difference"), before.difference, after.difference),
    )
    for label, old, new in pairs:
        if old != new:
            yield f"{label}: {_shown(old)} → {_shown(new)}"
    changes = item_changes(before, after)
    for one in changes:
        yield _item_sentence(one)
    if not changes and before.items != after.items:
        yield _("The same items and amounts, with other dates or names.")


def _item_sentence(one: ItemChange) -> str:
    template = (
        _("new: {number} {name} {after}")
        if one.before is None
        else _("gone: {number} {name} {before}")
        if one.after is None
        else _("changed: {number} {name} {before} → {after}")
    )
    return template.format(
        number=one.number, name=one.name, before=_shown(one.before), after=_shown(one.after)
    )


def _shown(ore: Ore | None) -> str:
    return "–" if ore is None else to_swedish(ore)
