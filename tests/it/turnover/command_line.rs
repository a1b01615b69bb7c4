//! `abruf import turnover`: what it prints, how it ends, what it leaves behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use sqlx::ConnectOptions;

use super::{Stage, file, path, text};
use crate::cluster::{app_options, owner_options, run_folder};

fn abruf(stage: &Stage, arguments: &[&str]) -> Output {
    let name = &stage.world.database.name;
    Command::new(env!("CARGO_BIN_EXE_abruf"))
        .args(["import", "turnover"])
        .args(arguments)
        .env("DATABASE_URL", app_options(name).to_url_lossy().as_str())
        .env("DATABASE_OWNER_URL", owner_options(name).to_url_lossy().as_str())
        .output()
        .unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\u{a0}', " ")
}

#[tokio::test]
async fn the_command_line_prints_both_sums_and_gives_refused_rows_back() {
    let stage = Stage::new().await;
    let who = format!("{}@beispiel.example", stage.office.person);
    let folder = tempfile::tempdir_in(run_folder()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (dirty, map) = (put("u.csv", &file("spreadsheet.csv")), put("map.toml", text("spreadsheet.toml").as_bytes()));
    let refused = abruf(&stage, &[&dirty, "--map", &map, "--recorded-by", &who]);
    assert_eq!(refused.status.code(), Some(12), "{}", said(&refused.stderr));
    let answer = said(&refused.stdout);
    assert!(
        answer.contains(
            "EUR: 14 Zeilen, davon 2 negativ. Übernommen 5.056,8456 € (6) + abgelehnt 4.130,00005 € (8) = Kontrollsumme 9.186,84565 €."
        ),
        "{answer}"
    );
    assert!(answer.contains("\"Stadt Fremdau\" = \"\""), "{answer}");
    assert!(said(&refused.stderr).contains("Nichts wurde übernommen. Mit --partial"), "{}", said(&refused.stderr));
    assert_eq!(stage.number("SELECT count(*) FROM turnover_import").await, 0);
    let rejects = fs::read_to_string(folder.path().join("u.csv.errors.csv")).unwrap();
    assert_eq!(rejects.lines().count(), 10, "{rejects}");

    let own = folder.path().join("fehler.csv");
    let partial = abruf(
        &stage,
        &[&dirty, "--map", &map, "--recorded-by", &who, "--partial", "--errors", own.to_str().unwrap(), "--json"],
    );
    assert_eq!(partial.status.code(), Some(12), "{}", said(&partial.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&partial.stdout).unwrap();
    assert_eq!(answer["data"]["sums"]["EUR"]["control"], "9186.84565");
    assert!(own.exists());

    let (clean, map) = (path("stray-letter.csv"), put("stray.toml", text("stray-letter.toml").as_bytes()));
    let clean = put("stray.csv", &fs::read(clean).unwrap());
    let wrong = abruf(&stage, &[&clean, "--map", &map, "--recorded-by", &who, "--control-sum", "1"]);
    assert_eq!(wrong.status.code(), Some(7), "{}", said(&wrong.stderr));
    let taken = abruf(&stage, &[&clean, "--map", &map, "--recorded-by", &who, "--control-sum", "336197.0792"]);
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken.stderr));
    assert!(said(&taken.stderr).contains("Umsatz: 100 % (150 von 150)"), "{}", said(&taken.stderr));
    let again = abruf(&stage, &[&clean, "--map", &map, "--recorded-by", &who]);
    assert_eq!(again.status.code(), Some(7));
    assert!(said(&again.stderr).contains("Diese Datei wurde schon am"), "{}", said(&again.stderr));
    let nobody = abruf(&stage, &[&clean, "--map", &map, "--recorded-by", "niemand@beispiel.example"]);
    assert_eq!(nobody.status.code(), Some(6));
}
