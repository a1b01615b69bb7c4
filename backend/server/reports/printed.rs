//! A report as its document prints it: words of a row below each other, days and numbers in columns.

use abruf_documents::ReportData;
use abruf_documents::data::{Body, Party, Signature};
use abruf_documents::report::{ReportCheck, ReportHead, ReportRow};
use abruf_domain::ids::OrganisationId;
use sqlx::PgConnection;

use super::table::{Cell, Column, Kind, Row, Table};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::{StorageError, assignments, organisations};

/// Most rows of a printed report: some sixty pages. More belong into a spreadsheet.
pub const MOST_ROWS: usize = 2_000;

/// What the document of a report says, for the person who asked for it.
///
/// # Errors
/// If the database fails.
pub async fn data(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    table: &Table,
) -> Result<ReportData, StorageError> {
    let name = assignments::person_name(&mut *conn, actor.person).await?.unwrap_or_default();
    data_of(app, conn, (name, actor.body), table).await
}

/// What the document of a report says, made by whoever is called so, for this body.
///
/// # Errors
/// If the database fails.
pub async fn data_of(
    app: &App,
    conn: &mut PgConnection,
    (name, body): (String, OrganisationId),
    table: &Table,
) -> Result<ReportData, StorageError> {
    let body = organisations::find(&mut *conn, body).await?;
    let (issuer, address, email) = body.map(|it| (it.name.clone(), it.address_lines(), it.email)).unwrap_or_default();
    let totals = table.totals();
    let sums = figures(&table.columns, &totals);
    Ok(ReportData {
        title: table.title.clone(),
        lead: table.lead.clone(),
        filter: table.filter.clone(),
        as_of: table.as_of,
        made: Signature { name, at: app.clock.now() },
        demo: app.demo,
        issuer: Party { name: issuer.clone(), unit: None, address: address.clone() },
        body: Body { name: issuer, address, contact: vec![email] },
        name_head: table.columns.first().map(|column| column.title.to_owned()).unwrap_or_default(),
        heads: table
            .columns
            .iter()
            .filter(|column| is_figure(column))
            .map(|column| ReportHead { title: column.title.to_owned(), number: column.kind.is_number() })
            .collect(),
        rows: table.rows.iter().map(|row| printed(&table.columns, row)).collect(),
        sums: if sums.iter().all(String::is_empty) { Vec::new() } else { sums },
        empty: table.empty.clone(),
        method: table.method.clone(),
        checks: table
            .checks
            .iter()
            .map(|check| ReportCheck {
                name: check.name.to_owned(),
                amount: check.kind == Kind::Net,
                listed: check.listed.to_string(),
                reported: check.reported.to_string(),
                difference: check.difference().to_string(),
            })
            .collect(),
    })
}

/// Whether a column has a place of its own on paper.
fn is_figure(column: &Column) -> bool {
    column.on_paper && column.kind != Kind::Text
}

fn figures(columns: &[Column], cells: &[Cell]) -> Vec<String> {
    columns.iter().zip(cells).filter(|(column, _)| is_figure(column)).map(|(_, cell)| cell.written()).collect()
}

fn printed(columns: &[Column], row: &Row) -> ReportRow {
    let words = columns.iter().zip(&row.cells).filter(|(column, _)| column.on_paper && column.kind == Kind::Text);
    let mut words = words.map(|(_, cell)| cell.written()).filter(|words| !words.is_empty());
    let name = words.next().unwrap_or_default();
    ReportRow { name, notes: words.collect(), figures: figures(columns, &row.cells) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_below_each_other_and_figures_in_columns() {
        let columns = [
            Column::new("a", "A", Kind::Text),
            Column::new("b", "B", Kind::Net),
            Column::new("c", "C", Kind::Text),
            Column::new("d", "D", Kind::Net).not_on_paper(),
        ];
        let net = |text: &str| Cell::Net(text.parse().unwrap());
        let row =
            printed(&columns, &Row::of(vec![Cell::text("Vertrag"), net("1.50"), Cell::text("Stadt"), net("2.00")]));
        assert_eq!(
            (row.name.as_str(), row.notes, row.figures),
            ("Vertrag", vec!["Stadt".to_owned()], vec!["1,50".to_owned()])
        );
    }
}
