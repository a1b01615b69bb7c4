//! Baselines by the API.

use axum::http::StatusCode;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{House, PDF};
use crate::web::Web;

struct Desk {
    web: Web,
    contract: String,
    olga: String,
    otto: String,
    eva: String,
}

impl Desk {
    async fn new() -> Self {
        let house = House::new().await;
        let (contract, actors) = (house.contract.id.to_string(), [house.olga, house.otto, house.eva]);
        let web = Web::over(house.world).await;
        let [olga, otto, eva] = ["olga", "otto", "eva"].map(|name| format!("{name}@elbe-saale.example"));
        for (actor, email) in actors.iter().zip([&olga, &otto, &eva]) {
            web.cookie_of(actor, email).await;
        }
        let [olga, otto, eva] = [web.token(&olga).await, web.token(&otto).await, web.token(&eva).await];
        Self { web, contract, olga, otto, eva }
    }

    fn training(&self) -> Value {
        json!({
            "contract_id": self.contract, "article_number": "CTX-TRN", "kind": "prior_contract", "unit_price": "1250.00",
            "per": "unit", "unit": "Tag", "dated_on": "2025-12-02", "evidence": "Rechnung 2025-0917",
            "file": { "name": "Rechnung.pdf", "base64": BASE64.encode(PDF) },
        })
    }

    async fn keyed(&self, key: &str, body: &Value) -> crate::web::Answer {
        self.keyed_at("/api/v1/baselines", key, body).await
    }

    async fn keyed_at(&self, path: &str, key: &str, body: &Value) -> crate::web::Answer {
        self.web.api_with("POST", path, &self.olga, &[("idempotency-key", key)], Some(body.clone())).await
    }
}

#[tokio::test]
async fn programs_record_once_per_key_and_two_persons_decide() {
    let desk = Desk::new().await;
    let body = desk.training();
    let first = desk.keyed("b-1", &body).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = desk.keyed("b-1", &body).await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    let mut other = body.clone();
    other["unit_price"] = json!("1240.00");
    assert_eq!(desk.keyed("b-1", &other).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a key is one request's");

    let id = first.json()["id"].as_str().unwrap().to_owned();
    let path = |rest: &str| format!("/api/v1/baselines/{id}{rest}");
    let own = desk.web.api("POST", &path("/approval"), &desk.olga, Some(json!({}))).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text);
    assert_eq!(desk.web.api("GET", &path(""), &desk.eva, None).await.status, StatusCode::NOT_FOUND);
    let done = desk.web.api("POST", &path("/approval"), &desk.otto, Some(json!({}))).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);

    let seen = desk.web.api("GET", &path(""), &desk.eva, None).await.json();
    assert_eq!(seen["state"], "approved");
    assert_eq!((&seen["unit_price"], &seen["unit"], &seen["per"]), (&json!("1250.00"), &json!("Tag"), &json!("unit")));
    assert_eq!((&seen["orders"], &seen["effect_net"]), (&json!(0), &json!("0.00")));
    let file = desk.web.api("GET", &path("/evidence"), &desk.eva, None).await;
    assert_eq!(file.text.as_bytes(), PDF);

    let list = desk.web.api("GET", "/api/v1/baselines?state=approved", &desk.olga, None).await.json();
    assert_eq!((&list["total"], &list["rows"][0]["id"]), (&json!(1), &json!(id)));
    let wrong = desk.web.api("GET", "/api/v1/baselines?state=gut", &desk.olga, None).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);

    let asked = desk.web.api("POST", &path("/withdrawal"), &desk.olga, Some(json!({ "reason": "brutto" }))).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text);
    let done = desk.web.api("POST", &path("/withdrawal/approval"), &desk.otto, Some(json!({}))).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    assert_eq!(desk.web.api("GET", &path(""), &desk.eva, None).await.json()["state"], "withdrawn");
}

#[tokio::test]
async fn programs_are_told_every_wrong_field() {
    let desk = Desk::new().await;
    let fields = |answer: &crate::web::Answer| -> Vec<String> {
        let json = answer.json();
        json["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap().to_owned()).collect()
    };
    let mut body = desk.training();
    body["unit_price"] = json!("-1.00");
    body["unit"] = json!("Stunde");
    body["dated_on"] = json!("2027-01-01");
    body["file"] = json!({ "name": "Rechnung.pdf", "base64": BASE64.encode(b"a;b\n") });
    let answer = desk.keyed("b-2", &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert_eq!(fields(&answer), ["unit", "unit_price", "dated_on", "file"]);
    body["file"]["base64"] = json!("no base64!");
    assert_eq!(fields(&desk.keyed("b-3", &body).await), ["file"]);
    body["contract_id"] = json!("00000000-0000-0000-0000-000000000001");
    body["file"]["base64"] = json!("");
    assert_eq!(desk.keyed("b-4", &body).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn programs_look_at_purchases_first_and_record_what_they_choose() {
    let desk = Desk::new().await;
    let csv = "artikelnummer;bezeichnung;einheit;einzelpreis_netto;datum\nMON-27;Monitor;Stück;195,00;10.11.2025\n;Feuerwehrschlauch;Stück;9,00;10.11.2025\n";
    let file = json!({ "name": "einkauf.csv", "base64": BASE64.encode(csv.as_bytes()) });
    let body = json!({ "contract_id": desk.contract, "file": file });
    let looked = desk.web.api("POST", "/api/v1/baselines/import", &desk.olga, Some(body)).await.json();
    assert_eq!((&looked["rows"], &looked["recorded"]), (&json!(2), &Value::Null));
    assert_eq!(looked["proposals"][0]["articles"], json!(["MON-27"]));
    assert_eq!(looked["proposals"][1]["articles"], json!([]));
    let body = json!({ "contract_id": desk.contract, "file": file, "choices": { "2": "MON-27" } });
    // With its key a repeat gets the answer of the first; without, the price that stands there is left out.
    for (key, recorded) in [("i-1", 1), ("i-1", 1), ("i-2", 0)] {
        let done = desk.keyed_at("/api/v1/baselines/import", key, &body).await;
        assert_eq!(done.json()["recorded"], json!(recorded), "{key}: {}", done.text);
    }
    let list = desk.web.api("GET", "/api/v1/baselines?state=pending", &desk.otto, None).await.json();
    assert_eq!((&list["total"], &list["rows"][0]["unit_price"]), (&json!(1), &json!("195.00")));
}
