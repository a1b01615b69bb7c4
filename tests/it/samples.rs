//! Samples of auditors: anybody draws the same again with population and seed, an extension takes nothing away, no large
//! call-off is missed, and nobody but the auditor sees any of it.

use std::fs;
use std::process::Command;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::release_call_off::release;
use abruf::actor::Actor;
use axum::http::StatusCode;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use crate::cluster;
use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{fixed, value};

/// Hundreds of euros of the orders: 6,700.00 in all.
const ORDERS: [&str; 8] = ["1", "2", "3", "5", "7", "9", "10", "30"];
/// n = 3 x 6,700 / 3,000, rounded up: 7; J = 957.14, so that the last two are certain.
const MUS: &str = "gesamtheit=orders&methode=mus&toleranz=3.000&sicherheit=95&startwert=8417";
/// Columns that follow from population and seed alone.
const DRAWN: usize = 5;

struct House {
    web: Web,
    cookie: String,
    /// Another auditor of the same town.
    colleague: String,
    anna: Actor,
    karl: Actor,
    orders: Vec<abruf_domain::ids::CallOffId>,
}

async fn house() -> House {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let other = world.member("Stadt Neufeld").await;
    let [eva, ute] = [world.buyer(town).await, world.buyer(other).named("Ute Nachbar").await];
    let karl = world.approver(town).named("Karl Beispiel").await;
    let anna = world.auditor(&[town]).named("Anna Prüferin").await;
    let bert = world.auditor(&[town]).named("Bert Prüfer").await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("100000.00"))
        .item("A1", fixed("100.00"))
        .entitles(town)
        .entitles(other)
        .await;
    let mut orders = Vec::new();
    for quantity in ORDERS {
        let id = world.request(&eva, &contract, &[("A1", quantity)]).await;
        release(&world.app, &karl, id, None).await.unwrap();
        orders.push(id);
    }
    // Neither a request nor what another town ordered is in the population.
    world.request(&eva, &contract, &[("A1", "90")]).await;
    world.request(&ute, &contract, &[("A1", "95")]).await;
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&anna, "anna@pruefung.example").await;
    let colleague = web.cookie_of(&bert, "bert@pruefung.example").await;
    House { web, cookie, colleague, anna, karl, orders }
}

/// The hidden fields of the form that draws what a preview shows.
fn fields(page: &Answer) -> Vec<(String, String)> {
    let form = page.text.split("<form class=\"form\" method=\"post\" action=\"/pruefung/stichprobe\">").nth(1);
    let form = form.unwrap_or_else(|| panic!("no preview in {}", page.text)).split("</form>").next().unwrap();
    let read = |field: &str| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        (name.to_owned(), html_escape::decode_html_entities(rest.split('"').next().unwrap()).into_owned())
    };
    form.split("type=\"hidden\" name=\"").skip(1).map(read).collect()
}

impl House {
    async fn post(&self, address: &str, form: &[(&str, &str)]) -> Answer {
        let token = self.web.get("/handeln-fuer", &self.cookie).await.form_token();
        let form: Vec<(&str, &str)> = [("csrf", token.as_str())].into_iter().chain(form.iter().copied()).collect();
        self.web.post(address, &self.cookie, &form).await
    }

    /// Previews and draws; the address of the sample.
    async fn draw(&self, how: &str) -> String {
        let preview = self.web.get(&format!("/pruefung/stichprobe?{how}"), &self.cookie).await;
        assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
        let fields = fields(&preview);
        let form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let drawn = self.web.post("/pruefung/stichprobe", &self.cookie, &form).await;
        assert_eq!(drawn.status, StatusCode::SEE_OTHER, "{}", drawn.text);
        drawn.header("location").to_owned()
    }

    /// The rows of the file, each as cells, without its head.
    async fn rows(&self, sample: &str) -> Vec<Vec<String>> {
        let file = self.web.get(&format!("{sample}/stichprobe.csv"), &self.cookie).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        assert!(file.text.starts_with("\u{feff}Platz;Runde;Vorgang;Netto;Sicher gezogen;Währung;"), "{}", file.text);
        file.text.trim_end().lines().skip(1).map(|line| line.split(';').map(str::to_owned).collect()).collect()
    }

    async fn extend(&self, sample: &str, more: &str) -> Answer {
        self.post(&format!("{sample}/erweitern"), &[("mehr", more)]).await
    }
}

fn drawn(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row[..DRAWN].to_vec()).collect()
}

#[tokio::test]
async fn the_same_seed_draws_the_same_and_another_one_does_not() {
    let house = house().await;
    let preview = house.web.get(&format!("/pruefung/stichprobe?{MUS}"), &house.cookie).await;
    for expected in [
        "Ihr Startwert ist 8417. Mit ihm lässt sich die Auswahl jederzeit wiederholen.",
        "8 Abrufe im Wert von 6.700,00",
        "957,14",
        "Was nicht zu den erteilten Abrufen in Euro zählt",
    ] {
        assert!(preview.text.replace('\u{a0}', " ").contains(expected), "no {expected} in {}", preview.text);
    }
    assert!(!preview.text.contains("Neufeld"), "another town shows");
    let [first, second] = [house.draw(MUS).await, house.draw(MUS).await];
    assert_ne!(first, second);
    let rows = drawn(&house.rows(&first).await);
    assert!(!rows.is_empty());
    assert_eq!(rows, drawn(&house.rows(&second).await));
    let random = "gesamtheit=orders&methode=random&anzahl=8&startwert=";
    let one = drawn(&house.rows(&house.draw(&format!("{random}8417")).await).await);
    let other = drawn(&house.rows(&house.draw(&format!("{random}8418")).await).await);
    assert_eq!(one.len(), 8, "all of them");
    assert_ne!(one, other, "eight in the same order by chance: once in 40,320");
    let list = house.web.get("/pruefung/stichprobe", &house.cookie).await;
    assert_eq!(list.text.matches("href=\"/pruefung/stichprobe/").count(), 4, "{}", list.text);
}

#[tokio::test]
async fn monetary_units_take_every_order_above_the_interval() {
    let house = house().await;
    for seed in [1, 2, 3, 8417, 999_999_999] {
        let how = MUS.replace("8417", &seed.to_string());
        let rows = house.rows(&house.draw(&how).await).await;
        let certain: Vec<&str> = rows.iter().filter(|row| row[4] == "ja").map(|row| row[3].as_str()).collect();
        assert_eq!(certain.len(), 2, "seed {seed}: {rows:?}");
        assert!(certain.contains(&"3000,00") && certain.contains(&"1000,00"), "seed {seed}: {certain:?}");
        assert!(rows.len() <= 8 && rows.iter().all(|row| row[3] != "9000,00"), "seed {seed}: a request was drawn");
    }
}

#[tokio::test]
async fn an_extension_keeps_the_first_draw_and_the_command_line_draws_all_of_it_again() {
    let house = house().await;
    let sample = house.draw("gesamtheit=orders&methode=random&anzahl=3&startwert=8417").await;
    let before = drawn(&house.rows(&sample).await);
    for more in ["2", "1"] {
        let done = house.extend(&sample, more).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
    let rows = drawn(&house.rows(&sample).await);
    assert_eq!(rows[..3], before[..], "what was drawn stays as it was");
    assert_eq!(rows.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["0", "0", "0", "1", "1", "2"]);
    let wrong = house.extend(&sample, "viele").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("ganze Zahl von 1 bis 1.000") && wrong.text.contains("value=\"viele\""));

    let mus = house.draw(MUS).await;
    house.extend(&mus, "1").await;
    for sample in [&sample, &mus] {
        let population = house.web.get(&format!("{sample}/grundgesamtheit.csv"), &house.cookie).await;
        assert_eq!(population.text.lines().count(), 8, "{}", population.text);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("grundgesamtheit.csv"), &population.text).unwrap();
        // The page says how; nothing but its words and the file is taken.
        let page = house.web.get(sample, &house.cookie).await;
        let command = page.text.split("<code>abruf ").nth(1).expect("a command").split("</code>").next().unwrap();
        let again = Command::new(env!("CARGO_BIN_EXE_abruf"))
            .args(command.split(' '))
            .current_dir(dir.path())
            .env_clear()
            .env("PATH", cluster::environment("PATH").unwrap_or_default())
            .output()
            .unwrap();
        let said = String::from_utf8(again.stdout).unwrap();
        assert!(again.status.success(), "{command}: {said}{}", String::from_utf8_lossy(&again.stderr));
        let lines: Vec<Vec<String>> =
            said.trim_end().lines().skip(1).map(|line| line.split(';').map(str::to_owned).collect()).collect();
        assert_eq!(lines, drawn(&house.rows(sample).await), "{command}");
    }
}

#[tokio::test]
async fn a_population_that_changed_since_the_preview_is_shown_again_and_not_drawn() {
    let house = house().await;
    let preview = house.web.get(&format!("/pruefung/stichprobe?{MUS}"), &house.cookie).await;
    let old = fields(&preview);
    let drawn_before = house.draw(MUS).await;
    let rows = house.rows(&drawn_before).await;
    cancel(&house.web.app, &house.karl, house.orders[0], "Doppelt bestellt").await.unwrap();
    let form: Vec<(&str, &str)> = old.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let late = house.web.post("/pruefung/stichprobe", &house.cookie, &form).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("so noch nicht gesehen") && late.text.contains("7 Abrufe"), "{}", late.text);
    let again = house.rows(&drawn_before).await;
    assert_eq!(drawn(&again), drawn(&rows), "a sample stands, whatever becomes of its call-offs");
}

#[tokio::test]
async fn an_item_is_marked_with_a_remark_and_the_last_mark_counts() {
    let house = house().await;
    let sample = house.draw(MUS).await;
    let mark = async |position: &str, verdict: &str, note: &str| {
        let form = [("position", position), ("verdict", verdict), ("note", note), ("seite", "1")];
        house.post(&format!("{sample}/vermerk"), &form).await
    };
    let empty = mark("1", "finding", " ").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("Bitte schreiben Sie, was Sie festgestellt haben"), "{}", empty.text);
    assert_eq!(mark("1", "finding", "Beleg fehlt").await.status, StatusCode::SEE_OTHER);
    assert_eq!(mark("2", "checked", "").await.status, StatusCode::SEE_OTHER);
    let page = house.web.get(&sample, &house.cookie).await;
    assert!(page.text.contains("1 Feststellung<") && page.text.contains("Beleg fehlt"), "{}", page.text);
    let result = async || house.rows(&sample).await.into_iter().map(|row| row[12..].to_vec()).collect::<Vec<_>>();
    assert_eq!(result().await[..2], [["Feststellung", "Beleg fehlt"], ["geprüft", ""]]);
    assert_eq!(mark("1", "checked", "Beleg nachgereicht").await.status, StatusCode::SEE_OTHER);
    assert_eq!(result().await[0], ["geprüft", "Beleg nachgereicht"]);
    assert_eq!(mark("1", "open", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(result().await[0], ["offen", ""]);
    assert_eq!(mark("99", "checked", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(mark("1", "gelesen", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_sample_mark")
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    assert_eq!(kept, 4, "each mark stays");
}

#[tokio::test]
async fn the_sample_of_another_auditor_looks_absent() {
    let house = house().await;
    let sample = house.draw(MUS).await;
    let absent = format!("/pruefung/stichprobe/{}", Uuid::from_u128(1));
    for part in ["", "/stichprobe.csv", "/grundgesamtheit.csv"] {
        let foreign = house.web.get(&format!("{sample}{part}"), &house.colleague).await;
        let nothing = house.web.get(&format!("{absent}{part}"), &house.colleague).await;
        assert_eq!((foreign.status, nothing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{part}");
        assert_eq!(foreign.text, nothing.text, "{part}: foreign is told from absent");
    }
    let token = house.web.get("/handeln-fuer", &house.colleague).await.form_token();
    for (part, field) in [("/erweitern", ("mehr", "1")), ("/vermerk", ("verdict", "checked"))] {
        let form = [("csrf", token.as_str()), ("position", "1"), field];
        let answer = house.web.post(&format!("{sample}{part}"), &house.colleague, &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{part}");
    }
    let list = house.web.get("/pruefung/stichprobe", &house.colleague).await;
    assert!(list.text.contains("Sie haben noch keine Stichprobe gezogen."), "{}", list.text);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the statements are written here")]
async fn the_database_refuses_what_the_program_never_asks() {
    let house = house().await;
    let sample = house.draw(MUS).await;
    let id = sample.rsplit('/').next().unwrap().to_owned();
    let karl = house.karl.person.0;
    // A copy of the sample that says these instead.
    let copy = |method: &str, seed: &str, population: &str| {
        format!(
            "INSERT INTO audit_sample (id, body_id, person_id, part, filter, method, threshold, seed, population,
                                       population_sha256, population_count, drawn_at)
             SELECT gen_random_uuid(), body_id, person_id, part, filter, '{method}', 0, {seed}, {population},
                    population_sha256, population_count, drawn_at
             FROM audit_sample WHERE id = '{id}'"
        )
    };
    let mut owner = house.web.database.owner.acquire().await.unwrap();
    owner.execute(AssertSqlSafe(copy("full", "1", "population"))).await.unwrap();
    let item = format!(
        "INSERT INTO audit_sample_item SELECT sample_id, 99, 0, case_number, contract_id, call_off_id, net, certain, drawn_at
         FROM audit_sample_item WHERE sample_id = '{id}' AND position = 1"
    );
    let mark = |verdict: &str| {
        format!(
            "INSERT INTO audit_sample_mark (sample_id, id, position, verdict, note, person_id, at)
             VALUES ('{id}', gen_random_uuid(), 1, '{verdict}', ' ', '{karl}', now())"
        )
    };
    for (statement, constraint) in [
        (format!("UPDATE audit_sample SET seed = 1 WHERE id = '{id}'"), "audit_sample_append_only"),
        (format!("DELETE FROM audit_sample_item WHERE sample_id = '{id}'"), "audit_sample_item_append_only"),
        (copy("full", "0", "population"), "audit_sample_seed_sane"),
        (copy("full", "1", "population || 'x'"), "audit_sample_population_sha256"),
        (copy("random", "1", "population"), "audit_sample_method_known"),
        (item, "audit_sample_item_once"),
        (mark("finding"), "audit_sample_mark_finding_worded"),
        (mark("great"), "audit_sample_mark_verdict_known"),
        (format!("INSERT INTO audit_sample_extension VALUES ('{id}', 1, 1001, now())"), "audit_sample_extension_sane"),
    ] {
        let refused = owner.execute(AssertSqlSafe(statement.clone())).await.expect_err(&statement);
        let refused = refused.as_database_error().unwrap().constraint().map(str::to_owned);
        assert_eq!(refused.as_deref(), Some(constraint), "{statement}");
    }
    // As the auditor: a mark in the name of somebody else.
    let mut tx = house.web.app.db.begin(&house.anna).await.unwrap();
    let refused = tx.execute(AssertSqlSafe(mark("checked"))).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("42501"), "{refused}");
}
