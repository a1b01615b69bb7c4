//! The treasurer's pages: mode, accounts, a file, the confirmation of money, commitments by year.

use abruf::actions::ActionError;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::confirm_funds::confirm;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf::actor::{Actor, Role};
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;

use super::Town;
use super::browser::{Browser, read};

async fn treasurer(town: &Town) -> (Actor, Browser) {
    let tina = town.world.person(Role::Treasurer, town.eva.organisation).named("Tina Kämmerin").await;
    let browser = town.browser(&tina).await;
    (tina, browser)
}

async fn in_mode(browser: &Browser, mode: &str) {
    let page = browser.page("/haushalt").await;
    let to = browser.leads_on(&page, "/haushalt/betriebsart", &[("mode", mode), ("valid_from", "")]).await;
    assert_eq!(to, "/haushalt?hinweis=betriebsart");
}

async fn account(browser: &Browser, number: &str, year: &str, available: &str) {
    let page = browser.page("/haushalt/konten").await;
    let fields = [("account", number), ("name", "EDV"), ("year", year), ("available", available)];
    assert_eq!(browser.leads_on(&page, "/haushalt/konten", &fields).await, "/haushalt/konten?hinweis=gespeichert");
}

/// Cents of the exported commitments.
fn sum_of(csv: &str) -> i64 {
    csv.lines().skip(1).map(|line| line.split(';').nth(6).unwrap().replace(',', "").parse::<i64>().unwrap()).sum()
}

async fn count(town: &Town, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(town.world.owner()).await.unwrap()
}

/// Names the account that pays, as its requester would have, of an order that repeats on purpose.
async fn pays(town: &Town, id: CallOffId, account: &str) {
    sqlx::query(
        "UPDATE call_off
         SET recurring = true, budget_account_id = (SELECT id FROM budget_account WHERE account = $2)
         WHERE id = $1",
    )
    .bind(id.0)
    .bind(account)
    .execute(town.world.owner())
    .await
    .unwrap();
}

#[tokio::test]
async fn without_a_word_of_the_treasurer_only_references_are_kept() {
    let town = Town::new().await;
    let (_, tina) = treasurer(&town).await;
    let text = read(&tina.page("/haushalt").await);
    assert!(text.contains("Nichts zu tun. Schön!") && text.contains("Heute gilt: nur Kontierung."), "{text}");
    let id = town.request().await;
    assert!(matches!(release(&town.world.app, &town.karl, id, None).await.unwrap(), Release::Released { .. }));

    let page = tina.page("/haushalt").await;
    let late = [("mode", "confirmed"), ("valid_from", "21.11.2026")];
    let answer = tina.submit(&page, "/haushalt/betriebsart", &late).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "Der erste Tag 21.11.2026 liegt vor heute. Die Betriebsart gilt nie rückwirkend.";
    assert!(
        read(&answer.text).contains(said) && answer.text.contains("value=\"21.11.2026\""),
        "{}",
        read(&answer.text)
    );
    tina.leads_on(&page, "/haushalt/betriebsart", &[("mode", "imported"), ("valid_from", "1.1.27")]).await;
    let text = read(&tina.page("/haushalt").await);
    assert!(text.contains("Heute gilt: nur Kontierung."), "{text}");
    let entry = "ab 01.01.2027: Abgleich mit eingespielten Mitteln, festgelegt am 22.11.2026 von Tina Kämmerin";
    assert!(text.contains(entry), "{text}");
}

#[tokio::test]
async fn a_request_waits_for_the_treasurer_and_is_released_after_the_confirmation() {
    let town = Town::new().await;
    let (tina, browser) = treasurer(&town).await;
    in_mode(&browser, "confirmed").await;
    let id = town.request().await;
    let text = read(&browser.page("/").await);
    assert!(text.contains("Mittel bestätigen 1 warten vor der Freigabe"), "{text}");
    let text = read(&browser.page("/haushalt").await);
    assert!(text.contains("Mittel bestätigen: 23.114,56 €") && text.contains("ohne Konto"), "{text}");

    let karl = town.browser(&town.karl).await;
    let page = karl.page(&format!("/freigaben/{id}")).await;
    assert!(read(&page).contains("Die Kämmerei hat die Mittel noch nicht bestätigt."), "{}", read(&page));
    assert!(!page.contains("/erteilen") && !read(&page).contains("Seit der Einreichung hat sich etwas geändert"));
    let blocked = release(&town.world.app, &town.karl, id, None).await.unwrap();
    assert!(matches!(blocked, Release::Blocked { .. }), "{blocked:?}");
    assert_eq!(town.world.call_off(id).await.status, Status::Submitted);

    let path = format!("/haushalt/abrufe/{id}");
    assert!(read(&browser.page(&path).await).contains("Es ist noch kein Konto angelegt."));
    account(&browser, "11150.52", "2026", "20.000,00").await;
    account(&browser, "11150.52", "2027", "4.000,00").await;
    let page = browser.page(&path).await;
    let text = read(&page);
    assert!(text.contains("Fällig werden 23.114,56 € (brutto)."), "{text}");
    let short = browser.submit(&page, &path, &[("account", "11150.52"), ("amount", "23.114,55")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        read(&short.text).contains("23.114,55 € decken den Abruf nicht: Fällig werden 23.114,56 €."),
        "{}",
        short.text
    );
    let unknown = browser.submit(&page, &path, &[("account", "4711"), ("amount", "")]).await;
    assert!(read(&unknown.text).contains("Das Konto „4711“ ist nicht angelegt."), "{}", unknown.text);
    assert_eq!(count(&town, "SELECT count(*) FROM budget_confirmation").await, 0);

    let to = browser.leads_on(&page, &path, &[("account", "11150.52"), ("amount", "")]).await;
    assert_eq!(to, "/haushalt?hinweis=bestaetigt");
    assert!(read(&browser.page(&to).await).contains("Nichts zu tun. Schön!"));
    assert!(
        read(&browser.page(&path).await).contains("Tina Kämmerin hat am 22.11.2026, 10:00 Uhr Mittel bis 23.114,56 €")
    );
    assert_eq!(count(&town, "SELECT count(*) FROM audit_entry WHERE action = 'funds_confirmed'").await, 1);
    let page = karl.page(&format!("/freigaben/{id}")).await;
    karl.leads_on(&page, &format!("/freigaben/{id}/erteilen"), &[("understood", "ja")]).await;
    assert_eq!(town.world.call_off(id).await.status, Status::Released);

    let text = read(&browser.page("/haushalt/verpflichtungen").await);
    assert!(text.contains("Konto 11150.52, EDV") && text.contains("RV-2025-01-0001"), "{text}");
    let csv = browser.get("/haushalt/verpflichtungen.csv").await;
    assert_eq!(sum_of(&csv.text), 2_311_456, "{}", csv.text);
    let again = confirm(&town.world.app, &tina, id, "11150.52", None).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Released))), "{again:?}");
    town.world.keeps_its_promises().await;
}

#[tokio::test]
async fn what_was_cancelled_of_an_order_binds_no_money_any_more() {
    let town = Town::new().await;
    let (_, browser) = treasurer(&town).await;
    let id = town.request().await;
    assert!(matches!(release(&town.world.app, &town.karl, id, None).await.unwrap(), Release::Released { .. }));
    let text = read(&browser.page("/haushalt/verpflichtungen").await);
    assert!(text.contains("23.114,56"), "{text}");

    // Training: 2 days at 1,180.00 with 19 % are 2,808.40.
    let training = [PartInput { position: 2, quantity: "2".to_owned() }];
    let parts = PartsInput::new(&training, "Schulung entfällt");
    cancel_part(&town.world.app, &town.karl, id, parts, None).await.unwrap();
    let csv = browser.get("/haushalt/verpflichtungen.csv").await;
    assert_eq!(sum_of(&csv.text), 2_030_616, "{}", csv.text);
    town.world.keeps_its_promises().await;
}

#[tokio::test]
async fn nobody_confirms_the_money_of_their_own_request() {
    let town = Town::new().await;
    let (_, browser) = treasurer(&town).await;
    in_mode(&browser, "confirmed").await;
    account(&browser, "1", "2026", "1").await;
    let id = town.request().await;
    let own = town.world.person(Role::Treasurer, town.eva.organisation).same_person_as(&town.eva).await;
    let refused = confirm(&town.world.app, &own, id, "1", None).await;
    assert!(matches!(&refused, Err(ActionError::NotNow(words)) if words.contains("selbst angefordert")), "{refused:?}");
    // And the database says the same.
    let written = sqlx::query(
        "INSERT INTO budget_confirmation (contract_id, id, call_off_id, account_id, amount, requester_id, person_id, at)
         SELECT c.contract_id, gen_random_uuid(), c.id, a.id, 1, c.requester_id, c.requester_id, now() FROM call_off c, budget_account a",
    )
    .execute(town.world.owner())
    .await
    .unwrap_err();
    assert!(written.to_string().contains("budget_confirmation_four_eyes"), "{written}");
    let buyer = confirm(&town.world.app, &town.karl, id, "1", None).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(Role::Approver))), "{buyer:?}");
}

#[tokio::test]
async fn imported_money_is_what_own_requests_and_orders_have_left_of_it() {
    let town = Town::new().await;
    let (_, browser) = treasurer(&town).await;
    account(&browser, "11150.52", "2026", "46.229,12").await;
    sqlx::query("UPDATE budget_account SET plans_years = false").execute(town.world.owner()).await.unwrap();
    let first = town.request().await;
    pays(&town, first, "11150.52").await;
    assert!(matches!(release(&town.world.app, &town.karl, first, None).await.unwrap(), Release::Released { .. }));
    in_mode(&browser, "imported").await;

    // Twice 23,114.56 is 46,229.12: the order of today is taken off, and what is left just suffices.
    let second = town.world.copies(first, &town.eva, 1).await[0];
    pays(&town, second, "11150.52").await;
    let submitted = abruf::actions::submit_call_off::submit(&town.world.app, &town.eva, second, None).await.unwrap();
    let abruf::actions::submit_call_off::Submission::Submitted { .. } = submitted else { panic!("{submitted:?}") };
    let third = town.world.copies(first, &town.eva, 1).await[0];
    pays(&town, third, "11150.52").await;
    let declined = abruf::actions::submit_call_off::submit(&town.world.app, &town.eva, third, None).await.unwrap();
    let abruf::actions::submit_call_off::Submission::Declined { review, .. } = declined else { panic!("{declined:?}") };
    let block = review.findings.iter().find(|finding| finding.rule == "budget-available").unwrap();
    assert_eq!(block.params["missing"].plain(), "23114.56", "the waiting request is taken off too");

    // Without an account there is nothing to compare with.
    let fourth = town.world.copies(first, &town.eva, 1).await[0];
    sqlx::query("UPDATE call_off SET budget_account_id = NULL WHERE id = $1")
        .bind(fourth.0)
        .execute(town.world.owner())
        .await
        .unwrap();
    let declined = abruf::actions::submit_call_off::submit(&town.world.app, &town.eva, fourth, None).await.unwrap();
    let abruf::actions::submit_call_off::Submission::Declined { review, .. } = declined else { panic!("{declined:?}") };
    assert!(review.findings.iter().any(|it| it.wording.as_deref() == Some("no_account")));
}

#[tokio::test]
async fn a_file_is_looked_at_first_and_written_whole_or_not_at_all() {
    let town = Town::new().await;
    let (_, browser) = treasurer(&town).await;
    let path = "/haushalt/konten/einspielen";
    let page = browser.page(path).await;
    let wrong = "konto;jahr;verfuegbar\n11150.52;2026;1.23\n11150.53;2026;5,00\n";
    let fields = [("schritt", "uebernehmen"), ("as_of", "20.11.2026"), ("csv", wrong)];
    let answer = browser.submit(&page, path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = "Zeile 2, Spalte verfuegbar: „1.23“ ist kein Betrag. Erwartet: 1.234,50";
    assert!(read(&answer.text).contains(said) && answer.text.contains("11150.53;2026;5,00"), "{}", read(&answer.text));
    assert_eq!(count(&town, "SELECT count(*) FROM budget_account").await, 0);

    let right = "konto;bezeichnung;jahr;verfuegbar;vorlaeufig_bis\n11150.52;EDV;2026;1.234,50;\n11150.52;;2027;5000;31.03.2027\n";
    let fields = [("schritt", "ansehen"), ("as_of", "20.11.2026"), ("csv", right)];
    let looked = browser.submit(&page, path, &fields).await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(read(&looked.text).contains("2 Zeilen: 2 neu, 0 geändert, 0 mit Fehler"), "{}", read(&looked.text));
    assert_eq!(count(&town, "SELECT count(*) FROM budget_account").await, 0, "a preview writes nothing");
    let fields = [("schritt", "uebernehmen"), ("as_of", "20.11.2026"), ("csv", right)];
    assert_eq!(browser.leads_on(&page, path, &fields).await, "/haushalt/konten?hinweis=eingespielt");
    let text = read(&browser.page("/haushalt/konten").await);
    assert!(text.contains("11150.52 EDV 2026 Ansatz, verfügbar 1.234,50 € eingespielt, Stand 20.11.2026"), "{text}");
    assert!(text.contains("2027 Verpflichtungsermächtigung 5.000,00 €"), "{text}");
    assert!(text.contains("vorläufige Haushaltsführung bis 31.03.2027"), "{text}");

    let other = town.world.member("Stadt Neufeld").await;
    let nils = town.world.person(Role::Treasurer, other).named("Nils Nachbar").await;
    assert!(read(&town.browser(&nils).await.page("/haushalt/konten").await).contains("Noch kein Konto angelegt."));
    let office = town.world.office().await;
    let mut tx = town.world.app.db.begin(&office).await.unwrap();
    let seen = abruf::storage::budgets::accounts(&mut tx, town.eva.organisation).await.unwrap();
    assert!(seen.is_empty(), "the office sees no accounts");
}
