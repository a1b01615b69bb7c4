//! Import the register of municipalities ("Gemeindeverzeichnis"): the directory of towns that can be
//! admitted as members.
//!
//! A town that left the file stays: it may be a member, and a partial file must not empty the directory.

use std::collections::BTreeMap;

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::money::Quantity;
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde_json::json;

use crate::actions::import::cells::{Cells, Notation, RowError};
use crate::actions::import::table::{Row, Table};
use crate::actions::import::{CHUNK, ImportError, Progress, Report};
use crate::actions::only;
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::register::{self, RegisterEntry};

/// Source line of the register of Destatis; reproduction is permitted with it.
pub const SOURCE: &str = "© Statistisches Bundesamt (Destatis), Gemeindeverzeichnis, GV-Auszug 4. Quartal";

const COLUMNS: [&str; 9] =
    ["ags", "ars", "name", "art", "kreis", "verbandsgemeinde", "einwohner", "flaeche_km2", "plz"];

/// How to import.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Source line to print with the data.
    pub source: &'a str,
    /// Look only.
    pub dry_run: bool,
    /// Write the good rows although others are wrong.
    pub partial: bool,
}

/// The register of Sachsen-Anhalt, which ships with the program.
pub const SHIPPED: &[u8] = include_bytes!("../../../deploy/register/gemeinden_st.csv");
/// Who reads one in.
pub const IMPORTERS: &[Role] = &[Role::Office, Role::Administrator];

/// As [`import_register`], by a person: what was written stands in the log of the house.
///
/// # Errors
/// As there, and [`crate::actions::ActionError::NotPermitted`].
pub async fn import_by(app: &App, actor: &Actor, bytes: &[u8], options: Options<'_>) -> Result<Report, ImportError> {
    only(actor, IMPORTERS)?;
    let report = import_register(app, bytes, options, &|_, _| {}).await?;
    if report.written {
        let now = app.clock.now();
        let what = json!({ "new": report.new, "changed": report.changed, "file": HEXLOWER.encode(&sha256(bytes)) });
        let mut entry = AuditEntry::new(now, Some(actor.person.0), "register_imported", "register", actor.body.0);
        entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
        actor.sign(&mut entry);
        let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
        let mut tx = app.db.begin(actor).await?;
        audit_log::append(&mut tx, actor.body.0, &Record::with_detail(entry, concerns, app.chance.bytes(), what))
            .await?;
        tx.commit().await?;
    }
    Ok(report)
}

/// Inserts new towns and overwrites changed ones, in one transaction.
///
/// # Errors
/// If the file is refused as a whole, or the database fails; nothing is written then.
pub async fn import_register(
    app: &App,
    bytes: &[u8],
    options: Options<'_>,
    progress: Progress<'_>,
) -> Result<Report, ImportError> {
    let table = Table::read(bytes, b';', &COLUMNS)?;
    let (entries, errors) = read_entries(&table, options.source);
    let mut report = Report { rows: table.rows.len(), ..Report::default() };
    report.reject(&table, errors);

    let mut tx = app.db.begin(RunsAs::Job).await?;
    let keys: Vec<String> = entries.keys().cloned().collect();
    let known: BTreeMap<String, RegisterEntry> = register::find_all(&mut tx, &keys)
        .await?
        .into_iter()
        .map(|entry| (entry.official_key.clone(), entry))
        .collect();
    let mut to_write = Vec::new();
    for (key, (_, entry)) in &entries {
        match known.get(key) {
            Some(known) if known == entry => report.unchanged += 1,
            Some(_) => {
                report.changed += 1;
                to_write.push(entry);
            }
            None => {
                report.new += 1;
                to_write.push(entry);
            }
        }
    }
    if options.dry_run || (report.rejected > 0 && !options.partial) {
        return Ok(report);
    }
    let total = to_write.len() as u64;
    let mut done = 0;
    for chunk in to_write.chunks(CHUNK) {
        register::upsert(&mut tx, chunk, app.clock.now()).await?;
        done += chunk.len() as u64;
        progress(done, total);
    }
    tx.commit().await?;
    report.written = total > 0;
    Ok(report)
}

/// The right rows by key, each with its line, and the errors of the others.
fn read_entries(table: &Table, source: &str) -> (BTreeMap<String, (u64, RegisterEntry)>, Vec<RowError>) {
    let mut entries: BTreeMap<String, (u64, RegisterEntry)> = BTreeMap::new();
    let mut errors = Vec::new();
    for row in &table.rows {
        let (entry, mut cells) = read_entry(table, row, source);
        if let Some((line, _)) = entries.get(&entry.official_key) {
            cells.refuse("ags", &format!("steht schon in Zeile {line}"), "jeder Schlüssel einmal");
        }
        let wrong = cells.errors();
        if wrong.is_empty() {
            entries.insert(entry.official_key.clone(), (row.line, entry));
        } else {
            errors.extend(wrong);
        }
    }
    (entries, errors)
}

fn read_entry<'a>(table: &'a Table, row: &'a Row, source: &str) -> (RegisterEntry, Cells<'a>) {
    let mut cells = Cells::new(table, row);
    let official_key = cells.digits("ags", 8, "15001000");
    // The regional key contains the municipality's own parts: a swapped column would not fit.
    let regional_key = cells.digits("ars", 12, "150010000000");
    let entry = RegisterEntry {
        official_key,
        name: cells.text("name", 200),
        kind: cells.text("art", 100),
        district: cells.text("kreis", 200),
        association: cells.optional_text("verbandsgemeinde", 200),
        inhabitants: cells.whole_number("einwohner", "12345"),
        area_km2: area(&mut cells),
        postcode: cells.digits("plz", 5, "06844"),
        source: source.to_owned(),
    };
    let key = &entry.official_key;
    let same_town = regional_key.get(..5) == key.get(..5) && regional_key.get(9..) == key.get(5..);
    if regional_key.len() == 12 && key.len() == 8 && !same_town {
        cells.refuse("ars", "gehört nicht zum Schlüssel in Spalte ags", "gleicher Kreis und gleiche Gemeinde");
    }
    (entry, cells)
}

fn area(cells: &mut Cells<'_>) -> Decimal {
    let column = "flaeche_km2";
    let Some(area) = cells.number::<Quantity>(column, Notation::PLAIN, None).map(Quantity::decimal) else {
        return Decimal::ZERO;
    };
    if 2 < area.normalize().scale() || Decimal::from(100_000_000) <= area {
        cells.refuse(column, "ist keine Fläche", "269.69");
    }
    area
}
