//! The savings report on its lower levels: the lines of call-offs, and the bookings of a line with the baseline each rests on.

use sqlx::PgConnection;
use uuid::Uuid;

use super::names;
use super::question::Question;
use super::savings_by::{By, grouped, total};
use super::savings_levels::{FIGURES, address, checks, class_words, figures, kind_words, level};
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;

/// The lines of the call-offs of a question.
///
/// # Errors
/// If the database fails.
pub async fn lines(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let parts = grouped(&mut *conn, question, &[By::Line, By::CallOff]).await?;
    let whole = total(&mut *conn, question).await?;
    let ids: Vec<Uuid> = parts.iter().filter_map(|part| part.keys[1].parse().ok()).collect();
    let call_offs = names::call_offs(&mut *conn, &ids).await?;
    let lines = names::lines(&mut *conn, &ids).await?;
    let columns: Vec<Column> = [
        Column::new("call_off", "Abruf", Kind::Text),
        Column::new("position", "Pos.", Kind::Count),
        Column::new("article_number", "Artikel", Kind::Text).not_on_paper(),
        Column::new("title", "Leistung", Kind::Text),
        Column::new("cpv", "CPV", Kind::Text).not_on_paper(),
        Column::new("quantity", "Menge", Kind::Quantity).not_on_paper(),
        Column::new("unit", "Einheit", Kind::Text).not_on_paper(),
        Column::new("classes", "Klasse", Kind::Text).not_on_paper(),
        Column::new("baseline", "Vergleichswert", Kind::Net),
    ]
    .into_iter()
    .chain(FIGURES)
    .collect();
    let mut rows: Vec<(String, i32, Row)> = parts
        .iter()
        .map(|part| {
            let number = call_offs.get(&part.keys[1]).map(|it| it.number.clone()).unwrap_or_default();
            let position = part.keys[0].rsplit('/').next().and_then(|it| it.parse::<i32>().ok()).unwrap_or(0);
            let line = lines.get(&part.keys[0]);
            let of = |field: fn(&names::LineName) -> &String| Cell::text(line.map(field).cloned().unwrap_or_default());
            let mut cells = vec![
                Cell::text(number.clone()),
                if position == 0 { Cell::Empty } else { Cell::Count(position.into()) },
                of(|it| &it.article),
                if position == 0 { Cell::text("Zuschlag, Umlage, Prozesseffekt") } else { of(|it| &it.title) },
                of(|it| &it.cpv),
                line.map_or(Cell::Empty, |it| Cell::Quantity(it.quantity)),
                of(|it| &it.unit),
                Cell::text(part.classes.iter().map(|it| class_words(it)).collect::<Vec<_>>().join(", ")),
                Cell::Net(part.baseline),
            ];
            cells.extend(figures(&part.sums));
            let narrow = Question {
                call_off: part.keys[1].parse().ok(),
                position: Some(position),
                by: Vec::new(),
                ..question.clone()
            };
            (number, position, Row::leading_to(cells, address("einsparungen-belege", &narrow)))
        })
        .collect();
    // What belongs to no line comes after the lines of its call-off.
    rows.sort_by(|one, other| (&one.0, one.1 == 0, one.1).cmp(&(&other.0, other.1 == 0, other.1)));
    let mut table = level(
        "savings-lines",
        "Positionen hinter der Einsparung".to_owned(),
        "Jede Position führt zu ihren Buchungen mit Vergleichspreis und Beleg.",
        columns,
    );
    table.sheet = "Positionen";
    table.rows = rows.into_iter().map(|(_, _, row)| row).collect();
    table.checks = checks(&table.columns, &table.rows, &whole);
    Ok(table)
}

/// The bookings of a question, each with the baseline it rests on: the last step down.
///
/// # Errors
/// If the database fails.
pub async fn entries(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let mut parts = grouped(&mut *conn, question, &[By::Entry]).await?;
    let whole = total(&mut *conn, question).await?;
    parts.sort_by(|one, other| (one.dated_on, &one.keys).cmp(&(other.dated_on, &other.keys)));
    let ids: Vec<Uuid> = parts.iter().filter_map(|part| part.keys[0].parse().ok()).collect();
    let names = names::entries(&mut *conn, &ids).await?;
    let of_call_offs: Vec<Uuid> = names.values().map(|it| it.call_off).collect();
    let call_offs = names::call_offs(&mut *conn, &of_call_offs).await?;
    let columns: Vec<Column> = [
        Column::new("call_off", "Abruf", Kind::Text),
        Column::new("position", "Pos.", Kind::Count),
        Column::new("dated_on", "Gebucht am", Kind::Day),
        Column::new("stage", "Buchung", Kind::Text).not_on_paper(),
        Column::new("class", "Klasse", Kind::Text).not_on_paper(),
        Column::new("baseline_kind", "Verglichen mit", Kind::Text),
        Column::new("baseline_price", "Vergleichspreis", Kind::Quantity).not_on_paper(),
        Column::new("baseline_dated_on", "Beleg vom", Kind::Day).not_on_paper(),
        Column::new("evidence", "Beleg", Kind::Text),
        Column::new("baseline", "Vergleichswert", Kind::Net),
    ]
    .into_iter()
    .chain(FIGURES)
    .collect();
    let mut table = level(
        "savings-entries",
        "Buchungen mit Vergleichspreis und Beleg".to_owned(),
        "Die letzte Ebene: jede Buchung mit dem Beleg, auf dem sie ruht.",
        columns,
    );
    table.sheet = "Buchungen";
    table.rows = parts
        .iter()
        .map(|part| {
            let entry = names.get(&part.keys[0]);
            let call_off = entry.map(|it| it.call_off.to_string()).unwrap_or_default();
            let number = call_offs.get(&call_off).map(|it| it.number.clone()).unwrap_or_default();
            let text = |field: fn(&names::EntryName) -> &str| Cell::text(entry.map(field).unwrap_or_default());
            let mut cells = vec![
                Cell::text(number),
                entry.filter(|it| it.position != 0).map_or(Cell::Empty, |it| Cell::Count(it.position.into())),
                Cell::day(part.dated_on),
                text(|it| stage_words(&it.stage)),
                Cell::text(part.classes.first().map(|it| class_words(it)).unwrap_or_default()),
                text(|it| kind_words(&it.kind)),
                entry.and_then(|it| it.price).map_or(Cell::Empty, Cell::Quantity),
                Cell::day(entry.and_then(|it| it.dated_on)),
                text(|it| &it.evidence),
                Cell::Net(part.baseline),
            ];
            cells.extend(figures(&part.sums));
            Row::leading_to(cells, format!("/abrufe/{call_off}/einsparung"))
        })
        .collect();
    table.checks = checks(&table.columns, &table.rows, &whole);
    Ok(table)
}

fn stage_words(stage: &str) -> &str {
    match stage {
        "planned" => "Freigabe",
        "cancelled" => "Storno",
        other => other,
    }
}
