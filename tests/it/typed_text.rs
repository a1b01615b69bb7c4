//! What people type stays text: on pages, in answers of the API and on paper, whatever it would be elsewhere.

use abruf::actor::Role;
use axum::http::StatusCode;
use lopdf::{Document, Object};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stress::say;
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, value};

/// Fields of a draft that take free text.
const FIELDS: [&str; 10] = [
    "need",
    "delivery_address",
    "invoice_address",
    "cost_centre",
    "file_reference",
    "contact",
    "data_processing",
    "council_resolution",
    "emergency_decision",
    "commitment",
];

/// What is code somewhere: in pages, queries, templates, PDF, terminals; and text that is hard to show.
const SEEDS: [&str; 60] = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    "<style>@import'//boese.example'</style>",
    "</title><script>alert(1)</script>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[<b>]]>",
    "&lt;script&gt;",
    "&#x3c;script&#x3e;",
    "&nbsp;&amp;&quot;",
    "%3Cscript%3E",
    "\\u003cscript\\u003e",
    "{{7*7}}",
    "{% include \"/etc/passwd\" %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{ self.__init__ }}",
    "' OR '1'='1",
    "'; DROP TABLE call_off; --",
    "\" OR 1=1 --",
    "1; SELECT pg_sleep(10)",
    "') UNION SELECT password_hash FROM person --",
    "$1 $$ $tag$",
    "E'\\x00'",
    "\\'; --",
    "%' AND 1=0 --",
    "_%_%",
    "$(id) `id` | id ; id",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "\r\nSet-Cookie: a=b",
    "\r\n\r\n<html>",
    "%0d%0aX: y",
    "endstream endobj 99 0 obj <</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>",
    "(app.alert(1)) Tj ET Q",
    ") Tj ET endstream endobj trailer <</Root 1 0 R>>",
    "/JavaScript /JS /Launch /URI (http://boese.example)",
    "<</Type/Action/S/URI/URI(http://boese.example)>>",
    "%%EOF\n%PDF-1.7",
    "\\) \\( \\\\ \\ddd \\101",
    "BT /F1 24 Tf (x) Tj ET",
    "<html:b xmlns:html='x'>",
    "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    "\u{202e}txet\u{202c}",
    "\u{2066}isoliert\u{2069}\u{200f}",
    "שלום עולם مرحبا",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́O̵̹̻̝̳",
    "\u{fffd}\u{feff}\u{200b}\u{ad}",
    "\u{1b}[2J\u{1b}]0;x\u{7}",
    "\t\t\t\u{b}\u{c}",
    "𝕋𝕖𝕩𝕥 ﷽ ꧅",
    "NUL\0NUL",
];

/// Payloads beside the seeds: the same between other text, long, doubled.
fn payloads(count: usize) -> Vec<String> {
    let seeds = SEEDS.iter().map(|seed| (*seed).to_owned());
    let around = SEEDS.iter().map(|seed| format!("Bedarf „{seed}“ laut Vermerk"));
    let doubled = SEEDS.iter().map(|seed| format!("{seed}{seed}"));
    let lines = SEEDS.iter().map(|seed| format!("Zeile 1\n{seed}\nZeile 3"));
    let long = SEEDS.iter().map(|seed| seed.chars().cycle().take(450).collect());
    seeds.chain(around).chain(doubled).chain(lines).chain(long).take(count).collect()
}

/// What a PDF must not hold, wherever it stands.
const ACTIONS: [&[u8]; 9] = [
    b"JavaScript",
    b"JS",
    b"OpenAction",
    b"AA",
    b"Launch",
    b"SubmitForm",
    b"ImportData",
    b"RichMedia",
    b"EmbeddedFile",
];

fn actions(value: &Object, found: &mut Vec<String>) {
    match value {
        Object::Dictionary(entries) => {
            for (key, value) in entries {
                if ACTIONS.contains(&key.as_slice()) {
                    found.push(String::from_utf8_lossy(key).into_owned());
                }
                actions(value, found);
            }
        }
        Object::Stream(stream) => actions(&Object::Dictionary(stream.dict.clone()), found),
        Object::Array(values) => values.iter().for_each(|value| actions(value, found)),
        Object::Name(name) if ACTIONS.contains(&name.as_slice()) => {
            found.push(String::from_utf8_lossy(name).into_owned())
        }
        _ => {}
    }
}

struct Desk {
    web: Web,
    cookie: String,
    token: String,
    draft: Uuid,
}

async fn desk() -> Desk {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let contract =
        world.contract("RV-2025-07").ceiling(value("500000.00")).item("TRN", fixed("100.00")).entitles(town).await;
    let draft = world.draft(&eva, &contract, &[("TRN", "1")]).await;
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&eva, "eva@altenrode.example").await;
    let token = web.token("eva@altenrode.example").await;
    assert_eq!(eva.role, Role::Buyer);
    Desk { web, cookie, token, draft: draft.0 }
}

async fn walk(count: usize) {
    let desk = desk().await;
    let at = format!("/api/v1/call-offs/{}", desk.draft);
    let (mut shown, mut refused, mut fields) = (0, 0, 0);
    for payload in payloads(count) {
        let mut details = json!({});
        for field in FIELDS {
            details[field] = Value::from(payload.clone());
        }
        let saved = desk
            .web
            .api_with(
                "PUT",
                &format!("{at}/details"),
                &desk.token,
                &[("if-match", desk.web.api("GET", &at, &desk.token, None).await.header("etag"))],
                Some(json!({ "details": details })),
            )
            .await;
        if saved.status == StatusCode::UNPROCESSABLE_ENTITY {
            // What cannot be stored or is too long is said, and nothing is changed.
            refused += 1;
            continue;
        }
        assert_eq!(saved.status, StatusCode::OK, "{payload:?}: {}", saved.text);
        let read = desk.web.api("GET", &at, &desk.token, None).await.json();
        for field in FIELDS {
            let kept = read["details"][field].as_str().unwrap().replace("\r\n", "\n");
            assert_eq!(kept.trim(), payload.replace("\r\n", "\n").trim(), "{field} of {payload:?}");
            fields += 1;
        }
        for page in ["angaben", "pruefung", "zusammenfassung"] {
            let answer = desk.web.get(&format!("/abrufe/{}/{page}", desk.draft), &desk.cookie).await;
            assert!(
                answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER,
                "{page}: {}",
                answer.status
            );
            for code in [
                "<script>alert",
                "<img src=x",
                "<svg/onload",
                "<iframe",
                "<style>@import",
                "' onmouseover='",
                "</textarea><script",
            ] {
                assert!(!answer.text.contains(code), "{page} runs {payload:?}");
            }
            assert!(
                answer.header("set-cookie").find("a=b").is_none() && !answer.text.contains("root:x:"),
                "{page}: {payload:?}"
            );
            shown += 1;
        }
        let (status, _, bytes) =
            desk.web.download(&format!("/abrufe/{}/entwurf.pdf", desk.draft), &desk.cookie, &[]).await;
        assert_eq!(status, StatusCode::OK, "the paper of {payload:?}");
        let pdf = Document::load_mem(&bytes).unwrap();
        let mut found = Vec::new();
        pdf.objects.values().for_each(|object| actions(object, &mut found));
        assert!(found.is_empty(), "{payload:?} became {found:?}");
        assert!((1..=12).contains(&pdf.get_pages().len()), "{payload:?}: {} pages", pdf.get_pages().len());
    }
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM call_off").fetch_one(&desk.web.database.owner).await.unwrap();
    assert_eq!(tables, 1, "the table is still there");
    say(&format!(
        "typed text: {count} payloads × {} fields: {fields} kept as typed, {shown} pages, {refused} refused",
        FIELDS.len()
    ));
    assert!(refused * 4 < count, "{refused} of {count} refused");
}

#[tokio::test]
async fn text_that_people_type_stays_text_on_pages_and_paper() {
    walk(60).await;
}

#[tokio::test]
#[ignore = "long: 300 payloads"]
async fn text_of_300_payloads_stays_text_on_pages_and_paper() {
    walk(300).await;
}
