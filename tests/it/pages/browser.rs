//! A browser without script: keeps its cookie, follows redirects, sends the hidden fields of forms.

use abruf::actions::sign_in::SecondFactor;
use abruf::actor::{Actor, RunsAs};
use abruf::config::Settings;
use abruf::http::{self, Ready, Security};
use abruf::storage::people;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use crate::web::{Answer, PASSWORD, escaped, known_hash};
use crate::world::World;

pub struct Browser {
    router: Router,
    cookie: String,
}

impl Browser {
    /// Signs in by the form, as somebody of the world who has no password yet.
    pub async fn signed_in(world: &World, actor: &Actor) -> Self {
        let mut tx = world.app.db.begin(RunsAs::Job).await.unwrap();
        people::set_password_hash(&mut tx, actor.person, &known_hash().await).await.unwrap();
        tx.commit().await.unwrap();
        let email: String = sqlx::query_scalar("SELECT email FROM person WHERE id = $1")
            .bind(actor.person.0)
            .fetch_one(world.owner())
            .await
            .unwrap();

        let mut browser = Self { router: router(world).await, cookie: String::new() };
        let answer = browser.post("/anmelden", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser.cookie = answer.cookie();
        let chosen = [("assignment", actor.assignment.to_string())];
        let token = browser.get("/handeln-fuer").await.form_token();
        let fields = [("csrf", token.as_str()), (chosen[0].0, chosen[0].1.as_str())];
        assert_eq!(browser.post("/handeln-fuer", &fields).await.status, StatusCode::SEE_OTHER);
        browser
    }

    /// Somebody without an account.
    pub async fn signed_out(world: &World) -> Self {
        Self { router: router(world).await, cookie: String::new() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, &self.cookie).body(Body::empty()).unwrap()).await
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {} {}", answer.header("location"), answer.text);
        assert!(answer.text.matches("<h1").count() == 1, "{path}: one h1");
        answer.text
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form =
            fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
        let request = Request::post(path)
            .header(COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap()).await
    }

    /// Sends a form with a file under its field and name.
    pub async fn send_file(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (field, name, bytes): (&str, &str, &[u8]),
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--GRENZE\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        let head = format!(
            "--GRENZE\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(bytes);
        body.extend(b"\r\n--GRENZE--\r\n");
        let request = Request::post(path)
            .header(COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=GRENZE");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Fills in the form of `page` that is sent to `action`: its hidden fields and these.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let hidden = hidden(page, action);
        let all: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(fields.iter().copied()).collect();
        self.post(action, &all).await
    }

    /// As [`Self::submit`], which must lead on; returns where.
    pub async fn leads_on(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.submit(page, action, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}: {}", answer.text);
        answer.header("location").to_owned()
    }

    /// Sends the form of `page` with files: its hidden fields, these, and a file under its field and name.
    pub async fn upload(&self, page: &str, action: &str, fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Answer {
        let hidden = hidden(page, action);
        let all: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(fields.iter().copied()).collect();
        self.send_file(action, &all, file).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&to_bytes(body, usize::MAX).await.unwrap()).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

pub async fn router(world: &World) -> Router {
    let variables = [("ABRUF_DATA_DIR", "/nowhere"), ("ABRUF_BASE_URL", "http://127.0.0.1:8080")];
    let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
    let settings = Settings::from_variables(&variables, false).unwrap();
    let mut security = Security::load(&world.app, &settings, Ready::default()).await.unwrap();
    security.door.second_factor = SecondFactor::Off;
    http::router(world.app.clone(), security)
}

/// Token, version and key of a form; rows of lines are filled in by the test.
pub fn hidden(page: &str, action: &str) -> Vec<(String, String)> {
    let start = page.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no form for {action}: {page}"));
    let form = &page[start..start + page[start..].find("</form>").unwrap()];
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            (name.to_owned(), rest.split('"').next().unwrap().replace("&#38;", "&"))
        })
        .filter(|(name, _)| name != "angebot")
        .collect()
}

/// A page as people read it: without tags, spaces once, no-break spaces as spaces.
pub fn read(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in page.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(if letter == '\u{a0}' { ' ' } else { letter }),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
