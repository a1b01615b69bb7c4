//! Writes sample documents of every kind and size into a folder, for the conformance suite.
//!
//! `samples <folder> [<number of random orders>]`: each document as PDF; beside each order and
//! cancellation that has one its Order-X and its Peppol message.

use std::error::Error;
use std::path::Path;

use abruf_documents::random_order::{random_cancellation, random_order};
use abruf_documents::{
    CancellationData, OrderData, Templates, cancellation, competition_record, delivery_change, entitlement_certificate,
    house_style, meeting_report, memo, order, order_x, peppol_order, report, sample, savings_certificate,
};
use abruf_domain::supply_chain::Side;

#[path = "../tests/folder/mod.rs"]
mod folder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: samples <folder> [<number of random orders>]")?;
    let random: u64 = arguments.next().map_or(Ok(10), |count| count.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let templates = Templates::embedded();
    for lines in [1, 2, 3, 5, 12, 13, 34, 60, 133, 400] {
        write_order(folder, &templates, &format!("order_{lines}"), &sample::order(lines))?;
    }
    for lines in [1, 5, 60] {
        write_order(folder, &templates, &format!("draft_{lines}"), &sample::draft(lines))?;
    }
    for lines in [1, 5, 20, 60] {
        write_order(folder, &templates, &format!("stress_{lines}"), &sample::stress(lines))?;
    }
    write_order(folder, &templates, "names_3", &names())?;
    for lines in [2, 60] {
        for (name, side) in [("in_house", Side::InHouse), ("supplier", Side::Supplier)] {
            write_order(folder, &templates, &format!("{name}_{lines}"), &sample::of_pair(lines, side))?;
        }
    }
    for lines in [1, 5, 60, 400] {
        write_cancellation(folder, &templates, &format!("cancellation_{lines}"), &sample::cancellation(lines))?;
    }
    for (name, lines, anew) in [("part_3", 3, false), ("part_60", 60, false), ("priced_anew_5", 5, true)] {
        let data = sample::partial_cancellation(lines, anew);
        write_cancellation(folder, &templates, &format!("cancellation_{name}"), &data)?;
    }
    for lines in [1, 5, 60, 400] {
        std::fs::write(folder.join(format!("memo_{lines}.pdf")), memo(&sample::memo(lines), &templates)?.bytes)?;
    }
    for count in [1, 9, 40] {
        let certificate = entitlement_certificate(&sample::entitlement_certificate(count), &templates)?;
        std::fs::write(folder.join(format!("entitlement_certificate_{count}.pdf")), certificate.bytes)?;
    }
    for lines in [1, 5, 60] {
        let data = sample::delivery_change(lines);
        let name = format!("delivery_change_{lines}");
        std::fs::write(folder.join(format!("{name}.pdf")), delivery_change(&data, &templates)?.bytes)?;
        std::fs::write(folder.join(format!("{name}.order-x.xml")), order_x::order_x_of_change(&data))?;
    }
    for count in [1, 3, 20] {
        let record = competition_record(&sample::competition_record(count), &templates)?;
        std::fs::write(folder.join(format!("competition_record_{count}.pdf")), record.bytes)?;
    }
    for count in [0, 1, 3, 40] {
        let report = meeting_report(&sample::meeting_report(count), &templates)?;
        std::fs::write(folder.join(format!("meeting_report_{count}.pdf")), report.bytes)?;
    }
    for count in [0, 1, 3, 12] {
        let certificate = savings_certificate(&sample::savings_certificate(count), &templates)?;
        std::fs::write(folder.join(format!("savings_certificate_{count}.pdf")), certificate.bytes)?;
    }
    for rows in [0, 3, 60] {
        std::fs::write(folder.join(format!("report_{rows}.pdf")), report(&sample::report(rows), &templates)?.bytes)?;
    }
    for seed in 1..=random {
        write_order(folder, &templates, &format!("random_{seed}"), &random_order(seed))?;
    }
    write_cancellation(folder, &templates, "cancellation_random", &random_cancellation(1))?;
    in_house(folder)
}

/// Documents with logo, fonts and text blocks of a customer; JPEG and fonts with cubic curves too.
fn in_house(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut style = folder::house();
    let templates = Templates::embedded().with_style(&style)?;
    for lines in [5, 60] {
        write_order(folder, &templates, &format!("house_order_{lines}"), &sample::order(lines))?;
    }
    write_order(folder, &templates, "house_draft_2", &sample::draft(2))?;
    write_order(folder, &templates, "house_names_3", &names())?;
    write_cancellation(folder, &templates, "house_cancellation_3", &sample::cancellation(3))?;
    for (name, document) in [
        ("memo", memo(&sample::memo(5), &templates)?),
        ("entitlement_certificate", entitlement_certificate(&sample::entitlement_certificate(2), &templates)?),
        ("competition_record", competition_record(&sample::competition_record(3), &templates)?),
        ("delivery_change", delivery_change(&sample::delivery_change(3), &templates)?),
    ] {
        std::fs::write(folder.join(format!("house_{name}.pdf")), document.bytes)?;
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    style.assets.insert("logo.jpg".to_owned(), std::fs::read(own.join("pictures/logo.jpg"))?.into());
    style.assets.insert("fonts/Cut.otf".to_owned(), std::fs::read(own.join("fonts/ProbeCut-Regular.otf"))?.into());
    let letterhead = "[logo]\nfile = \"logo.jpg\"\nalt = \"Wappen\"\n[fonts]\nregular = \"fonts/Cut.otf\"\nbold = \"fonts/Cut.otf\"\n";
    style.texts.insert(house_style::LETTERHEAD.to_owned(), letterhead.to_owned());
    let templates = Templates::embedded().with_style(&style)?;
    write_order(folder, &templates, "house_cubic_5", &sample::order(5))
}

/// An order whose names need marks without a letter of their own, and signs from another font.
fn names() -> OrderData {
    let mut data = sample::order(3);
    "Đorđević & Łukasiewicz GROẞHANDEL ạ".clone_into(&mut data.supplier.name);
    "M\u{302}aria C\u{300}ézanne, m\u{302}aria: Breite ≤ 5 m → ∞ ✓".clone_into(&mut data.lines[0].title);
    data
}

fn write_order(folder: &Path, templates: &Templates, name: &str, data: &OrderData) -> Result<(), Box<dyn Error>> {
    std::fs::write(folder.join(format!("{name}.pdf")), order(data, templates)?.bytes)?;
    if let Some(xml) = order_x(data) {
        std::fs::write(folder.join(format!("{name}.order-x.xml")), xml)?;
    }
    if let Some(xml) = peppol_order(data) {
        std::fs::write(folder.join(format!("{name}.peppol.xml")), xml)?;
    }
    Ok(())
}

fn write_cancellation(
    folder: &Path,
    templates: &Templates,
    name: &str,
    data: &CancellationData,
) -> Result<(), Box<dyn Error>> {
    std::fs::write(folder.join(format!("{name}.pdf")), cancellation(data, templates)?.bytes)?;
    Ok(())
}
