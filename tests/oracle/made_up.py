"""Made-up contracts and orders for prices.py, drawn from a seed, with a liking for the edges."""

import random
from datetime import date, timedelta
from decimal import Decimal

from numbers_and_days import exact, half_up, months_before

SUPPLIER, OTHER_SUPPLIER = 1, 2
KINDS_OF_EVIDENCE = ["prior_contract", "market_quotes", "external_benchmark", "list_price"]


class Maker:
    """Makes one contract or order after the other."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def one_of(self, *choices):
        return self.random.choice(choices)

    def number(self, low, high, places):
        """A decimal text between two whole numbers."""
        scaled = self.random.randint(low * 10**places, high * 10**places)
        return str(Decimal(scaled).scaleb(-places))

    def unit_price(self, high=2000):
        return self.number(1, self.one_of(2, 20, high), self.one_of(2, 2, 2, 3, 4, 6))

    def near(self, day, spread=1):
        return day + timedelta(days=self.random.randint(-spread, spread))

    def tiers(self):
        begins = sorted(self.random.sample([5, 10, 25, 50, 100, 250, 1001, 3001], self.random.randint(1, 3)))
        price, places = Decimal(self.unit_price()), self.one_of(2, 2, 4)
        tiers = []
        for begin in [1, *begins]:
            tiers.append({"from": str(begin), "unit_price": str(half_up(price, places))})
            price *= Decimal(self.number(0, 1, 2)) / 2 + Decimal("0.5")
        return tiers

    def price(self, kind):
        counted = self.one_of("per_order", "per_member", "per_contract")
        fixed = self.one_of("0.25", "0.4", "0.3333", "0", "1")
        return {"type": kind} | {
            "fixed": lambda: {"unit_price": self.unit_price()},
            "tier_all_units": lambda: {"counted": counted, "tiers": self.tiers()},
            "tier_graduated": lambda: {"counted": counted, "tiers": self.tiers()},
            "list_minus": lambda: {"list_price": self.unit_price(), "discount_pct": self.one_of("12.5", "3", "0", "33.3333", "7.25")},
            "index": lambda: {"base_price": self.unit_price(), "fixed_share": fixed, "variable_share": str(1 - Decimal(fixed)),
                              "index_base": self.one_of("100", "118.9", "97.25"), "threshold": self.one_of("0", "3", "5", "2.5")},
            "subscription": lambda: {"unit_price_month": self.unit_price(200)},
            "quoted": lambda: {"cap": self.unit_price()},
        }[kind]()

    def terms(self, kind):
        """A price, often with a second version, an unreleased one or one of another supplier before it."""
        price = lambda: self.price(kind)
        own = {"supplier": SUPPLIER, "released": True}
        if self.random.random() < 0.5:
            return [own | {"validity": [date(2025, 1, 1), None], "price": price()}]
        cut = self.one_of(date(2026, 1, 1), date(2026, 3, 1), date(2027, 1, 1), date(2028, 2, 29))
        return [
            {"supplier": OTHER_SUPPLIER, "released": True, "validity": [date(2025, 1, 1), None], "price": price()},
            {"supplier": SUPPLIER, "released": False, "validity": [date(2025, 1, 1), None], "price": price()},
            own | {"validity": [date(2025, 1, 1), cut - timedelta(days=1)], "price": price()},
            own | {"validity": [cut, self.one_of(None, date(2028, 12, 31))], "price": price()},
        ]

    def item(self, kind):
        vat = [["S", "19"], ["S", "19"], ["S", "7"], ["Z", "0"], ["E", "0"], ["AE", "0"], ["O", "0"]]
        changes = self.random.sample([date(2026, 7, 1), date(2027, 1, 1), date(2027, 1, 16), date(2028, 2, 29)],
                                     self.one_of(0, 0, 1, 2))
        return {"terms": self.terms(kind), "vat": self.random.choice(vat),
                "vat_changes": sorted([day, *self.random.choice(vat)] for day in changes)}

    def contract(self, number):
        kinds = ["fixed", "tier_all_units", "tier_graduated", "list_minus", "index", "subscription", "quoted"]
        items = {f"A{n}": self.item(kind) for n, kind in enumerate(self.random.sample(kinds, 4))}
        index_prices = [term["price"] for item in items.values() for term in item["terms"] if term["price"]["type"] == "index"]
        fixed = next((t["price"]["unit_price"] for i in items.values() for t in i["terms"] if t["price"]["type"] == "fixed"), "49.99")
        minimum = None
        if self.random.random() < 0.6:
            value = str(half_up(exact(fixed) * self.one_of(1, 2, 5, 100)))
            surcharge = {"net": self.number(1, 40, 2), "vat": self.one_of("19", "7", "0")}
            minimum = {"value": value, "surcharge": self.one_of(surcharge, surcharge, None)}
        return {
            "contract": number, "unit_price_decimals": self.one_of(2, 2, 3, 4), "items": items,
            "index": self.index_values(index_prices), "minimum": minimum,
            "fee_pct": self.one_of("0", "1.5", "0.75", "2.125"), "cash_discount_pct": self.one_of("2", "3", "1.25"),
            "max_age_months": self.one_of(24, 24, 18, 1), "baselines": self.baselines(items),
            "process": {"central_share": self.one_of(None, "410.00", "5000.00"), "direct_award_limit": self.one_of("100.00", "15000.00"),
                        "flat": self.one_of("0.00", "3667.00"), "own_effort": "120.00"},
        }

    def index_values(self, prices):
        """Values at, just below and just above the threshold of a clause, some not released."""
        values, day = [], date(2025, 12, 10)
        for _ in range(self.random.randint(0, 4) if prices else 0):
            price = self.random.choice(prices)
            edge = exact(price["index_base"]) * (1 + self.one_of(-1, 1) * exact(price["threshold"]) / 100)
            value = half_up(edge, 4) + Decimal(self.one_of("-0.0001", "0", "0.0001", "4.2", "-3.7"))
            values.append({"value": str(value), "published": day, "released": self.random.random() < 0.8})
            day += timedelta(days=self.random.randint(1, 250))
        return values

    def baselines(self, items):
        found = []
        for article in items:
            for kind in self.random.sample(KINDS_OF_EVIDENCE, self.one_of(0, 1, 1, 2)):
                dated = self.one_of(date(2024, 1, 31), date(2024, 12, 31), date(2025, 11, 10), date(2026, 2, 28), date(2022, 5, 1))
                found.append({"article": article, "kind": kind, "unit_price": self.unit_price(), "per": self.one_of("unit", "month"),
                              "dated": self.near(dated)})
        return sorted(found, key=lambda b: KINDS_OF_EVIDENCE.index(b["kind"]))

    def day(self, contract):
        """Any day, or the edge of a price version, an index value, the age of a baseline."""
        edges = [date(2026, 1, 1), date(2026, 3, 1), date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)]
        edges += [value["published"] for value in contract["index"]]
        for baseline in contract["baselines"]:
            end = months_before(baseline["dated"], -contract["max_age_months"])
            edges += [end] if end >= date(2025, 1, 2) else []
        if self.random.random() < 0.5:
            return self.near(self.random.choice(edges))
        return date(2026, 1, 1) + timedelta(days=self.random.randint(0, 1200))

    def quantity(self, contract, article):
        item = contract["items"].get(article)
        tiers = [t for term in item["terms"] for t in term["price"].get("tiers", [])] if item else []
        if tiers and self.random.random() < 0.6:
            return str(max(1, int(self.random.choice(tiers)["from"]) + self.random.randint(-2, 1)))
        if self.random.random() < 0.25:
            return self.number(1, 60, self.one_of(1, 2, 4))
        return str(self.random.randint(1, self.one_of(3, 40, 1500)))

    def order(self, contract):
        day = self.day(contract)
        first = self.near(day, 40)
        length = self.one_of(0, 20, 364, 364, 700)
        order = {"order": contract["contract"], "day": day, "performance": [first, first + timedelta(days=self.random.randint(length // 2, length))]}
        articles = self.random.choices(list(contract["items"]) + ["GHOST"] * (self.random.random() < 0.1), k=self.one_of(1, 2, 2, 3, 4, 5))
        order["lines"] = lines = []
        for article in articles:
            line = [article, self.quantity(contract, article)]
            item = contract["items"].get(article)
            quoted = item and item["terms"][0]["price"]["type"] == "quoted"
            if self.random.random() < (0.9 if quoted else 0.15):
                line.append(self.unit_price())
            lines.append(line)
        tiered = [a for a in sorted(set(articles)) if a in contract["items"] and contract["items"][a]["terms"][0]["price"].get("tiers")]
        if tiered:
            order["before"] = {a: self.one_of(["0", "0"], ["1000", "999"], ["3000", "4"], ["48.5", "24"]) for a in tiered}
        if self.random.random() < 0.1:
            order["competition"] = {a: self.unit_price() for a in sorted(set(articles)) if self.random.random() < 0.8}
        if self.random.random() < 0.2:
            order["counted"] = True
        if not self.has_subscription(contract, articles) and self.random.random() < 0.3:
            order["performance"] = None
        return order

    def has_subscription(self, contract, articles):
        return any(contract["items"][a]["terms"][0]["price"]["type"] == "subscription" for a in articles if a in contract["items"])
