//! What everybody may read: who runs the installation, data protection, accessibility.

use axum::http::StatusCode;

use super::browser::read;
use crate::web::Web;

#[tokio::test]
async fn every_page_leads_to_what_the_operator_owes_everybody() {
    let web = Web::new().await;
    let name: String = sqlx::query_scalar("SELECT name FROM organisation WHERE id = $1")
        .bind(web.body.0)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    let sign_in = web.get("/anmelden", "").await;
    for (path, heading) in [
        ("/impressum", "Impressum"),
        ("/datenschutz", "Datenschutz"),
        ("/barrierefreiheit", "Erklärung zur Barrierefreiheit"),
    ] {
        assert!(sign_in.text.contains(&format!("href=\"{path}\"")), "{path} stands in the footer");
        let page = web.get(path, "").await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
        let text = read(&page.text);
        assert!(text.contains(heading) && text.contains(&name), "{path}: {text}");
        assert!(text.contains("Was der Betreiber noch angeben muss"), "{path} says what is missing");
    }
    assert!(web.get("/barrierefreiheit", "").await.text.contains("id=\"melden\""));
}
