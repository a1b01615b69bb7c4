//! Law as dated data: two persons, never overwritten, never retroactive; what is shipped yields to what the
//! office released, and each Land cites its own paragraphs.

use abruf::actions::submit_call_off::submit;
use abruf::actor::Actor;
use abruf::recheck::recheck_all;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::pages::browser::read;
use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{fixed, value};

struct House {
    web: Web,
    olga: String,
    otto: String,
    eva: Actor,
    /// Of one article at 100 euros, by the town in the other Land.
    drafts: [CallOffId; 2],
}

impl House {
    /// Today is 22 November 2026; one town in the body's own Land, one in another.
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let other = world.member("Stadt Rheinberge").await;
        sqlx::query("UPDATE organisation SET jurisdiction = 'de/nw', region = 'DE-NW' WHERE id = $1")
            .bind(other.0)
            .execute(world.owner())
            .await
            .unwrap();
        let eva = world.buyer(other).await;
        let olga = world.office().named("Olga Geschäftsstelle").await;
        let otto = world.office().named("Otto Zweitperson").await;
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("100000.00"))
            .item("A1", fixed("100.00"))
            .entitles(town)
            .entitles(other)
            .await;
        let drafts =
            [world.draft(&eva, &contract, &[("A1", "1")]).await, world.draft(&eva, &contract, &[("A1", "2")]).await];
        let web = Web::over(world).await;
        let [olga, otto] = [
            web.cookie_of(&olga, "olga@elbe-saale.example").await,
            web.cookie_of(&otto, "otto@elbe-saale.example").await,
        ];
        Self { web, olga, otto, eva, drafts }
    }

    async fn post(&self, cookie: &str, key: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.web.get("/handeln-fuer", cookie).await.form_token();
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.web.post(&format!("/verwaltung/recht/{key}"), cookie, &fields).await
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.web.get(path, &self.olga).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        read(&answer.text)
    }

    async fn propose(&self, key: &str, jurisdiction: &str, value: &str, from: &str) -> Answer {
        let fields = [
            ("schritt", "vorschlagen"),
            ("jurisdiction", jurisdiction),
            ("value", value),
            ("valid_from", from),
            ("source", "Beschluss des Vorstands vom 12.11.2026"),
            ("certainty", "K"),
        ];
        self.post(&self.olga, key, &fields).await
    }

    async fn proposed(&self, key: &str, jurisdiction: &str, value: &str, from: &str) -> String {
        let answer = self.propose(key, jurisdiction, value, from).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
        self.text("SELECT id::text FROM legal_parameter_proposal WHERE decided_at IS NULL ORDER BY id DESC LIMIT 1")
            .await
    }

    async fn released(&self, key: &str, jurisdiction: &str, value: &str, from: &str) {
        let id = self.proposed(key, jurisdiction, value, from).await;
        let answer = self.post(&self.otto, key, &[("schritt", "freigeben"), ("proposal", &id)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
    }

    async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    /// The constraint that refuses a statement of the owner, whom no policy holds back.
    async fn refused_by(&self, sql: &'static str) -> String {
        let error = sqlx::query(sql).execute(&self.web.database.owner).await.unwrap_err();
        let error = error.into_database_error().unwrap();
        error.constraint().unwrap_or_else(|| error.message()).to_owned()
    }
}

/// `value from to` of each value of the splitting window, the oldest first.
const WINDOWS: &str =
    "SELECT string_agg(concat_ws(' ', value, valid_from, coalesce(valid_to::text, '-')), ', ' ORDER BY valid_from)
     FROM legal_parameter WHERE key = 'split_window_days'";

#[tokio::test]
async fn a_new_value_takes_two_persons_and_ends_the_one_before_the_day_before() {
    let house = House::new().await;
    let id = house.proposed("split_window_days", "de", "45", "01.12.2026").await;
    assert_eq!(house.text(WINDOWS).await, "30 2000-01-01 -", "a proposal is no law");
    assert!(house.page("/verwaltung/recht").await.contains("45 Tage ab 01.12.2026, vorgeschlagen von Olga"));
    let again = house.propose("split_window_days", "de", "60", "02.12.2026").await;
    assert_eq!(again.status, StatusCode::CONFLICT, "at most one waits");

    let own = house.post(&house.olga, "split_window_days", &[("schritt", "freigeben"), ("proposal", &id)]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert!(read(&own.text).contains("eine zweite Person"), "{}", read(&own.text));
    let second = house.post(&house.otto, "split_window_days", &[("schritt", "freigeben"), ("proposal", &id)]).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", read(&second.text));
    assert_eq!(house.text(WINDOWS).await, "30 2000-01-01 2026-11-30, 45 2026-12-01 -");
    let twice = house.post(&house.otto, "split_window_days", &[("schritt", "freigeben"), ("proposal", &id)]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);

    let page = house.page("/verwaltung/recht/split_window_days").await;
    assert!(page.contains("vorgeschlagen von Olga Geschäftsstelle, freigegeben von Otto Zweitperson"), "{page}");
    assert!(page.contains("01.01.2000 bis 30.11.2026"), "{page}");
    let logged = "SELECT string_agg(action, ', ' ORDER BY sequence) FROM audit_entry WHERE action LIKE 'legal%'";
    assert_eq!(house.text(logged).await, "legal_parameter_proposed, legal_parameter_released");
}

#[tokio::test]
async fn a_value_between_two_others_ends_where_the_next_begins() {
    let house = House::new().await;
    house.released("split_window_days", "de", "45", "01.12.2027").await;
    house.released("split_window_days", "de", "40", "01.06.2027").await;
    let expected = "30 2000-01-01 2027-05-31, 40 2027-06-01 2027-11-30, 45 2027-12-01 -";
    assert_eq!(house.text(WINDOWS).await, expected);
    let same_day = house.propose("split_window_days", "de", "20", "01.06.2027").await;
    assert_eq!(same_day.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&same_day.text).contains("Ab 01.06.2027 gilt schon 40"), "{}", read(&same_day.text));
}

#[tokio::test]
async fn a_refusal_needs_a_reason_and_changes_nothing() {
    let house = House::new().await;
    let id = house.proposed("split_window_days", "de", "45", "01.12.2026").await;
    let refuse = async |reason| {
        let fields = [("schritt", "ablehnen"), ("proposal", id.as_str()), ("reason", reason)];
        house.post(&house.otto, "split_window_days", &fields).await
    };
    let silent = refuse("  ").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&silent.text).contains("warum Sie den Vorschlag ablehnen"));
    assert_eq!(refuse("Der Beschluss fehlt").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.text(WINDOWS).await, "30 2000-01-01 -");
    let own = house.proposed("split_window_days", "de", "45", "01.12.2026").await;
    let back = house.post(&house.olga, "split_window_days", &[("schritt", "ablehnen"), ("proposal", &own)]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "one's own is taken back without a word");
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_field_actual_and_allowed_and_nothing_is_written() {
    let house = House::new().await;
    let wrong = [
        ("split_window_days", "0", "01.12.2026", "„0“ passt nicht. Erlaubt ist eine ganze Zahl von 1 bis 366 (Tage)"),
        ("split_window_days", "dreißig", "01.12.2026", "„dreißig“ ist keine Zahl"),
        ("split_window_days", "", "01.12.2026", "Bitte geben Sie den neuen Wert ein"),
        ("split_window_days", "30", "01.12.2026", "30 Tage gilt schon seit 01.01.2000"),
        ("split_window_days", "45", "22.11.2026", "Der früheste erste Tag ist der 23.11.2026"),
        ("split_window_days", "45", "01.12.2099", "Der späteste erste Tag ist der 22.11.2046"),
        ("split_window_days", "45", "31.11.2026", "„31.11.2026“ ist kein Datum"),
        ("cap_warning_ratio", "1,01", "01.12.2026", "ein Anteil von 0 bis 1"),
        ("direct_award_limit_net", "1,234", "01.12.2026", "mehr als zwei Nachkommastellen"),
        ("modification_minor_pct", "100,5", "01.12.2026", "ein Prozentsatz von 0 bis 100"),
        ("ceiling_required_since", "bald", "01.12.2026", "„bald“ ist kein Datum"),
    ];
    for (key, typed, from, told) in wrong {
        let answer = house.propose(key, "de", typed, from).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{key} {typed} {from}");
        // Between number and unit stands a space that does not break.
        let page = read(&answer.text).replace('\u{a0}', " ");
        assert!(page.contains(told), "{key} {typed} {from}: {page}");
        assert!(answer.text.contains("Beschluss des Vorstands"), "what was typed stays");
    }
    let nowhere = house.propose("split_window_days", "de/xx", "45", "01.12.2026").await;
    assert!(read(&nowhere.text).contains("„de/xx“ ist kein Rechtsraum. Möglich sind: de, de/st"), "{}", nowhere.text);
    assert_eq!(house.number("SELECT count(*) FROM legal_parameter_proposal").await, 0);
    assert_eq!(house.web.get("/verwaltung/recht/colour", &house.olga).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.web.get("/verwaltung/recht?gebiet=at", &house.olga).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_preview_names_whom_it_hits_and_leaves_out_whom_a_narrower_law_shields() {
    let house = House::new().await;
    let look = async |jurisdiction| {
        let fields = [
            ("schritt", "ansehen"),
            ("jurisdiction", jurisdiction),
            ("value", "20.000,00"),
            ("valid_from", "01.12.2026"),
            ("source", "Verordnung"),
            ("certainty", "?"),
        ];
        let answer = house.post(&house.olga, "direct_award_limit_net", &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let page = read(&answer.text).replace('\u{a0}', " ");
        page.split("Vorschau").nth(1).unwrap().split("Verlauf").next().unwrap().to_owned()
    };
    let land = look("de/st").await;
    assert!(land.contains("Bisher 100.000,00 €, dann 20.000,00 €"), "{land}");
    assert!(land.contains("1 Mitglied") && land.contains("Stadt Altenrode") && !land.contains("Rheinberge"), "{land}");
    assert!(land.contains("Trifft Verträge keine"), "it is read where the member is: {land}");
    let federal = look("de").await;
    assert!(
        federal.contains("Bisher 1.000,00 €") && !federal.contains("Stadt"),
        "both Länder have their own: {federal}"
    );
    assert_eq!(house.number("SELECT count(*) FROM legal_parameter_proposal").await, 0, "looking writes nothing");
}

#[tokio::test]
async fn a_proposal_whose_day_has_come_is_not_released_any_more() {
    let house = House::new().await;
    let id = house.proposed("split_window_days", "de", "45", "23.11.2026").await;
    house.web.app.clock.set("2026-11-22T23:00:00Z".parse().unwrap());
    // The evening's session is over by then.
    let otto = house.web.sign_in("otto@elbe-saale.example").await;
    let late = house.post(&otto, "split_window_days", &[("schritt", "freigeben"), ("proposal", &id)]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(read(&late.text).contains("Werte gelten nie rückwirkend"), "{}", read(&late.text));
    assert_eq!(house.text(WINDOWS).await, "30 2000-01-01 -");
}

#[tokio::test]
async fn programs_propose_and_release_as_people_do() {
    let house = House::new().await;
    let olga = house.web.token("olga@elbe-saale.example").await;
    let otto = house.web.token("otto@elbe-saale.example").await;
    let body = json!({ "jurisdiction": "de/nw", "key": "direct_award_limit_net", "value": "25000", "valid_from": "2026-12-01",
                       "source": "Satzung", "certainty": "S" });
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    let propose = async |body: Value| house.web.api("POST", "/api/v1/law/proposals", &olga, Some(body)).await;
    for (field, value) in [
        ("jurisdiction", "at"),
        ("key", "colour"),
        ("value", "-1"),
        ("valid_from", "2026-11-22"),
        ("source", " "),
        ("certainty", "X"),
    ] {
        let answer = propose(with(field, value.into())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{}", answer.text);
    }
    let made = propose(body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert_eq!((&made["value"], &made["before"]), (&json!("25000.00"), &json!("216000.00")));
    assert_eq!(made["members"], json!(["Stadt Rheinberge"]));
    let waiting = house.web.api("GET", "/api/v1/law/proposals", &otto, None).await.json();
    assert_eq!(waiting[0]["id"], made["id"]);
    let path = format!("/api/v1/law/proposals/{}/release", made["id"].as_str().unwrap());
    assert_eq!(house.web.api("POST", &path, &olga, None).await.status, StatusCode::CONFLICT);
    assert_eq!(house.web.api("POST", &path, &otto, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.web.api("POST", &path, &otto, None).await.status, StatusCode::CONFLICT);
    let listed = house.web.api("GET", "/api/v1/law/parameters", &otto, None).await.json();
    let own: Vec<&Value> =
        listed["parameters"].as_array().unwrap().iter().filter(|it| it["shipped"] == false).collect();
    assert_eq!((own.len(), &own[0]["value"]), (1, &json!("25000.00")));
    assert!(listed["jurisdictions"].as_array().unwrap().iter().any(|it| it["jurisdiction"] == "de/nw"));
}

#[tokio::test]
async fn the_database_refuses_what_the_program_would_never_do() {
    let house = House::new().await;
    let never = "legal_parameter_never_overwritten";
    assert_eq!(house.refused_by("UPDATE legal_parameter SET value = '1' WHERE key = 'split_window_days'").await, never);
    assert_eq!(house.refused_by("UPDATE legal_parameter SET valid_to = NULL WHERE valid_to IS NOT NULL").await, never);
    let overlap = "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, source, certainty) VALUES ('de', 'split_window_days', '1', '2027-01-01', 'x', 'K')";
    assert_eq!(house.refused_by(overlap).await, "legal_parameter_once");

    house.proposed("split_window_days", "de", "45", "01.12.2026").await;
    let second = "INSERT INTO legal_parameter_proposal (id, body_id, jurisdiction, key, value, valid_from, source, certainty, proposed_by, proposed_at)
                  SELECT gen_random_uuid(), body_id, jurisdiction, key, value, valid_from, source, certainty, proposed_by, proposed_at FROM legal_parameter_proposal";
    assert_eq!(house.refused_by(second).await, "legal_parameter_proposal_one_pending");
    let alone =
        "UPDATE legal_parameter_proposal SET decided_by = proposed_by, decided_at = proposed_at, released = true";
    assert_eq!(house.refused_by(alone).await, "legal_parameter_proposal_four_eyes");
    let late = "UPDATE legal_parameter_proposal SET decided_by = (SELECT id FROM person WHERE id <> proposed_by LIMIT 1), decided_at = '2026-12-01', released = true";
    assert_eq!(house.refused_by(late).await, "legal_parameter_proposal_released_in_time");
    let back = "UPDATE legal_parameter_proposal SET valid_from = '2026-11-22'";
    assert_eq!(house.refused_by(back).await, "legal_parameter_proposal_not_backdated");
    let half = "UPDATE legal_parameter_proposal SET released = true";
    assert_eq!(house.refused_by(half).await, "legal_parameter_proposal_decided_whole");
}

#[tokio::test]
async fn the_application_writes_law_only_as_a_released_proposal_says() {
    let house = House::new().await;
    let mut tx = house.web.app.db.begin(&house.eva).await.unwrap();
    let free = "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty) VALUES ('de', 'colour', '1', '1990-01-01', '1990-12-31', 'x', 'K')";
    let error = sqlx::query(free).execute(&mut *tx).await.unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
    tx.rollback().await.unwrap();
    let mut tx = house.web.app.db.begin(&house.eva).await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM legal_parameter_proposal").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(seen, 0);
    let value = sqlx::query("UPDATE legal_parameter SET value = '1'").execute(&mut *tx).await.unwrap_err();
    assert!(value.to_string().contains("permission denied"), "{value}");
}

#[tokio::test]
async fn a_released_value_judges_from_its_first_day_on() {
    let house = House::new().await;
    house.released("request_expires_after_days", "de/nw", "5", "01.12.2026").await;
    let days = async |at: &str, draft: CallOffId| {
        house.web.app.clock.set(at.parse().unwrap());
        submit(&house.web.app, &house.eva, draft, None).await.unwrap();
        let sql = "SELECT extract(day FROM expires_at - submitted_at)::bigint FROM call_off WHERE id = $1";
        let days: i64 = sqlx::query_scalar(sql).bind(draft.0).fetch_one(&house.web.database.owner).await.unwrap();
        days
    };
    assert_eq!(days("2026-11-30T22:59:59Z", house.drafts[0]).await, 14);
    assert_eq!(days("2026-11-30T23:00:00Z", house.drafts[1]).await, 5);
}

#[tokio::test]
async fn findings_cite_the_law_of_the_members_land_and_stored_reviews_replay() {
    let house = House::new().await;
    let [draft, _] = house.drafts;
    submit(&house.web.app, &house.eva, draft, None).await.unwrap();
    house.web.cookie_of(&house.eva, "eva@rheinberge.example").await;
    let token = house.web.token("eva@rheinberge.example").await;
    let review = house.web.api("GET", &format!("/api/v1/call-offs/{}/review", draft.0), &token, None).await.json();
    let findings = review["findings"].as_array().unwrap();
    let of = |rule: &str| findings.iter().find(|it| it["rule"] == rule).unwrap();
    let cited = of("need-documented")["source"].as_str().unwrap().replace('\u{a0}', " ");
    assert_eq!(cited, "§ 8 VgV; § 6 UVgO; § 75 Abs. 1 GO NRW");
    assert!(of("cap-value")["source"].as_str().unwrap().contains("C-23/20"), "European law is the same everywhere");
    let stored = house.text("SELECT (result -> 'findings')::text FROM review").await;
    assert!(stored.contains("GO NRW") && !stored.contains("KVG LSA"), "a stored review keeps what it cited");
    let done = recheck_all(&house.web.app, |_, _| {}).await.unwrap();
    assert_eq!((done.reviews, done.identical), (1, 1), "{:?}", done.alarms);
}

#[tokio::test]
async fn procurement_rules_follow_the_contract_and_the_others_the_member() {
    let house = House::new().await;
    let owner = &house.web.database.owner;
    let threshold = "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, source, certainty)
                     VALUES ('de/nw', 'eu_threshold_supplies_net', '1.00', '2020-01-01', 'Fall', '?')";
    sqlx::query(threshold).execute(owner).await.unwrap();
    let judged = async |draft: CallOffId| -> Value {
        submit(&house.web.app, &house.eva, draft, None).await.unwrap();
        let sql =
            "SELECT jsonb_build_object('land', facts::jsonb -> 'contract' -> 'jurisdiction', 'law', facts::jsonb -> 'parameters')
                   FROM review WHERE call_off_id = $1";
        sqlx::query_scalar(sql).bind(draft.0).fetch_one(owner).await.unwrap()
    };
    // The body, and with it the contract, has its seat in Saxony-Anhalt; the member in the other Land.
    let own = judged(house.drafts[0]).await;
    assert_eq!(own["land"], "de/st");
    assert_eq!(own["law"]["eu_threshold"], "216000.00", "the threshold is the contract's");
    assert_eq!(own["law"]["citations"]["evb-it-type"], Value::Null, "the rule book's words are those of the Land");
    assert!(own["law"]["citations"]["power-to-bind"]["source"].as_str().unwrap().contains("GO NRW"));

    sqlx::query("UPDATE framework_contract SET jurisdiction = 'de/nw'").execute(owner).await.unwrap();
    let moved = judged(house.drafts[1]).await;
    assert_eq!(moved["land"], "de/nw");
    assert_eq!(moved["law"]["eu_threshold"], "1.00");
    assert!(moved["law"]["citations"]["evb-it-type"]["source"].as_str().unwrap().contains("LHO NRW"));
    let done = recheck_all(&house.web.app, |_, _| {}).await.unwrap();
    assert_eq!((done.reviews, done.identical), (2, 2), "{:?}", done.alarms);
    let form = "UPDATE framework_contract SET jurisdiction = 'Sachsen-Anhalt'";
    assert_eq!(house.refused_by(form).await, "framework_contract_jurisdiction_form");
}

#[tokio::test]
async fn a_preview_of_procurement_law_names_the_contracts_it_hits() {
    let house = House::new().await;
    let look = async |jurisdiction| {
        let fields = [
            ("schritt", "ansehen"),
            ("jurisdiction", jurisdiction),
            ("value", "220.000,00"),
            ("valid_from", "01.12.2026"),
            ("source", "Verordnung"),
            ("certainty", "?"),
        ];
        let answer = house.post(&house.olga, "eu_threshold_supplies_net", &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let page = read(&answer.text);
        page.split("Vorschau").nth(1).unwrap().split("Verlauf").next().unwrap().to_owned()
    };
    let land = look("de/st").await;
    assert!(land.contains("RV-2025-01") && land.contains("Trifft Mitglieder keine"), "{land}");
    let other = look("de/nw").await;
    assert!(other.contains("Trifft Verträge keine"), "no contract lies there: {other}");
}

#[tokio::test]
async fn what_is_shipped_again_keeps_what_the_office_released() {
    let house = House::new().await;
    house.released("split_window_days", "de", "45", "01.12.2026").await;
    let whole = "SELECT md5(string_agg(legal_parameter::text, '|' ORDER BY jurisdiction, key, valid_from)) FROM legal_parameter";
    let before = house.text(whole).await;
    let mut owner = house.web.database.owner.acquire().await.unwrap();
    abruf::storage::migrate(&mut owner).await.unwrap();
    assert_eq!(house.text(whole).await, before);

    let newer = "jurisdiction = \"de\"\nname = \"Bund\"\nholidays = \"DE\"\n\
        [[parameter]]\nkey = \"split_window_days\"\nvalue = \"30\"\nvalid_from = \"2000-01-01\"\nvalid_to = \"2027-12-31\"\nsource = \"x\"\ncertainty = \"K\"\n\
        [[parameter]]\nkey = \"split_window_days\"\nvalue = \"90\"\nvalid_from = \"2028-01-01\"\nsource = \"x\"\ncertainty = \"K\"\n\
        [[parameter]]\nkey = \"duplicate_window_days\"\nvalue = \"14\"\nvalid_from = \"2000-01-01\"\nvalid_to = \"2027-12-31\"\nsource = \"x\"\ncertainty = \"K\"\n\
        [[parameter]]\nkey = \"duplicate_window_days\"\nvalue = \"7\"\nvalid_from = \"2028-01-01\"\nsource = \"x\"\ncertainty = \"K\"\n";
    let pack = abruf_domain::law::LawPack::parse(newer).unwrap();
    abruf::storage::parameters::ship(&mut owner, &[pack]).await.unwrap();
    assert_eq!(house.text(WINDOWS).await, "30 2000-01-01 2026-11-30, 45 2026-12-01 -", "the office's word stands");
    let duplicates =
        "SELECT string_agg(concat_ws(' ', value, valid_from, coalesce(valid_to::text, '-')), ', ' ORDER BY valid_from)
         FROM legal_parameter WHERE key = 'duplicate_window_days'";
    assert_eq!(
        house.text(duplicates).await,
        "14 2000-01-01 2027-12-31, 7 2028-01-01 -",
        "what it left alone is renewed"
    );
}
