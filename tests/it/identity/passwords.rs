//! New passwords: what is refused on every way to set one, what is taken, and what nobody is asked.

use abruf::actor::Role;
use abruf_domain::ids::PersonId;
use axum::http::StatusCode;
use chrono::TimeDelta;

use crate::layers::sources;
use crate::web::{Answer, PASSWORD, Web};

const EVA: &str = "eva@altenrode.example";

async fn with_eva() -> (Web, PersonId) {
    let web = Web::new().await;
    let town = web.member("Stadt Altenrode").await;
    let eva = web.person(EVA, Role::Buyer, town).await;
    (web, eva)
}

/// A link of this purpose, as if it had just been made.
async fn link(web: &Web, person: PersonId, purpose: &str) -> String {
    let token = format!("link-{purpose}");
    sqlx::query(
        "INSERT INTO one_time_link (token_sha256, person_id, created_at, expires_at, purpose)
         VALUES (sha256($1::bytea), $2, $3, $3 + interval '20 minutes', $4)",
    )
    .bind(token.as_bytes())
    .bind(person.0)
    .bind(web.now())
    .bind(purpose)
    .execute(&web.database.owner)
    .await
    .unwrap();
    format!("/konto/einrichten/{token}")
}

/// Eva changes her password.
async fn change(web: &Web, cookie: &str, present: &str, new: &str) -> Answer {
    let csrf = web.get("/konto", cookie).await.form_token();
    let form = [("csrf", csrf.as_str()), ("present", present), ("password", new), ("repeated", new)];
    web.post("/konto/passwort", cookie, &form).await
}

async fn comes_in(web: &Web, password: &str) -> bool {
    web.post("/anmelden", "", &[("email", EVA), ("password", password)]).await.status == StatusCode::SEE_OTHER
}

/// `<input …>` of a page.
fn inputs(page: &str) -> Vec<&str> {
    page.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect()
}

/// The value of an attribute.
fn attribute<'a>(input: &'a str, name: &str) -> &'a str {
    let at = input.split_once(&format!("{name}=\"")).map_or("", |(_, rest)| rest);
    at.split('"').next().unwrap()
}

#[tokio::test]
async fn a_weak_password_is_refused_on_every_way_to_set_one() {
    let (web, eva) = with_eva().await;
    let weak = [
        ("Passwort2026!", "leicht zu raten"),
        ("password1234", "leicht zu raten"),
        ("qwertzuiopasd", "leicht zu raten"),
        ("EvaMuster2026", "fast nur aus Ihrem Namen"),
        ("Altenrode!2026", "fast nur aus Ihrem Namen"),
        ("Elbe-Saale-2026", "fast nur aus Ihrem Namen"),
        ("abruf-abruf-abruf", "fast nur aus Ihrem Namen"),
    ];
    for purpose in ["set_up", "invitation", "recovery", "break_glass"] {
        let link = link(&web, eva, purpose).await;
        for (password, why) in weak {
            let refused = web.post(&link, "", &[("password", password), ("repeated", password)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{purpose} {password}");
            assert!(refused.text.contains(why) && refused.text.contains("Bitte nehmen Sie"), "{}", refused.text);
            assert!(!refused.text.contains(password), "{purpose}: the page repeats it");
        }
        assert_eq!(web.get(&link, "").await.status, StatusCode::OK, "{purpose}: the link is not used up");
    }
    let cookie = web.sign_in(EVA).await;
    for (password, why) in weak {
        let refused = change(&web, &cookie, PASSWORD, password).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
        assert!(refused.text.contains(why), "{}", refused.text);
    }
    assert!(comes_in(&web, PASSWORD).await, "nothing has changed");
    for (password, _) in weak {
        let hashes: Vec<String> =
            sqlx::query_scalar("SELECT password_hash FROM person WHERE password_hash IS NOT NULL")
                .fetch_all(&web.database.owner)
                .await
                .unwrap();
        for hash in hashes {
            let opens = abruf::password::matches(password.into(), Some(hash)).await.unwrap();
            assert!(!opens, "{password} was set");
        }
    }
}

#[tokio::test]
async fn a_long_passphrase_and_64_characters_are_taken_up_to_the_documented_bound() {
    let (web, _) = with_eva().await;
    let passphrase = "Die Katze schnurrt auf dem Dach und zählt die Sterne.";
    // No pattern; of one byte each, as the bound counts bytes.
    let varied: String = (0..2_000_u32)
        .map(|at| char::from_u32(33 + at.wrapping_mul(at).wrapping_mul(7919).wrapping_add(at * 31) % 90).unwrap())
        .collect();
    let (sixty_four, bound, beyond) = (&varied[..64], &varied[..1024], &varied[..1025]);
    let mut present = PASSWORD;
    for new in [passphrase, sixty_four, bound] {
        let cookie = web.post("/anmelden", "", &[("email", EVA), ("password", present)]).await.cookie();
        let done = change(&web, &cookie, present, new).await;
        assert_eq!(done.header("location"), "/konto?hinweis=passwort", "{} bytes: {}", new.len(), done.text);
        assert!(comes_in(&web, new).await, "{} bytes", new.len());
        assert!(!comes_in(&web, &new[..new.len() - 1]).await, "{} bytes: the last one counts", new.len());
        present = new;
    }
    let cookie = web.post("/anmelden", "", &[("email", EVA), ("password", present)]).await.cookie();
    let refused = change(&web, &cookie, present, beyond).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("höchstens 1024"), "{}", refused.text);
}

#[tokio::test]
async fn no_password_has_to_be_changed_after_a_while() {
    let (web, _) = with_eva().await;
    for years in [1, 3, 5] {
        web.wait(TimeDelta::days(365 * years));
        let answer = web.post("/anmelden", "", &[("email", EVA), ("password", PASSWORD)]).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"));
        let start = web.get("/", &answer.cookie()).await;
        assert_eq!(start.status, StatusCode::OK);
        assert!(!start.text.contains("Passwort"), "{}", start.text);
    }
    // Nothing says since when somebody has a password, so that nothing can ask for a new one.
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND column_name LIKE '%password%' ORDER BY 1",
    )
    .fetch_all(&web.database.owner)
    .await
    .unwrap();
    assert_eq!(columns, ["person.password_hash"]);
}

#[tokio::test]
async fn password_fields_are_hidden_and_nothing_blocks_paste_or_managers() {
    let (web, eva) = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    let link = link(&web, eva, "invitation").await;
    let mut fields = Vec::new();
    for (path, cookie) in [("/anmelden", ""), (link.as_str(), ""), ("/konto", cookie.as_str())] {
        let page = web.get(path, cookie).await.text;
        for input in inputs(&page) {
            let (name, kind) = (attribute(input, "name"), attribute(input, "type"));
            let secret = ["password", "present", "repeated"].contains(&name);
            assert_eq!(secret, kind == "password", "{path}: {input}");
            if secret {
                for blocks in ["readonly", "disabled", "maxlength", "onpaste", "value=\"r"] {
                    assert!(!input.contains(blocks), "{path}: {input}");
                }
                fields.push((name.to_owned(), attribute(input, "autocomplete").to_owned()));
            }
        }
    }
    let expected = [
        ("password", "current-password"),
        ("password", "new-password"),
        ("repeated", "new-password"),
        ("present", "current-password"),
        ("password", "new-password"),
        ("repeated", "new-password"),
    ];
    assert_eq!(fields, expected.map(|(name, fill)| (name.to_owned(), fill.to_owned())));
    // No script of ours listens to the clipboard, and no page holds a script of its own (the policy forbids it).
    let scripts = sources(&["backend/server/http"], &["js", "html"]);
    assert!(scripts.iter().any(|it| it.path.ends_with("session.js")) && scripts.len() > 50);
    for script in scripts {
        for word in ["paste", "clipboard", "beforeinput"] {
            assert!(!script.text.contains(word), "{}: {word}", script.path);
        }
    }
}

#[tokio::test]
async fn nobody_is_asked_for_a_hint_or_a_secret_question() {
    let (web, eva) = with_eva().await;
    let cookie = web.sign_in(EVA).await;
    let link = link(&web, eva, "recovery").await;
    let known = ["csrf", "weiter", "email", "username", "password", "present", "repeated", "q"];
    for (path, cookie) in [("/anmelden", ""), ("/anmelden/vergessen", ""), (link.as_str(), ""), ("/konto", &*cookie)] {
        let page = web.get(path, cookie).await.text;
        assert!(!inputs(&page).is_empty(), "{path}");
        for input in inputs(&page) {
            assert!(known.contains(&attribute(input, "name")), "{path}: {input}");
        }
    }
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'person'",
    )
    .fetch_all(&web.database.owner)
    .await
    .unwrap();
    assert!(columns.iter().any(|it| it == "password_hash"));
    let asks = |column: &String| ["hint", "question", "answer"].iter().any(|word| column.contains(word));
    assert!(!columns.iter().any(asks), "{columns:?}");
}
