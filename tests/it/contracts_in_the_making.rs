//! The office writes a contract and two persons activate it: from an empty page to the first order.

mod cells;
mod minimum_purchases;

use abruf::actions::draft_call_off::{self, LineInput};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::Actor;
use abruf::storage::call_offs::Details;
use abruf_domain::ids::{ContractId, OrganisationId};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::pages::browser::read;
use crate::web::{Answer, Web};
use crate::world::World;

/// A body with a town and two colleagues of the office.
struct House {
    web: Web,
    town: OrganisationId,
    eva: Actor,
    karl: Actor,
    olga: String,
    otto: String,
}

/// What the form of terms needs at least.
const TERMS: [(&str, &str); 7] = [
    ("number", "RV-2026-09"),
    ("title", "Notebooks"),
    ("regime", "vgv"),
    ("notice_date", "01.09.2026"),
    ("starts_on", "01.11.2026"),
    ("ends_on", "31.10.2028"),
    ("price_change_limit_pct", "30"),
];
/// What it needs for activation.
const QUOTED: [(&str, &str); 7] = [
    ("legal_basis", "§ 120 Abs. 4 GWB"),
    ("notice_reference", "2026/S 170-1"),
    ("procedure_reference", "VgV-2026-3"),
    ("awarded_on", "15.10.2026"),
    ("retention_class", "award_file"),
    ("supply_chain", "direct"),
    ("mechanism", "single"),
];

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let eva = world.buyer(town).await;
        let karl = world.approver(town).named("Karl Beispiel").await;
        let olga = world.office().named("Olga Geschäftsstelle").await;
        let otto = world.office().named("Otto Zweitperson").await;
        let web = Web::over(world).await;
        let [olga, otto] = [
            web.cookie_of(&olga, "olga@elbe-saale.example").await,
            web.cookie_of(&otto, "otto@elbe-saale.example").await,
        ];
        Self { web, town, eva, karl, olga, otto }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.web.get(path, &self.olga).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        read(&answer.text)
    }

    async fn post_as(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.web.get("/handeln-fuer", cookie).await.form_token();
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.web.post(path, cookie, &fields).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_as(&self.olga, path, fields).await
    }

    /// Posts what must be right.
    async fn done(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {fields:?}: {}", read(&answer.text));
        answer
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    /// A draft with terms alone; the address of its page.
    async fn draft(&self) -> String {
        let fields: Vec<_> = TERMS.into_iter().chain(QUOTED).chain([("currency", "EUR")]).collect();
        let made = self.done("/verwaltung/vertraege/neu", &fields).await;
        made.header("location").trim_end_matches("/bearbeiten").to_owned()
    }

    /// Everything a small contract needs.
    async fn fill(&self, at: &str) {
        let add = format!("{at}/bearbeiten");
        self.done(
            &add,
            &[
                ("part", "lot"),
                ("lot_number", "1"),
                ("lot_title", "Geräte"),
                ("supplier", "Anhalt Digital GmbH"),
                ("rank", "1"),
            ],
        )
        .await;
        let item = [
            ("part", "item"),
            ("item_lot", "1"),
            ("article_number", "NB-14"),
            ("item_title", "Notebook 14 Zoll"),
            ("unit", "Stück"),
            ("vat_rate_pct", "19"),
            ("min_quantity", "1"),
            ("step", "1"),
            ("price_kind", "tier_all_units"),
            ("tiers", "1: 912,40\r\n10: 874,90"),
            ("counted", "per_order"),
        ];
        self.done(&add, &item).await;
        self.done(&add, &[("part", "ceiling"), ("scope", "contract"), ("measure", "value"), ("limit", "500.000")])
            .await;
        let town = self.town.to_string();
        let entitlement = [
            ("part", "entitlement"),
            ("mode", "named"),
            ("member", town.as_str()),
            ("valid_from", "01.11.2026"),
            ("document", "Anlage 3"),
            ("document_date", "01.09.2026"),
        ];
        self.done(&add, &entitlement).await;
    }

    async fn version(&self) -> String {
        self.number("SELECT version::bigint FROM framework_contract ORDER BY id DESC LIMIT 1").await.to_string()
    }
}

fn id_of(at: &str) -> ContractId {
    ContractId(at.rsplit('/').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn two_persons_bring_a_contract_from_an_empty_page_to_its_first_order() {
    let house = House::new().await;
    let at = house.draft().await;
    let page = house.page(&format!("{at}/bearbeiten")).await;
    for missing in ["hat keine Leistungspositionen", "hat keinen Lieferanten", "nennt keine Abrufberechtigten"] {
        assert!(page.contains(missing), "{missing}: {page}");
    }
    assert_eq!(house.web.get(&format!("/rahmenvertraege/{}", id_of(&at)), &house.olga).await.status, StatusCode::OK);
    house.fill(&at).await;
    let page = house.page(&format!("{at}/bearbeiten")).await;
    assert!(page.contains("Nichts. Der Vertrag kann zur Aktivierung vorgelegt werden."), "{page}");

    let seen = house.version().await;
    house.done(&format!("{at}/vorlegen"), &[("seen", &seen), ("note", "Bitte prüfen")]).await;
    let own = house.post(&format!("{at}/aktivieren"), &[("seen", &seen)]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = read(&own.text);
    assert!(said.contains("wurde von derselben Person vorbereitet und aktiviert"), "{said}");
    assert_eq!(house.number("SELECT count(*) FROM framework_contract WHERE status = 'active'").await, 0);
    assert_eq!(house.number("SELECT count(*) FROM price_term WHERE released_at IS NOT NULL").await, 0);

    let done = house.post_as(&house.otto, &format!("{at}/aktivieren"), &[("seen", &seen)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    let released = "SELECT count(*) FROM price_term WHERE released_by IS NOT NULL AND released_by <> recorded_by";
    assert_eq!(house.number(released).await, 1);
    let logged = "SELECT count(*) FROM audit_entry WHERE action IN ('contract_drafted', 'contract_part_added', 'contract_handed_in', 'contract_activated')";
    assert_eq!(house.number(logged).await, 7);

    let order = house.order(&at, "NB-14", "10").await;
    assert_eq!(order, "RV-2026-09-0001");
}

impl House {
    /// Places and releases an order of the town; its number.
    async fn order(&self, at: &str, article: &str, quantity: &str) -> String {
        let app = &self.web.app;
        let draft = draft_call_off::create(app, &self.eva, id_of(at)).await.unwrap();
        let line = LineInput::new(article, quantity);
        draft_call_off::save_lines(app, &self.eva, draft.id, draft.version, &[line]).await.unwrap();
        let details = Details { need: "Ersatzbedarf, Menge laut Inventar".to_owned(), ..draft.details };
        draft_call_off::save_details(app, &self.eva, draft.id, draft.version + 1, &details).await.unwrap();
        let submitted = submit(app, &self.eva, draft.id, None).await.unwrap();
        assert!(matches!(submitted, Submission::Submitted { .. }), "{submitted:?}");
        let released = release(app, &self.karl, draft.id, None).await.unwrap();
        assert!(matches!(released, Release::Released { .. }), "{released:?}");
        let number = "SELECT number FROM call_off WHERE number IS NOT NULL";
        sqlx::query_scalar(number).fetch_one(&self.web.database.owner).await.unwrap()
    }
}

#[tokio::test]
async fn a_real_price_list_becomes_lots_items_and_unreleased_prices_or_nothing_at_all() {
    let house = House::new().await;
    let mut fields: Vec<_> = TERMS.into_iter().chain(QUOTED).collect();
    fields.push(("currency", "GBP"));
    let made = house.done("/verwaltung/vertraege/neu", &fields).await;
    let at = made.header("location").trim_end_matches("/bearbeiten").to_owned();
    let csv = include_str!("../../deploy/price-lists/nhs-gpit-software.csv");
    let map = include_str!("../../deploy/price-lists/nhs-gpit-software.toml");
    let add = format!("{at}/bearbeiten");

    let broken = csv.replacen("GBP,1.26", "GBP,1.2.6", 1);
    let wrong = house.post(&add, &[("part", "list"), ("csv", &broken), ("map", map)]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&wrong.text).contains("Zeile 2, Spalte price"), "{}", read(&wrong.text));
    assert_eq!(house.number("SELECT count(*) FROM item").await, 0, "nothing half-written");

    for _ in 0..2 {
        house.done(&add, &[("part", "list"), ("csv", csv), ("map", map)]).await;
        assert_eq!(house.number("SELECT count(*) FROM item").await, 115);
        assert_eq!(house.number("SELECT count(*) FROM price_term WHERE released_at IS NULL").await, 115);
    }
    let page = house.page(&add).await;
    assert!(page.contains("115 Positionen") && !page.contains("hat keinen Preis"), "{page}");
}

#[tokio::test]
async fn a_draft_is_seen_by_the_office_alone() {
    let house = House::new().await;
    let at = house.draft().await;
    let buyer = house.web.cookie_of(&house.eva, "eva@altenrode.example").await;
    let absent = house.web.get("/rahmenvertraege/00000000-0000-0000-0000-000000000001", &buyer).await;
    let draft = house.web.get(&format!("/rahmenvertraege/{}", id_of(&at)), &buyer).await;
    assert_eq!((draft.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(!house.web.get("/rahmenvertraege", &buyer).await.text.contains("RV-2026-09"));
    assert!(house.page("/verwaltung/vertraege").await.contains("in Vorbereitung"));
}

#[tokio::test]
async fn what_is_missing_is_refused_piece_by_piece_and_what_changed_is_not_activated_unseen() {
    let house = House::new().await;
    let token = house.web.token("olga@elbe-saale.example").await;
    let terms = json!({
        "number": "RV-2026-10", "title": "Papier", "regime": "vgv", "notice_date": "2026-09-01",
        "starts_on": "2026-11-01", "ends_on": "2028-10-31",
    });
    let api = async |method: &str, path: &str, body: Value| house.web.api(method, path, &token, Some(body)).await;
    let made = api("POST", "/api/v1/contracts", terms.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let path = format!("/api/v1/contracts/{}", made.json()["id"].as_str().unwrap());
    let twice = api("POST", "/api/v1/contracts", terms).await;
    assert_eq!(twice.json()["errors"][0]["field"], "number", "{}", twice.text);

    let refused = api("POST", &format!("{path}/hand-in"), json!({ "version": 1 })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = refused.json();
    let fields: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["legal_basis", "notice_reference", "procedure_reference"]);
    let rules: Vec<_> = answer["findings"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"cap-undefined") && rules.contains(&"activation-complete"), "{rules:?}");
    for finding in answer["findings"].as_array().unwrap() {
        assert!(!finding["sentence"].as_str().unwrap().is_empty() && !finding["cure"].as_str().unwrap().is_empty());
    }

    for (part, field) in [
        (json!({ "part": "ceiling", "scope": "contract", "measure": "value" }), "limit"),
        (json!({ "part": "ceiling", "scope": "lot", "of": "7", "measure": "value", "limit": "1" }), "of"),
        (json!({ "part": "lot", "number": 1, "title": "A", "supplier": { "name": "Unbekannt GmbH" } }), "supplier"),
        (json!({ "part": "option", "new_end": "2028-10-31", "notice_deadline": "2028-05-01" }), "new_end"),
    ] {
        let wrong = api("POST", &format!("{path}/parts"), part).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        assert_eq!(wrong.json()["errors"][0]["field"], field);
    }
    assert_eq!(house.number("SELECT count(*) FROM lot").await, 0, "a lot without its supplier is not half-written");
    let lot =
        json!({ "part": "lot", "number": 1, "title": "A", "supplier": { "name": "Unbekannt GmbH", "is_new": true } });
    assert_eq!(api("POST", &format!("{path}/parts"), lot).await.status, StatusCode::NO_CONTENT);
    let gap = json!({
        "part": "item", "lot": 1, "article_number": "P1", "title": "Papier", "unit": "Karton", "vat_rate_pct": "19",
        "price": { "price": { "type": "tier_all_units", "tiers": [{ "from": "5", "unit_price": "20.00" }] } },
    });
    let gap = api("POST", &format!("{path}/parts"), gap).await;
    assert!(gap.text.contains("fehlt ein Preis"), "{}", gap.text);
    let zero = json!({ "part": "ceiling", "scope": "contract", "measure": "value", "limit": "0" });
    assert_eq!(api("POST", &format!("{path}/parts"), zero).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.number("SELECT limit_amount::bigint FROM guard WHERE scope = 'contract'").await,
        0,
        "zero is zero"
    );
    let stale = api("POST", &format!("{path}/activate"), json!({ "version": 1 })).await;
    assert_eq!((stale.status, &stale.json()["type"]), (StatusCode::CONFLICT, &json!("/hilfe/probleme/stale")));
}

#[tokio::test]
async fn a_change_takes_back_what_was_handed_in_and_a_contract_in_force_is_not_written_any_more() {
    let house = House::new().await;
    let at = house.draft().await;
    house.fill(&at).await;
    let seen = house.version().await;
    house.done(&format!("{at}/vorlegen"), &[("seen", &seen)]).await;
    house
        .done(
            &format!("{at}/bearbeiten"),
            &[("part", "option"), ("new_end", "31.10.2029"), ("notice_deadline", "30.04.2028")],
        )
        .await;
    let stale = house.post_as(&house.otto, &format!("{at}/aktivieren"), &[("seen", &seen)]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let seen = house.version().await;
    let early = house.post_as(&house.otto, &format!("{at}/aktivieren"), &[("seen", &seen)]).await;
    assert!(read(&early.text).contains("noch nicht vorgelegt"), "{}", read(&early.text));
    house.done(&format!("{at}/vorlegen"), &[("seen", &seen)]).await;
    let done = house.post_as(&house.otto, &format!("{at}/aktivieren"), &[("seen", &seen)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    let late =
        house.post(&format!("{at}/bearbeiten"), &[("part", "lot"), ("lot_number", "2"), ("lot_title", "B")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", read(&late.text));
    let page = house.page(&format!("{at}/bearbeiten")).await;
    assert!(page.contains("„aktiv“ und wird hier nicht mehr geschrieben") && !page.contains("eintragen"), "{page}");
}

#[tokio::test]
async fn a_copy_takes_terms_lots_items_and_last_prices_along_but_neither_volume_nor_entitlements() {
    let house = House::new().await;
    let at = house.draft().await;
    house.fill(&at).await;
    let seen = house.version().await;
    house.done(&format!("{at}/vorlegen"), &[("seen", &seen)]).await;
    house.post_as(&house.otto, &format!("{at}/aktivieren"), &[("seen", &seen)]).await;
    house.order(&at, "NB-14", "10").await;
    let copy = house.done(&format!("{at}/kopieren"), &[]).await.header("location").to_owned();
    let page = house.page(copy.split('?').next().unwrap()).await;
    assert!(page.contains("RV-2026-09-Kopie") && page.contains("ab 10: 874,90 €"), "{page}");
    assert!(page.contains("nennt keine Abrufberechtigten") && page.contains("noch nicht angegeben"), "{page}");
    let unreleased = "SELECT count(*) FROM price_term WHERE released_at IS NULL AND version = 1";
    assert_eq!(house.number(unreleased).await, 1);
    let used = "SELECT count(*) FROM guard g JOIN framework_contract c ON c.id = g.contract_id WHERE c.status = 'draft' AND g.authorised + g.recorded + g.reserved > 0";
    assert_eq!(house.number(used).await, 0);
}

#[tokio::test]
async fn the_clauses_of_a_contract_are_written_read_and_copied() {
    let house = House::new().await;
    let clauses = [
        ("legal_basis_key", "inhouse"),
        ("runoff_forbidden", "ja"),
        ("cash_discount_pct", "2,5"),
        ("cash_discount_days", "14"),
        ("min_order_value_net", "100"),
        ("surcharge_net", "9,90"),
        ("surcharge_vat_pct", "19"),
        ("direct_limit_net", "25.000"),
        ("competition_criterion", "points"),
        ("data_processing_reference", "AVV 7"),
        ("unit_price_decimals", "4"),
        ("process_central_share_net", "410"),
    ];
    let all = |changed: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        let fields = TERMS.into_iter().chain(QUOTED).chain([("currency", "EUR")]).chain(clauses);
        let kept = fields.filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        kept.chain(changed.iter().copied()).collect()
    };
    for (field, value, said) in [
        ("cash_discount_days", "", "Skonto und seine Frist gehören zusammen."),
        ("cash_discount_days", "bald", "„bald“ ist keine ganze Zahl."),
        ("unit_price_decimals", "7", "7 Nachkommastellen sind nicht möglich. Möglich sind 2 bis 6."),
        ("legal_basis_key", "laune", "„laune“ ist nicht möglich. Möglich sind: inhouse,"),
        ("direct_limit_net", "-1", "Der Betrag kann nicht negativ sein."),
    ] {
        let answer = house.post("/verwaltung/vertraege/neu", &all(&[(field, value)])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        assert!(read(&answer.text).contains(said), "{field} {value}: {}", read(&answer.text));
    }
    let unlimited = all(&[("mechanism", "mini_competition_above"), ("direct_limit_net", "")]);
    let answer = house.post("/verwaltung/vertraege/neu", &unlimited).await;
    assert!(read(&answer.text).contains("Ein Mini-Wettbewerb braucht die bekannt gemachte Wertgrenze"));
    assert_eq!(house.number("SELECT count(*) FROM framework_contract").await, 0, "nothing half-written");

    let made = house.done("/verwaltung/vertraege/neu", &all(&[("mechanism", "mini_competition_above")])).await;
    let at = made.header("location").trim_end_matches("/bearbeiten").to_owned();
    let page = house.web.get(&format!("{at}/bedingungen"), &house.olga).await.text;
    for kept in ["value=\"2,5\"", "value=\"25000,00\"", "value=\"AVV 7\"", "value=\"410,00\"", "value=\"9,90\""] {
        assert!(page.contains(kept), "{kept}");
    }
    house.done(&format!("{at}/kopieren"), &[]).await;
    let same = "SELECT count(*) FROM framework_contract
                WHERE legal_basis_key = 'inhouse' AND NOT runoff_allowed AND cash_discount_pct = 2.5 AND cash_discount_days = 14
                  AND surcharge_net = 9.90 AND surcharge_vat_pct = 19 AND direct_limit_net = 25000
                  AND competition_criterion = 'points' AND data_processing_reference = 'AVV 7' AND unit_price_decimals = 4
                  AND process_central_share_net = 410 AND mechanism = 'mini_competition_above'";
    assert_eq!(house.number(same).await, 2, "the copy carries them all");
    house.done(&format!("{at}/bedingungen"), &all(&[("mechanism", "single"), ("direct_limit_net", "")])).await;
    let single = "SELECT count(*) FROM framework_contract WHERE mechanism = 'single' AND direct_limit_net IS NULL";
    assert_eq!(house.number(single).await, 1);
}

#[tokio::test]
async fn an_item_says_what_the_law_asks_of_it_and_is_taken_back_with_its_later_vat() {
    let house = House::new().await;
    let at = house.draft().await;
    let add = format!("{at}/bearbeiten");
    house
        .done(
            &add,
            &[
                ("part", "lot"),
                ("lot_number", "1"),
                ("lot_title", "Software"),
                ("supplier", "Anhalt Digital GmbH"),
                ("supplier_new", "ja"),
                ("rank", "1"),
            ],
        )
        .await;
    let item = |own: &[(&'static str, &'static str)]| {
        let mut fields = vec![
            ("part", "item"),
            ("item_lot", "1"),
            ("article_number", "KURS-1"),
            ("item_title", "Schulung mit Lernportal"),
            ("unit", "Tag"),
            ("vat_rate_pct", "19"),
            ("min_quantity", "1"),
            ("step", "1"),
            ("price_kind", "fixed"),
            ("price", "800,00"),
        ];
        fields.extend_from_slice(own);
        fields
    };
    for (wrong, at_field) in [
        (("cpv", "4800"), "cpv"),
        (("vat_category", "E"), "vat_rate_pct"),
        (("vat_changes", "01.01.2027 7"), "vat_changes"),
        (("accessibility", "stated"), "accessibility_evidence"),
        (("evb_it", "typed"), "evb_it_type"),
        (("freight", "viel"), "freight"),
    ] {
        let answer = house.post(&add, &item(&[wrong])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}: {}", read(&answer.text));
        assert!(answer.text.contains(&format!("id=\"{at_field}-fehler\"")), "{wrong:?}: {}", read(&answer.text));
        assert!(answer.text.contains("Schulung mit Lernportal"), "what was typed stays: {wrong:?}");
    }
    assert_eq!(house.number("SELECT count(*) FROM item").await, 0, "nothing half-written");

    let said = [
        ("cpv", "80500000-9"),
        ("vat_changes", "01.01.2027: E § 4 Nr. 21 UStG"),
        ("accessibility", "excepted"),
        ("accessibility_evidence", "unverhältnismäßige Belastung, Vermerk 7"),
        ("evb_it", "typed"),
        ("evb_it_type", "Dienstleistung"),
        ("freight", "12,50"),
        ("personal_data", "ja"),
    ];
    house.done(&add, &item(&said)).await;
    let page = house.page(&add).await;
    for words in [
        "CPV 80500000-9",
        "EVB-IT Dienstleistung",
        "Ausnahme von der Barrierefreiheit",
        "ab 01.01.2027 andere Umsatzsteuer",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let stored: (String, Option<String>, String) = sqlx::query_as(
        "SELECT v.vat_category || ' ' || v.vat_reason, i.accessibility_evidence, p.freight::text
         FROM item i JOIN item_vat_change v ON v.item_id = i.id JOIN price_term p ON p.item_id = i.id",
    )
    .fetch_one(&house.web.database.owner)
    .await
    .unwrap();
    assert_eq!(stored.0, "E § 4 Nr. 21 UStG");
    assert_eq!(stored.1.as_deref(), Some("unverhältnismäßige Belastung, Vermerk 7"));
    assert!(stored.2.starts_with("12.5"), "{}", stored.2);

    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM item").fetch_one(&house.web.database.owner).await.unwrap();
    house.done(&format!("{at}/entfernen"), &[("part", "item"), ("id", &id.to_string())]).await;
    assert_eq!(house.number("SELECT count(*) FROM item_vat_change").await, 0);
}

#[tokio::test]
async fn an_item_of_the_api_is_refused_at_the_field_that_does_not_fit() {
    let house = House::new().await;
    let at = house.draft().await;
    let path = format!("/api/v1/contracts/{}/parts", at.rsplit('/').next().unwrap());
    let token = house.web.token("olga@elbe-saale.example").await;
    let api = async |body: Value| house.web.api("POST", &path, &token, Some(body)).await;
    let lot = json!({ "part": "lot", "number": 1, "title": "A", "supplier": { "name": "Neu GmbH", "is_new": true } });
    assert_eq!(api(lot).await.status, StatusCode::NO_CONTENT);
    let item = |own: Value| {
        let mut item = json!({
            "part": "item", "lot": 1, "article_number": "L1", "title": "Lizenz", "unit": "Stück", "vat_rate_pct": "0",
            "vat_category": "AE", "vat_reason": "§ 13b UStG", "cpv": "48000000",
            "vat_changes": [{ "from": "2027-01-01", "vat": { "category": "S", "rate": "19", "reason": "" } }],
            "accessibility": { "state": "stated", "document": "VPAT 2026-4" }, "evb_it": { "state": "missing" },
        });
        for (key, value) in own.as_object().unwrap() {
            item[key] = value.clone();
        }
        item
    };
    for (own, field) in [
        (json!({ "vat_reason": "" }), "vat_reason"),
        (json!({ "vat_category": "X" }), "vat_category"),
        (json!({ "vat_rate_pct": "7" }), "vat_rate_pct"),
        (
            json!({ "vat_changes": [{ "from": "2027-01-01", "vat": { "category": "S", "rate": "0", "reason": "" } }] }),
            "vat_changes",
        ),
        (json!({ "cpv": "48-0" }), "cpv"),
    ] {
        let wrong = api(item(own.clone())).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{own}: {}", wrong.text);
        assert_eq!(wrong.json()["errors"][0]["field"], field, "{}", wrong.text);
    }
    let right = api(item(json!({}))).await;
    assert_eq!(right.status, StatusCode::NO_CONTENT, "{}", right.text);
    assert_eq!(house.number("SELECT count(*) FROM item WHERE vat_category = 'AE' AND evb_it_type = ''").await, 1);
}

#[tokio::test]
async fn a_contract_lies_where_its_body_does_unless_somebody_says_otherwise() {
    let house = House::new().await;
    let lies_in = async |number: &'static str| -> String {
        let sql = "SELECT jurisdiction FROM framework_contract WHERE number = $1";
        sqlx::query_scalar(sql).bind(number).fetch_one(&house.web.database.owner).await.unwrap()
    };
    let at = house.draft().await;
    assert_eq!(lies_in("RV-2026-09").await, "de/st");
    assert!(
        house.page(&format!("{at}/bearbeiten")).await.contains("Geprüft nach dem Vergaberecht von: Sachsen-Anhalt")
    );

    let terms = format!("{at}/bedingungen");
    let with = |jurisdiction: &'static str| -> Vec<(&'static str, &'static str)> {
        TERMS.into_iter().chain(QUOTED).chain([("currency", "EUR"), ("jurisdiction", jurisdiction)]).collect()
    };
    let nowhere = house.post(&terms, &with("at")).await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = read(&nowhere.text);
    assert!(said.contains("„at“ ist kein Rechtsraum. Möglich sind: de, de/st, de/nw"), "{said}");
    assert_eq!(lies_in("RV-2026-09").await, "de/st", "nothing was written");
    house.done(&terms, &with("de/nw")).await;
    assert_eq!(lies_in("RV-2026-09").await, "de/nw");
    assert!(house.page(&terms).await.contains("Nordrhein-Westfalen"));
    assert!(house.page(&at).await.contains("Rechtsraum der Vergabe Nordrhein-Westfalen"));

    house.done(&format!("{at}/kopieren"), &[]).await;
    assert_eq!(lies_in("RV-2026-09-Kopie").await, "de/nw", "a copy stays where the old contract lies");
    let token = house.web.token("olga@elbe-saale.example").await;
    let id = at.rsplit('/').next().unwrap();
    let ready = house.web.api("GET", &format!("/api/v1/contracts/{id}/readiness"), &token, None).await.json();
    assert_eq!(ready["jurisdiction"], "de/nw");
    let read = house.web.api("GET", &format!("/api/v1/contracts/{id}/terms"), &token, None).await;
    let mut said = read.json();
    assert_eq!(said["jurisdiction"], "de/nw");
    said["jurisdiction"] = json!("");
    let path = format!("/api/v1/contracts/{id}/terms");
    let put = house.web.api_with("PUT", &path, &token, &[("if-match", read.header("etag"))], Some(said)).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT, "{}", put.text);
    assert_eq!(lies_in("RV-2026-09").await, "de/st", "without a word it is the body's");
}

#[tokio::test]
async fn a_bonus_is_written_step_by_step_and_read_on_the_contract() {
    let house = House::new().await;
    let at = house.draft().await;
    let terms = format!("{at}/bedingungen");
    let with = |steps: &'static str| -> Vec<(&'static str, &'static str)> {
        let bonus = [("currency", "EUR"), ("bonus_steps", steps), ("bonus_goes_to", "body")];
        TERMS.into_iter().chain(QUOTED).chain(bonus).collect()
    };
    for (steps, told) in [
        ("50.000 1", "hat keinen Doppelpunkt"),
        ("0: 0", "gewährt nichts"),
        ("-1: 2", "beginnt unter 0"),
        ("50.000: 2\n10.000: 3", "ist nicht höher als die davor"),
    ] {
        let answer = house.post(&terms, &with(steps)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{steps}");
        assert!(read(&answer.text).contains(told), "{steps}: {}", read(&answer.text));
    }
    assert_eq!(house.number("SELECT count(*) FROM framework_contract WHERE bonus_steps IS NOT NULL").await, 0);
    house.done(&terms, &with("50.000: 1\n100.000: 1,5")).await;
    let said = house.page(&at).await;
    assert!(said.contains("Ab 100.000,00 € Jahresumsatz aller Mitglieder: 1,5 % vom ganzen Umsatz."), "{said}");
    assert!(said.contains("Der Bonus bleibt bei der Genossenschaft."), "{said}");
    house.done(&format!("{at}/kopieren"), &[]).await;
    assert_eq!(house.number("SELECT count(*) FROM framework_contract WHERE bonus_goes_to = 'body'").await, 2);
}
