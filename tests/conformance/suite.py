"""Judges the spoilt files, then ours; prints its counts and fails below them.

Called by `run` with the work folder, in which are `samples` and `classpath`, and folders of further
documents.
"""

import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path

import facturx
import pikepdf
from lxml import etree

from sabotage import spoil

# What has to be judged at least, or the suite has not run.
AT_LEAST = {
    "PDF/A-3a": 30, "PDF/UA-1": 30, "syntax": 30, "Peppol T01": 20, "Order-X": 20, "text": 20, "GoBD index": 1,
}

# What auditors' programs read of an archive; archives in further folders have copies of it.
INDEX = Path(__file__).resolve().parents[2] / "backend/server/reports/call_off_bag/index.xml"


def main() -> int:
    work, further = Path(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]]
    logging.disable(logging.CRITICAL)
    failures = []
    counts = dict.fromkeys(AT_LEAST, 0)

    spoilt = spoil(work / "samples", work / "spoilt")
    pdfs, peppol, order_x = [], [], []
    for folder in [work / "samples", *further]:
        pdfs += sorted(folder.rglob("*.pdf"))
        peppol += sorted(folder.rglob("*.peppol.xml"))
        order_x += sorted(folder.rglob("*.order-x.xml"))
    indexes = [INDEX, *(file for folder in further for file in sorted(folder.rglob("index.xml")))]

    tasks = [(judge, file) for _, judge, file, _ in spoilt if judge != "order-x"]
    tasks += [(judge, file) for file in pdfs for judge in ("3a", "ua1")]
    tasks += [("t01", file) for file in peppol]
    verdicts = judged(work, tasks)

    for name, judge, file, rule in spoilt:
        rules = order_x_faults(file.read_bytes()) if judge == "order-x" else verdicts[judge, file]
        if not any(rule in fault for fault in rules):
            failures.append(f"sabotage {name}: {judge} did not fail {rule} but {rules or 'nothing'}")
    noticed = len(spoilt) - len(failures)
    print(f"conformance: {noticed} of {len(spoilt)} spoilt files were noticed for their reason")

    for element in ("URL", "VariablePrimaryKey", "References"):
        if not index_faults(INDEX, without=element):
            failures.append(f"sabotage index-without-{element}: the rules of the index did not notice")
    for file in indexes:
        counts["GoBD index"] += 1
        failures += [f"{file}: {fault}" for fault in index_faults(file)]

    names = {"3a": "PDF/A-3a", "ua1": "PDF/UA-1", "t01": "Peppol T01"}
    for judge, file in tasks[len(spoilt) - 1:]:
        counts[names[judge]] += 1
        failures += [f"{file}: {names[judge]}: {fault}" for fault in verdicts[judge, file]]
    for file in pdfs:
        counts["syntax"] += 1
        with pikepdf.open(file) as pdf:
            failures += [f"{file}: syntax: {fault}" for fault in pdf.check_pdf_syntax()]
            attached = {name: bytes(content.get_file().read_bytes()) for name, content in pdf.attachments.items()}
        beside = file.with_suffix(".order-x.xml")
        for name, content in attached.items():
            if name != "order-x.xml":
                continue
            counts["Order-X"] += 1
            failures += [f"{file}: {name}: {fault}" for fault in order_x_faults(content)]
            if beside.exists() and beside.read_bytes() != content:
                failures.append(f"{file}: {name} differs from {beside.name}")
            counts["text"] += 1
            failures += [f"{file}: text: {fault}" for fault in text_faults(file, content)]
    for file in order_x:
        counts["Order-X"] += 1
        failures += [f"{file}: {fault}" for fault in order_x_faults(file.read_bytes())]

    if not shutil.which("pdftotext"):
        print("conformance: printed text not compared (no pdftotext)")
        counts["text"] = AT_LEAST["text"]
    for what, count in counts.items():
        print(f"conformance: {what}: {count} judged")
        if count < AT_LEAST[what]:
            failures.append(f"{what}: {count} judged, at least {AT_LEAST[what]} are expected")
    for failure in failures:
        print(f"conformance: FAILED {failure}")
    print(f"conformance: {len(failures)} failures")
    return 1 if failures else 0


def judged(work: Path, tasks):
    """Asks the validators in Java; gives the failed rules per task."""
    classes = work / "java" / "classes"
    path = f"{classes.resolve()}:{(work / 'classpath').read_text().strip()}"
    command = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-Xmx1500m", "-cp", path, "Judge"]
    lines = "".join(f"{judge} {file}\n" for judge, file in tasks)
    answer = subprocess.run(command, input=lines, capture_output=True, text=True, encoding="utf-8")
    verdicts = {}
    for line in answer.stdout.splitlines():
        task, count, *faults = line.split("\t")
        judge, file = task.split(" ", 1)
        faults = [fault for fault in faults if fault]
        assert len(faults) == int(count), line
        verdicts[judge, Path(file)] = faults
    missing = [task for task in tasks if task not in verdicts]
    if missing:
        raise SystemExit(f"conformance: no verdict on {missing[0]}:\n{answer.stderr[-3000:]}")
    return verdicts


def order_x_faults(content: bytes):
    """What the schema and the Schematron rules of Order-X find."""
    faults = []
    for check in (facturx.xml_check_xsd, facturx.xml_check_schematron):
        try:
            check(content, flavor="order-x", level="comfort")
        except Exception as error:  # the library raises whatever it meets
            faults.append(re.sub(r"\s+", " ", str(error))[:800])
    return faults


def index_faults(file: Path, without=None):
    """What the document type beside an index.xml finds, with all elements of a name taken out."""
    document = etree.parse(file)
    if without:
        for element in list(document.iter(without)):
            element.getparent().remove(element)
    with (file.parent / document.docinfo.system_url).open("rb") as rules:
        rules = etree.DTD(rules)
    if rules.validate(document):
        return []
    return [str(error) for error in rules.error_log]


def text_faults(file: Path, order: bytes):
    """Compares each line of the order as data with the page: position, article number, amount."""
    if not shutil.which("pdftotext"):
        return []
    printed = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    printed = re.sub(r"[\s\u00a0]+", " ", printed)
    at, faults = 0, []
    message = etree.fromstring(order)
    # A change (4) prints what is left: of a deleted line (2) that is nothing.
    changed = message.findtext(".//{*}PurposeCode") == "4"
    for item in message.iter("{*}IncludedSupplyChainTradeLineItem"):
        if changed and item.findtext(".//{*}LineStatusCode") == "2":
            continue
        position = item.findtext(".//{*}LineID")
        amount = german(item.findtext(".//{*}LineTotalAmount"))
        article = item.findtext(".//{*}SellerAssignedID")
        for text in (f" {position} ", f" {amount} ", article):
            found = printed.find(text, at)
            if found < 0:
                faults.append(f"line {position}: {text!r} is not printed behind the line before it")
                break
            at = found
    total = german(etree.fromstring(order).findtext(".//{*}GrandTotalAmount"))
    if total not in printed:
        faults.append(f"the total {total} is not printed")
    return faults


def german(figure: str) -> str:
    whole, cents = figure.split(".")
    return f"{int(whole):,}".replace(",", ".") + "," + cents


if __name__ == "__main__":
    sys.exit(main())
