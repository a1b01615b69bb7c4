//! Every cell of `docs/rules.md` at activation through the whole program: contracts in the making that make each outcome
//! fire and not fire, read on the page of the office and by the API, which have to agree.

use std::collections::BTreeSet;

use abruf_domain::checks::{self, Checked};
use abruf_domain::notation::Language;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{House, QUOTED, TERMS};
use crate::layers::none_of;
use crate::layers::rules::outcomes;
use crate::pages::browser::read;

/// What page and API both showed, by rule and key of the outcome; `passed` is one.
type Shown = BTreeSet<(String, String)>;

impl House {
    /// A draft with these fields in place of the usual ones; its address.
    async fn draft_with(&self, number: &'static str, changed: &[(&'static str, &'static str)]) -> String {
        let usual = TERMS.into_iter().chain(QUOTED).chain([("currency", "EUR")]);
        let mut fields: Vec<_> = usual.filter(|(name, _)| changed.iter().all(|(other, _)| other != name)).collect();
        fields.retain(|(name, _)| *name != "number");
        fields.push(("number", number));
        fields.extend_from_slice(changed);
        let made = self.done("/verwaltung/vertraege/neu", &fields).await;
        made.header("location").trim_end_matches("/bearbeiten").to_owned()
    }

    async fn bearer(&self, email: &str) -> String {
        self.web.token(email).await
    }

    async fn remove_item(&self, at: &str, article: &str) {
        let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM item WHERE article_number = $1")
            .bind(article)
            .fetch_one(&self.web.database.owner)
            .await
            .unwrap();
        self.done(&format!("{at}/entfernen"), &[("part", "item"), ("id", &id.to_string())]).await;
    }

    /// What stands between the draft and its activation, by the API; the page has to say the same.
    async fn readiness(&self, at: &str, shown: &mut Shown) {
        let token = self.bearer("olga@elbe-saale.example").await;
        let path = format!("/api/v1/contracts/{}/readiness", super::id_of(at));
        let readiness = self.web.api("GET", &path, &token, None).await.json();
        let page = self.web.get(&format!("{at}/bearbeiten"), &self.olga).await.text;
        agree(&readiness["findings"], &page, shown);
    }
}

/// Compares the findings of an answer with a page and notes what both say.
fn agree(findings: &Value, page: &str, shown: &mut Shown) {
    let words = read(page);
    let findings = findings.as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    for finding in findings {
        let (rule, outcome) = (text(finding, "rule"), text(finding, "outcome"));
        let titled = format!(
            "finding--{outcome}\"><div class=\"finding__head\"><h3 class=\"finding__title\">{}</h3>",
            text(finding, "title")
        );
        match outcome.as_str() {
            "passed" => {
                let speaks = findings.iter().any(|it| it["rule"] == finding["rule"] && it["outcome"] != "passed");
                let title = format!("finding__title\">{}<", text(finding, "title"));
                assert!(speaks || !page.contains(&title), "{rule} is passed by the API, but asked for on the page");
            }
            "notice" => {
                let sentence = text(finding, "sentence").replace('\u{a0}', " ");
                assert!(words.contains(&sentence), "{rule}: „{sentence}“ is not on the page: {words}");
            }
            _ => assert!(page.contains(&titled), "{rule}: {outcome} is not on the page: {words}"),
        }
        shown.insert((rule, outcome));
    }
}

#[tokio::test]
async fn every_cell_at_activation_fires_and_does_not_on_the_page_and_by_the_api() {
    let house = House::new().await;
    let mut shown = Shown::new();

    // Nothing but terms: no items, no parties, no entitlements, no maximum.
    let empty = house.draft_with("RV-1", &[]).await;
    house.readiness(&empty, &mut shown).await;
    // Below the threshold a missing maximum wants words; so does a term of more than six years.
    let uvgo = [("regime", "uvgo"), ("ends_on", "31.10.2033"), ("retention_class", "award_file")];
    let long = house.draft_with("RV-2", &uvgo).await;
    house.readiness(&long, &mut shown).await;

    let whole = house.draft_with("RV-3", &[]).await;
    house.fill(&whole).await;
    house.readiness(&whole, &mut shown).await;
    let item = |evb_it: &'static [(&'static str, &'static str)]| {
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
        fields.extend_from_slice(evb_it);
        fields
    };
    let add = format!("{whole}/bearbeiten");
    house.done(&add, &item(&[("evb_it", "missing")])).await;
    house.readiness(&whole, &mut shown).await;
    house.remove_item(&whole, "KURS-1").await;
    house.done(&add, &item(&[("evb_it", "typed"), ("evb_it_type", "EVB-IT Dienstleistung")])).await;
    house.readiness(&whole, &mut shown).await;

    // Whoever entered a price does not release it: Otto would, by activating.
    let mut own = item(&[("evb_it", "typed"), ("evb_it_type", "EVB-IT Dienstleistung")]);
    own.iter_mut().filter(|(name, _)| *name == "article_number").for_each(|field| field.1 = "KURS-2");
    let added = house.post_as(&house.otto, &add, &own).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", read(&added.text));
    let version = async || -> String {
        sqlx::query_scalar("SELECT version::text FROM framework_contract WHERE number = 'RV-3'")
            .fetch_one(&house.web.database.owner)
            .await
            .unwrap()
    };
    let seen = version().await;
    house.done(&format!("{whole}/vorlegen"), &[("seen", &seen), ("note", "Bitte prüfen")]).await;
    let path = format!("/api/v1/contracts/{}", super::id_of(&whole));
    let otto = house.bearer("otto@elbe-saale.example").await;
    let body = json!({ "version": seen.parse::<i32>().unwrap() });
    let refused = house.web.api("POST", &format!("{path}/activate"), &otto, Some(body)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    let page = house.post_as(&house.otto, &format!("{whole}/aktivieren"), &[("seen", &seen)]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    agree(&refused.json()["findings"], &page.text, &mut shown);
    assert!(refused.text.contains("price-version-approved"), "{}", refused.text);
    assert_eq!(house.number("SELECT count(*) FROM framework_contract WHERE status = 'active'").await, 0);

    // Recorded anew by Olga it is released by Otto, and the contract is in force.
    house.remove_item(&whole, "KURS-2").await;
    house.done(&add, &own).await;
    let seen = version().await;
    house.done(&format!("{whole}/vorlegen"), &[("seen", &seen), ("note", "Bitte prüfen")]).await;
    let done = house.post_as(&house.otto, &format!("{whole}/aktivieren"), &[("seen", &seen)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));

    // Ten percent of 500,000.00 euros may be added, not a cent more.
    let olga = house.bearer("olga@elbe-saale.example").await;
    let modifications = format!("{path}/modifications");
    let by_api = |increase: &str| json!({ "ground": "minor", "increase": increase, "document": "Nachtrag" });
    let by_page = |increase| {
        [("form", "increase"), ("ground", "minor"), ("increase", increase), ("increase_document", "Nachtrag")]
    };
    let changes = format!("{whole}/aenderungen");
    let refused = house.web.api("POST", &modifications, &olga, Some(by_api("50000.01"))).await;
    let page = house.post(&changes, &by_page("50.000,01")).await;
    for (way, answer) in [("API", &refused), ("page", &page)] {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{way}: {}", answer.text);
        let words = read(&answer.text);
        assert!(words.contains("modification-limits") && words.contains("0,01"), "{way}: {words}");
    }
    assert_eq!(house.number("SELECT count(*) FROM contract_modification").await, 0);
    shown.insert(("modification-limits".to_owned(), "block".to_owned()));
    house.done(&changes, &by_page("20.000")).await;
    let id: String = sqlx::query_scalar("SELECT id::text FROM contract_modification")
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    let released = house.web.api("POST", &format!("{modifications}/{id}/release"), &otto, None).await;
    assert_eq!(released.status, StatusCode::NO_CONTENT, "{}", released.text);
    let up_to_it = house.web.api("POST", &modifications, &olga, Some(by_api("30000.00"))).await;
    assert_eq!(up_to_it.status, StatusCode::NO_CONTENT, "{}", up_to_it.text);
    shown.insert(("modification-limits".to_owned(), "passed".to_owned()));

    let mut missing = Vec::new();
    for rule in checks::listed().filter(|rule| rule.checked == Checked::Activation) {
        let mut wanted: Vec<String> = outcomes(&rule).map(|outcome| outcome.key().to_owned()).collect();
        wanted.push("passed".to_owned());
        let of_rule = wanted.into_iter().filter(|outcome| !shown.contains(&(rule.id.to_owned(), outcome.clone())));
        missing
            .extend(of_rule.map(|outcome| format!("{} ({}): {outcome}", rule.id, rule.texts.title(Language::German))));
    }
    none_of(missing, "cells at activation that page and API never showed");
}
