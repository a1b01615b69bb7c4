//! The pages: upload, preview, confirm; nothing counts before, and every sum leads to its list.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};

use super::{STRAY_LETTER, Stage, file, small, text};
use crate::pages::browser::read;
use crate::web::{Answer, Web};

const LIST: &str = "/verwaltung/umsaetze";

/// The pages over a stage, signed in as its office.
pub struct Office {
    pub web: Web,
    pub cookie: String,
}

impl Office {
    pub async fn over(stage: Stage) -> Self {
        let web = Web::over(stage.world).await;
        let cookie = web.cookie_of(&stage.office, "olga@elbe-saale.example").await;
        Self { web, cookie }
    }

    pub async fn page(&self, path: &str) -> String {
        let answer = self.web.get(path, &self.cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    pub async fn token(&self) -> String {
        self.web.get(LIST, &self.cookie).await.form_token()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let fields: Vec<_> = [("csrf", token.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.web.post(path, &self.cookie, &fields).await
    }

    /// Sends a form with a file, as a browser does.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, bytes: &[u8]) -> Answer {
        let token = self.token().await;
        let mut body = Vec::new();
        for (field, value) in [("csrf", token.as_str())].iter().chain(fields) {
            let part = format!("--GRENZE\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--GRENZE\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--GRENZE--\r\n");
        let request = Request::post(path)
            .header(COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=GRENZE");
        self.web.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }
}

fn to(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn an_uploaded_file_counts_once_it_is_confirmed_and_not_before() {
    let office = Office::over(Stage::new().await).await;
    assert!(read(&office.page(LIST).await).contains("Noch ist keine Datei übernommen."));
    let bytes = file("stray-letter.csv");
    let preview = to(&office.upload(LIST, &[("mapping", "")], "Umsätze 3.csv", &bytes).await);
    assert_eq!(to(&office.upload(LIST, &[("mapping", "")], "Umsätze 3.csv", &bytes).await), preview, "a double click");
    // The mapping is guessed from the header; the names of the contracts are not.
    let guessed = office.page(&preview).await;
    assert!(read(&guessed).contains("Unbekannte Namen"), "{guessed}");
    assert!(guessed.contains("amount = &#34;Total_Charge&#34;") || guessed.contains("amount = \"Total_Charge\""));
    assert!(!guessed.contains(">Übernehmen<"), "nothing could be taken");

    let mapping = text("stray-letter.toml");
    let mapped = office.post(&preview, &[("schritt", "zuordnung"), ("mapping", &mapping)]).await;
    assert_eq!(mapped.status, StatusCode::OK, "{}", mapped.text);
    let seen = read(&mapped.text).replace('\u{a0}', " ");
    assert!(
        seen.contains("Übernommen 336.197,0792 € (150) + abgelehnt 0,00 € (0) = Kontrollsumme 336.197,0792 €"),
        "{seen}"
    );
    assert!(seen.contains("In allen 150 Zeilen: Der Monat endet auf ein überzähliges Zeichen"));
    assert!(read(&office.page(LIST).await).contains("Noch nicht bestätigt"));
    assert_eq!(
        office.number("SELECT count(*) FROM volume_entry").await,
        0,
        "nothing is written before it is confirmed"
    );

    let import = to(&office.post(&preview, &[("schritt", "uebernehmen")]).await);
    assert_eq!(office.number("SELECT count(*) FROM volume_entry WHERE turnover_line_id IS NOT NULL").await, 150);
    let again = to(&office.post(&preview, &[("schritt", "uebernehmen")]).await);
    assert_eq!(import.split('?').next(), Some(again.as_str()), "who confirms twice finds the import");
    assert_eq!(to(&office.web.get(&preview, &office.cookie).await), again);

    let page = office.page(&import).await;
    let words = read(&page).replace('\u{a0}', " ");
    assert!(words.contains("Die Datei ist übernommen."), "{words}");
    assert!(words.contains("217.121,99 €") && words.contains("119.075,0892 €"), "{words}");
    // Each sum leads to the list it is the sum of.
    let part = page.split("href=\"").find(|it| it.contains("?vertrag=")).unwrap().split('#').next().unwrap().to_owned();
    let part = read(&office.page(&part.replace("&amp;", "&")).await).replace('\u{a0}', " ");
    assert!(part.contains("82 Zeilen, 217.121,99 €") && part.contains("Seite 1 von 2"), "{part}");

    let (status, _, original) = office.web.download(&format!("{again}/datei"), &office.cookie, &[]).await;
    assert_eq!((status, original), (StatusCode::OK, bytes.clone()));
    let refused = office.upload(LIST, &[("mapping", &mapping)], "noch einmal.csv", &bytes).await;
    let preview = office.page(&to(&refused)).await;
    assert!(read(&preview).contains("Diese Datei wurde schon am 22.11.2026 übernommen."), "{preview}");
}

#[tokio::test]
async fn refused_rows_stop_an_import_until_somebody_wants_the_part() {
    let office = Office::over(Stage::new().await).await;
    let mapping = text("spreadsheet.toml");
    let sent = office.upload(LIST, &[("mapping", &mapping)], "u.csv", &file("spreadsheet.csv")).await;
    let preview = to(&sent);
    let whole = office.post(&preview, &[("schritt", "uebernehmen")]).await;
    assert_eq!(whole.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&whole.text).contains("Es wurde nichts übernommen: Zeilen sind abgelehnt."), "{}", whole.text);
    assert_eq!(office.number("SELECT count(*) FROM turnover_import").await, 0);
    let import = to(&office.post(&preview, &[("schritt", "uebernehmen"), ("partial", "ja")]).await);
    assert!(read(&office.page(&import).await).contains("9 abgelehnte Zeilen herunterladen"));
    let path = format!("{}/abgelehnt.csv", import.split('?').next().unwrap());
    let (status, headers, rejects) = office.web.download(&path, &office.cookie, &[]).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (StatusCode::OK, "text/csv; charset=utf-8"));
    let rejects = String::from_utf8(rejects).unwrap();
    assert!(rejects.contains("\r\n8;0,00005;EUR;"), "{rejects}");
}

#[tokio::test]
async fn bad_uploads_are_told_what_is_wrong_and_what_was_typed_stays() {
    let office = Office::over(Stage::new().await).await;
    let empty = office.upload(LIST, &[("mapping", "separator = \"x\"")], "", b"").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&empty.text).contains("Angekommen ist nichts."), "{}", empty.text);
    assert!(empty.text.contains("separator = "), "what was typed is lost: {}", empty.text);
    for (bytes, mapping, expected) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], text("spreadsheet.toml"), "Die Datei ist keine Textdatei"),
        (
            b"Vertrag;Monat\nRV-1;2025-04\n",
            text("spreadsheet.toml"),
            "In der Kopfzeile fehlt: Betrag, Mitglied, Rechnung.",
        ),
        (
            b"Vertrag;Mitglied;Monat;Betrag;Rechnung\nRV-2025-01;\"Stadt;2025-04;1;R\nRV;x;2025-05;2;R\n",
            text("spreadsheet.toml"),
            "In Zeile 2 beginnt ein Anführungszeichen, das nicht endet",
        ),
        (
            b"Vertrag;Mitglied;Monat;Betrag;Rechnung\n",
            text("spreadsheet.toml"),
            "Die Datei hat nur eine Kopfzeile und keine Daten.",
        ),
        (b"a;b\n1;2\n", "separator = 1".to_owned(), "Die Zuordnung ist nicht lesbar"),
    ] {
        let preview = to(&office.upload(LIST, &[("mapping", &mapping)], "u.csv", bytes).await);
        let page = office.page(&preview).await;
        assert!(read(&page).contains(expected), "{expected}: {page}");
        assert_eq!(
            to(&office.post(&preview, &[("schritt", "verwerfen")]).await),
            "/verwaltung/umsaetze?hinweis=verworfen"
        );
        assert_eq!(office.web.get(&preview, &office.cookie).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(office.number("SELECT count(*) FROM turnover_upload").await, 0);
    let without_token = Request::post(LIST)
        .header(COOKIE, &office.cookie)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=X")
        .body(Body::from("--X\r\nContent-Disposition: form-data; name=\"csv\"\r\n\r\na;b\r\n--X--\r\n"));
    assert_eq!(office.web.send(without_token.unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn programs_read_imports_their_sums_and_their_lines() {
    let stage = Stage::new().await;
    stage.take_stray_letter().await;
    let mapping = text("spreadsheet.toml");
    let row = small(&["RV-2025-01;Stadt Altenrode;2025-04;0,5;R-1"]);
    stage.world.at("2026-11-22T09:00:01Z");
    stage.take("klein.csv", &row, &mapping, false).await.unwrap();
    let office = Office::over(stage).await;
    let token = office.web.token("olga@elbe-saale.example").await;
    let list = office.web.api("GET", "/api/v1/turnover-imports?limit=1&offset=1", &token, None).await.json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["sums"][0]["control"]), (1, &STRAY_LETTER.into()));
    let id = list[0]["id"].as_str().unwrap();
    let one = office.web.api("GET", &format!("/api/v1/turnover-imports/{id}"), &token, None).await.json();
    assert_eq!(one, list[0]);
    let lines = format!("/api/v1/turnover-imports/{id}/lines?limit=2&offset=148");
    let lines = office.web.api("GET", &lines, &token, None).await.json();
    assert_eq!((lines.as_array().unwrap().len(), &lines[1]["row"]), (2, &151.into()));
    let absent = "/api/v1/turnover-imports/00000000-0000-0000-0000-000000000001";
    assert_eq!(office.web.api("GET", absent, &token, None).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn programs_send_files_look_at_them_and_confirm() {
    let stage = Stage::new().await;
    let office = Office::over(stage).await;
    let token = office.web.token("olga@elbe-saale.example").await;
    let send = async |method: &str, path: &str, body: Option<serde_json::Value>| {
        office.web.api(method, path, &token, body).await
    };
    const UPLOADS: &str = "/api/v1/turnover-uploads";
    let bytes = data_encoding::BASE64.encode(&file("stray-letter.csv"));

    // Without names it can be read, and nothing can be taken.
    let document = serde_json::json!({ "file_name": "ordner/umsatz.csv", "base64": bytes });
    let sent = send("POST", UPLOADS, Some(document.clone())).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let seen = sent.json();
    let path = format!("{UPLOADS}/{}", seen["id"].as_str().unwrap());
    assert_eq!(seen["file_name"], "umsatz.csv");
    let again = send("POST", UPLOADS, Some(document)).await.json();
    assert_eq!(again["id"], seen["id"], "the same file is kept once");
    assert_eq!(send("GET", UPLOADS, None).await.json().as_array().unwrap().len(), 1);

    let mapping = serde_json::json!({ "mapping": text("stray-letter.toml") });
    let mapped = send("POST", &format!("{path}/mapping"), Some(mapping)).await.json();
    assert_eq!((&mapped["can_be_taken"], &mapped["rejected"]), (&true.into(), &0.into()), "{mapped}");
    assert_eq!(mapped["sums"][0]["control"], STRAY_LETTER);
    assert_eq!(office.number("SELECT count(*) FROM turnover_import").await, 0, "nothing counts before");

    let wrong = serde_json::json!({ "control_sum": "1.00" });
    let refused = send("POST", &format!("{path}/confirm"), Some(wrong)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let terms = serde_json::json!({ "control_sum": STRAY_LETTER });
    let key = [("idempotency-key", "umsatz-1")];
    let taken = office.web.api_with("POST", &format!("{path}/confirm"), &token, &key, Some(terms.clone())).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text);
    assert_eq!(taken.json(), serde_json::json!({ "id": seen["id"], "kind": "turnover_import" }));
    let twice = office.web.api_with("POST", &format!("{path}/confirm"), &token, &key, Some(terms)).await;
    assert_eq!((twice.status, twice.json()), (StatusCode::CREATED, taken.json()));
    assert_eq!(office.number("SELECT count(*) FROM turnover_import").await, 1);
    assert_eq!(send("GET", &path, None).await.status, StatusCode::NOT_FOUND, "it waits no more");
    let import = format!("/api/v1/turnover-imports/{}", seen["id"].as_str().unwrap());
    assert_eq!(send("GET", &import, None).await.json()["sums"][0]["imported"], STRAY_LETTER);
}

#[tokio::test]
async fn programs_send_forms_too_and_hear_what_is_wrong_by_field() {
    let stage = Stage::new().await;
    let office = Office::over(stage).await;
    let token = office.web.token("olga@elbe-saale.example").await;
    let form = async |fields: &[(&str, &str)], bytes: Option<&[u8]>| {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part = format!("--GRENZE\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some(bytes) = bytes {
            body.extend_from_slice(
                b"--GRENZE\r\nContent-Disposition: form-data; name=\"file\"; filename=\"klein.csv\"\r\n\r\n",
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--GRENZE--\r\n");
        let request = Request::post("/api/v1/turnover-uploads")
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", format!("k-{}", body.len()))
            .header(CONTENT_TYPE, "multipart/form-data; boundary=GRENZE");
        office.web.send(request.body(Body::from(body)).unwrap()).await
    };
    let mapping = text("spreadsheet.toml");
    let rows = small(&["RV-2025-01;Stadt Altenrode;2025-04;0,5;R-1", "RV-2025-01;Nirgends;2025-04;2;R-2"]);
    let sent = form(&[("mapping", &mapping)], Some(&rows)).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let seen = sent.json();
    assert_eq!((&seen["lines"], &seen["rejected"]), (&2.into(), &1.into()), "{seen}");
    assert_eq!(seen["unknown"][0], serde_json::json!({ "table": "members", "name": "Nirgends", "lines": 1 }));
    let path = format!("/api/v1/turnover-uploads/{}", seen["id"].as_str().unwrap());
    let confirm = format!("{path}/confirm");
    let whole = office.web.api("POST", &confirm, &token, Some(serde_json::json!({}))).await;
    assert_eq!(whole.status, StatusCode::CONFLICT, "{}", whole.text);
    let part = office.web.api("POST", &confirm, &token, Some(serde_json::json!({ "partial": true }))).await;
    assert_eq!(part.status, StatusCode::CREATED, "{}", part.text);

    // More than a document of 1 MB may have, less than a form may.
    let long = small(&["RV-2025-01;Stadt Altenrode;2025-04;0,0001;R-1"; 40_000]);
    assert!(1_500_000 < long.len());
    let sent = form(&[("mapping", &mapping)], Some(&long)).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
    let discard = format!("/api/v1/turnover-uploads/{}/discard", sent.json()["id"].as_str().unwrap());
    let gone = office.web.api("POST", &discard, &token, Some(serde_json::json!({}))).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);

    for (fields, bytes, field) in
        [(&[][..], None, "file"), (&[("basis", "gefühl")][..], Some(&b"a;b\n1;2\n"[..]), "contract_id")]
    {
        let refused = form(fields, bytes).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", refused.text);
        assert_eq!(refused.json()["errors"][0]["field"], field, "{}", refused.text);
    }
    assert_eq!(office.number("SELECT count(*) FROM turnover_upload").await, 0);
}
