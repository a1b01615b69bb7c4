//! A new installation by HTTP, from an empty database to the start page: nobody without the link of the terminal gets in,
//! each step can be taken up again, and none has a default password.

use abruf::actions::first_link;
use abruf::one_time_code::Secret;
use axum::http::StatusCode;
use chrono::TimeDelta;
use data_encoding::BASE32;

use crate::web::{Answer, PASSWORD, Web};

const ADA: &str = "ada@elbe.example";
const PNG: &[u8] = include_bytes!("../../backend/documents/tests/house/logo.png");

const BODY: [(&str, &str); 12] = [
    ("body", "Einkaufsgenossenschaft Elbe eG"),
    ("kind", "genossenschaft"),
    ("street", "Am Speicher 4"),
    ("postcode", "39104"),
    ("town", "Magdeburg"),
    ("email", "post@elbe.example"),
    ("phone", "0391 555-0"),
    ("register_entry", "Genossenschaftsregister Stendal GnR 1234"),
    ("represented_by", "Vera Vorstand"),
    ("vat_id", ""),
    ("person", "Ada Anfang"),
    ("person_email", ADA),
];

fn with(changed: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    BODY.into_iter()
        .map(|(name, value)| changed.iter().find(|(it, _)| *it == name).copied().unwrap_or((name, value)))
        .collect()
}

fn local(url: &str) -> String {
    url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

async fn first_link(web: &Web) -> String {
    local(&first_link::issue(&web.app).await.unwrap().expect("nobody can sign in yet").url)
}

/// Sets the password by a link, signs in, sets the second factor up; the cookie of who is in.
async fn enter(web: &Web, link: &str, email: &str) -> String {
    let set = web.post(link, "", &[("password", PASSWORD), ("repeated", PASSWORD)]).await;
    assert_eq!(set.header("location"), "/anmelden?hinweis=eingerichtet", "{}", set.text);
    let half = web.post("/anmelden", "", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!(half.header("location"), "/konto/zweiter-faktor", "{}", half.text);
    let cookie = half.cookie();
    let page = web.get("/konto/zweiter-faktor", &cookie).await;
    let text = page.text.split("<dt>Schlüssel</dt><dd><strong class=\"cell-text\">").nth(1).unwrap();
    let text = text.split('<').next().unwrap().replace('-', "");
    let secret = Secret::known(BASE32.decode(text.as_bytes()).unwrap().try_into().unwrap());
    let csrf = page.form_token();
    let done =
        web.post("/konto/zweiter-faktor", &cookie, &[("csrf", &csrf), ("code", &secret.code_at(web.now()))]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    done.cookie()
}

fn said(page: &Answer) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in page.text.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn count(web: &Web, what: &str) -> i64 {
    let statement = match what {
        "bodies" => "SELECT count(*) FROM organisation_role WHERE role = 'body'",
        "people" => "SELECT count(*) FROM person",
        "passwords" => "SELECT count(*) FROM person WHERE password_hash IS NOT NULL",
        "towns" => "SELECT count(*) FROM register_entry",
        _ => "SELECT count(*) FROM template_override",
    };
    sqlx::query_scalar(statement).fetch_one(&web.database.owner).await.unwrap()
}

#[tokio::test]
async fn an_empty_database_becomes_a_house_by_the_link_of_the_terminal() {
    let web = Web::empty().await;
    assert!(web.get("/anmelden", "").await.text.contains("abruf admin first-link"));
    let link = first_link(&web).await;
    let page = web.get(&link, "").await;
    assert!(page.status == StatusCode::OK && page.text.contains("kein voreingestelltes Passwort"), "{}", page.text);

    let wrong = web.post(&link, "", &with(&[("postcode", "39"), ("person_email", "ada")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("href=\"#postcode\"") && wrong.text.contains("href=\"#person_email\""));
    assert!(wrong.text.contains("Genossenschaftsregister Stendal GnR 1234"), "what was typed stays");
    assert_eq!((count(&web, "bodies").await, count(&web, "people").await), (0, 0), "what is refused leaves nothing");

    // Sent twice, and broken off before the password: the same link takes it up.
    let first = web.post(&link, "", &BODY).await;
    assert!(first.header("location").starts_with("/konto/einrichten/"), "{} {}", first.status, first.text);
    assert!(web.get(&link, "").await.text.contains("Am Speicher 4"), "what was saved stands there");
    let again = web.post(&link, "", &BODY).await;
    assert_eq!((count(&web, "bodies").await, count(&web, "people").await), (1, 1), "a double click founds one house");
    assert_eq!(web.get(first.header("location"), "").await.status, StatusCode::NOT_FOUND, "the newer link counts");
    let ada = enter(&web, again.header("location"), ADA).await;
    assert_eq!(web.get(&link, "").await.status, StatusCode::NOT_FOUND, "once somebody has a password it opens nothing");
    assert!(first_link::issue(&web.app).await.unwrap().is_none());

    let start = web.get("/", &ada).await;
    assert!(start.text.contains("href=\"/einrichtung\""), "the start page leads on");
    let steps = said(&web.get("/einrichtung", &ada).await);
    assert!(
        steps.contains("Erstes Konto der Geschäftsstelle: offen") && steps.contains("Es fehlt: ein Logo."),
        "{steps}"
    );
    assert!(steps.contains("Anschrift, Register: erledigt"), "{steps}");
    assert!(web.get("/impressum", "").await.text.contains("GnR 1234"), "the imprint says it");

    // The office, by invitation, with a second factor of its own.
    let page = web.get("/einrichtung/geschaeftsstelle", &ada).await;
    let csrf = page.form_token();
    let form = |email: &'static str, key: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("idempotency_key", key.to_owned()),
            ("name", "Olga Office".to_owned()),
            ("email", email.to_owned()),
        ]
    };
    let post = async |email: &'static str, key: &'static str| {
        let form = form(email, key);
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        web.post("/einrichtung/geschaeftsstelle", &ada, &fields).await
    };
    assert_eq!(post("olga", "a1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let invited = post("olga@elbe.example", "a2").await;
    let url = invited.text.split("<code>").nth(1).and_then(|it| it.split('<').next()).unwrap().to_owned();
    let twice = post("olga@elbe.example", "a2").await;
    assert!(twice.status == StatusCode::OK && !twice.text.contains("/konto/einrichten/"), "a link is shown once");
    let olga = enter(&web, &local(&url), "olga@elbe.example").await;
    assert_eq!(web.get("/verwaltung/vertraege", &olga).await.status, StatusCode::OK, "the office works");

    letterhead(&web, &ada).await;
    register(&web, &ada).await;

    let steps = said(&web.get("/einrichtung", &ada).await);
    for done in ["Geschäftsstelle: erledigt", "Briefkopf: erledigt", "Städte und Gemeinden: erledigt"] {
        assert!(steps.contains(done), "{done}: {steps}");
    }
    assert!(steps.contains("zur Startseite"), "{steps}");
    assert_eq!(web.get("/", &ada).await.status, StatusCode::OK);
    assert_eq!(count(&web, "passwords").await, 2, "only those two people have a password");
}

/// A sample first, then the logo counts; what is none is refused.
async fn letterhead(web: &Web, ada: &str) {
    let csrf = web.get("/einrichtung/briefkopf", ada).await.form_token();
    let alt = "Wappen der Genossenschaft";
    let fields = [("csrf", csrf.as_str()), ("alt", alt)];
    let preview = "/einrichtung/briefkopf/vorschau";
    let sample = web.upload(preview, ada, &fields, Some(("logo", "logo.png", PNG))).await;
    assert!(sample.status == StatusCode::OK && sample.text.starts_with("%PDF"), "{}", sample.text);
    assert_eq!(count(web, "overrides").await, 0, "a sample keeps nothing");
    for (fields, file, complaint) in [
        (&fields[..], None, "PNG oder JPEG"),
        (&fields[..], Some(("logo", "logo.png", &b"<svg/>"[..])), "kein PNG und kein JPEG"),
        (&fields[..], Some(("logo", "logo.png", &PNG[..60])), "logo.png"),
        (&[("csrf", csrf.as_str()), ("alt", "")][..], Some(("logo", "logo.png", PNG)), "beschreiben Sie das Logo"),
    ] {
        let refused = web.upload("/einrichtung/briefkopf", ada, fields, file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{complaint}");
        assert!(refused.text.contains(complaint), "{complaint}: {}", refused.text);
    }
    assert_eq!(count(web, "overrides").await, 0);
    let set = web.upload("/einrichtung/briefkopf", ada, &fields, Some(("logo", "logo.png", PNG))).await;
    assert_eq!(set.header("location"), "/einrichtung?hinweis=briefkopf", "{}", set.text);
    let now = web.get("/einrichtung/briefkopf.pdf", ada).await;
    assert!(now.text.starts_with("%PDF"), "{}", now.text);
    assert!(web.get("/einrichtung/briefkopf", ada).await.text.contains("vorhanden"));
}

/// Looked at before anything is written; a wrong file writes nothing.
async fn register(web: &Web, ada: &str) {
    let csrf = web.get("/einrichtung/verzeichnis", ada).await.form_token();
    let path = "/einrichtung/verzeichnis";
    let token = ("csrf", csrf.as_str());
    let none = web.upload(path, ada, &[token], None).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", none.text);
    let broken = web.upload(path, ada, &[token], Some(("file", "x.csv", b"a;b\n1;2\n"))).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", broken.text);
    let head = "ags;ars;name;art;kreis;verbandsgemeinde;einwohner;flaeche_km2;plz\n";
    let wrong = format!("{head}15001000;150010000000;Dessau-Roßlau;Stadt;Dessau-Roßlau;;viele;244.7;06844\n");
    let looked = web.upload(path, ada, &[token], Some(("file", "x.csv", wrong.as_bytes()))).await;
    assert!(looked.text.contains("1 mit Fehler") && !looked.text.contains("Übernehmen</span>"), "{}", looked.text);
    let right = format!("{head}15001000;150010000000;Dessau-Roßlau;Stadt;Dessau-Roßlau;;79686;244.7;06844\n");
    let looked = web.upload(path, ada, &[token], Some(("file", "x.csv", right.as_bytes()))).await;
    assert!(looked.text.contains("1 neu"), "{}", looked.text);
    assert_eq!(count(web, "towns").await, 0, "a look writes nothing");
    let kept = looked.text.split("name=\"geprueft\" value=\"").nth(1).and_then(|it| it.split('"').next()).unwrap();
    let kept = kept.replace("&#43;", "+").replace("&#x2b;", "+").replace("&#61;", "=");
    let take = [token, ("schritt", "uebernehmen"), ("name", "x.csv"), ("geprueft", kept.as_str())];
    let taken = web.upload(path, ada, &take, None).await;
    assert_eq!(taken.header("location"), "/einrichtung?hinweis=verzeichnis", "{}", taken.text);
    assert_eq!(count(web, "towns").await, 1);
    let shipped = [token, ("mitgeliefert", "ja"), ("schritt", "uebernehmen")];
    let taken = web.upload(path, ada, &shipped, None).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
    assert!(100 < count(web, "towns").await, "the register that ships with the program");
}

#[tokio::test]
async fn whoever_has_no_link_or_an_old_one_takes_nothing() {
    let web = Web::empty().await;
    for path in ["/einrichtung", "/einrichtung/genossenschaft", "/einrichtung/geschaeftsstelle"] {
        assert!(web.get(path, "").await.header("location").starts_with("/anmelden"), "{path}");
    }
    let guessed = "/einrichtung/erstmals/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(web.get(guessed, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(web.post(guessed, "", &BODY).await.status, StatusCode::NOT_FOUND);
    let old = first_link(&web).await;
    web.wait(TimeDelta::minutes(1));
    let new = first_link(&web).await;
    assert_eq!(web.get(&old, "").await.status, StatusCode::NOT_FOUND, "a newer link takes its place");
    assert_eq!(web.get(&new, "").await.status, StatusCode::OK);
    web.wait(TimeDelta::hours(25));
    assert_eq!(web.post(&new, "", &BODY).await.status, StatusCode::NOT_FOUND, "it ends after a day");
    assert_eq!((count(&web, "bodies").await, count(&web, "people").await), (0, 0));
    let stored: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM first_link WHERE encode(token_sha256, 'escape') LIKE '%' || $1 || '%'",
    )
    .bind(new.rsplit('/').next().unwrap())
    .fetch_one(&web.database.owner)
    .await
    .unwrap();
    assert_eq!(stored, 0, "only the hash is stored");
}
