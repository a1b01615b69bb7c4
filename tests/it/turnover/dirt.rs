//! What is repaired, what is refused, and that both together are the whole file.

use abruf::actions::import::ImportError;
use abruf::actions::import_turnover::{TurnoverFile, import, preview};

use super::{PARTS, STRAY_LETTER, Stage, file, small, text};
use crate::world::contract::value;

#[tokio::test]
async fn a_stray_letter_behind_every_month_is_one_warning_and_the_ledger_has_every_fraction() {
    let stage = Stage::new().await;
    let report = stage.take_stray_letter().await;
    assert!(report.written);
    let sums = &report.sums["EUR"];
    assert_eq!((sums.rows, sums.imported_rows, sums.rejected_rows, sums.negative_rows), (150, 150, 0, 6));
    assert_eq!(
        (sums.control.to_string(), sums.imported.to_string()),
        (STRAY_LETTER.to_owned(), STRAY_LETTER.to_owned())
    );
    let kinds: Vec<(&str, usize)> = report.warnings.iter().map(|it| (it.kind.as_str(), it.rows)).collect();
    let expected = [("encoding", 80), ("month_end", 150), ("spelling", 1), ("repeated", 1), ("zero", 1)];
    assert_eq!(kinds[..5], expected, "{:?}", report.warnings);
    assert!(report.warnings[0].text.contains("als Mac Roman gelesen, zuerst Zeile 2: „B"), "{:?}", report.warnings[0]);
    assert!(report.warnings[1].text.starts_with("In allen 150 Zeilen: Der Monat endet auf ein überzähliges Zeichen"));
    assert_eq!(kinds[5].0, "not_party");

    for (contract, part) in stage.contracts.iter().zip(PARTS) {
        assert_eq!(stage.recorded(contract).await, (part.to_owned(), false));
    }
    let entries = "SELECT count(*) FROM volume_entry e JOIN turnover_line t ON t.contract_id = e.contract_id AND t.id = e.turnover_line_id
                   WHERE e.kind = 'record' AND e.amount = t.amount AND e.reason = 'Umsatzdatei stray-letter.csv, Zeile ' || t.row_number";
    assert_eq!(stage.number(entries).await, 150);
    let fractions = "SELECT count(*) FROM volume_entry WHERE scale(trim_scale(amount)) = 4";
    assert_eq!(stage.number(fractions).await, 22);
    let raw: String = sqlx::query_scalar("SELECT raw FROM turnover_line WHERE row_number = 2")
        .fetch_one(stage.world.owner())
        .await
        .unwrap();
    assert_eq!(raw, "Rahmen II,2,Büro & Form OHG,Hochschule Ilmtal,2025-03-01l,165.6092");
    assert_eq!(stage.number("SELECT count(*) FROM audit_entry WHERE action = 'turnover_recorded'").await, 3);
    stage.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_same_file_counts_once_and_is_refused_with_the_day_it_was_taken() {
    let stage = Stage::new().await;
    stage.take_stray_letter().await;
    stage.world.at("2026-12-01T09:00:00Z");
    let again = stage.take("umbenannt.csv", &file("stray-letter.csv"), &text("stray-letter.toml"), true).await;
    let refused = again.unwrap_err();
    assert!(matches!(refused, ImportError::Conflict(_)), "{refused:?}");
    assert!(refused.to_string().starts_with("Diese Datei wurde schon am 22.11.2026 übernommen."), "{refused}");
    assert_eq!(stage.number("SELECT count(*) FROM turnover_line").await, 150);

    let both = Stage::new().await;
    let (bytes, mapping) = (file("stray-letter.csv"), text("stray-letter.toml"));
    let race = tokio::join!(both.take("a.csv", &bytes, &mapping, false), both.take("b.csv", &bytes, &mapping, false));
    assert!(race.0.is_ok() != race.1.is_ok(), "{race:?}");
    assert_eq!(both.number("SELECT count(*) FROM turnover_line").await, 150);
    both.world.keeps_its_promises().await;
}

#[tokio::test]
async fn every_kind_of_dirt_of_a_spreadsheet_is_repaired_or_refused_with_its_reason() {
    let stage = Stage::new().await;
    let (bytes, mapping) = (file("spreadsheet.csv"), text("spreadsheet.toml"));
    let whole = stage.take("spreadsheet.csv", &bytes, &mapping, false).await.unwrap();
    assert!(!whole.written, "rows are refused, and nobody asked for a part");
    assert_eq!(stage.number("SELECT count(*) FROM turnover_import").await, 0);

    let report = stage.take("spreadsheet.csv", &bytes, &mapping, true).await.unwrap();
    assert!(report.written);
    let sums = &report.sums["EUR"];
    assert_eq!((sums.rows, sums.imported_rows, sums.rejected_rows, sums.unread_rows), (14, 6, 8, 2));
    assert_eq!(
        [sums.imported, sums.rejected, sums.control].map(|it| it.normalize().to_string()),
        ["5056.8456", "4130.00005", "9186.84565"]
    );
    assert_eq!((report.sums["GBP"].rows, report.sums["GBP"].rejected.to_string()), (1, "5.00".to_owned()));
    let said: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
    for (line, expected) in [
        (8, "Spalte Betrag: „0,00005“ hat zu viele Nachkommastellen. Erwartet: höchstens 4; gerundet wird nicht"),
        (9, "Spalte Betrag: „12.34“ ist keine Zahl. Erwartet: 1.234,50"),
        (10, "Spalte Monat: „13.2025“ ist kein Monat"),
        (11, "Spalte Mitglied: „Stadt Fremdau“ ist kein Mitglied bei uns."),
        (12, "Spalte Vertrag: „RV-1899-99“ ist kein Vertrag bei uns."),
        (13, "Spalte Betrag: „5,00 £“ ist in GBP. Erwartet: EUR; umgerechnet wird nicht"),
        (14, "Spalte Monat: „2027-09“ hat noch nicht begonnen"),
        (15, "4 Felder. Erwartet: 5 wie in der Kopfzeile"),
        (16, "Spalte Mitglied: „“ ist leer."),
    ] {
        let found = said.iter().any(|it| it.starts_with(&format!("Zeile {line}")) && it.contains(expected));
        assert!(found, "line {line}: {expected}\n{said:#?}");
    }
    let kinds: Vec<&str> = report.warnings.iter().map(|it| it.kind.as_str()).collect();
    for kind in
        ["encoding", "currency_sign", "thousands", "parentheses", "trailing_minus", "plus", "quotes", "blank_columns"]
    {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let unknown: Vec<_> = report.unknown.iter().map(|it| (it.table, it.name.as_str())).collect();
    assert_eq!(unknown, [("contracts", "RV-1899-99"), ("members", "Stadt Fremdau")]);
    assert!(report.text().contains("[members]\n\"Stadt Fremdau\" = \"\"  # 1 Zeilen"), "{}", report.text());
    assert_eq!(stage.recorded(&stage.contracts[0]).await.0, "5056.8456");
    assert_eq!(stage.number("SELECT count(*) FROM turnover_reject").await, 9);
    let rejects = String::from_utf8(report.rejects.unwrap()).unwrap();
    assert!(rejects.contains("RV-2025-01;Stadt Altenrode;2025-08;0,00005;R-7;8;\"Spalte Betrag:"), "{rejects}");
    stage.world.keeps_its_promises().await;
}

#[tokio::test]
async fn what_happened_above_a_ceiling_counts_breaches_it_and_a_correction_heals_it() {
    let stage = Stage::limited(value("1000.00")).await;
    let mapping = text("spreadsheet.toml");
    let over = small(&["RV-2025-01;Stadt Altenrode;2025-04;1000,0001;R-1"]);
    let looked = TurnoverFile {
        name: "u.csv",
        bytes: &over,
        mapping: &mapping,
        partial: false,
        control_sum: None,
        upload: None,
        key: None,
    };
    let seen = preview(&stage.world.app, &stage.office, &looked).await.unwrap();
    assert_eq!((seen.breached.len(), seen.written), (1, false));
    assert_eq!((seen.breached[0].contract.as_str(), seen.breached[0].scope.as_str()), ("RV-2025-01", "gesamt"));
    assert_eq!(stage.recorded(&stage.contracts[0]).await, ("0.0000".to_owned(), false), "a preview writes nothing");

    assert!(import(&stage.world.app, &stage.office, &looked, &|_, _| ()).await.unwrap().written);
    assert_eq!(stage.recorded(&stage.contracts[0]).await, ("1000.0001".to_owned(), true));
    let heal = small(&["RV-2025-01;Stadt Altenrode;2025-04;-0,0001;R-1"]);
    assert!(stage.take("korrektur.csv", &heal, &mapping, false).await.unwrap().written);
    assert_eq!(stage.recorded(&stage.contracts[0]).await, ("1000.0000".to_owned(), false));
    stage.world.keeps_its_promises().await;
}

#[tokio::test]
async fn more_than_was_ever_recorded_cannot_be_taken_back() {
    let stage = Stage::new().await;
    let mapping = text("spreadsheet.toml");
    let below = small(&["RV-2025-01;Stadt Altenrode;2025-04;100;R-1", "RV-2025-02;Stadt Altenrode;2025-04;-0,01;R-2"]);
    let refused = stage.take("u.csv", &below, &mapping, false).await.unwrap_err().to_string();
    assert!(
        refused.contains("Vertrag RV-2025-02, gesamt: nacherfasst sind 0, die Datei nimmt 0,01 zurück"),
        "{refused}"
    );
    assert_eq!(stage.number("SELECT count(*) FROM volume_entry").await, 0);
}

#[tokio::test]
async fn lines_count_against_the_lot_and_the_quota_of_their_member_too() {
    let world = crate::world::World::new().await;
    let (town, other) = (world.member("Stadt Altenrode").await, world.member("Stadt Neufeld").await);
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("1000.00"))
        .lot("Software")
        .lot_ceiling(value("50.00"))
        .lot("Beratung")
        .quota(town, value("60.00"))
        .quota(other, value("60.00").soft())
        .await;
    let office = world.office().await;
    let rows = "RV-2025-01;1;Stadt Altenrode;2025-04;40\nRV-2025-01;2;Stadt Altenrode;2025-05;30\nRV-2025-01;1;Stadt Neufeld;2025-05;80\n";
    let bytes = format!("Vertrag;Los;Mitglied;Monat;Betrag\n{rows}").into_bytes();
    let mapping = text("spreadsheet.toml").replace("reference = \"Rechnung\"", "lot = \"Los\"");
    let file = TurnoverFile {
        name: "u.csv",
        bytes: &bytes,
        mapping: &mapping,
        partial: false,
        control_sum: None,
        upload: None,
        key: None,
    };
    let report = import(&world.app, &office, &file, &|_, _| ()).await.unwrap();
    let breached: Vec<&str> = report.breached.iter().map(|it| it.scope.as_str()).collect();
    assert_eq!(breached, ["Los Software", "Kontingent Stadt Altenrode"], "a soft quota is never breached");
    let guards: Vec<(String, String, bool)> = sqlx::query_as(
        "SELECT scope, trim_scale(recorded)::text, breached FROM guard WHERE contract_id = $1 ORDER BY scope, recorded",
    )
    .bind(contract.id.0)
    .fetch_all(world.owner())
    .await
    .unwrap();
    let row = |scope: &str, recorded: &str, breached| (scope.to_owned(), recorded.to_owned(), breached);
    assert_eq!(
        guards,
        [row("contract", "150", false), row("lot", "120", true), row("member", "70", true), row("member", "80", false)]
    );
    world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_file_that_does_not_add_up_to_its_control_sum_is_not_taken() {
    let stage = Stage::new().await;
    let (bytes, mapping) = (file("stray-letter.csv"), text("stray-letter.toml"));
    let with = |sum: &str| TurnoverFile {
        name: "u.csv",
        bytes: &bytes,
        mapping: &mapping,
        partial: false,
        control_sum: Some(sum.parse().unwrap()),
        upload: None,
        key: None,
    };
    let refused =
        import(&stage.world.app, &stage.office, &with("336197.08"), &|_, _| ()).await.unwrap_err().to_string();
    assert!(refused.replace('\u{a0}', " ").contains("ergeben 336.197,0792 €, angegeben ist 336.197,08 €"), "{refused}");
    assert!(import(&stage.world.app, &stage.office, &with(STRAY_LETTER), &|_, _| ()).await.unwrap().written);
}

#[tokio::test]
async fn the_database_refuses_sums_that_are_not_those_of_the_lines_and_changes_of_what_stands() {
    let stage = Stage::new().await;
    stage.take_stray_letter().await;
    let owner = stage.world.owner();
    let lost = "INSERT INTO turnover_import_sum (import_id, currency, lines, negative_lines, imported_lines, imported,
                                                 rejected_lines, rejected, unread_lines, control)
                SELECT id, 'GBP', 1, 0, 1, 5, 0, 0, 0, 5 FROM turnover_import";
    let error = sqlx::query(lost).execute(owner).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().constraint(), Some("turnover_import_whole"));
    for change in [
        "UPDATE turnover_line SET amount = 0",
        "DELETE FROM turnover_line",
        "UPDATE turnover_import SET file_name = 'x'",
        "DELETE FROM turnover_import_sum",
    ] {
        assert!(sqlx::query(change).execute(owner).await.is_err(), "{change}");
    }
}
