"""A company's fixed round: salaries, tax, VAT, bank, loan, and the turn of the fiscal year."""

from __future__ import annotations

from datetime import date, timedelta

from core.fortnox.sandbox import chart
from core.fortnox.sandbox.books import Books
from core.fortnox.sandbox.diary import EVENING, MORNING, Diary, last_of_month, next_month, working_day
from core.fortnox.sandbox.firm import Profile
from core.fortnox.sandbox.records import Row, Year
from core.money import Ore

TAX_PERCENT = 30
SOCIAL_FEE_PER_MYRIAD = 3142
VAT_ACCOUNTS = (*chart.OUTPUT_VAT.values(), chart.INPUT_VAT)
LOAN = 2350


class Overheads:
    """Writes a company's fixed round into its diary and books."""

    def __init__(self, profile: Profile, books: Books, diary: Diary) -> None:
        self.profile = profile
        self.books = books
        self.diary = diary

    def plan_month(self, first: date) -> None:
        """The events of one month."""
        last = last_of_month(first)
        self.diary.at(working_day(first.replace(day=24)), self._salaries)
        self.diary.at(last, self._bank_fee)
        if self.profile.monthly_vat or first.month % 3 == 0:
            self.diary.at(last, self._settle_vat, EVENING)
        if first.month % 3 == 0:
            self.diary.at(last, self._loan)

    def plan_turn(self, year: Year) -> None:
        """Close last year's result and carry its balances on the first day of ``year``."""
        self.diary.at(year.from_date, lambda _day: self._turn(year), MORNING)

    def _salaries(self, day: date) -> None:
        gross = sum(self.profile.salaries) * 100
        tax = gross * TAX_PERCENT // 100
        fees = gross * SOCIAL_FEE_PER_MYRIAD // 1_000_000 * 100
        rows = [
            Row(7210, gross),
            Row(chart.TAXES, -tax),
            Row(chart.BANK, tax - gross),
            Row(7510, fees),
            Row(chart.SOCIAL_FEES, -fees),
        ]
        self.books.post("K", day, f"Lön {day:%Y-%m}", rows)
        due = working_day(next_month(day.replace(day=1)).replace(day=12))
        self.diary.at(due, lambda on: self._pay_taxes(on, tax, fees))

    def _pay_taxes(self, day: date, tax: Ore, fees: Ore) -> None:
        rows = [Row(chart.TAXES, tax), Row(chart.SOCIAL_FEES, fees), Row(chart.BANK, -tax - fees)]
        self.books.post("A", day, "Skattedeklaration, personalskatt och sociala avgifter", rows)

    def _bank_fee(self, day: date) -> None:
        self.books.post("A", day, "Bankavgift", [Row(6570, 14_500), Row(chart.BANK, -14_500)])

    def _loan(self, day: date) -> None:
        debt = -self.books.balance(LOAN, day)
        if debt <= 0:
            return
        interest, part = debt * 5 // 400, min(debt, 1_250_000)
        rows = [Row(8410, interest), Row(LOAN, part), Row(chart.BANK, -interest - part)]
        self.books.post("A", day, "Ränta och amortering", rows)

    def _settle_vat(self, day: date) -> None:
        balances = {account: self.books.balance(account, day) for account in VAT_ACCOUNTS}
        owed = sum(balances.values())
        rows = [Row(account, -amount) for account, amount in balances.items()]
        if not any(balances.values()):
            return
        self.books.post("M", day, f"Momsredovisning t.o.m. {day}", [*rows, Row(chart.VAT_SETTLEMENT, owed)])
        due = working_day(next_month(day.replace(day=1), 2).replace(day=12))
        self.diary.at(due, lambda on: self._pay_vat(on, owed))

    def _pay_vat(self, day: date, owed: Ore) -> None:
        text = "Moms, inbetalning" if owed < 0 else "Moms, återbetalning"
        self.books.post("A", day, text, [Row(chart.VAT_SETTLEMENT, -owed), Row(chart.BANK, owed)])

    def _turn(self, year: Year) -> None:
        before = self.books.neighbour(year, -1)
        if before is not None and before.to_date <= self.profile.from_date:
            self.close_result(before)
            self.diary.at(year.from_date + timedelta(days=150), self._move_last_result)
        self.books.carry_balances(year)

    def close_result(self, year: Year) -> None:
        """Book the year's result against the equity in the closing series."""
        result = self.books.result(year)
        equity = 2019 if self.profile.partnership else 2099
        rows = [Row(chart.RESULT, -result), Row(equity, result)]
        self.books.post(chart.CLOSING_SERIES, year.to_date, "Årets resultat", rows)

    def _move_last_result(self, day: date) -> None:
        year = self.books.year_of(day)
        source, target = (2019, 2010) if self.profile.partnership else (2099, 2091)
        amount = year.opening.get(source, 0) if year else 0
        rows = [Row(source, -amount), Row(target, amount)]
        self.books.post("A", day, "Omföring av föregående års resultat", rows)
