//! `abruf import members`: what it prints, how it ends, what it leaves behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use sqlx::ConnectOptions;

use super::House;
use crate::cluster::{app_options, owner_options, run_folder};

fn abruf(house: &House, arguments: &[&str]) -> Output {
    let name = &house.world.database.name;
    Command::new(env!("CARGO_BIN_EXE_abruf"))
        .args(["import", "members"])
        .args(arguments)
        .env("DATABASE_URL", app_options(name).to_url_lossy().as_str())
        .env("DATABASE_OWNER_URL", owner_options(name).to_url_lossy().as_str())
        .output()
        .unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

#[tokio::test]
async fn the_command_line_looks_takes_once_and_gives_wrong_rows_back() {
    let house = House::new().await;
    // The program runs on the clock of the machine.
    sqlx::query("UPDATE assignment SET valid_from = '2000-01-01', valid_to = NULL")
        .execute(house.world.owner())
        .await
        .unwrap();
    let who = format!("{}@beispiel.example", house.office.person);
    let folder = tempfile::tempdir_in(run_folder()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let wrong = put("falsch.csv", "AGS;Mitglied seit;Ort\n15002000;01.03.2019;\n15999000;01.03.2019;\n");
    let rejects = folder.path().join("falsch.csv.errors.csv");
    let dry = abruf(&house, &[&wrong, "--recorded-by", &who, "--dry-run"]);
    assert_eq!((dry.status.code(), rejects.exists()), (Some(12), false), "{}", said(&dry.stderr));
    let refused = abruf(&house, &[&wrong, "--recorded-by", &who]);
    assert_eq!(refused.status.code(), Some(12));
    assert_eq!(said(&refused.stdout), "2 Zeilen: 1 neu, 0 schon Mitglied, 1 mit Fehler");
    let told = said(&refused.stderr);
    assert!(told.contains("Zeile 3, Spalte AGS: „15999000“ steht nicht im Verzeichnis"), "{told}");
    assert!(told.contains("Nichts wurde übernommen."), "{told}");
    assert_eq!(fs::read_to_string(&rejects).unwrap().lines().count(), 2);
    assert_eq!(house.memberships().await, 0);

    let right = put("richtig.csv", "AGS;Mitglied seit\n15002000;01.03.2019\n15003000;01.01.2020\n");
    let dry = abruf(&house, &[&right, "--recorded-by", &who, "--dry-run"]);
    assert_eq!((dry.status.code(), house.memberships().await), (Some(0), 0), "{}", said(&dry.stderr));
    assert!(said(&dry.stderr).contains("Probelauf: nichts wurde übernommen."), "{}", said(&dry.stderr));
    let taken = abruf(&house, &[&right, "--recorded-by", &who]);
    assert_eq!(taken.status.code(), Some(0), "{}", said(&taken.stderr));
    assert_eq!(said(&taken.stdout), "2 Zeilen: 2 neu, 0 schon Mitglied, 0 mit Fehler");
    let told = said(&taken.stderr);
    assert!(told.contains("Mitglieder: 100 % (2 von 2)"), "{told}");
    assert!(told.contains("Hinweis: Zeilen ohne Tag der Beitrittserklärung: 2."), "{told}");
    let again = abruf(&house, &[&right, "--recorded-by", &who, "--json", "--quiet"]);
    let answer: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&answer["data"]["already"], &answer["data"]["written"]), (&2.into(), &false.into()));
    assert_eq!((again.status.code(), house.memberships().await), (Some(0), 2));
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'member_admitted'").await, 2);

    let nobody = abruf(&house, &[&right, "--recorded-by", "niemand@beispiel.example"]);
    assert_eq!(nobody.status.code(), Some(6), "{}", said(&nobody.stderr));
    let buyer = house.world.buyer(house.world.member("Stadt Altenrode").await).await;
    let stranger = abruf(&house, &[&right, "--recorded-by", &format!("{}@beispiel.example", buyer.person)]);
    assert_eq!(stranger.status.code(), Some(5), "{}", said(&stranger.stderr));
    let empty = abruf(&house, &[&put("leer.csv", ""), "--recorded-by", &who]);
    assert_eq!(empty.status.code(), Some(2), "{}", said(&empty.stderr));
    let absent = abruf(&house, &["/nonexistent.csv", "--recorded-by", &who]);
    assert_eq!(absent.status.code(), Some(6));
}
