//! The manual: first steps per role, every term with a page of its own, every rule, and search.

use abruf_domain::checks;
use abruf_domain::glossary::TERMS;
use axum::http::StatusCode;

use crate::web::Web;

#[tokio::test]
async fn the_manual_leads_to_every_term_and_every_rule() {
    let web = Web::new().await;
    let index = web.get("/hilfe", "").await;
    assert_eq!(index.status, StatusCode::OK);
    for rule in checks::all() {
        assert!(index.text.contains(&format!("/hilfe/regeln/{}\"", rule.id)), "{}", rule.id);
    }
    for term in TERMS {
        let address = format!("/hilfe/begriffe/{}", term.slug());
        assert!(index.text.contains(&format!("{address}\"")), "{address}");
        let page = web.get(&address, "").await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(page.text.contains(&format!("<h1 class=\"kern-heading-large\">{}</h1>", term.german)), "{address}");
    }
    for role in [
        "Sachbearbeitung",
        "Freigabe",
        "Kämmerei",
        "Geschäftsstelle",
        "Vorstand und Aufsichtsrat",
        "Rechnungsprüfung",
        "Administration",
    ] {
        assert!(index.text.contains(&format!("<summary>{role}</summary>")), "{role}");
    }
    let quota = web.get("/hilfe/begriffe/kontingent", "").await;
    assert!(quota.text.contains("/hilfe/regeln/"), "a term leads to the rules that speak of it: {}", quota.text);
    assert_eq!(web.get("/hilfe/begriffe/gibt-es-nicht", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_address_of_the_first_steps_is_a_page() {
    let web = Web::new().await;
    let index = web.get("/hilfe", "").await.text;
    let steps = index.split("id=\"erste-schritte\"").nth(1).unwrap().split("</section>").next().unwrap();
    let table = abruf::http::routes().into_parts().2;
    let mut found = 0;
    for address in steps.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(table.iter().any(|route| route.path == address && route.method == "GET"), "{address} is no page");
        found += 1;
    }
    assert!(15 < found, "{found}");
}

#[tokio::test]
async fn terms_are_searched_and_an_empty_answer_says_how_to_go_on() {
    let web = Web::new().await;
    let found = web.get("/hilfe/begriffe?q=%20kontingent%20", "").await.text;
    assert!(found.contains("/hilfe/begriffe/kontingentuebertragung\"") && !found.contains("/hilfe/begriffe/los\""));
    let none = web.get("/hilfe/begriffe?q=%3Cscript%3E", "").await.text;
    assert!(none.contains("0 Begriffe") && none.contains("Alle Begriffe zeigen") && !none.contains("„<script>"));
}
