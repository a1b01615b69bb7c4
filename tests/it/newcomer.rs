//! What a town would have saved: invitations, uploads without an account, what is shown to whom, and when it goes.

mod bad_input;
mod mailed;
mod real_files;
mod workbook;

use abruf::actions::admit_member::{Admission, admit};
use abruf::actions::analyse_purchases::forget_due;
use abruf::actions::invite_newcomer::{NewInvitation, invite, revoke};
use abruf::actor::{Actor, RunsAs};
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, subscription};

const KEY: &str = "15086040";
/// Six articles of the contract for newcomers, one of the closed one, one that nobody lists.
const FILE: &str = "Artikelnummer;Bezeichnung;Menge;Einheit;Einzelpreis;Datum\n\
    NB-1;Notebook;10;Stück;1.000,00;01.02.2024\n\
    NB-1;Notebook;1;Stück;1.000,00;01.03.2024\n\
    MON-1;Monitor;20;Stück;250,00;01.02.2024\n\
    DOC-1;Dockingstation;20;Stück;180,00;01.02.2024\n\
    HEA-1;Headset;50;Stück;90,00;01.02.2024\n\
    CAM-1;Kamera;60;Stück;70,00;01.02.2024\n\
    USR-1;Arbeitsplatz;100;Nutzer und Monat;20,00;01.02.2024\n\
    CTX-1;Citrix-Schulung;2;Tag;1.300,00;01.02.2024\n\
    ;Streusalz;3;Tonne;90,00;01.02.2024\n";

/// A body with a contract that admits later towns and one that names its members.
struct Office {
    world: World,
    olga: Actor,
    open: Contract,
    closed: Contract,
}

impl Office {
    async fn new() -> Self {
        let world = World::new().await;
        let altenrode = world.member("Stadt Altenrode").await;
        let olga = world.office().named("Olga Amt").await;
        let open = world
            .contract("RV-2025-07")
            .item("NB-1", fixed("873.37"))
            .item("MON-1", fixed("219.19"))
            .item("DOC-1", fixed("191.91"))
            .item("HEA-1", fixed("88.11"))
            .item("CAM-1", fixed("51.51"))
            .item("USR-1", subscription("17.77").unit("Nutzer"))
            .entitles_every("stadt", true)
            .await;
        let closed = world.contract("RV-2025-01").item("CTX-1", fixed("1187.87").unit("Tag")).entitles(altenrode).await;
        sqlx::query(
            "INSERT INTO register_entry (official_key, name, kind, district, inhabitants, area_km2, postcode, source, imported_at)
             VALUES ($1, 'Neufeld, Stadt', 'Stadt', 'Jerichower Land', 9000, 50, '39307', 'Verzeichnis', now())",
        )
        .bind(KEY)
        .execute(world.owner())
        .await
        .unwrap();
        Self { world, olga, open, closed }
    }

    /// Invites Neufeld; the path of its page.
    async fn link(&self) -> String {
        self.link_for(NewInvitation { official_key: KEY.to_owned(), days: 60, ..NewInvitation::default() }).await
    }

    async fn link_for(&self, new: NewInvitation) -> String {
        let url = invite(&self.world.app, &self.olga, &new, None).await.unwrap().url.unwrap();
        url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
    }

    /// Uploads and confirms.
    async fn analysed(&self, path: &str, file: &str, more: &[(&str, &str)]) -> (Browser, String) {
        let town = Browser::signed_out(&self.world).await;
        let answer =
            town.send_file(path, &[("csrf", ""), ("fuer", "diese")], ("datei", "einkauf.csv", file.as_bytes())).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
        let page = town.page(path).await;
        confirmed(&town, path, &page, more).await;
        let page = town.page(path).await;
        (town, page)
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.world.owner()).await.unwrap()
    }

    /// Rows of the four tables that one kind of actor sees.
    async fn visible(&self, runs_as: RunsAs<'_>) -> [i64; 4] {
        let mut tx = self.world.app.db.begin(runs_as).await.unwrap();
        let mut seen = [0; 4];
        let all = [
            "SELECT count(*) FROM newcomer_invitation",
            "SELECT count(*) FROM purchase_analysis",
            "SELECT count(*) FROM purchase_line",
            "SELECT count(*) FROM purchase_sum",
        ];
        for (at, sql) in all.into_iter().enumerate() {
            seen[at] = sqlx::query_scalar(sql).fetch_one(&mut *tx).await.unwrap();
        }
        seen
    }
}

/// The proposal of the page as its form sends it, confirmed.
async fn confirmed(town: &Browser, path: &str, page: &str, more: &[(&str, &str)]) {
    let answer = confirm(town, path, page, more).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
}

async fn confirm(town: &Browser, path: &str, page: &str, more: &[(&str, &str)]) -> crate::web::Answer {
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut fields: Vec<(String, String)> = vec![("csrf".to_owned(), token), ("waehrung".to_owned(), "EUR".to_owned())];
    for part in page.split("<select ").skip(1) {
        let name = part.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
        let options = part.split("</select>").next().unwrap();
        let chosen = options.split(" selected").next().filter(|_| options.contains(" selected"));
        let value = chosen.map_or("", |before| before.rsplit("value=\"").next().unwrap().split('"').next().unwrap());
        if name.starts_with("spalte_") || name == "zahlen" {
            fields.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("schritt", "auswerten"));
    fields.extend_from_slice(more);
    town.post(&format!("{path}/auswertung"), &fields).await
}

#[tokio::test]
async fn an_invited_town_sees_bands_and_rounded_sums_but_no_price_of_a_contract() {
    let office = Office::new().await;
    let (_, page) = office.analysed(&office.link().await, FILE, &[]).await;
    let text = read(&page);
    assert!(text.contains("9 Zeilen: 8 passend, 1 nicht passend, 0 nicht lesbar."), "{text}");
    assert!(text.contains("mit den Preislisten vom 22.11.2026"), "{text}");
    assert!(text.contains("NB-1 Notebook") && text.contains("10 bis 25 % günstiger"), "{text}");
    assert!(text.contains("5 bis 10 % teurer") && text.contains("weniger als 5 % Unterschied"), "{text}");
    assert!(text.contains("25 % oder mehr günstiger"), "{text}");
    assert!(text.contains("Streusalz") && text.contains("Steht in keinem Vertrag"), "{text}");
    // Paid 30,300.00, by the lists 27,102.17: 3,197.83 to a step of 1,000.
    assert!(text.contains("Bezahlt 30.300,00 €: etwa 3.000,00 € gespart"), "{text}");
    for price in ["873,37", "219,19", "191,91", "88,11", "51,51", "17,77", "1.187,87", "9.607,07", "2.375,74", "224,26"]
    {
        assert!(!text.contains(price) && !page.contains(&price.replace(',', ".")), "{price} is on the page");
    }
}

#[tokio::test]
async fn one_article_of_a_contract_has_a_band_and_no_sum_from_which_its_price_follows() {
    let office = Office::new().await;
    let file = "Artikelnummer;Menge;Einheit;Einzelpreis\nCTX-1;2;Tag;1.300,00\n";
    let (_, page) = office.analysed(&office.link().await, file, &[]).await;
    let text = read(&page);
    assert!(text.contains("5 bis 10 % günstiger"), "{text}");
    assert!(text.contains("nicht genannt: weniger als 5 Artikel"), "{text}");
    assert!(!text.contains(" gespart ") && !text.contains("Bezahlt 2.600,00 €:"), "{text}");

    // Many prices paid for one article do not narrow it down: it keeps one band over all its lines.
    let mut probe = String::from("Artikelnummer;Menge;Einheit;Einzelpreis\n");
    for cents in 0..60 {
        probe += &format!("CTX-1;1;Tag;{},00\n", 1_150 + cents * 10);
    }
    let (_, page) = office.analysed(&office.link().await, &probe, &[]).await;
    let bands: std::collections::BTreeSet<&str> = ["günstiger", "teurer", "Unterschied"]
        .into_iter()
        .filter(|word| read(&page).contains(&format!("% {word}")))
        .collect();
    assert_eq!(bands.len(), 1, "{}", read(&page));
}

#[tokio::test]
async fn a_town_is_told_what_it_may_call_off_from_when_and_what_not_and_why() {
    let office = Office::new().await;
    let town = Browser::signed_out(&office.world).await;
    let text = read(&town.page(&office.link().await).await);
    assert!(text.contains("für Neufeld, Stadt, gültig bis 21.01.2027"), "{text}");
    let open = "ab dem Tag Ihrer Aufnahme, frühestens ab 22.11.2026, bis 28.02.2027";
    assert!(text.contains(open), "{text}");
    assert!(text.contains("erst mit der nächsten Ausschreibung"), "{text}");
    assert!(text.contains("Neufeld, Stadt steht am 22.11.2026 nicht auf der Liste der Abrufberechtigten"), "{text}");
}

#[tokio::test]
async fn the_office_shows_a_link_once_and_takes_it_back() {
    let office = Office::new().await;
    let olga = Browser::signed_in(&office.world, &office.olga).await;
    let list = "/verwaltung/einladungen";
    let page = olga.page(list).await;
    assert!(read(&page).contains("Noch ist niemand eingeladen."));
    let wrong = olga.submit(&page, list, &[("official_key", "99999999"), ("days", "60")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        read(&wrong.text).contains("Den Schlüssel „99999999“ gibt es im Verzeichnis nicht."),
        "{}",
        read(&wrong.text)
    );
    let fields = [("official_key", KEY), ("email", "kaemmerei@neufeld.example"), ("days", "60")];
    let made = olga.submit(&page, list, &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let at = made.text.find("/sparpotenzial/").unwrap();
    let path = made.text[at..at + "/sparpotenzial/".len() + 43].to_owned();
    assert!(made.text.contains("mailto:kaemmerei%40neufeld.example?"), "{}", made.text);
    let again = olga.submit(&page, list, &fields).await;
    assert!(read(&again.text).contains("Diese Einladung war schon angelegt"), "{}", read(&again.text));
    assert!(!again.text.contains(&path) && !olga.page(list).await.contains(&path), "the link is shown once");
    assert_eq!(office.number("SELECT count(*) FROM newcomer_invitation").await, 1);
    let token = path.rsplit('/').next().unwrap();
    let dump: String = sqlx::query_scalar("SELECT string_agg(n::text, '') || (SELECT string_agg(r::text, '') FROM idempotency_record r) FROM newcomer_invitation n")
        .fetch_one(office.world.owner())
        .await
        .unwrap();
    assert!(!dump.contains(token), "only the hash is stored");

    let town = Browser::signed_out(&office.world).await;
    let opened = town.get(&path).await;
    assert_eq!(opened.status, StatusCode::OK);
    assert_eq!(opened.header("x-robots-tag"), "noindex, nofollow");
    assert!(
        !opened.header("content-security-policy").is_empty() && opened.header("cache-control").contains("no-store")
    );
    let id: Uuid =
        sqlx::query_scalar("SELECT id FROM newcomer_invitation").fetch_one(office.world.owner()).await.unwrap();
    revoke(&office.world.app, &office.olga, id).await.unwrap();
    let absent = format!("/sparpotenzial/{}", "A".repeat(43));
    let [revoked, absent] = [town.get(&path).await, town.get(&absent).await];
    assert_eq!((revoked.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let without_id = |answer: &crate::web::Answer| answer.text.replace(answer.header("x-request-id"), "");
    assert_eq!(without_id(&revoked), without_id(&absent), "taken back looks like absent");
    let file = ("datei", "einkauf.csv", FILE.as_bytes());
    assert_eq!(town.send_file(&path, &[("fuer", "diese")], file).await.status, StatusCode::NOT_FOUND);

    let late = office.link().await;
    office.world.at("2027-01-21T09:00:00Z");
    assert_eq!(town.get(&late).await.status, StatusCode::NOT_FOUND, "expired");
}

#[tokio::test]
async fn a_link_serves_one_town_and_its_analysis_goes_only_when_the_town_says_so() {
    let office = Office::new().await;
    let path = office.link().await;
    let other = Browser::signed_out(&office.world).await;
    let file = ("datei", "einkauf.csv", FILE.as_bytes());
    for answer in ["andere", ""] {
        let refused = other.send_file(&path, &[("fuer", answer)], file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            read(&refused.text).contains("Diese Einladung gilt nur für Neufeld, Stadt."),
            "{}",
            read(&refused.text)
        );
    }
    assert_eq!(office.number("SELECT count(*) FROM purchase_upload").await, 0);

    office.analysed(&path, FILE, &[]).await;
    let before = office.number("SELECT count(*) FROM purchase_line").await;
    assert!(read(&other.page(&path).await).contains("8 passend"), "whoever holds the link sees it");
    let small = ("datei", "klein.csv", &b"Artikelnummer;Menge;Einheit;Einzelpreis\nNB-1;1;St\xc3\xbcck;900,00\n"[..]);
    assert_eq!(other.send_file(&path, &[("fuer", "diese")], small).await.status, StatusCode::SEE_OTHER);
    let page = other.page(&path).await;
    let refused = confirm(&other, &path, &page, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&refused.text).contains("Es gibt schon eine Auswertung vom 22.11.2026."), "{}", read(&refused.text));
    assert_eq!(office.number("SELECT count(*) FROM purchase_line").await, before);
    confirmed(&other, &path, &page, &[("ersetzen", "ja")]).await;
    assert_eq!(office.number("SELECT count(*) FROM purchase_line").await, 1);

    office.analysed(&path, FILE, &[("ersetzen", "ja")]).await;
    assert_eq!(other.send_file(&path, &[("fuer", "diese")], file).await.status, StatusCode::SEE_OTHER);
    let page = other.page(&path).await;
    let fourth = confirm(&other, &path, &page, &[("ersetzen", "ja")]).await;
    assert_eq!(fourth.status, StatusCode::CONFLICT, "three analyses show where prices lie, more would show them");
    assert_eq!(office.number("SELECT analyses::bigint FROM newcomer_invitation").await, 3);
}

#[tokio::test]
async fn everybody_sees_their_own_and_the_office_sums_with_consent_only() {
    let office = Office::new().await;
    let path = office.link().await;
    office.analysed(&path, FILE, &[]).await;
    let company = NewInvitation {
        town: "Zweckverband Börde".to_owned(),
        kind: "zweckverband".to_owned(),
        days: 10,
        ..NewInvitation::default()
    };
    office.analysed(&office.link_for(company).await, FILE, &[("einwilligung", "ja")]).await;
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM newcomer_invitation ORDER BY official_key NULLS LAST")
        .fetch_all(office.world.owner())
        .await
        .unwrap();
    assert_eq!(office.visible(RunsAs::Newcomer { invitation: ids[0] }).await, [1, 1, 9, 2]);
    assert_eq!(office.visible(RunsAs::Newcomer { invitation: Uuid::nil() }).await, [0, 0, 0, 0]);
    assert_eq!(office.visible(RunsAs::from(&office.olga)).await, [2, 2, 0, 2], "sums of the one that consents");
    let neighbour = office.world.member("Stadt Altenau").await;
    let eva = office.world.buyer(neighbour).await;
    assert_eq!(office.visible(RunsAs::from(&eva)).await, [0, 0, 0, 0]);
    assert_eq!(office.visible(RunsAs::SignIn).await, [0, 0, 0, 0]);
    let mut tx = office.world.app.db.begin(RunsAs::Newcomer { invitation: ids[0] }).await.unwrap();
    let contracts: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM framework_contract) + (SELECT count(*) FROM price_term)")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(contracts, 0, "a link shows no contract");
    drop(tx);

    let olga = Browser::signed_in(&office.world, &office.olga).await;
    let text = read(&olga.page("/verwaltung/einladungen").await);
    assert!(text.contains("Summen nicht freigegeben") && text.contains("8 Zeilen passen: bezahlt"), "{text}");
    assert!(text.contains("vom 22.11.2026, wird am 22.12.2026 gelöscht"), "{text}");
}

#[tokio::test]
async fn an_analysis_goes_after_thirty_days_unless_the_town_joins() {
    let office = Office::new().await;
    office.analysed(&office.link().await, FILE, &[]).await;
    let company = NewInvitation {
        town: "Zweckverband Börde".to_owned(),
        kind: "zweckverband".to_owned(),
        days: 90,
        ..NewInvitation::default()
    };
    let stays_out = office.link_for(company).await;
    office.analysed(&stays_out, FILE, &[]).await;
    assert_eq!(forget_due(&office.world.app).await.unwrap(), 0);

    office.world.at("2026-12-10T09:00:00Z");
    let admission = Admission {
        official_key: KEY.to_owned(),
        declared_on: "2026-12-01".parse().unwrap(),
        effective_from: "2027-01-01".parse().unwrap(),
        shares: 1,
        share_value_net: rust_decimal::Decimal::ZERO,
    };
    let neufeld = admit(&office.world.app, &office.olga, &admission).await.unwrap();
    office.world.at("2026-12-22T08:59:59Z");
    assert_eq!(forget_due(&office.world.app).await.unwrap(), 0);
    assert_eq!(office.number("SELECT count(*) FROM purchase_analysis").await, 2);
    office.world.at("2026-12-22T09:00:00Z");
    let town = Browser::signed_out(&office.world).await;
    assert!(!read(&town.page(&stays_out).await).contains(" passend"), "over, even before it is deleted");
    assert_eq!(forget_due(&office.world.app).await.unwrap(), 1);
    assert_eq!(office.number("SELECT count(*) FROM purchase_analysis WHERE delete_after IS NULL").await, 1);
    assert_eq!(office.number("SELECT count(*) FROM purchase_line").await, 9);
    assert_eq!(office.number("SELECT count(*) FROM audit_entry WHERE action = 'purchases_deleted'").await, 1);

    office.world.at("2027-01-04T09:00:00Z");
    let nora = office.world.buyer(neufeld).named("Nora Neu").await;
    let page = Browser::signed_in(&office.world, &nora).await.page("/sparpotenzial").await;
    let text = read(&page);
    assert!(text.contains("8 passend") && text.contains("Sie sind Mitglied: Die Auswertung bleibt"), "{text}");
    assert!(
        text.contains("Sie sind abrufberechtigt: Beträge auf den Cent") && text.contains("nach Liste 8.733,70 €"),
        "{text}"
    );
    assert!(!text.contains("2.375,74"), "not entitled to the other contract: {text}");
}

#[tokio::test]
async fn an_upload_that_nobody_confirms_is_no_analysis_and_goes_after_a_day() {
    let office = Office::new().await;
    let path = office.link().await;
    let town = Browser::signed_out(&office.world).await;
    town.send_file(&path, &[("fuer", "diese")], ("datei", "einkauf.csv", FILE.as_bytes())).await;
    let text = read(&town.page(&path).await);
    assert!(
        text.contains("Noch ist nichts ausgewertet.") && text.contains("9 Zeilen: 9 lesbar, 0 mit Fehler"),
        "{text}"
    );
    assert_eq!(office.number("SELECT count(*) FROM purchase_analysis").await, 0);
    office.world.at("2026-11-23T09:00:00Z");
    forget_due(&office.world.app).await.unwrap();
    assert_eq!(office.number("SELECT count(*) FROM purchase_upload").await, 0);
    let page = town.page(&path).await;
    assert!(!page.contains("value=\"auswerten\""), "{page}");
}

#[tokio::test]
async fn a_member_compares_signed_in_and_sees_prices_where_it_is_entitled_alone() {
    let office = Office::new().await;
    let altenau = office.world.member("Stadt Altenau").await;
    let eva = office.world.buyer(altenau).await;
    let browser = Browser::signed_in(&office.world, &eva).await;
    let path = "/sparpotenzial";
    let page = browser.page(path).await;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let file = ("datei", "einkauf.csv", FILE.as_bytes());
    assert_eq!(browser.send_file(path, &[("csrf", "falsch")], file).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.send_file(path, &[("csrf", &token)], file).await.status, StatusCode::SEE_OTHER);
    let page = browser.page(path).await;
    confirmed(&browser, path, &page, &[]).await;
    let text = read(&browser.page(path).await);
    assert!(text.contains("nach Liste 8.733,70 €") && text.contains("1.266,30 € gespart"), "{text}");
    assert!(!text.contains("2.375,74") && text.contains("nicht genannt: weniger als 5 Artikel"), "{text}");
    let approver = office.world.approver(altenau).await;
    assert!(read(&Browser::signed_in(&office.world, &approver).await.page(path).await).contains("8 passend"));
    let treasurer = office.world.person(abruf::actor::Role::Treasurer, altenau).await;
    assert_eq!(Browser::signed_in(&office.world, &treasurer).await.get(path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(office.number("SELECT count(*) FROM purchase_analysis WHERE delete_after IS NULL").await, 1);
    let page = browser.page(path).await;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    browser.post("/sparpotenzial/auswertung", &[("csrf", &token), ("schritt", "loeschen")]).await;
    assert_eq!(office.number("SELECT count(*) FROM purchase_line").await, 0, "deleted at once by its owner");
    let _ = (&office.open, &office.closed);
}

#[tokio::test]
async fn programs_of_the_office_invite_by_the_api() {
    let office = Office::new().await;
    let olga = office.olga.clone();
    let web = Web::over(office.world).await;
    web.cookie_of(&olga, "olga@elbe-saale.example").await;
    let token = web.token("olga@elbe-saale.example").await;
    let path = "/api/v1/newcomer-invitations";
    let made = web.api("POST", path, &token, Some(json!({ "official_key": KEY }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(made.json()["url"].as_str().unwrap().starts_with("http://127.0.0.1:8080/sparpotenzial/"));
    let listed = web.api("GET", path, &token, None).await.json();
    assert_eq!(listed[0]["town"], "Neufeld, Stadt");
    assert!(listed[0].get("url").is_none());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let renewed = web.api("POST", &format!("{path}/{id}/link"), &token, None).await;
    assert_eq!(renewed.status, StatusCode::CREATED, "{}", renewed.text);
    assert_ne!(renewed.json()["url"], made.json()["url"]);
    assert_eq!(web.api("POST", &format!("{path}/{id}/revoke"), &token, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(web.api("POST", &format!("{path}/{id}/revoke"), &token, None).await.status, StatusCode::CONFLICT);
    let wrong = web.api("POST", path, &token, Some(json!({ "town": "Verband", "kind": "verein" }))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Rechtsform"), "{}", wrong.text);
}
