//! What the office does with a contract in force: options, increases by two persons, suspension, a
//! court's cut, new prices.

use abruf::actor::Actor;
use axum::http::StatusCode;
use serde_json::json;

use crate::pages::browser::read;
use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{Contract, fixed, tiers, value};

struct House {
    web: Web,
    olga: String,
    otto: String,
    eva: Actor,
    contract: Contract,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let eva = world.buyer(town).await;
        let olga = world.office().named("Olga Geschäftsstelle").await;
        let otto = world.office().named("Otto Zweitperson").await;
        let contract = world
            .contract("RV-2025-01")
            .term("2025-01-01", "2027-06-30")
            .option("2027-12-31", "2026-11-30", None)
            .option("2028-06-30", "2026-11-01", None)
            .ceiling(value("1000000.00"))
            .item("A1", fixed("100.00"))
            .item("B1", tiers(&[("1", "10.00"), ("10", "8.00")]))
            .entitles(town)
            .await;
        world.request(&eva, &contract, &[("A1", "12")]).await;
        let web = Web::over(world).await;
        let [olga, otto] = [
            web.cookie_of(&olga, "olga@elbe-saale.example").await,
            web.cookie_of(&otto, "otto@elbe-saale.example").await,
        ];
        Self { web, olga, otto, eva, contract }
    }

    fn at(&self, page: &str) -> String {
        format!("/verwaltung/vertraege/{}/{page}", self.contract.id)
    }

    async fn post_as(&self, cookie: &str, page: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.web.get("/handeln-fuer", cookie).await.form_token();
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.web.post(&self.at(page), cookie, &fields).await
    }

    async fn post(&self, page: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_as(&self.olga, page, fields).await
    }

    async fn done(&self, page: &str, fields: &[(&str, &str)]) {
        let answer = self.post(page, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{fields:?}: {}", read(&answer.text));
    }

    /// The words of a refusal.
    async fn refused(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(page, fields).await;
        assert!(answer.status.is_client_error(), "{fields:?}: {}", answer.status);
        read(&answer.text)
    }

    async fn page(&self, page: &str, cookie: &str) -> String {
        let answer = self.web.get(&self.at(page), cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        read(&answer.text)
    }

    async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    async fn limit(&self) -> i64 {
        self.number("SELECT limit_amount::bigint FROM guard WHERE scope = 'contract' AND measure = 'value'").await
    }
}

#[tokio::test]
async fn an_option_counts_until_its_deadline_and_not_a_day_longer() {
    let house = House::new().await;
    let id = async |end: &'static str| -> String {
        let option = "SELECT id::text FROM contract_option WHERE new_end = $1::date";
        sqlx::query_scalar(option).bind(end).fetch_one(&house.web.database.owner).await.unwrap()
    };
    let late = id("2028-06-30").await;
    let fields =
        [("form", "option"), ("option", late.as_str()), ("exercised_on", "02.11.2026"), ("option_document", "Brief")];
    let said = house.refused("aenderungen", &fields).await;
    assert!(
        said.contains("within-term") && said.contains("möglich war das bis 01.11.2026. Sie wirkt nicht."),
        "{said}"
    );
    let future =
        [("form", "option"), ("option", late.as_str()), ("exercised_on", "23.11.2026"), ("option_document", "Brief")];
    assert!(house.refused("aenderungen", &future).await.contains("in der Zukunft"));
    let timely = id("2027-12-31").await;
    let fields =
        [("form", "option"), ("option", timely.as_str()), ("exercised_on", "22.11.2026"), ("option_document", "Brief")];
    house.done("aenderungen", &fields).await;
    house.done("aenderungen", &fields).await;
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'contract_option_exercised'").await, 1);
    assert!(house.page("aenderungen", &house.olga).await.contains("ausgeübt am 22.11.2026 (Brief)"));
}

#[tokio::test]
async fn increases_add_up_to_ten_percent_and_take_two_persons() {
    let house = House::new().await;
    let increase =
        |amount| [("form", "increase"), ("ground", "minor"), ("increase", amount), ("increase_document", "Nachtrag 1")];
    let said = house.refused("aenderungen", &increase("100.000,01")).await;
    assert!(said.contains("Das sind 0,01 € zu viel") && said.contains("modification-limits"), "{said}");
    assert_eq!(house.number("SELECT count(*) FROM contract_modification").await, 0);
    house.done("aenderungen", &increase("60.000")).await;
    assert!(house.refused("aenderungen", &increase("1.000")).await.contains("wartet schon auf ihre zweite Person"));
    let id = house.text("SELECT id::text FROM contract_modification").await;
    let release = [("form", "release"), ("modification", id.as_str())];
    assert!(house.refused("aenderungen", &release).await.contains("selbst vorgeschlagen"));
    assert_eq!(house.limit().await, 1_000_000);
    let done = house.post_as(&house.otto, "aenderungen", &release).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    assert_eq!(house.limit().await, 1_060_000);
    let said = house.refused("aenderungen", &increase("40.000,01")).await;
    assert!(said.contains("100.000,01 €"), "the sum of all increases, on the value at the award: {said}");
    let unpublished =
        [("form", "increase"), ("ground", "additional"), ("increase", "500.000"), ("increase_document", "N 2")];
    assert!(house.refused("aenderungen", &unpublished).await.contains("Die Bekanntmachung der Erhöhung"));
    let page = house.page("aenderungen", &house.olga).await;
    assert!(page.contains("Erhöhung um 60.000,00 € (6 % von 1.000.000,00 €)"), "{page}");
}

#[tokio::test]
async fn a_suspended_contract_lets_nobody_call_off_until_it_is_resumed() {
    let house = House::new().await;
    let step = |step| {
        [
            ("form", "step"),
            ("step", step),
            ("effective_on", "22.11.2026"),
            ("reason", "Nachprüfung"),
            ("document", "VK 1-7/26"),
        ]
    };
    assert!(
        house.refused("aenderungen", &step("resume")).await.contains("„Fortsetzen“ geht nur, wenn er „ausgesetzt“ ist")
    );
    let unproven = [("form", "step"), ("step", "suspend"), ("effective_on", "22.11.2026"), ("reason", "Nachprüfung")];
    assert!(house.refused("aenderungen", &unproven).await.contains("Bitte nennen Sie den Beleg"));
    house.done("aenderungen", &step("suspend")).await;
    assert_eq!(house.text("SELECT status FROM framework_contract").await, "suspended");
    house.done("aenderungen", &step("resume")).await;
    assert_eq!(house.text("SELECT status FROM framework_contract").await, "active");
    house.done("aenderungen", &step("terminate")).await;
    assert!(
        house.refused("aenderungen", &step("wind_up")).await.contains("noch nicht abgeschlossen"),
        "a request is open"
    );
    assert!(house.refused("aenderungen", &step("resume")).await.contains("„gekündigt“"), "there is no way back");
    assert_eq!(house.number("SELECT count(*) FROM contract_event").await, 3);
}

#[tokio::test]
async fn a_courts_cut_is_a_fact_even_below_what_is_taken() {
    let house = House::new().await;
    let cut = |limit| {
        [
            ("form", "cut"),
            ("limit", limit),
            ("effective_on", "20.11.2026"),
            ("reason", "Beschluss"),
            ("document", "OLG 7 Verg 1/26"),
        ]
    };
    assert!(house.refused("aenderungen", &cut("1.000.000")).await.contains("Das ist keine Kürzung"));
    house.done("aenderungen", &cut("1.000")).await;
    assert_eq!(house.limit().await, 1_000);
    assert_eq!(house.number("SELECT count(*) FROM guard WHERE breached AND scope = 'contract'").await, 1);
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'contract_ceiling_cut'").await, 1);
}

#[tokio::test]
async fn new_prices_are_looked_at_proposed_and_released_by_a_second_person_and_old_ones_stay() {
    let house = House::new().await;
    let wish = |step, percent, from, reason| {
        [
            ("schritt", step),
            ("how", "percent"),
            ("percent", percent),
            ("valid_from", from),
            ("words", ""),
            ("reason", reason),
            ("document", "Schreiben vom 20.11.2026"),
        ]
    };
    assert!(
        house
            .refused("preise", &wish("ansehen", "3", "22.11.2026", ""))
            .await
            .contains("früheste erste Tag ist der 23.11.2026")
    );
    let seen = house.post("preise", &wish("ansehen", "31", "01.01.2027", "")).await;
    let seen = (seen.status, read(&seen.text));
    assert_eq!(seen.0, StatusCode::OK);
    for part in [
        "2 Preise ändern sich",
        "+31 %",
        "131,00 €",
        "ab 10: 10,48 €",
        "Stadt Altenrode: 1 offene Anfrage mit 1 Position",
    ] {
        assert!(seen.1.contains(part), "{part}: {}", seen.1);
    }
    assert_eq!(house.number("SELECT count(*) FROM price_proposal").await, 0, "looking writes nothing");
    let unreasoned = house.refused("preise", &wish("vorschlagen", "31", "01.01.2027", "")).await;
    assert!(unreasoned.contains("2 Preise ändern sich um mehr als 30 %"), "{unreasoned}");
    house.done("preise", &wish("vorschlagen", "30", "01.01.2027", "")).await;
    assert!(
        house
            .refused("preise", &wish("vorschlagen", "2", "01.01.2027", ""))
            .await
            .contains("wartet schon auf ihre zweite Person")
    );

    let id = house.text("SELECT id::text FROM price_proposal").await;
    let release = [("schritt", "freigeben"), ("proposal", id.as_str())];
    assert!(house.refused("preise", &release).await.contains("selbst vorgeschlagen"));
    assert_eq!(house.number("SELECT count(*) FROM price_term WHERE valid_to IS NOT NULL").await, 0);
    assert!(house.page("preise", &house.otto).await.contains("Preise freigeben"));
    let done = house.post_as(&house.otto, "preise", &release).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    assert_eq!(
        house.number("SELECT count(*) FROM price_term WHERE valid_to = '2026-12-31'").await,
        2,
        "ended, not overwritten"
    );
    assert_eq!(
        house.number("SELECT unit_price::bigint FROM price_term WHERE version = 2 AND kind = 'fixed'").await,
        130
    );
    let overlap = house.refused("preise", &wish("vorschlagen", "2", "01.01.2027", "")).await;
    assert!(overlap.contains("überschneiden") && overlap.contains("price-version-approved"), "{overlap}");

    let gap = [
        ("schritt", "ansehen"),
        ("how", "typed"),
        ("article_number", "B1"),
        ("price_kind", "tier_all_units"),
        ("tiers", "5: 9"),
        ("valid_from", "01.02.2027"),
        ("document", "Brief"),
    ];
    assert!(
        house
            .refused("preise", &gap)
            .await
            .contains("Artikel B1 (price-version-approved): Die erste Staffel beginnt bei 5")
    );
    let buyer = house.web.cookie_of(&house.eva, "eva@altenrode.example").await;
    assert_eq!(house.web.get(&house.at("preise"), &buyer).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_an_item_is_changes_by_two_persons_and_at_most_one_change_waits() {
    let house = House::new().await;
    let form = |fields: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        let given = |name: &str| fields.iter().any(|(own, _)| *own == name);
        let usual = [
            ("article_number", "A1"),
            ("cpv", ""),
            ("accessibility", ""),
            ("evb_it", ""),
            ("document", "Erklärung vom 12.11.2026"),
            ("schritt", "vorschlagen"),
        ];
        usual.into_iter().filter(|(name, _)| !given(name)).chain(fields.iter().copied()).collect()
    };
    for (wrong, told) in [
        (&[("article_number", "Z9"), ("cpv", "48000000")][..], "„Z9“ steht nicht im Vertrag"),
        (&[("cpv", "48")], "acht Ziffern"),
        (&[("accessibility", "stated")], "Bitte nennen Sie den Nachweis"),
        (&[("evb_it", "typed")], "Vertragstyp"),
        (&[("vat_rate_pct", "7")], "ersten Liefertag"),
        (&[("vat_from", "22.11.2026"), ("vat_rate_pct", "7")], "nie rückwirkend"),
        (&[("vat_from", "01.01.2027"), ("vat_category", "E")], "braucht einen Grund"),
        (&[], "So ändert sich nichts"),
        (&[("cpv", "48000000"), ("document", " ")], "Bitte nennen Sie den Beleg"),
    ] {
        let said = house.refused("positionen", &form(wrong)).await;
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(house.number("SELECT count(*) FROM item_proposal").await, 0);

    let wanted = form(&[
        ("cpv", "48000000-8"),
        ("accessibility", "stated"),
        ("accessibility_evidence", "BITV-Test"),
        ("vat_from", "01.01.2027"),
        ("vat_rate_pct", "7"),
    ]);
    let look: Vec<_> =
        wanted.iter().copied().filter(|(name, _)| *name != "schritt").chain([("schritt", "ansehen")]).collect();
    let seen = house.post("positionen", &look).await;
    assert_eq!(seen.status, StatusCode::OK);
    let said = read(&seen.text);
    assert!(said.contains("Neu: Erklärung: BITV-Test") && said.contains("dazu 7 % ab 01.01.2027"), "{said}");
    assert!(said.contains("Stadt Altenrode: 1 offene Anfrage mit 1 Position"), "{said}");
    assert_eq!(house.number("SELECT count(*) FROM item_proposal").await, 0, "looking writes nothing");

    house.done("positionen", &wanted).await;
    let second = house.post("positionen", &form(&[("cpv", "30000000")])).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "at most one waits");
    let id = house.text("SELECT id::text FROM item_proposal").await;
    let release = [("schritt", "freigeben"), ("proposal", id.as_str())];
    let own = house.post("positionen", &release).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert!(read(&own.text).contains("eine zweite Person"), "{}", read(&own.text));
    let before = "SELECT concat_ws(' ', cpv, accessibility) FROM item WHERE article_number = 'A1'";
    assert_eq!(house.text(before).await, "", "a proposal changes nothing");
    let done = house.post_as(&house.otto, "positionen", &release).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    assert_eq!(house.text(before).await, "48000000-8 stated");
    let vat = "SELECT concat_ws(' ', valid_from, trim_scale(vat_rate_pct)) FROM item_vat_change";
    assert_eq!(house.text(vat).await, "2027-01-01 7");
    assert!(house.page("positionen?artikel=A1", &house.olga).await.contains("A1"));
    let logged = "SELECT string_agg(action, ', ' ORDER BY sequence) FROM audit_entry WHERE action LIKE 'item_change%'";
    assert_eq!(house.text(logged).await, "item_change_proposed, item_change_released");

    house.done("positionen", &form(&[("cpv", "30000000")])).await;
    let id = house.text("SELECT id::text FROM item_proposal WHERE decided_at IS NULL").await;
    house.done("positionen", &[("schritt", "zuruecknehmen"), ("proposal", &id)]).await;
    assert_eq!(house.text(before).await, "48000000-8 stated");
}

#[tokio::test]
async fn programs_change_items_as_people_do_and_leave_what_they_do_not_name() {
    let house = House::new().await;
    let [olga, otto] =
        [house.web.token("olga@elbe-saale.example").await, house.web.token("otto@elbe-saale.example").await];
    let path = format!("/api/v1/contracts/{}/item-changes", house.contract.id);
    let evb_it =
        json!({ "article_number": "A1", "evb_it": { "state": "typed", "kind": "Kauf" }, "document": "Nachtrag 1" });
    let made = house.web.api("POST", &path, &olga, Some(evb_it)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let release = format!("{path}/{}/release", made.json()["id"].as_str().unwrap());
    assert_eq!(house.web.api("POST", &release, &olga, None).await.status, StatusCode::CONFLICT);
    assert_eq!(house.web.api("POST", &release, &otto, None).await.status, StatusCode::NO_CONTENT);
    let cpv = json!({ "article_number": "A1", "cpv": "48000000", "document": "Nachtrag 2" });
    let made = house.web.api("POST", &path, &olga, Some(cpv)).await;
    let release = format!("{path}/{}/release", made.json()["id"].as_str().unwrap());
    assert_eq!(house.web.api("POST", &release, &otto, None).await.status, StatusCode::NO_CONTENT);
    let is = "SELECT concat_ws(' ', cpv, evb_it_type) FROM item WHERE article_number = 'A1'";
    assert_eq!(house.text(is).await, "48000000 Kauf");
    let alone = "UPDATE item_proposal SET decided_by = recorded_by";
    let error = sqlx::query(alone).execute(&house.web.database.owner).await.unwrap_err().into_database_error().unwrap();
    assert_eq!(error.constraint(), Some("item_proposal_four_eyes"));
}

#[tokio::test]
async fn freight_of_a_contract_in_force_is_a_new_version_of_the_price_released_by_a_second_person() {
    let house = House::new().await;
    let form = |fields: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        let usual = [("article_number", "A1"), ("document", "Schreiben vom 12.11.2026"), ("schritt", "vorschlagen")];
        usual.into_iter().chain(fields.iter().copied()).collect()
    };
    for (wrong, told) in [
        (&[("freight", "4,50")][..], "ersten Tag der neuen Fracht"),
        (&[("freight_from", "01.01.2027")], "neue Fracht je Einheit"),
        (&[("freight", "4,50"), ("freight_from", "22.11.2026")], "früheste erste Tag ist der 23.11.2026"),
        (&[("freight", "4,50"), ("freight_from", "01.01.2030")], "Der Vertrag endet am"),
        (&[("freight", "-1"), ("freight_from", "01.01.2027")], "0 oder mehr"),
        (&[("freight", "viel"), ("freight_from", "01.01.2027")], "viel"),
        (&[("freight", "keine"), ("freight_from", "01.01.2027")], "gilt schon"),
    ] {
        let said = house.refused("positionen", &form(wrong)).await;
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(house.number("SELECT count(*) FROM item_proposal").await, 0);

    house.done("positionen", &form(&[("freight", "4,50"), ("freight_from", "01.01.2027")])).await;
    let id = house.text("SELECT id::text FROM item_proposal").await;
    let release = [("schritt", "freigeben"), ("proposal", id.as_str())];
    assert!(house.refused("positionen", &release).await.contains("eine zweite Person"));
    assert_eq!(house.number("SELECT count(*) FROM price_term").await, 2, "a proposal changes nothing");
    assert!(house.page("positionen", &house.otto).await.contains("4,50 netto bei"));
    let done = house.post_as(&house.otto, "positionen", &release).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    let versions = "SELECT string_agg(concat_ws(' ', version, trim_scale(unit_price), valid_from, valid_to, trim_scale(freight)), '; ' ORDER BY version)
                    FROM price_term WHERE kind = 'fixed'";
    assert_eq!(house.text(versions).await, "1 100 2025-01-01 2026-12-31; 2 100 2027-01-01 4.5");

    // Programs: the freight ends again, from a later day on.
    let [olga, otto] =
        [house.web.token("olga@elbe-saale.example").await, house.web.token("otto@elbe-saale.example").await];
    let path = format!("/api/v1/contracts/{}/item-changes", house.contract.id);
    let same_day =
        json!({ "article_number": "A1", "freight": { "from": "2027-01-01", "per_unit": "5" }, "document": "Brief" });
    let refused = house.web.api("POST", &path, &olga, Some(same_day)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("überschneiden"), "{}", refused.text);
    let none =
        json!({ "article_number": "A1", "freight": { "from": "2027-03-01", "per_unit": null }, "document": "Brief" });
    let made = house.web.api("POST", &path, &olga, Some(none)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let release = format!("{path}/{}/release", made.json()["id"].as_str().unwrap());
    assert_eq!(house.web.api("POST", &release, &otto, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.text(versions).await,
        "1 100 2025-01-01 2026-12-31; 2 100 2027-01-01 2027-02-28 4.5; 3 100 2027-03-01"
    );
}

#[tokio::test]
async fn freight_names_its_supplier_where_an_article_has_several() {
    let world = World::new().await;
    let second = world.organisation("Zweite Lieferantin GmbH", "unternehmen").await;
    world.plays(second, "supplier").await;
    let olga = world.office().named("Olga Geschäftsstelle").await;
    let otto = world.office().named("Otto Zweitperson").await;
    let contract = world
        .contract("RV-2025-02")
        .mechanism("best_price_per_item")
        .ceiling(value("1000000.00"))
        .supplier(second)
        .item("A1", fixed("100.00"))
        .await;
    let web = Web::over(world).await;
    for (actor, mail) in [(&olga, "olga@elbe-saale.example"), (&otto, "otto@elbe-saale.example")] {
        web.cookie_of(actor, mail).await;
    }
    let [olga, otto] = [web.token("olga@elbe-saale.example").await, web.token("otto@elbe-saale.example").await];
    let path = format!("/api/v1/contracts/{}/item-changes", contract.id);
    let wish = |supplier| {
        json!({
            "article_number": "A1", "document": "Schreiben",
            "freight": { "from": "2027-01-01", "per_unit": "7.25", "supplier_id": supplier },
        })
    };
    let unnamed = web.api("POST", &path, &olga, Some(wish(None::<uuid::Uuid>))).await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unnamed.text);
    assert!(unnamed.text.contains("Preise von 2 Lieferanten"), "{}", unnamed.text);
    let made = web.api("POST", &path, &olga, Some(wish(Some(second.0)))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let release = format!("{path}/{}/release", made.json()["id"].as_str().unwrap());
    assert_eq!(web.api("POST", &release, &otto, None).await.status, StatusCode::NO_CONTENT);
    let named: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT supplier_id FROM price_term WHERE freight = 7.25")
        .fetch_all(&web.database.owner)
        .await
        .unwrap();
    assert_eq!(named, [second.0]);
}

#[tokio::test]
async fn minimum_purchases_of_a_contract_in_force_change_by_two_persons_and_at_most_one_change_waits() {
    let house = House::new().await;
    const PAGE: &str = "mindestabnahmen";
    const ALL: &str = "SELECT coalesce(string_agg(measure || ' ' || amount::int || ' ' || due_on, ', ' ORDER BY due_on), '') FROM minimum_purchase";
    let wish = [
        ("form", "propose"),
        ("minimum_measure", "value"),
        ("minimum_amount", "5.000,00"),
        ("due_on", "31.03.2027"),
        ("consequence", "Ausgleich von 5 %"),
        ("document", "Nachtrag 1 vom 01.11.2026"),
    ];
    let but = |field: &'static str, value: &'static str| {
        wish.map(|(name, old)| if name == field { (name, value) } else { (name, old) })
    };
    for (field, value, said) in [
        ("minimum_amount", "-1", "über 0"),
        ("minimum_amount", "viel", "kein Betrag"),
        ("minimum_amount", "", "keine Mindestabnahme, die entfallen könnte"),
        ("minimum_measure", "quantity", "Eine Menge gilt für eine Position"),
        ("due_on", "", "den letzten Tag"),
        ("due_on", "01.01.2024", "vor dem Vertragsbeginn"),
        ("due_on", "01.01.2026", "Der Tag ist vorbei"),
        ("consequence", " ", "was sonst geschieht"),
        ("document", "", "nennen Sie das Dokument"),
    ] {
        let refused = house.refused(PAGE, &but(field, value)).await;
        assert!(refused.contains(said), "{field} = {value:?}: {refused}");
    }
    let unknown = [&wish[..], &[("minimum_of", "Z9")]].concat();
    assert!(house.refused(PAGE, &unknown).await.contains("keine Position „Z9“"));

    house.done(PAGE, &wish).await;
    assert_eq!(house.text(ALL).await, "", "nothing counts before the second person");
    assert!(house.refused(PAGE, &wish).await.contains("wartet schon"));
    let proposal = house.text("SELECT id::text FROM minimum_purchase_proposal WHERE decided_at IS NULL").await;
    let release = [("form", "release"), ("proposal", proposal.as_str())];
    assert!(house.refused(PAGE, &release).await.contains("selbst vorgeschlagen"));
    assert!(house.page(PAGE, &house.otto).await.contains("Freigeben"));
    let released = house.post_as(&house.otto, PAGE, &release).await;
    assert_eq!(released.status, StatusCode::SEE_OTHER, "{}", read(&released.text));
    assert_eq!(house.text(ALL).await, "value 5000 2027-03-31");
    assert!(house.post_as(&house.otto, PAGE, &release).await.status.is_client_error(), "decided once");

    // Another amount for the same day takes its place; one that is taken back changes nothing; an end ends it.
    let otto = house.web.token("otto@elbe-saale.example").await;
    let olga = house.web.token("olga@elbe-saale.example").await;
    let api = format!("/api/v1/contracts/{}/minimum-purchases", house.contract.id);
    let body = json!({ "measure": "value", "amount": "4000.00", "due_on": "2027-03-31", "consequence": "Ausgleich", "document": "Nachtrag 2" });
    let key = [("idempotency-key", "m-1")];
    let first = house.web.api_with("POST", &api, &olga, &key, Some(body.clone())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = house.web.api_with("POST", &api, &olga, &key, Some(body)).await;
    assert_eq!(again.json(), first.json(), "asked twice, proposed once");
    let at = |what: &str, id: &serde_json::Value| format!("{api}/{}/{what}", id.as_str().unwrap());
    let id = first.json()["id"].clone();
    assert_eq!(house.web.api("POST", &at("release", &id), &otto, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.text(ALL).await, "value 4000 2027-03-31");
    let end = json!({ "measure": "value", "due_on": "2027-03-31", "document": "Nachtrag 3" });
    let dropped = house.web.api("POST", &api, &olga, Some(end.clone())).await.json()["id"].clone();
    assert_eq!(house.web.api("POST", &at("take-back", &dropped), &olga, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.text(ALL).await, "value 4000 2027-03-31");
    let dropped = house.web.api("POST", &api, &olga, Some(end)).await.json()["id"].clone();
    assert_eq!(house.web.api("POST", &at("release", &dropped), &otto, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(house.text(ALL).await, "");
    let listed = house.web.api("GET", &api, &olga, None).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 4, "{listed}");
    assert_eq!(
        house.number("SELECT count(*) FROM audit_entry WHERE action LIKE 'minimum_purchase%'").await,
        8,
        "four proposed, three released, one taken back"
    );
}
