//! A question to the office about a draft, its answer, and both erased.

use abruf::actions::notify::tell_due;

use super::Desk;
use crate::pages::browser::read;

#[tokio::test]
async fn the_office_answers_and_the_buyer_reads_it_on_the_draft_and_the_start_page() {
    let desk = Desk::new().await;
    let id = desk.world.draft(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    let eva = desk.browser(&desk.eva).await;
    let office = desk.browser(&desk.office).await;
    let path = format!("/abrufe/{id}/rueckfrage");
    let page = eva.page(&path).await;
    let empty = eva.submit(&page, &path, &[("question", " ")]).await;
    assert!(empty.text.contains("id=\"question-fehler\""), "{}", read(&empty.text));
    eva.leads_on(&page, &path, &[("question", "Gilt der Preis auch für Schulen?")]).await;
    // A second click asks nothing twice.
    eva.leads_on(&page, &path, &[("question", "Gilt der Preis auch für Schulen?")]).await;
    tell_due(&desk.world.app).await.unwrap();

    let start = read(&office.page("/").await);
    assert!(start.contains("Frage von Stadt Altenrode zu RV-2025-01"), "{start}");
    let page = office.page("/verwaltung/fragen").await;
    let text = read(&page);
    assert!(text.contains("1 Frage wartet auf Antwort") && text.contains("Gilt der Preis auch für Schulen?"), "{text}");
    let silent = office.submit(&page, "/verwaltung/fragen", &[("answer", "")]).await;
    assert_eq!(silent.status, 422);
    office.leads_on(&page, "/verwaltung/fragen", &[("answer", "Ja, für Schulen des Trägers.")]).await;
    tell_due(&desk.world.app).await.unwrap();

    assert!(read(&eva.page("/").await).contains("Antwort auf Ihre Frage zu"));
    assert!(read(&eva.page(&path).await).contains("Ja, für Schulen des Trägers."));
    let other = desk.world.member("Stadt Neufeld").await;
    let nora = desk.world.buyer(other).await;
    assert_eq!(desk.browser(&nora).await.get(&path).await.status, 404, "another town's draft");
}

#[tokio::test]
async fn erased_texts_are_gone_from_the_database() {
    let desk = Desk::new().await;
    let id = desk.world.draft(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    let question =
        abruf::actions::ask_office::ask(&desk.world.app, &desk.eva, id, "Wer ist Frau Beispiel?").await.unwrap();
    abruf::actions::ask_office::answer(&desk.world.app, &desk.office, question, "Die Leiterin.").await.unwrap();
    abruf::actions::ask_office::erase(&desk.world.app, &desk.eva, question).await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM office_question WHERE question LIKE '%Beispiel%' OR answer LIKE '%Leiterin%'",
    )
    .fetch_one(desk.world.owner())
    .await
    .unwrap();
    assert_eq!(left, 0);
    let in_log: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM audit_entry WHERE canonical LIKE '%Beispiel%')
              + (SELECT count(*) FROM audit_detail WHERE detail::text LIKE '%Beispiel%')",
    )
    .fetch_one(desk.world.owner())
    .await
    .unwrap();
    assert_eq!(in_log, 0, "the log never held the text");
}
