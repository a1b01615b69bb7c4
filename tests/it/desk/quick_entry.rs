//! A pasted list becomes lines of a draft; what is wrong stays, named.

use super::Desk;
use crate::pages::browser::read;

#[tokio::test]
async fn a_right_list_becomes_lines_and_quantities_add_up() {
    let desk = Desk::new().await;
    let id = desk.world.draft(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    let eva = desk.browser(&desk.eva).await;
    let path = format!("/abrufe/{id}/schnellerfassung");
    let page = eva.page(&path).await;
    let list = "Artikelnummer;Menge\nCTX-TRN;2\nCTX-MON\t1.200\n\nCTX-MON 3";
    let to = eva.leads_on(&page, &path, &[("liste", list), ("art", "dazu")]).await;
    assert_eq!(to, format!("/abrufe/{id}/positionen"));
    let (_, lines) = desk.world.call_off_with_lines(id).await;
    let lines: Vec<(String, String)> =
        lines.iter().map(|it| (it.article_number.clone(), it.quantity.decimal().normalize().to_string())).collect();
    let expected = [("CTX-TRN", "3"), ("CTX-MON", "1203")].map(|(a, q)| (a.to_owned(), q.to_owned()));
    assert_eq!(lines, expected);
    let page = eva.page(&path).await;
    eva.leads_on(&page, &path, &[("liste", "CTX-MON 5"), ("art", "ersetzen")]).await;
    assert_eq!(desk.world.call_off_with_lines(id).await.1.len(), 1, "replaced");
}

#[tokio::test]
async fn each_bad_line_is_named_and_nothing_is_written_until_somebody_says_so() {
    let desk = Desk::new().await;
    let id = desk.world.draft(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    let eva = desk.browser(&desk.eva).await;
    let path = format!("/abrufe/{id}/schnellerfassung");
    let page = eva.page(&path).await;
    let list = "CTX-MON 5\nGIBTS-NICHT 2\nCTX-USR viele\nCTX-TRN";
    let answer = eva.submit(&page, &path, &[("liste", list)]).await;
    assert_eq!(answer.status, 422);
    let text = read(&answer.text);
    for expected in [
        "Zeile 2: GIBTS-NICHT 2 Artikelnummer GIBTS-NICHT steht nicht in diesem Vertrag",
        "Zeile 3: CTX-USR viele „viele“ ist keine Menge",
        "Zeile 4: CTX-TRN „CTX-TRN“ hat keine Menge",
        "Es wurde noch nichts übernommen",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(answer.text.contains("CTX-MON 5\nGIBTS-NICHT 2"), "the list stands there unchanged");
    assert_eq!(desk.world.call_off_with_lines(id).await.1.len(), 1, "nothing written");

    let partly = eva.submit(&answer.text, &path, &[("liste", list), ("teilweise", "1")]).await;
    assert_eq!(partly.status, 200);
    let text = read(&partly.text);
    assert!(text.contains("1 Zeile übernommen, diese stehen noch aus"), "{text}");
    assert!(partly.text.contains("GIBTS-NICHT 2\nCTX-USR viele\nCTX-TRN"), "what is wrong stays in the field");
    assert_eq!(desk.world.call_off_with_lines(id).await.1.len(), 2);
    for nothing in ["", " \n "] {
        let page = eva.page(&path).await;
        assert_eq!(eva.submit(&page, &path, &[("liste", nothing)]).await.status, 422, "{nothing:?}");
    }
}
