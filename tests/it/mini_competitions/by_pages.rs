//! The same on the pages: forms only, no script.

use axum::http::StatusCode;

use super::{House, Who};
use crate::pages::browser::read;
use crate::web::Answer;

impl House {
    async fn form(&self, who: Who, path: &str, fields: &[(&str, &str)]) -> Answer {
        let cookie = self.web.sign_in(&who.email()).await;
        let token = self.web.get("/handeln-fuer", &cookie).await.form_token();
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.web.post(path, &cookie, &fields).await
    }

    /// Must lead on; where to.
    async fn leads(&self, who: Who, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.form(who, path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{fields:?}: {}", read(&answer.text));
        answer.header("location").to_owned()
    }

    /// Whoever asks, at once or later; bound by the log, and nothing of a neighbour's.
    async fn record_is_one_file_for_everybody(&self, at: &str) {
        let file = async |who: Who| {
            let cookie = self.web.sign_in(&who.email()).await;
            self.web.get(&format!("{at}/vermerk.pdf"), &cookie).await
        };
        let (first, second) = tokio::join!(file(Who::Rita), file(Who::Eva));
        for answer in [&first, &second] {
            assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/pdf"));
        }
        assert_eq!(first.text, second.text);
        assert_eq!(file(Who::Olga).await.text, first.text);
        assert_eq!(file(Who::Nora).await.status, StatusCode::NOT_FOUND);
        let sql = "SELECT c.input, c.check_code, count(e.sequence) FROM certificate c
                   LEFT JOIN audit_entry e ON e.action = 'certificate_issued'
                        AND e.canonical::jsonb ->> 'after' = encode(c.sha256, 'hex')
                   GROUP BY c.id";
        let made: Vec<(String, String, i64)> = sqlx::query_as(sql).fetch_all(&self.web.database.owner).await.unwrap();
        let [(input, code, 1)] = &made[..] else { panic!("one record with one entry: {made:?}") };
        for said in ["Eva Muster", "Karl Beispiel", "Auch samstags?", "Anhalt Digital GmbH", "17.608,00"] {
            assert!(input.contains(said), "{said}: {input}");
        }
        let paper = self.web.get(&format!("/p/{code}"), "").await;
        assert!(paper.text.contains("Vergabevermerk zum Miniwettbewerb B-"), "{}", paper.text);
    }

    async fn page(&self, who: Who, path: &str) -> String {
        let cookie = self.web.sign_in(&who.email()).await;
        let answer = self.web.get(path, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(answer.text.matches("<h1").count(), 1, "{path}: one h1");
        read(&answer.text)
    }
}

const ANNOUNCED: [(&str, &str); 10] = [
    ("form", "announce"),
    ("title", "Beratung zur Netzumstellung"),
    ("deadline_at", "02.12.2026"),
    ("deadline_time", "12:00"),
    ("submission", "vergabe@altenrode.example"),
    ("price_weight", "70"),
    ("criteria[0].name", "Lieferzeit"),
    ("criteria[0].weight", "30"),
    ("price_formula", "ratio"),
    ("tie_rule", "lower_price"),
];

#[tokio::test]
async fn a_draft_leads_to_its_competition_and_back_with_the_result() {
    let house = House::new().await;
    let draft = house.drafts[0];
    let review = house.page(Who::Eva, &format!("/abrufe/{draft}/pruefung")).await;
    assert!(review.contains("Für diesen Wert ist ein Miniwettbewerb nötig."), "{review}");
    let small = house.page(Who::Eva, &format!("/abrufe/{}/pruefung", house.drafts[1])).await;
    assert!(small.contains("Für diesen Wert ist ein Miniwettbewerb nötig."), "10,350 euros are above the limit too");
    let at = house.leads(Who::Eva, &format!("/abrufe/{draft}/miniwettbewerb"), &[]).await;
    assert!(house.page(Who::Eva, &format!("/abrufe/{draft}/pruefung")).await.contains("Miniwettbewerb weiterführen"));

    // What was typed stays.
    let wrong: Vec<_> =
        ANNOUNCED.iter().map(|(name, value)| (*name, if *name == "price_weight" { "60" } else { value })).collect();
    let answer = house.form(Who::Eva, &at, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        read(&answer.text).contains("Die Gewichte ergeben zusammen 90 %")
            && answer.text.contains("value=\"Lieferzeit\""),
        "{}",
        read(&answer.text)
    );
    house.leads(Who::Eva, &at, &ANNOUNCED).await;
    let page = house.page(Who::Eva, &at).await;
    assert!(page.contains("Einladung senden an") && page.contains("Gamma Consult GmbH"), "{page}");
    let addresses: Vec<(String, &str)> =
        house.suppliers.iter().map(|id| (format!("invitations[{id}]"), "angebote@lieferant.example")).collect();
    let mut send = vec![("form", "send")];
    send.extend(addresses.iter().map(|(name, value)| (name.as_str(), *value)));
    let letter = format!("{at}/einladung/{}", house.suppliers[2]);
    assert!(house.page(Who::Eva, &letter).await.contains("Einladung zum Miniwettbewerb"), "before it is sent");
    assert!(house.form(Who::Eva, &at, &send[..3]).await.text.contains("Nicht eingeladen"));
    house.leads(Who::Eva, &at, &send).await;
    let letter = house.page(Who::Rita, &letter).await;
    for said in [
        "Gamma Consult GmbH",
        "CON-PT",
        "16 Tage",
        "02.12.2026",
        "12:00",
        "Preis 70 %, Lieferzeit 30 %",
        "vergabe@altenrode.example",
    ] {
        assert!(letter.contains(said), "{said}: {letter}");
    }

    house.at("2026-11-24T09:00:00Z").await;
    let [one, two, _] = house.suppliers.map(|id| id.to_string());
    let asked = [
        ("form", "question"),
        ("asking_id", two.as_str()),
        ("asked_at", "23.11.2026"),
        ("asked_time", "9.30"),
        ("question", "Auch samstags?"),
    ];
    house.leads(Who::Eva, &at, &asked).await;
    let question: uuid::Uuid = sqlx::query_scalar("SELECT id FROM mini_competition_question")
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    let (field, id) = (format!("answer-{question}"), question.to_string());
    assert_eq!(
        house.form(Who::Eva, &at, &[("form", "answer"), ("question_id", &id), (&field, "")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    house.leads(Who::Eva, &at, &[("form", "answer"), ("question_id", &id), (&field, "Nein.")]).await;
    for (supplier, price) in [(&one, "1.080"), (&two, "1.100,50")] {
        let offer = [
            ("form", "offer"),
            ("supplier_id", supplier.as_str()),
            ("received_at", "24.11.2026"),
            ("received_time", "09:15"),
            ("channel", "E-Mail"),
            ("price-0", price),
            ("statement", "Sofort"),
        ];
        assert!(house.leads(Who::Eva, &at, &offer).await.ends_with("erfasst"));
    }
    let typo = [
        ("form", "offer"),
        ("supplier_id", one.as_str()),
        ("received_at", "24.11.2026"),
        ("received_time", "25:99"),
        ("price-0", "viel"),
    ];
    let answer = house.form(Who::Eva, &at, &typo).await;
    assert!(
        read(&answer.text).contains("ist keine Uhrzeit") && read(&answer.text).contains("„viel“ ist keine Zahl"),
        "{}",
        read(&answer.text)
    );
    let early = house.form(Who::Eva, &at, &[("form", "open")]).await;
    assert!(read(&early.text).contains("bleiben bis zum Ende der Frist"));

    house.at("2026-12-02T11:00:01Z").await;
    house.leads(Who::Karl, &at, &[("form", "open")]).await;
    assert!(house.page(Who::Eva, &at).await.contains("Als zweite Person unterschreiben und öffnen"));
    house.leads(Who::Eva, &at, &[("form", "open")]).await;
    let names = [&one, &two].map(|id| (format!("marks[{id}][0].points"), format!("marks[{id}][0].reason")));
    let mut score = vec![("form", "score")];
    for (points, reason) in &names {
        score.extend([(points.as_str(), "8"), (reason.as_str(), "Beginn sofort")]);
    }
    assert!(read(&house.form(Who::Eva, &at, &score[..3]).await.text).contains("fehlen Punkte"));
    house.leads(Who::Eva, &at, &score).await;
    let page = house.page(Who::Eva, &at).await;
    assert!(page.contains("70 × 17.280,00 ÷ 17.608,00") && page.contains("94,00"), "{page}");
    let cookie = house.web.sign_in(&Who::Eva.email()).await;
    let early = house.web.get(&format!("{at}/vermerk.pdf"), &cookie).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND, "there is no record before the decision");
    house.leads(Who::Eva, &at, &[("form", "award"), ("winner", &one), ("reason", "Beste Punktzahl.")]).await;

    let record = house.page(Who::Rita, &format!("{at}/vermerk")).await;
    for said in [
        "Eva Muster",
        "Karl Beispiel",
        "Auch samstags?",
        "Zuschlag an Anhalt Digital GmbH",
        "70 × 17.280,00 ÷ 17.608,00",
        "Unverändert seit dem Eingang.",
    ] {
        assert!(record.contains(said), "{said}: {record}");
    }
    assert!(record.contains("Vermerk als PDF für die Akte"), "{record}");
    house.record_is_one_file_for_everybody(&at).await;
    let lost = house.page(Who::Eva, &format!("{at}/mitteilung/{two}")).await;
    assert!(
        lost.contains("Rang 2 mit")
            && lost.contains("Anhalt Digital GmbH mit 94,00 Punkten")
            && !lost.contains("§ 134"),
        "{lost}"
    );
    assert!(house.page(Who::Eva, &format!("{at}/mitteilung/{one}")).await.contains("Ihr Angebot hat gewonnen"));

    let on = house.leads(Who::Eva, &at, &[("form", "use")]).await;
    assert_eq!(on, format!("/abrufe/{draft}/angaben"));
    let review = house.page(Who::Eva, &format!("/abrufe/{draft}/pruefung")).await;
    assert!(!review.contains("Miniwettbewerb nötig") && review.contains("Weiter zur Zusammenfassung"), "{review}");
    assert!(house.page(Who::Eva, "/miniwettbewerbe").await.contains("Anhalt Digital GmbH"));
}

#[tokio::test]
async fn the_office_runs_one_for_a_member_that_then_orders() {
    let house = House::new().await;
    let (contract, member) = (house.contract.id.to_string(), house.actor(Who::Eva).organisation.to_string());
    assert!(house.page(Who::Olga, "/miniwettbewerbe/neu").await.contains("RV-2025-05"));
    let wrong = [("contract_id", contract.as_str()), ("member_id", member.as_str()), ("lines", "CON-PT 16")];
    let answer = house.form(Who::Olga, "/miniwettbewerbe/neu", &wrong).await;
    assert!(
        read(&answer.text).contains("Zeile 1: Bitte schreiben Sie Artikelnummer") && answer.text.contains("CON-PT 16")
    );
    let unknown = [("contract_id", contract.as_str()), ("member_id", member.as_str()), ("lines", "NIX; 1")];
    assert!(
        read(&house.form(Who::Olga, "/miniwettbewerbe/neu", &unknown).await.text)
            .contains("„NIX“ steht nicht im Vertrag")
    );
    let right = [("contract_id", contract.as_str()), ("member_id", member.as_str()), ("lines", "CON-PT; 16")];
    let at = house.leads(Who::Olga, "/miniwettbewerbe/neu", &right).await;
    house
        .leads(
            Who::Olga,
            &at,
            &[
                ("form", "announce"),
                ("title", "Beratung"),
                ("deadline_at", "02.12.2026"),
                ("deadline_time", "12:00"),
                ("submission", "Postfach"),
                ("price_weight", "100"),
            ],
        )
        .await;
    let addresses: Vec<(String, &str)> =
        house.suppliers.iter().map(|id| (format!("invitations[{id}]"), "Post")).collect();
    let mut send = vec![("form", "send")];
    send.extend(addresses.iter().map(|(name, value)| (name.as_str(), *value)));
    house.leads(Who::Olga, &at, &send).await;
    assert!(house.page(Who::Eva, &at).await.contains("Diesen Miniwettbewerb führt Einkaufsgenossenschaft"));
    let supplier = house.suppliers[1].to_string();
    let offer = [
        ("form", "offer"),
        ("supplier_id", supplier.as_str()),
        ("received_at", "22.11.2026"),
        ("received_time", "10:00"),
        ("channel", "Post"),
        ("price-0", "990"),
    ];
    house.leads(Who::Olga, &at, &offer).await;
    house.at("2026-12-02T11:00:01Z").await;
    for who in [Who::Olga, Who::Otto] {
        house.leads(who, &at, &[("form", "open")]).await;
    }
    house.leads(Who::Olga, &at, &[("form", "score")]).await;
    house.leads(Who::Olga, &at, &[("form", "award"), ("winner", &supplier), ("reason", "Einziges Angebot.")]).await;
    let on = house.leads(Who::Eva, &at, &[("form", "use")]).await;
    let draft = on.strip_prefix("/abrufe/").and_then(|rest| rest.strip_suffix("/angaben")).unwrap();
    let lines = house.page(Who::Eva, &format!("/abrufe/{draft}/positionen")).await;
    assert!(lines.contains("15.840,00"), "16 days at 990 euros: {lines}");
    let answer = house.form(Who::Olga, &at, &[("form", "cancel"), ("cancel_reason", "Doch nicht.")]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(read(&answer.text).contains("abgeschlossen"), "{}", read(&answer.text));
}
