#!/usr/bin/env python3
"""A slow second opinion on prices: what a call-off costs and saves, computed without the product's code.

    prices.py --seed N --count N > vectors.jsonl

Written from the rules and not from the Rust: exact fractions until the one rounding of each amount, days
counted one by one, tiers as a sum of slopes. Where the two disagree, one of them is wrong.

Each line of the output is a contract or an order under the contract that came last. Amounts are texts. An
order's `expect` holds, in this order,
    lines    net, baseline, evidence (A, B, C, stale, missing) of each line; null without a price
    net      sum of the lines, surcharge, net order value
    vat      category, rate, base, tax of each group, highest rate first
    paid     sum of the taxes, gross, what paying in time saves
    savings  baseline, price effect, fee, net, rate %, unevidenced, process effect (non-cash), coverage %
Standard library only.
"""

import argparse
import json
import sys
from decimal import Decimal
from fractions import Fraction

# No __pycache__ beside the sources.
sys.dont_write_bytecode = True

from made_up import KINDS_OF_EVIDENCE, SUPPLIER, Maker
from numbers_and_days import days, exact, half_up, months, months_before, percent_of, percentage, within

ORDERS_OF_A_CONTRACT = 50
ZERO = Decimal("0.00")

# --- prices (rules, section 4) ------------------------------------------------------------------------


def in_force(item, day):
    """The released price with the chosen supplier on that day."""
    for term in item["terms"]:
        if term["supplier"] == SUPPLIER and term["released"] and within(term["validity"], day):
            return term["price"]
    return None


def already_called_off(price, before):
    by_all, by_member = before
    return exact({"per_order": 0, "per_member": by_member, "per_contract": by_all}[price["counted"]])


def tier_reached(tiers, position):
    reached = [tier for tier in tiers if exact(tier["from"]) <= position]
    return exact((reached or tiers[:1])[-1]["unit_price"])


def graduated_cost(tiers, units):
    """What the first `units` units cost: each tier changes the slope where it begins."""
    cost, slope = Fraction(0), Fraction(0)
    for number, tier in enumerate(tiers):
        begin = 0 if number == 0 else exact(tier["from"]) - 1
        price = exact(tier["unit_price"])
        cost += max(Fraction(0), units - begin) * (price - slope)
        slope = price
    return cost


def index_price(contract, price, day):
    known = [v for v in contract["index"] if v["released"] and v["published"] <= day]
    base = exact(price["base_price"])
    if not known:
        return base
    ratio = exact(max(known, key=lambda v: v["published"])["value"]) / exact(price["index_base"])
    if abs(ratio - 1) * 100 <= exact(price["threshold"]):
        return base
    moved = base * (exact(price["fixed_share"]) + exact(price["variable_share"]) * ratio)
    return exact(half_up(moved, contract["unit_price_decimals"]))


def agreed_cost(contract, order, article, quantity, price):
    """Exact cost of a line at the contract's price; None for a free-text item."""
    kind, day = price["type"], order["day"]
    competition = order.get("competition", {})
    term = months(days(*order["performance"])) if kind == "subscription" else 1
    if article in competition:
        return exact(competition[article]) * quantity * term
    if kind == "fixed":
        return exact(price["unit_price"]) * quantity
    if kind == "subscription":
        return exact(price["unit_price_month"]) * quantity * term
    if kind == "list_minus":
        reduced = exact(price["list_price"]) * (1 - exact(price["discount_pct"]) / 100)
        return exact(half_up(reduced, contract["unit_price_decimals"])) * quantity
    if kind == "index":
        return index_price(contract, price, day) * quantity
    if kind == "quoted":
        return None
    # Lines of one article stand together in one tier.
    together = sum(exact(line[1]) for line in order["lines"] if line[0] == article)
    before = already_called_off(price, order.get("before", {}).get(article, ("0", "0")))
    if kind == "tier_all_units":
        return tier_reached(price["tiers"], before + together) * quantity
    whole = graduated_cost(price["tiers"], before + together) - graduated_cost(price["tiers"], before)
    return whole * quantity / together


def line_net(contract, order, line):
    article, quantity = line[0], exact(line[1])
    item = contract["items"].get(article)
    price = in_force(item, order["day"]) if item else None
    if price is None:
        return None
    cost = agreed_cost(contract, order, article, quantity, price)
    net = None if cost is None else half_up(cost)
    if len(line) > 2:
        term = months(days(*order["performance"])) if price["type"] == "subscription" else 1
        offered = half_up(exact(line[2]) * quantity * term)
        net = offered if net is None else min(net, offered)
    return net


# --- VAT by category and date of supply ---------------------------------------------------------------


def treatment(item, day):
    reached = [change for change in item["vat_changes"] if change[0] <= day]
    return tuple(max(reached)[1:] if reached else item["vat"])


def vat_parts(order, item, net, price):
    """(category, rate), base: a subscription is supplied month by month, anything else when it is complete."""
    if price["type"] != "subscription":
        supplied = order["performance"][1] if order["performance"] else order["day"]
        return [(treatment(item, supplied), net)]
    covered = days(*order["performance"])
    whole, parts, given = months(covered), [], ZERO
    for number, day in enumerate(covered):
        last = number + 1 == len(covered)
        if last or treatment(item, covered[number + 1]) != treatment(item, day):
            reached = half_up(exact(net) * months(covered[: number + 1]) / whole)
            parts.append((treatment(item, day), reached - given))
            given = reached
    return parts


def vat_groups(contract, order, nets, surcharge):
    bases = {}
    for line, net in zip(order["lines"], nets):
        if net is not None:
            item = contract["items"][line[0]]
            for group, base in vat_parts(order, item, net, in_force(item, order["day"])):
                bases[group] = bases.get(group, ZERO) + base
    if surcharge is not None:
        group = ("Z" if exact(surcharge["vat"]) == 0 else "S", surcharge["vat"])
        bases[group] = bases.get(group, ZERO) + Decimal(surcharge["net"])
    ordered = sorted(bases.items(), key=lambda entry: (-exact(entry[0][1]), entry[0][0]))
    return [(category, rate, base, percentage(base, rate)) for (category, rate), base in ordered]


# --- savings (rules, section 5) -----------------------------------------------------------------------

CLASS = {"prior_contract": "A", "market_quotes": "A", "external_benchmark": "C", "list_price": "B"}


def line_saving(contract, order, line, net):
    """Baseline amount, effect, evidence."""
    known = sorted((b for b in contract["baselines"] if b["article"] == line[0]), key=lambda b: KINDS_OF_EVIDENCE.index(b["kind"]))
    oldest = months_before(order["day"], contract["max_age_months"])
    fresh = [b for b in known if b["dated"] >= oldest]
    if not known:
        return ZERO, ZERO, "missing"
    chosen = (fresh or known)[0]
    monthly = chosen["per"] == "month" and in_force(contract["items"][line[0]], order["day"])["type"] == "subscription"
    term = months(days(*order["performance"])) if monthly else 1
    baseline = half_up(exact(chosen["unit_price"]) * exact(line[1]) * term)
    return baseline, baseline - net, CLASS[chosen["kind"]] if fresh else "stale"


def process_effect(contract, order, net):
    process = contract["process"]
    avoided = net > Decimal(process["direct_award_limit"]) and not order.get("counted")
    if process["central_share"] is None or Decimal(process["flat"]) == 0 or not avoided:
        return ZERO
    return Decimal(process["flat"]) - Decimal(process["own_effort"]) - Decimal(process["central_share"])


# --- a whole order ------------------------------------------------------------------------------------


def judged(contract, order):
    nets = [line_net(contract, order, line) for line in order["lines"]]
    priced = [(line, net) for line, net in zip(order["lines"], nets) if net is not None]
    lines_net = sum((net for _, net in priced), ZERO)
    minimum = contract["minimum"]
    surcharge = minimum["surcharge"] if minimum and lines_net < Decimal(minimum["value"]) else None
    extra = Decimal(surcharge["net"]) if surcharge else ZERO
    net = lines_net + extra
    groups = vat_groups(contract, order, nets, surcharge)
    taxes = sum((tax for *_, tax in groups), ZERO)

    savings = [line_saving(contract, order, line, net) for line, net in priced]
    proven = [(n, entry) for (_, n), entry in zip(priced, savings) if entry[2] in ("A", "B", "C")]
    baseline = sum((entry[0] for _, entry in proven), ZERO)
    effect = sum((entry[1] for _, entry in proven), ZERO)
    unevidenced = sum((entry[1] for entry in savings if entry[2] == "stale"), ZERO)
    covered = sum((n for n, _ in proven), ZERO)
    fee = percentage(net, contract["fee_pct"])
    saved = effect - extra - fee
    by_line = iter(savings)
    lines = [None if n is None else (n, *next(by_line)) for n in nets]
    return {
        "lines": [line and (line[0], line[1], line[3]) for line in lines],
        "net": [lines_net, extra, net],
        "vat": groups,
        "paid": [taxes, net + taxes, percentage(net + taxes, contract["cash_discount_pct"])],
        "savings": [baseline, effect, fee, saved, percent_of(saved, baseline), unevidenced,
                    process_effect(contract, order, net), percent_of(covered, lines_net)],
    }


def main():
    options = argparse.ArgumentParser(description="Writes orders with their amounts, computed independently.")
    options.add_argument("--seed", type=int, required=True, help="the same seed gives the same file")
    options.add_argument("--count", type=int, required=True, help="how many orders")
    chosen = options.parse_args()
    if chosen.count < 1:
        options.error(f"--count is {chosen.count}, but has to be at least 1")
    maker = Maker(chosen.seed)
    write = lambda row: print(json.dumps(row, default=str, separators=(",", ":")))
    contract = None
    for number in range(chosen.count):
        if number % ORDERS_OF_A_CONTRACT == 0:
            contract = maker.contract(number // ORDERS_OF_A_CONTRACT)
            write(contract)
        order = maker.order(contract)
        write(order | {"expect": judged(contract, order)})


if __name__ == "__main__":
    sys.exit(main())
