//! What the office writes down: admissions, emergency orders, justifications. Each fact counts once, also
//! when it arrives from two windows at once.

use abruf::actions::release_call_off::{Release, release};
use abruf::actor::Actor;
use abruf_domain::ids::CallOffId;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::pages::browser::read;
use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

/// A town over its soft quota whose request waits for the words of the office.
struct House {
    web: Web,
    cookie: String,
    karl: Actor,
    contract: Contract,
    request: CallOffId,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let eva = world.buyer(town).await;
        let karl = world.approver(town).named("Karl Beispiel").await;
        let office = world.office().named("Olga Geschäftsstelle").await;
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("10000.00"))
            .quota(town, value("1000.00").soft())
            .item("A1", fixed("100.00"))
            .entitles(town)
            .await;
        let request = world.request(&eva, &contract, &[("A1", "12")]).await;
        let web = Web::over(world).await;
        let cookie = web.cookie_of(&office, "olga@elbe-saale.example").await;
        Self { web, cookie, karl, contract, request }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.web.get(path, &self.cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends a form of `path` with the token of the session.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.web.get(path, &self.cookie).await.form_token();
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.web.post(path, &self.cookie, &fields).await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    /// Records that arrived in the ledger, and what the guard row of the contract's value holds.
    async fn recorded(&self) -> (i64, i64) {
        let entries = self.number("SELECT count(*) FROM volume_entry WHERE kind = 'record'").await;
        let guard = "SELECT recorded::bigint FROM guard WHERE scope = 'contract' AND measure = 'value'";
        (entries, self.number(guard).await)
    }

    fn recording(&self) -> String {
        format!("/verwaltung/vertraege/{}/nacherfassung", self.contract.id)
    }
}

#[tokio::test]
async fn an_emergency_order_counts_once_from_a_double_click_and_from_two_windows() {
    let house = House::new().await;
    let path = house.recording();
    assert!(house.page(&path).await.contains("name=\"idempotency_key\""));
    let form = [("idempotency_key", "a"), ("amount", "500,00"), ("evidence", "Fax vom 20.11.2026")];
    let double_click = tokio::join!(house.post(&path, &form), house.post(&path, &form));
    for answer in [&double_click.0, &double_click.1] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    assert_eq!(house.recorded().await, (1, 500));
    let windows = tokio::join!(
        house.post(&path, &[("amount", "70"), ("evidence", "Fax vom 21.11.2026")]),
        house.post(&path, &[("idempotency_key", "b"), ("amount", "70,00"), ("evidence", " Fax vom 21.11.2026 ")]),
        house.post(&path, &[("idempotency_key", "c"), ("amount", "70,00 €"), ("evidence", "Fax vom 21.11.2026")]),
    );
    let mut told = [windows.0, windows.1, windows.2].map(|answer| (answer.status, read(&answer.text)));
    told.sort_by_key(|(status, _)| *status);
    assert_eq!(told[0].0, StatusCode::SEE_OTHER);
    for (status, text) in &told[1..] {
        assert_eq!(*status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(text.contains("schon nacherfasst. Es wurde nichts doppelt gebucht."), "{text}");
    }
    assert_eq!(house.recorded().await, (2, 570));

    let correction = [("amount", "-70,00"), ("evidence", "Fax vom 21.11.2026")];
    assert_eq!(house.post(&path, &correction).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.post(&path, &correction).await.status, StatusCode::UNPROCESSABLE_ENTITY, "taken back once");
    let much = house.post(&path, &[("amount", "-600"), ("evidence", "Irrtum")]).await;
    assert!(read(&much.text).contains("Nachgetragen sind hier 500."), "{}", much.text);
    let again = [("amount", "70,00"), ("evidence", "Fax vom 21.11.2026")];
    assert_eq!(house.post(&path, &again).await.status, StatusCode::SEE_OTHER, "what was taken back may come again");
    assert_eq!(house.recorded().await, (4, 570));
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'volume_recorded'").await, 4);
}

#[tokio::test]
async fn programs_repeat_an_emergency_order_with_its_key_and_read_the_first_answer() {
    let house = House::new().await;
    let token = house.web.token("olga@elbe-saale.example").await;
    let send = async |key: &str, amount: &str, evidence: &str| {
        let request = Request::post(format!("/api/v1/contracts/{}/recorded-volume", house.contract.id))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(json!({ "amount": amount, "evidence": evidence }).to_string()));
        house.web.send(request.unwrap()).await
    };
    for _ in 0..2 {
        let answer = send("k1", "250.00", "Rechnung 1").await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::CREATED, r#"{"breached":false}"#));
    }
    let other = send("k1", "251.00", "Rechnung 1").await;
    assert_eq!(other.json()["type"], "/hilfe/probleme/idempotency-key-reused");
    let twice = send("k2", "250.00", "Rechnung 1").await;
    assert_eq!(twice.json()["errors"][0]["field"], "evidence", "{}", twice.text);
    for (amount, evidence, field) in [("0", "Rechnung 2", "amount"), ("1.00", "", "evidence")] {
        let answer = send("k3", amount, evidence).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json()["errors"][0]["field"], field);
    }
    let long = send("k4", "1.00", &"x".repeat(10_000)).await;
    assert!(long.text.contains("hat 10.000 Zeichen, erlaubt sind 2.000"), "{}", long.text);
    assert_eq!(house.recorded().await, (1, 250));
}

#[tokio::test]
async fn a_town_admitted_from_several_windows_at_once_is_one_member() {
    let house = House::new().await;
    sqlx::query(
        "INSERT INTO register_entry (official_key, name, kind, district, inhabitants, area_km2, postcode, source, imported_at)
         VALUES ('15002000', 'Halle (Saale), Stadt', 'Kreisfreie Stadt', 'Halle (Saale), Stadt', 238762, 135.03, '06108',
                 'Quelle: Statistisches Bundesamt', now())",
    )
    .execute(&house.web.database.owner)
    .await
    .unwrap();
    let path = "/verwaltung/mitglieder/aufnehmen/15002000";
    let admission = |from, shares| {
        [
            ("declared_on", "01.11.2026"),
            ("effective_from", from),
            ("shares", shares),
            ("share_value", "1.000"),
            ("schritt", "aufnehmen"),
        ]
    };
    let half = house.post(path, &admission("01.12.2026", "1.5")).await;
    assert!(half.text.contains("ganze Zahl von 1 bis 100.000"), "one and a half shares are not fifteen");
    let form = admission("01.12.2026", "3");
    let windows = tokio::join!(
        house.post(path, &form),
        house.post(path, &form),
        house.post(path, &form),
        house.post(path, &form)
    );
    let windows = [windows.0, windows.1, windows.2, windows.3];
    for answer in &windows {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert_eq!(answer.header("location"), windows[0].header("location"));
    }
    let other = house.post(path, &admission("15.12.2026", "3")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&other.text).contains("Halle (Saale), Stadt ist an diesem Tag oder danach schon Mitglied."));
    assert_eq!(house.number("SELECT count(*) FROM organisation WHERE official_key = '15002000'").await, 1);
    assert_eq!(house.number("SELECT count(*) FROM membership WHERE effective_from = '2026-12-01'").await, 1);
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'member_admitted'").await, 1);

    let member = read(&house.page(windows[0].header("location")).await);
    assert!(member.contains("06108 Halle (Saale)") && member.contains("3 Anteile, 3.000,00 €"), "{member}");
    let found = read(&house.page("/verwaltung/mitglieder/aufnehmen?q=halle").await);
    assert!(found.contains("schon Mitglied"), "{found}");
    assert!(read(&house.page(path).await).contains("ist schon Mitglied."));
}

#[tokio::test]
async fn the_card_of_the_office_leads_to_what_it_owes() {
    let house = House::new().await;
    let start = house.page("/").await;
    assert!(start.contains("class=\"card\" href=\"/verwaltung/begruendungen\""), "{start}");
}

#[tokio::test]
async fn a_request_over_its_soft_quota_is_released_once_the_office_has_written() {
    let house = House::new().await;
    let path = "/verwaltung/begruendungen";
    assert!(read(&house.page(path).await).contains("1 Begründung offen"));
    let early = release(&house.web.app, &house.karl, house.request, None).await.unwrap();
    assert!(matches!(early, Release::Unjustified { .. }), "{early:?}");

    let id = house.request.to_string();
    let write = async |wording: &str| {
        house.post(path, &[("call_off", &id), ("rule", "member-quota"), ("wording", wording)]).await
    };
    for (wording, said) in [
        ("  ", "Bitte begründen Sie in eigenen Worten"),
        (&*"ä".repeat(10_000), "hat 10.000 Zeichen, erlaubt sind 4.000"),
    ] {
        let wrong = write(wording).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(read(&wrong.text).contains(said), "{}", wrong.text);
    }
    let windows = tokio::join!(write("Sondermittel des Landes"), write("Sondermittel des Landes"));
    let mut told = [windows.0, windows.1].map(|answer| (answer.status, answer.text));
    told.sort_by_key(|(status, _)| *status);
    assert_eq!(told[0].0, StatusCode::SEE_OTHER);
    assert!(told[1].1.contains("ist schon begründet"), "{}", told[1].1);
    let done = read(&house.page(&format!("{path}?hinweis=gespeichert")).await);
    assert!(done.contains("Die Begründung ist gespeichert.") && done.contains("Nichts zu tun."), "{done}");
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'finding_justified'").await, 1);

    let released = release(&house.web.app, &house.karl, house.request, None).await.unwrap();
    assert!(matches!(released, Release::Released { .. }), "{released:?}");
    assert_eq!(house.number("SELECT authorised::bigint FROM guard WHERE scope = 'member'").await, 1200);
    assert_eq!(house.number("SELECT count(*) FROM guard WHERE breached").await, 0, "a soft quota stops nobody");
    let seen = read(&house.page(&format!("/abrufe/{id}")).await);
    assert!(seen.contains("Sondermittel des Landes"), "{seen}");
}
