//! Meeting reports: frozen with number, state of data, hash and paper; nothing that happens later alters them, and what
//! became of them is told.

mod corrected;

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::freeze_meeting_report::{Freezing, ToFreeze, freeze};
use abruf::actions::judge_paper::{self, Standing};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf::actor::{Actor, Role};
use abruf::storage::idempotency::IdempotencyKey;
use abruf::verify::verify;
use abruf_domain::ids::{CallOffId, OrganisationId};
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, list_price, prior_contract, value};

/// A body whose towns have called off in 2025 and 2026.
struct House {
    world: World,
    town: OrganisationId,
    contract: Contract,
    eva: Actor,
    karl: Actor,
    olga: Actor,
    bea: Actor,
    sven: Actor,
    call_offs: Vec<CallOffId>,
}

impl House {
    /// What is stored of a frozen report: its paper, its figures and its list.
    async fn stored(&self, report: Uuid) -> (Vec<u8>, String, String) {
        sqlx::query_as(
            "SELECT c.bytes, c.input, r.call_offs FROM certificate c JOIN meeting_report r ON r.id = c.id WHERE c.id = $1",
        )
        .bind(report)
        .fetch_one(self.world.owner())
        .await
        .unwrap()
    }

    async fn new() -> Self {
        Self::over(World::new().await).await
    }

    async fn over(world: World) -> Self {
        let town = world.member("Stadt Altenrode").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").await;
        let olga = world.office().named("Olga Amt").await;
        let bea = world.person(Role::Board, world.body).named("Bea Vorstand").await;
        let sven = world.person(Role::SupervisoryBoard, world.body).named("Sven Aufsicht").await;
        let contract = world
            .contract("RV-2025-01")
            .fee("1.5")
            .ceiling(value("500000.00"))
            .item("A1", fixed("100.00"))
            .item("B1", fixed("40.00"))
            .baseline("A1", prior_contract("123.45").dated("2025-01-15"))
            .baseline("B1", list_price("55.00").dated("2025-01-15"))
            .entitles(town)
            .await;
        let mut house = Self { world, town, contract, eva, karl, olga, bea, sven, call_offs: Vec::new() };
        for (day, quantity) in [("2025-06-02", "4"), ("2026-03-02", "7"), ("2026-05-04", "2")] {
            house.world.at(&format!("{day}T09:00:00Z"));
            house.order(quantity).await;
        }
        house.world.at("2026-11-22T09:00:00Z");
        house
    }

    async fn order(&mut self, quantity: &str) {
        let id = self.world.request(&self.eva, &self.contract, &[("A1", quantity), ("B1", "3")]).await;
        let done = release(&self.world.app, &self.karl, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
        self.call_offs.push(id);
    }

    async fn freeze(&self, actor: &Actor, year: i32, meeting_on: &str) -> Result<Freezing, ActionError> {
        freeze(&self.world.app, actor, &to_freeze(year, meeting_on), None).await
    }

    /// What a report was made from.
    async fn data(&self, id: Uuid) -> Value {
        let input: String = sqlx::query_scalar("SELECT input FROM certificate WHERE id = $1")
            .bind(id)
            .fetch_one(self.world.owner())
            .await
            .unwrap();
        serde_json::from_str::<Value>(&input).unwrap()["data"].clone()
    }

    async fn count(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM meeting_report").fetch_one(self.world.owner()).await.unwrap()
    }
}

fn to_freeze(year: i32, meeting_on: &str) -> ToFreeze {
    ToFreeze {
        year,
        meeting_on: meeting_on.parse().unwrap(),
        meeting: "Aufsichtsrat, 2. Sitzung".to_owned(),
        confirmed: true,
    }
}

fn fields(error: &ActionError) -> Vec<(&str, &str)> {
    let ActionError::Invalid(errors) = error else { panic!("{error:?}") };
    errors.iter().map(|error| (error.field.as_str(), error.message.as_str())).collect()
}

/// 7 and 2 pieces 23.45 cheaper each, less 1.5 % fee of the order value; list prices are another class.
#[tokio::test]
async fn a_report_says_what_the_dashboard_says_and_reconciles() {
    let house = House::new().await;
    let id = house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap().id();
    let data = house.data(id).await;
    assert_eq!((&data["number"], &data["year"], &data["running"]), (&json!("SB-2026-01"), &json!(2026), &json!(true)));
    assert_eq!(data["total"]["volume"], "1140.00");
    assert_eq!(data["total"]["a_net"], "193.95", "9 × 23.45 − 1.5 % of 1140.00");
    assert_eq!(data["total"]["b"], "90.00");
    assert_eq!(data["listed"], data["total"]);
    assert_eq!((&data["call_offs"], &data["members"][0]["name"]), (&json!(2), &json!("Stadt Altenrode")));
    assert!(data["members"][0]["per_inhabitant"].is_null(), "nobody has counted the inhabitants");
    assert!(data["figures"][0]["before"].as_str().unwrap().starts_with("520,00"), "{}", data["figures"]);
    assert!(data["restatement"].is_null(), "the first report has nothing to restate");

    let bea = Browser::signed_in(&house.world, &house.bea).await;
    let dashboard = read(&bea.page("/berichte/einsparungen?jahr=2026").await);
    let report = read(&bea.page(&format!("/berichte/sitzung/{id}")).await);
    for figure in ["1.140,00 €", "193,95 €", "90,00 €"] {
        assert!(dashboard.contains(figure) && report.contains(figure), "{figure}: {dashboard}\n{report}");
    }
    assert!(report.contains("Dieser Bericht ist festgeschrieben (Stand 22.11.2026, 10:00 Uhr)."), "{report}");
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn what_happens_later_never_alters_a_report_but_is_told_in_the_next() {
    let mut house = House::new().await;
    let first = house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap().id();
    let frozen = house.stored(first).await;
    house.world.at("2026-11-25T09:00:00Z");
    cancel(&house.world.app, &house.karl, house.call_offs[1], "Bedarf entfallen").await.unwrap();
    assert_eq!(house.stored(first).await, frozen);
    house.order("1").await;

    let sven = Browser::signed_in(&house.world, &house.sven).await;
    let page = read(&sven.page(&format!("/berichte/sitzung/{first}")).await);
    assert!(page.contains("193,95 €"), "as it was frozen: {page}");
    // The call-off of 7 pieces saved 7 × 23.45 − 1.5 % of 820.00.
    assert!(page.contains("storniert") && page.contains("\u{2212}151,85 €"), "{page}");

    let second = house.freeze(&house.bea, 2026, "2026-12-29").await.unwrap().id();
    let data = house.data(second).await;
    let restated = &data["restatement"];
    assert_eq!(data["number"], "SB-2026-02");
    assert_eq!((&restated["report"], &restated["frozen"]), (&json!("SB-2026-01"), &json!("193.95")));
    assert_eq!(
        (&restated["rows"][0]["difference"], &restated["rows"][0]["reason"]),
        (&json!("-151.85"), &json!("storniert"))
    );
    // 23.45 − 1.5 % of 220.00.
    assert_eq!(
        (&restated["changed"], &restated["added"], &restated["added_call_offs"]),
        (&json!("-151.85"), &json!("20.15"), &json!(1))
    );
    assert_eq!(restated["now"], data["total"]["a_net"]);
    assert_eq!(data["total"]["a_net"], "62.25");

    for document in find(&house.world.app, Some("SB-2026-01")).await.unwrap() {
        assert_eq!(reproduce(&house.world.app, document).await.unwrap().outcome, Outcome::Identical);
    }
    while abruf::actions::issue_document::issue_next(&house.world.app).await.unwrap() {}
    let found = verify(&house.world.app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn two_people_who_freeze_the_same_report_get_the_same_one() {
    let house = House::over(World::crowded().await).await;
    for round in 0..4_u32 {
        let day = format!("2026-12-{:02}", 10 + round);
        let (one, two, three) = tokio::join!(
            house.freeze(&house.olga, 2026, &day),
            house.freeze(&house.bea, 2026, &day),
            house.freeze(&house.olga, 2026, &day)
        );
        let all = [one.unwrap(), two.unwrap(), three.unwrap()];
        assert!(all.iter().all(|it| it.id() == all[0].id()), "{all:?}");
        assert_eq!(all.iter().filter(|it| matches!(it, Freezing::Frozen(_))).count(), 1, "{all:?}");
        assert_eq!(house.count().await, i64::from(round) + 1);
    }
    let again = house.freeze(&house.bea, 2026, "2026-12-10").await.unwrap();
    assert!(matches!(again, Freezing::Already(_)));
}

#[tokio::test]
async fn numbers_have_no_gaps_when_many_meetings_are_prepared_at_once() {
    let house = House::over(World::crowded().await).await;
    let (one, two, three, four) = tokio::join!(
        house.freeze(&house.olga, 2026, "2026-12-01"),
        house.freeze(&house.bea, 2026, "2026-12-02"),
        house.freeze(&house.olga, 2025, "2026-12-01"),
        house.freeze(&house.bea, 2025, "2027-01-12"),
    );
    for it in [one, two, three, four] {
        assert!(matches!(it.unwrap(), Freezing::Frozen(_)));
    }
    let numbers: Vec<String> =
        sqlx::query_scalar("SELECT c.number FROM meeting_report r JOIN certificate c ON c.id = r.id ORDER BY c.number")
            .fetch_all(house.world.owner())
            .await
            .unwrap();
    assert_eq!(numbers, ["SB-2026-01", "SB-2026-02", "SB-2026-03", "SB-2027-01"]);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn one_key_freezes_once_and_is_no_key_for_another_report() {
    let house = House::new().await;
    let key = IdempotencyKey { key: "k-1".to_owned(), request_sha256: [7; 32] };
    let asked = to_freeze(2026, "2026-12-15");
    let send = || freeze(&house.world.app, &house.olga, &asked, Some(&key));
    let first = send().await.unwrap();
    assert_eq!(send().await.unwrap(), first);
    let other = IdempotencyKey { request_sha256: [8; 32], ..key.clone() };
    let reused = freeze(&house.world.app, &house.olga, &to_freeze(2025, "2026-12-15"), Some(&other)).await;
    assert!(matches!(reused, Err(ActionError::KeyReused)), "{reused:?}");
    assert_eq!(house.count().await, 1);
}

#[tokio::test]
async fn a_year_without_data_or_a_wrong_day_is_refused_with_what_to_do() {
    let house = House::new().await;
    let refused = house.freeze(&house.olga, 2019, "2026-12-15").await.unwrap_err();
    let [(field, message)] = fields(&refused)[..] else { panic!("{refused:?}") };
    assert_eq!(field, "year");
    assert_eq!(
        message,
        "Für 2019 liegen keine Abrufe vor. Der erste Abruf war am 02.06.2025. Bitte wählen Sie ein Jahr mit Abrufen."
    );
    for (year, day, wrong) in [
        (2027, "2027-12-15", "year"),
        (1999, "2026-12-15", "year"),
        (2026, "2025-12-15", "meeting_on"),
        (2026, "2028-06-01", "meeting_on"),
    ] {
        let refused = house.freeze(&house.olga, year, day).await.unwrap_err();
        assert!(fields(&refused).iter().any(|(field, _)| *field == wrong), "{year} {day}: {refused:?}");
    }
    let unnamed = ToFreeze { meeting: " ".to_owned(), confirmed: false, ..to_freeze(2026, "2026-12-15") };
    let refused = freeze(&house.world.app, &house.olga, &unnamed, None).await.unwrap_err();
    assert_eq!(fields(&refused).iter().map(|it| it.0).collect::<Vec<_>>(), ["meeting", "confirmed"]);
    for nobody in [&house.eva, &house.sven] {
        let refused = house.freeze(nobody, 2026, "2026-12-15").await;
        assert!(matches!(refused, Err(ActionError::NotPermitted(_))), "{refused:?}");
    }
    assert_eq!(house.count().await, 0, "nothing was written");
}

#[tokio::test]
async fn by_page_what_was_typed_stays_and_the_second_person_is_told() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let page = olga.page("/berichte/sitzung").await;
    assert!(read(&page).contains("Noch kein Bericht."), "{page}");
    let fields = [("year", "2026"), ("meeting_on", "15.12.2026"), ("meeting", "Aufsichtsrat")];
    let wrong = olga.submit(&page, "/berichte/sitzung", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        read(&wrong.text).contains("Bitte bestätigen Sie") && wrong.text.contains("value=\"15.12.2026\""),
        "{}",
        wrong.text
    );
    assert!(wrong.text.contains("<title>Fehler: "), "{}", wrong.text);
    let confirmed = [fields[0], fields[1], fields[2], ("confirmed", "ja")];
    let to = olga.leads_on(&page, "/berichte/sitzung", &confirmed).await;
    assert!(to.ends_with("?hinweis=festgeschrieben"), "{to}");
    let report = read(&olga.page(&to).await);
    assert!(report.contains("SB-2026-01") && report.contains("Der Bericht ist festgeschrieben."), "{report}");

    let bea = Browser::signed_in(&house.world, &house.bea).await;
    let page = bea.page("/berichte/sitzung").await;
    assert!(!page.contains("/berichte/sitzung/vorlagen"), "resolutions are the office's");
    let to = bea.leads_on(&page, "/berichte/sitzung", &confirmed).await;
    let told = read(&bea.page(&to).await);
    assert!(told.contains("Für diese Sitzung war der Bericht schon festgeschrieben. Es gilt dieser."), "{told}");
    assert_eq!(house.count().await, 1);
}

#[tokio::test]
async fn resolutions_are_printed_if_they_came_before_and_stand_beside_if_they_came_after() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let action = "/berichte/sitzung/vorlagen";
    let page = olga.page("/berichte/sitzung").await;
    let before = [
        ("resolution_meeting_on", "15.12.2026"),
        ("kind", "proposal"),
        ("number", "TOP 3"),
        ("dated_on", "20.11.2026"),
        ("wording", "Der Aufsichtsrat nimmt zur Kenntnis."),
    ];
    let early = olga.submit(&page, action, &[before[0], ("kind", "decision"), before[2], before[3], before[4]]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&early.text).contains("Ein Beschluss kann nicht vor seiner Sitzung gefasst sein."), "{}", early.text);
    olga.leads_on(&page, action, &before).await;
    let waiting = read(&olga.page("/berichte/sitzung").await);
    assert!(waiting.contains("Sitzung am 15.12.2026: 1 Eintrag, noch kein Bericht."), "{waiting}");
    let id = house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap().id();
    let printed = house.data(id).await;
    assert_eq!(printed["resolutions"][0]["number"], "TOP 3");

    house.world.at("2026-12-16T09:00:00Z");
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let page = olga.page("/berichte/sitzung").await;
    let twice = olga.submit(&page, action, &before).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", twice.text);
    assert!(read(&twice.text).contains("Nummer „TOP 3“ ist für diese Sitzung schon vergeben."), "{}", twice.text);
    let after =
        [before[0], ("kind", "decision"), ("number", "TOP 3"), ("dated_on", "15.12.2026"), ("wording", "Angenommen.")];
    olga.leads_on(&page, action, &after).await;
    let report = read(&olga.page(&format!("/berichte/sitzung/{id}")).await);
    assert!(
        report.contains("Beschluss TOP 3 vom 15.12.2026") && report.contains("nicht im Papier enthalten"),
        "{report}"
    );
    assert_eq!(report.matches("nicht im Papier enthalten").count(), 1, "the proposal is in it");
    assert_eq!(house.data(id).await, printed);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn organs_see_reports_during_their_term_and_members_never() {
    let house = House::new().await;
    let id = house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap().id();
    let sven = Browser::signed_in(&house.world, &house.sven).await;
    let paper = format!("/bescheinigungen/{id}");
    let places = [
        "/berichte/sitzung".to_owned(),
        format!("/berichte/sitzung/{id}"),
        paper.clone(),
        format!("/api/v1/meeting-reports/{id}"),
    ];
    for place in &places {
        assert_eq!(sven.get(place).await.status, StatusCode::OK, "{place}");
    }
    assert!(sven.get(&paper).await.text.starts_with("%PDF-"));
    let eva = Browser::signed_in(&house.world, &house.eva).await;
    for place in &places {
        assert_eq!(eva.get(place).await.status, StatusCode::NOT_FOUND, "{place}");
    }
    let auditor = house.world.auditor(&[house.town, house.world.body]).await;
    let auditor = Browser::signed_in(&house.world, &auditor).await;
    assert_eq!(auditor.get(&paper).await.status, StatusCode::NOT_FOUND, "it names every member");
    sqlx::query("UPDATE assignment SET valid_to = '2026-11-21' WHERE id = $1")
        .bind(house.sven.assignment.0)
        .execute(house.world.owner())
        .await
        .unwrap();
    for place in &places {
        let answer = sven.get(place).await;
        assert_ne!(answer.status, StatusCode::OK, "{place}: the term is over");
    }
}

#[tokio::test]
async fn reports_are_append_only_and_leave_no_number_out() {
    let house = House::new().await;
    house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap();
    for (table, statement) in [
        ("meeting_report", "UPDATE meeting_report SET meeting = 'Vorstand'"),
        ("meeting_report", "DELETE FROM meeting_report"),
        ("meeting_report", "TRUNCATE meeting_report"),
        ("certificate", "UPDATE certificate SET input = '{}'"),
    ] {
        let refused = sqlx::query(statement).execute(house.world.owner()).await.unwrap_err();
        let constraint = refused.as_database_error().unwrap().constraint().map(ToOwned::to_owned);
        assert_eq!(constraint, Some(format!("{table}_append_only")), "{statement}");
    }
    let no_paper = sqlx::query(
        "INSERT INTO meeting_report (id, body_id, year, meeting_on, meeting, sequence, as_of, call_offs, call_offs_sha256,
                                     frozen_by, frozen_at)
         SELECT id, body_id, 2025, meeting_on, meeting, 2, as_of, '[]', sha256('[]'), frozen_by, frozen_at FROM meeting_report",
    )
    .execute(house.world.owner())
    .await
    .unwrap_err();
    assert_eq!(no_paper.as_database_error().unwrap().constraint(), Some("meeting_report_has_its_paper"), "{no_paper}");
    for (sequence, list, constraint) in [
        (3, "[]", "meeting_report_number_once"),
        (1, "[]", "meeting_report_number_once"),
        (2, "[1]", "meeting_report_hash_of_call_offs"),
    ] {
        let mut tx = house.world.owner().begin().await.unwrap();
        let refused = sqlx::query(
            "INSERT INTO meeting_report (id, body_id, year, meeting_on, meeting, sequence, as_of, call_offs, call_offs_sha256,
                                         frozen_by, frozen_at)
             SELECT id, body_id, year, meeting_on + 1, meeting, $1, as_of, $2, sha256('[]'), frozen_by, frozen_at FROM meeting_report",
        )
        .bind(sequence)
        .bind(list)
        .execute(&mut *tx)
        .await
        .unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{refused}");
    }
}

#[tokio::test]
async fn the_public_page_knows_a_report_without_names_or_amounts() {
    let house = House::new().await;
    let id = house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap().id();
    let (code, hash): (String, String) =
        sqlx::query_as("SELECT check_code, encode(sha256, 'hex') FROM certificate WHERE id = $1")
            .bind(id)
            .fetch_one(house.world.owner())
            .await
            .unwrap();
    house.freeze(&house.olga, 2026, "2026-12-16").await.unwrap();
    let judged = judge_paper::by_check_code(&house.world.app, &code).await.unwrap().unwrap();
    assert_eq!(judged.standing, Standing::Valid, "a later report replaces none");
    assert_eq!(judged.to_string(), "Sitzungsbericht SB-2026-01 vom 22.11.2026");
    let mut listed = String::new();
    abruf::actions::publish_hashes::publish(&house.world.app, |paper| {
        listed.push_str(&abruf::actions::publish_hashes::lines(paper));
        Ok::<(), ActionError>(())
    })
    .await
    .unwrap();
    assert!(listed.contains(&format!("{code} meeting_report SB-2026-01")) && listed.contains(&hash), "{listed}");
    let web = Web::over(house.world).await;
    let page = web.get(&format!("/p/{code}"), "").await;
    assert!(
        page.text.contains("Sitzungsbericht SB-2026-01") && page.text.contains("Stand seines Tages"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("Altenrode") && !page.text.contains('€'), "{}", page.text);
}

#[tokio::test]
async fn by_api_a_report_is_frozen_once_and_read_whole() {
    let house = House::new().await;
    let web = Web::over(house.world).await;
    web.cookie_of(&house.bea, "bea@elbe-saale.example").await;
    let token = web.token("bea@elbe-saale.example").await;
    let body = json!({ "year": 2026, "meeting_on": "2026-12-15", "meeting": "Aufsichtsrat", "confirmed": true });
    let made = web.api("POST", "/api/v1/meeting-reports", &token, Some(body.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let again = web.api("POST", "/api/v1/meeting-reports", &token, Some(body)).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, made.json()));
    let list = web.api("GET", "/api/v1/meeting-reports", &token, None).await;
    assert_eq!(list.json(), json!([made.json()]));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let whole = web.api("GET", &format!("/api/v1/meeting-reports/{id}"), &token, None).await.json();
    assert_eq!(whole["content"]["total"]["a_net"], "193.95");
    let listed = whole["call_offs"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let unconfirmed =
        json!({ "year": 2026, "meeting_on": "2026-12-17", "meeting": "Aufsichtsrat", "confirmed": false });
    let refused = web.api("POST", "/api/v1/meeting-reports", &token, Some(unconfirmed)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
}
