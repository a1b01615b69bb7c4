"""Exact numbers, the one rounding, and days: what prices.py and its made-up orders both need."""

import calendar
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction


def exact(text):
    """A decimal text or Decimal as an exact fraction."""
    return Fraction(Decimal(text))


def half_up(value, places=2):
    """The one rounding: half-up on the absolute value."""
    scaled = abs(Fraction(value)) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def percentage(amount, rate):
    return half_up(exact(amount) * exact(rate) / 100)


def percent_of(part, whole):
    return None if whole == 0 else half_up(exact(part) * 100 / exact(whole))


# --- days ---------------------------------------------------------------------------------------------


def days(first, last):
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def months(covered):
    """Sum over calendar months of covered days / days of that month."""
    by_month = {}
    for day in covered:
        by_month[day.year, day.month] = by_month.get((day.year, day.month), 0) + 1
    return sum((Fraction(n, calendar.monthrange(*month)[1]) for month, n in by_month.items()), Fraction(0))


def months_before(day, count):
    """The same day so many months earlier, the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def within(validity, day):
    first, last = validity
    return first <= day and (last is None or day <= last)
