"""Spoils good files, each in one way that one rule of one validator is there to notice."""

import re
from pathlib import Path

import pikepdf

GOOD = "order_5"


def _without_relationship(pdf):
    del pdf.Root.AF[0].AFRelationship


def _without_output_intent(pdf):
    del pdf.Root.OutputIntents


def _without_font_program(pdf):
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/FontFile2") is not None:
            del item.FontFile2
            return
    raise ValueError("the sample has no embedded font")


def _without_mark_info(pdf):
    del pdf.Root.MarkInfo


def _without_alternative_text(pdf):
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure":
            del item.Alt
            return
    raise ValueError("the sample has no figure")


# What is spoilt, who has to notice, and the rule that has to fail.
PDFS = [
    ("no-relationship", _without_relationship, "3a", "6.8-3"),
    ("no-output-intent", _without_output_intent, "3a", "6.2.4.3-4"),
    ("no-font-program", _without_font_program, "3a", "6.2.11.4.1-1"),
    ("no-mark-info", _without_mark_info, "3a", "6.7.2.2-1"),
    ("no-alternative-text", _without_alternative_text, "ua1", "7.3-1"),
]


def spoil(samples: Path, folder: Path):
    """Writes the spoilt files; gives (name, judge, file, rule that has to fail)."""
    folder.mkdir(parents=True, exist_ok=True)
    spoilt = []
    for name, change, judge, rule in PDFS:
        file = folder / f"{name}.pdf"
        with pikepdf.open(samples / f"{GOOD}.pdf") as pdf:
            change(pdf)
            pdf.save(file)
        spoilt.append((name, judge, file, rule))
    spoilt.append(("wrong-total", "t01", _changed(
        samples / f"{GOOD}.peppol.xml", folder / "wrong-total.xml",
        r"(<cbc:TaxExclusiveAmount[^>]*>)[^<]*", r"\g<1>1.00"), "PEPPOL-T01-R011"))
    spoilt.append(("no-guideline", "order-x", _changed(
        samples / f"{GOOD}.order-x.xml", folder / "no-guideline.xml",
        r"<ram:GuidelineSpecified.*?</ram:GuidelineSpecified[A-Za-z]*>", ""), "GuidelineSpecified"))
    return spoilt


def _changed(good: Path, file: Path, pattern: str, replacement: str) -> Path:
    text, count = re.subn(pattern, replacement, good.read_text(encoding="utf-8"), count=1)
    if count != 1:
        raise ValueError(f"{pattern} is not in {good}")
    file.write_text(text, encoding="utf-8")
    return file
