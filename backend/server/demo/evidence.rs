//! Comparison prices of the demo: each approved one with a file to look at, and some that wait for their second person.

use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::notation::Language::German;

use super::contracts::Baseline;
use super::world::World;
use crate::actions::evidence_file::{MediaType, SentFile};
use crate::actions::record_baseline::{self, NewBaseline};
use crate::actions::{ActionError, withdraw_baseline};
use crate::app::App;
use crate::storage::baseline_files::StoredFile;
use crate::storage::baseline_items;
use crate::storage::baselines::{self, Filter};

/// Prices that wait for their approval.
const WAITING: i64 = 2;

/// An invented piece of evidence: what an invoice would say, as a table.
pub(super) fn file(baseline: &Baseline) -> StoredFile {
    let month = if baseline.per == Per::Month { "je Einheit und Monat" } else { "je Einheit" };
    let text = format!(
        "Beleg;Datum;Preis netto in EUR;gilt\n{};{};{};{month}\nErfundener Beleg für die Vorführung;;;\n",
        baseline.evidence.replace(';', ","),
        German.date(baseline.dated_on),
        baseline.price.to_string().replace('.', ",")
    );
    StoredFile {
        name: format!("Beleg-{}.csv", baseline.dated_on),
        media_type: MediaType::Csv.key().to_owned(),
        bytes: text.into_bytes(),
    }
}

/// The office has recorded prices that nobody has approved yet, and doubts one that counts.
pub(super) async fn leave_open(app: &App, world: &World) -> Result<(), ActionError> {
    let office = &world.leadership.office;
    let today = app.clock.today();
    let mut tx = app.db.begin(office).await?;
    let (bare, _) = baseline_items::without_any(&mut tx, world.body, None, today, WAITING, 0).await?;
    let (_, oldest) = baselines::oldest_fresh(&mut tx, world.body, today).await?;
    let approved = Filter { standing: "approved", oldest, ..Filter::default() };
    let doubted = baselines::list(&mut tx, approved, 1, 0).await?.pop();
    let mut new = Vec::new();
    for item in &bare {
        let known = baseline_items::of_contract(&mut tx, item.contract).await?;
        let monthly = known.iter().any(|it| it.article_number == item.article_number && it.monthly == Some(true));
        let evidence = format!("Zwei Angebote für {}, eingeholt im Vormonat", item.title);
        new.push(NewBaseline {
            contract: item.contract,
            article_number: item.article_number.clone(),
            member: None,
            kind: BaselineKind::MarketQuotes,
            unit_price: "49.90".parse().expect("a price"),
            per: if monthly { Per::Month } else { Per::Unit },
            unit: item.unit.clone(),
            dated_on: today - chrono::Days::new(30),
            valid_from: None,
            valid_to: None,
            file: Some(SentFile {
                name: "Angebote.csv".to_owned(),
                bytes: format!("Anbieter;Preis netto in EUR\nMuster GmbH;52,40\nBeispiel KG;49,90\n{evidence};\n")
                    .into_bytes(),
            }),
            evidence,
            replaces: None,
        });
    }
    tx.rollback().await?;
    for new in &new {
        record_baseline::record(app, office, new, None).await?;
    }
    if let Some(doubted) = doubted {
        let reason =
            "Auf dem Beleg steht ein Mengenrabatt, den der Vergleichspreis nicht berücksichtigt. Bitte prüfen.";
        withdraw_baseline::ask(app, office, doubted.id, reason, None).await?;
    }
    Ok(())
}
