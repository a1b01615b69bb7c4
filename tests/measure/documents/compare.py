"""Order PDFs of Abruf beside typst, WeasyPrint and reportlab: processor time and bytes, one run.

usage: compare.py RENDER FONTS
  RENDER   the program of backend/documents/examples/render.rs, built for release
  FONTS    folder with NotoSans-Regular.ttf and NotoSans-Bold.ttf

For each size the programs take turns, Abruf before and after each of the others. All figures are
medians of processor time (user and system, all threads) of documents that follow a warm-up in a process
that stays. Each document of the others has other words and figures, so that none of them can take a page from
a memory of the one before; amounts are formatted for them beforehand. Abruf formats its own.

What they make: Abruf PDF/A-3a and PDF/UA-1 with Order-X and Peppol XML; typst PDF/A-3a with Order-X; WeasyPrint
PDF/A-3u without tags; reportlab plain PDF without tags, kerning or attachments.
"""

import html
import io
import json
import statistics
import string
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent
# Lines of the order, and documents of each program per turn.
SIZES = ((1, 40), (5, 40), (60, 20), (400, 6))
TURNS = 3
# Goals of P5: processor time of typst over that of Abruf.
MUST, AIM = Decimal(1), Decimal(2)


def figure(text, places=2):
    whole, _, rest = f"{Decimal(text):.{places}f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    return f"{grouped},{rest}" if rest else grouped


def day(text):
    year, month, of_month = text.split("-")
    return f"{of_month}.{month}.{year}"


def variant(data, number):
    """The order as every template wants it: formatted, and unlike the one before."""
    place = lambda party: [party["name"], party["unit"] or "", *party["address"]]
    lines = []
    for line in data["lines"]:
        price = Decimal(line["unit_price"]) + Decimal(number) / 100
        net = Decimal(line["net"]) + number
        subscription = line["subscription"]
        period = subscription and f"{day(subscription['period']['from'])} bis {day(subscription['period']['to'])} · {subscription['months']} Monate"
        lines.append({
            "position": str(line["position"]),
            "title": f"{line['title']} ({number})",
            "detail": f"{line['article_number']}-{number} · {line['lot']}",
            "period": period,
            "quantity": figure(line["quantity"], 0),
            "unit": line["unit"],
            "price": figure(price),
            "rate": f"{Decimal(line['vat']['rate']):.0f} %",
            "net": figure(net),
        })
    totals, references = data["totals"], data["references"]
    contact = references["contact"]
    return {
        "title": f"Abruf {data['stage']['number']}-{number}",
        "reference": f"Abruf {data['stage']['number']}-{number} vom 04.05.2027",
        "code": f"{number:04d}-7K3M-9Q2P-4711",
        "heading": f"Einzelabruf aus dem Rahmenvertrag {data['contract']['number']}",
        "footer": " · ".join([data["body"]["name"], *data["body"]["address"], *data["body"]["contact"]]),
        "buyer": [data["buyer"]["name"], *data["buyer"]["address"]],
        "supplier": place(data["supplier"]),
        "facts": [
            ["Abrufnummer", f"{data['stage']['number']}-{number}"],
            ["Bestelldatum", "04.05.2027"],
            ["Vorgang", data["case_number"]],
            ["Aktenzeichen", references["file_reference"]],
            ["Kostenstelle", references["cost_centre"]],
            ["Leitweg-ID", references["leitweg_id"]],
            ["Ansprechperson", contact["name"]],
            ["Telefon", contact["phone"]],
            ["E-Mail", contact["email"]],
        ],
        "contract": [["Rahmenvertrag", data["contract"]["title"]], ["Los", data["contract"]["lots"][0]]],
        "notice": [["Bekanntmachung", data["contract"]["notice"]], ["Vergabe", data["contract"]["procedure"]]],
        "lines": lines,
        "sums": [
            ["Summe netto", figure(totals["net"])],
            *[[f"zuzüglich {row['class']['rate']} % Umsatzsteuer auf {figure(row['base'])} €", figure(row["vat"])] for row in totals["vat_rows"]],
            ["Auftragssumme brutto in €", figure(totals["gross"])],
        ],
        "places": [
            ["Lieferung an", *place(data["delivery_address"])],
            ["Rechnung an", *place(data["invoice_address"])],
            ["Gewünschter Liefertermin", day(data["desired_delivery"])],
        ],
        "terms": [[term["title"], term["text"]] for term in data["terms"]],
        "signatures": [
            ["Angefordert von", data["requested"]["name"]],
            ["Freigegeben durch", data["stage"]["released"]["name"]],
        ],
    }


def typst_maker(fonts):
    import typst

    compiler = typst.Compiler(str(HERE / "order.typ"), font_paths=[str(fonts)], ignore_system_fonts=True)

    def make(data, xml):
        return compiler.compile(format="pdf", sys_inputs={"data": json.dumps(data), "xml": xml}, pdf_standards=["a-3a"])

    return make


def weasyprint_maker(_fonts):
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    template = string.Template((HERE / "order.html").read_text(encoding="utf-8"))
    fonts = FontConfiguration()

    def make(data, _xml):
        escape = html.escape
        rows = lambda pairs: "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in pairs)
        lines = "".join(
            f"<tr><td class=figure>{line['position']}</td><td>{escape(line['title'])}<br><span class=small>{escape(line['detail'])}</span>"
            + (f"<br><span class=small>{escape(line['period'])}</span>" if line["period"] else "")
            + f"</td><td class=figure>{line['quantity']}</td><td>{escape(line['unit'])}</td><td class=figure>{line['price']}</td>"
            f"<td>{line['rate']}</td><td class=figure>{line['net']}</td></tr>"
            for line in data["lines"]
        )
        text = template.substitute(
            title=escape(data["title"]),
            reference=escape(data["reference"]),
            code=data["code"],
            heading=escape(data["heading"]),
            buyer=escape(data["buyer"][0]),
            supplier="<br>".join(map(escape, data["supplier"])),
            facts=rows(data["facts"]),
            contract=rows(data["contract"] + data["notice"]),
            lines=lines,
            sums="".join(f"<tr><td colspan=6>{escape(a)}</td><td class=figure>{b}</td></tr>" for a, b in data["sums"]),
            places="".join(f"<td>{'<br>'.join(map(escape, place))}</td>" for place in data["places"]),
            terms="".join(f"<p class=small><b>{escape(a)}.</b> {escape(b)}</p>" for a, b in data["terms"]),
            signatures=rows(data["signatures"]),
        )
        return HTML(string=text).write_pdf(pdf_variant="pdf/a-3u", font_config=fonts)

    return make


def reportlab_maker(fonts):
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

    pdfmetrics.registerFont(TTFont("Noto", str(fonts / "NotoSans-Regular.ttf")))
    pdfmetrics.registerFont(TTFont("Noto-Bold", str(fonts / "NotoSans-Bold.ttf")))
    pdfmetrics.registerFontFamily("Noto", normal="Noto", bold="Noto-Bold", italic="Noto", boldItalic="Noto-Bold")
    body = ParagraphStyle("body", fontName="Noto", fontSize=9, leading=11.5)
    small = ParagraphStyle("small", fontName="Noto", fontSize=7.5, leading=9.5)
    head = ParagraphStyle("head", fontName="Noto-Bold", fontSize=12, leading=16)
    escape = html.escape

    def make(data, _xml):
        facts = lambda pairs: Table([[Paragraph(escape(a), small), Paragraph(escape(b), small)] for a, b in pairs], colWidths=[25 * mm, 60 * mm])
        rows = [["Pos.", "Leistung", "Menge", "Einheit", "Einzelpreis €", "USt", "Betrag €"]]
        for line in data["lines"]:
            what = f"{escape(line['title'])}<br/><font size=7.5>{escape(line['detail'])}</font>"
            if line["period"]:
                what += f"<br/><font size=7.5>{escape(line['period'])}</font>"
            rows.append([line["position"], Paragraph(what, body), line["quantity"], line["unit"], line["price"], line["rate"], line["net"]])
        for label, amount in data["sums"]:
            rows.append(["", Paragraph(escape(label), body), "", "", "", "", amount])
        table = Table(rows, colWidths=[10 * mm, 66 * mm, 14 * mm, 22 * mm, 22 * mm, 12 * mm, 22 * mm], repeatRows=1)
        table.setStyle([("FONT", (0, 0), (-1, -1), "Noto", 9), ("ALIGN", (2, 0), (-1, -1), "RIGHT"), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black")])

        def footer(canvas, document):
            canvas.setFont("Noto", 7)
            canvas.drawString(25 * mm, 15 * mm, f"{data['reference']}   Prüfkennung {data['code']}   Seite {document.page}")

        story = [
            Paragraph(f"<b>{escape(data['buyer'][0])}</b>", body),
            Spacer(1, 18 * mm),
            Paragraph("<br/>".join(map(escape, data["supplier"])), body),
            facts(data["facts"]),
            Paragraph(escape(data["heading"]), head),
            Paragraph("Hiermit rufen wir die folgenden Leistungen verbindlich ab.", body),
            facts(data["contract"] + data["notice"]),
            table,
            Table([[Paragraph("<br/>".join(map(escape, place)), small) for place in data["places"]]]),
            *[Paragraph(f"<b>{escape(a)}.</b> {escape(b)}", small) for a, b in data["terms"]],
            facts(data["signatures"]),
        ]
        buffer = io.BytesIO()
        document = SimpleDocTemplate(buffer, pagesize=A4, leftMargin=25 * mm, rightMargin=20 * mm, topMargin=30 * mm, bottomMargin=26 * mm, title=data["title"])
        document.build(story, onFirstPage=footer, onLaterPages=footer)
        return buffer.getvalue()

    return make


def ask(render, *arguments):
    return subprocess.run([render, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def cpu_of(make, data, xml, count, start):
    took, size = [], 0
    for number in range(start, start + count):
        order = variant(data, number)
        begin = time.process_time_ns()
        pdf = make(order, xml)
        took.append(time.process_time_ns() - begin)
        size = len(pdf)
    return statistics.median(took) / 1e6, size


def main():
    render, fonts = sys.argv[1], Path(sys.argv[2])
    rivals = {}
    for name, maker in (("typst", typst_maker), ("WeasyPrint", weasyprint_maker), ("reportlab", reportlab_maker)):
        try:
            rivals[name] = maker(fonts)
        except (ImportError, OSError) as error:
            print(f"compare: {name} is not measured: {str(error).splitlines()[0]}", file=sys.stderr)
    if "typst" not in rivals:
        sys.exit("compare: without typst there is no goal to compare with")
    print("| lines | program | CPU ms, median of turns | KB | its CPU over Abruf's, median [min..max] |")
    print("|---|---|---|---|---|")
    missed = []
    for lines, count in SIZES:
        data, xml = json.loads(ask(render, "--data", lines)), ask(render, "--order-x", lines).strip()
        number = 0
        for make in rivals.values():
            cpu_of(make, data, xml, 2, 9_000)
        own, kilobytes, ratios = [], {}, {name: [] for name in rivals}
        theirs = {name: [] for name in rivals}
        for _ in range(TURNS):
            for name, make in rivals.items():
                before = [int(part) for part in ask(render, "--cpu", lines, count).split()]
                took, size = cpu_of(make, data, xml, count, number)
                number += count
                after = [int(part) for part in ask(render, "--cpu", lines, count).split()]
                mean = (before[0] + after[0]) / 2e6
                own += [before[0] / 1e6, after[0] / 1e6]
                theirs[name].append(took)
                ratios[name].append(took / mean)
                kilobytes["Abruf"], kilobytes[name] = after[1], size
        print(f"| {lines} | Abruf | {statistics.median(own):.2f} | {kilobytes['Abruf'] / 1024:.1f} | 1 |")
        for name in rivals:
            median = statistics.median(ratios[name])
            print(
                f"| {lines} | {name} | {statistics.median(theirs[name]):.2f} | {kilobytes[name] / 1024:.1f} "
                f"| {median:.2f} [{min(ratios[name]):.2f}..{max(ratios[name]):.2f}] |",
                flush=True,
            )
        if statistics.median(ratios["typst"]) <= MUST:
            missed.append(f"{lines} lines: not faster than typst")
        elif statistics.median(ratios["typst"]) < AIM:
            missed.append(f"{lines} lines: faster than typst, but not twice (aim)")
        if kilobytes["typst"] < kilobytes["Abruf"]:
            missed.append(f"{lines} lines: larger than typst's")
        if lines == 5 and 45 * 1024 < kilobytes["Abruf"]:
            missed.append("5 lines: above 45 KB")
    print()
    print("missed: " + "; ".join(missed) if missed else "all goals of P5 are met")


if __name__ == "__main__":
    main()
