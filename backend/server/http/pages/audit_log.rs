//! `/pruefung/protokoll`: who did what, when? The log as far as the reader may see it, newest first, and
//! a button that recomputes its chains.

use abruf_domain::call_off::Status;
use axum::extract::State;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::keep_api_key::BEGINS;
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::Query;
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::audit::scope;
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, instant};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::reports::log_check::{self, Checked, first_bad};
use crate::storage::audit_log::{self, LogEntry, SIGN_IN_CHAIN};

/// Entries on a page.
const PAGE: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/audit_log.html")]
pub struct AuditLogPage {
    frame: Frame,
    scope: String,
    result: Option<Verdict>,
    count: String,
    rows: Vec<EntryView>,
    pager: Pager,
}

/// What the check said.
struct Verdict {
    passed: bool,
    sentence: String,
    /// Broken chains and their first bad entries.
    broken: Vec<String>,
}

/// An entry in words.
pub struct EntryView {
    /// `Eintrag 12`
    pub place: String,
    /// Chain in words.
    pub chain: String,
    /// What was done.
    pub action: String,
    /// Who.
    pub person: String,
    /// The key of a program by which they did it; empty where there was none.
    pub key: String,
    /// When.
    pub at: String,
    /// Call-off it is about.
    pub call_off: Option<Uuid>,
    /// Its number.
    pub number: String,
    /// Leaf hash, in groups.
    pub leaf: String,
    /// Chain hash, in groups.
    pub chain_hash: String,
    /// Hash before, in groups.
    pub previous: String,
    /// The entry as it is hashed.
    pub canonical: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    seite: String,
}

/// `GET /pruefung/protokoll`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<AuditLogPage>, Problem> {
    page(&app, &actor, frame, &asked, None).await
}

/// `POST /pruefung/protokoll`: „Kette prüfen“.
pub async fn check(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<AuditLogPage>, Problem> {
    let checked = log_check::check(&app, &actor).await?;
    page(&app, &actor, frame, &Asked::default(), Some(verdict(&checked))).await
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    asked: &Asked,
    result: Option<Verdict>,
) -> Result<Page<AuditLogPage>, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let total = audit_log::visible_count(&mut tx).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/pruefung/protokoll", &[]);
    let rows = audit_log::page(&mut tx, None, PAGE, pager.offset()).await?;
    Ok(Page(AuditLogPage {
        frame: frame.titled("Protokoll"),
        scope: scope(&mut tx, actor).await?,
        result,
        count: count(total, "Eintrag", "Einträge"),
        rows: rows.into_iter().map(entry_view).collect(),
        pager,
    }))
}

fn verdict(checked: &Checked) -> Verdict {
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let chains = count(number(checked.chains), "Kette", "Ketten");
    let Some((_, first)) = checked.broken.first() else {
        let entries = count(number(checked.entries), "Eintrag", "Einträge");
        let sentence = format!("Prüfung bestanden: {entries} in {chains}.");
        return Verdict { passed: true, sentence, broken: Vec::new() };
    };
    Verdict {
        passed: false,
        sentence: format!(
            "Prüfung fehlgeschlagen ab Eintrag {}. Bitte nichts ändern und die IT-Sicherheit verständigen.",
            grouped_number(first_bad(first))
        ),
        broken: checked
            .broken
            .iter()
            .map(|(chain, at)| format!("{chain}: ab Eintrag {}", grouped_number(first_bad(at))))
            .collect(),
    }
}

fn grouped_number(number: i64) -> String {
    abruf_domain::notation::Language::German.number(number.into())
}

/// Words an entry.
#[must_use]
pub fn entry_view(entry: LogEntry) -> EntryView {
    EntryView {
        place: format!("Eintrag {}", grouped_number(entry.sequence)),
        chain: match entry.contract_number {
            Some(number) => number,
            None if entry.chain == SIGN_IN_CHAIN => "Anmeldungen".to_owned(),
            None => "Verwaltung".to_owned(),
        },
        action: action_words(&entry.action),
        person: entry.person.map_or_else(|| "Programm".to_owned(), as_typed),
        key: match (entry.key, entry.key_prefix) {
            (None, _) => String::new(),
            (Some(_), Some(prefix)) => format!("mit dem Schlüssel {BEGINS}{prefix}…"),
            (Some(_), None) => "mit einem Schlüssel".to_owned(),
        },
        at: instant(entry.at),
        number: entry.call_off_number.unwrap_or_else(|| "Entwurf ohne Nummer".to_owned()),
        call_off: entry.call_off,
        leaf: in_groups(&entry.leaf_hash),
        chain_hash: in_groups(&entry.chain_hash),
        previous: in_groups(&entry.previous_hash),
        canonical: entry.canonical,
    }
}

/// A hash in groups of eight characters, for comparing by eye.
#[must_use]
pub fn in_groups(hash: &[u8]) -> String {
    let groups: Vec<String> = hash.chunks(4).map(|four| HEXLOWER.encode(four)).collect();
    groups.join(" ")
}

/// An action in German; one of a later version stands as it is.
#[must_use]
pub fn action_words(action: &str) -> String {
    let words = match action {
        "draft_discarded" => "Entwurf verworfen",
        "item_change_proposed" => "Änderung einer Position vorgeschlagen",
        "item_change_released" => "Änderung einer Position freigegeben",
        "item_change_taken_back" => "Änderung einer Position zurückgenommen",
        "baseline_recorded" => "Vergleichspreis erfasst",
        "baselines_imported" => "Vergleichspreise eingespielt",
        "baseline_approved" => "Vergleichspreis freigegeben",
        "baseline_refused" => "Vergleichspreis abgelehnt",
        "baseline_withdrawal_proposed" => "Widerruf eines Vergleichspreises beantragt",
        "baseline_withdrawn" => "Vergleichspreis widerrufen, Einsparungen berichtigt",
        "baseline_kept" => "Widerruf eines Vergleichspreises nicht erteilt",

        "newcomer_invited" => "Stadt zum Vergleich ihrer Einkäufe eingeladen",
        "newcomer_invitation_revoked" => "Einladung einer Stadt zurückgenommen",
        "newcomer_link_renewed" => "Neuer Link zu einer Einladung",
        "purchases_analysed" => "Einkäufe mit den Preislisten verglichen",
        "purchases_deleted" => "Vergleich von Einkäufen gelöscht",
        "bonus_recorded" => "Gutschrift eines Bonus eingetragen und verteilt",
        "bonus_reversed" => "Gutschrift eines Bonus zurückgenommen",
        "call_off_submitted" => "Abruf zur Freigabe gegeben",
        "decline_recorded" => "Absage eines Lieferanten erfasst",
        "rank_request_recorded" => "Anfrage an einen Lieferanten vermerkt",
        "supplier_stopped" => "Lieferant gesperrt",
        "supplier_stop_lifted" => "Sperre eines Lieferanten aufgehoben",
        "competition_created" => "Miniwettbewerb angelegt",
        "competition_announced" => "Frist und Kriterien eines Miniwettbewerbs festgelegt",
        "competition_sent" => "Einladungen zum Miniwettbewerb versandt",
        "competition_deadline_extended" => "Frist eines Miniwettbewerbs verlängert",
        "competition_question_recorded" => "Frage im Miniwettbewerb erfasst",
        "competition_question_answered" => "Frage im Miniwettbewerb an alle beantwortet",
        "competition_offer_received" => "Angebot im Miniwettbewerb eingegangen",
        "competition_opening_signed" => "Öffnung der Angebote: erste Unterschrift",
        "competition_opened" => "Angebote geöffnet",
        "competition_scored" => "Angebote gewertet",
        "competition_awarded" => "Zuschlag im Miniwettbewerb",
        "competition_abolished" => "Miniwettbewerb aufgehoben",
        "competition_used" => "Ergebnis eines Miniwettbewerbs übernommen",
        "quota_transfer_proposed" => "Übertragung eines Kontingents vorgeschlagen",
        "quota_transfer_consented" => "Übertragung eines Kontingents: zugestimmt",
        "quota_transfer_confirmed" => "Übertragung eines Kontingents: bestätigt",
        "quota_transfer_effective" => "Kontingent übertragen",
        "quota_transfer_refused" => "Übertragung eines Kontingents abgelehnt",
        "quota_transfer_withdrawn" => "Übertragung eines Kontingents zurückgezogen",
        "quota_transfer_short" => "Übertragung eines Kontingents nicht wirksam: zu wenig frei",
        "interest_declared" => "Eigenes Interesse an einem Lieferanten angezeigt",
        "call_off_released" => "Abruf freigegeben und erteilt",
        "question_answered" => "Frage der Freigabe beantwortet",
        "office_asked" => "Frage an die Geschäftsstelle gestellt",
        "office_answered" => "Frage eines Mitglieds beantwortet",
        "office_question_erased" => "Frage und Antwort gelöscht",
        "step_approved" => "Schritt der Freigabeordnung zugestimmt",
        "approval_order_changed" => "Freigabeordnung geändert",
        "request_escalated" => "An ablaufende Reservierung erinnert",
        "licence_end_told" => "An das Ende von Lizenzen erinnert",
        "lines_refused" => "Einzelne Positionen abgelehnt",
        "call_off_partly_cancelled" => "Abruf teilweise storniert",
        "call_off_short_closed" => "Restmenge eines Abrufs geschlossen",
        "call_off_received" => "Abruf beim Lieferanten eingegangen",
        "call_off_confirmed_differently" => "Abruf abweichend bestätigt",
        "call_off_difference_accepted" => "Abweichende Bestätigung angenommen",
        "call_off_difference_objected" => "Abweichender Bestätigung widersprochen",
        "call_off_delivery_noted" => "Teillieferung erfasst",
        "call_off_complained" => "Lieferung reklamiert",
        "call_off_complaint_resolved" => "Reklamation erledigt",
        "call_off_invoice_noted" => "Rechnung erfasst",
        "sample_drawn" => "Stichprobe gezogen",
        "sample_extended" => "Stichprobe erweitert",
        "sample_item_marked" => "Abruf einer Stichprobe vermerkt",
        "savings_checked" => "Einsparung als geprüft markiert",
        "savings_objected" => "Einsparung beanstandet",
        "contribution_recorded" => "Mitgliedsbeitrag eingetragen",
        "contribution_reversed" => "Mitgliedsbeitrag zurückgenommen",
        "call_off_invoice_cancelled" => "Rechnung aufgehoben",
        "call_off_returned" => "Abruf zur Überarbeitung zurückgegeben",
        "call_off_refused" => "Freigabe abgelehnt",
        "call_off_withdrawn" => "Anfrage zurückgezogen",
        "call_off_expired" => "Anfrage verfallen, Reservierung aufgehoben",
        "call_off_cancelled" => "Abruf storniert",
        "submission_declined" => "Einreichung bei der Prüfung abgelehnt",
        "funds_confirmed" => "Mittel durch die Kämmerei bestätigt",
        "budget_mode_set" => "Betriebsart des Haushalts festgelegt",
        "budget_entered" => "Haushaltsmittel eingetragen",
        "budget_imported" => "Haushaltsmittel eingespielt",
        "release_declined" => "Freigabe bei der Prüfung abgelehnt",
        "finding_justified" => "Feststellung begründet",
        "document_issued" => "Dokument ausgestellt",
        "certificate_issued" => "Bescheinigung, Vergabevermerk oder Sitzungsbericht ausgestellt",
        "resolution_recorded" => "Vorlage oder Beschluss einer Sitzung erfasst",
        "body_turnover_recorded" => "Umsatz der Genossenschaft erfasst",
        "restore_test_recorded" => "Wiederherstellungsprobe erfasst",
        "body_founded" => "Genossenschaft angelegt",
        "body_changed" => "Angaben der Genossenschaft geändert",
        "register_imported" => "Verzeichnis der Städte und Gemeinden eingelesen",
        "sign_ins_kept_for" => "Aufbewahrung der Anmeldeereignisse geändert",
        "templates_loaded" => "Vorlagen der Dokumente übernommen",
        "documents_moved" => "Dateien der Dokumente in einen anderen Speicher gebracht",
        "contract_drafted" => "Vertrag entworfen",
        "contract_terms_changed" => "Bedingungen eines Entwurfs geändert",
        "contract_part_added" => "Teil eines Entwurfs eingetragen",
        "contract_part_removed" => "Teil eines Entwurfs entfernt",
        "contract_copied" => "Vertrag als Entwurf kopiert",
        "contract_handed_in" => "Vertrag zur Aktivierung vorgelegt",
        "contract_activated" => "Vertrag aktiviert",
        "contract_suspended" => "Vertrag ausgesetzt",
        "contract_resumed" => "Vertrag fortgesetzt",
        "contract_terminated" => "Vertrag gekündigt",
        "contract_wound_up" => "Vertrag abgewickelt",
        "contract_archived" => "Vertrag archiviert",
        "contract_ceiling_cut" => "Höchstwert durch ein Gericht gekürzt",
        "contract_option_exercised" => "Option ausgeübt",
        "minimum_purchase_proposed" => "Mindestabnahme vorgeschlagen",
        "minimum_purchase_released" => "Mindestabnahme freigegeben",
        "minimum_purchase_taken_back" => "Vorschlag einer Mindestabnahme zurückgenommen",
        "contract_modification_proposed" => "Erhöhung des Höchstwerts vorgeschlagen",
        "contract_modification_released" => "Erhöhung des Höchstwerts freigegeben",
        "contract_modification_taken_back" => "Erhöhung des Höchstwerts zurückgenommen",
        "price_version_proposed" => "Preisversion vorgeschlagen",
        "price_version_released" => "Preisversion freigegeben",
        "price_version_taken_back" => "Preisversion zurückgenommen",
        "price_index_created" => "Preisindex angelegt",
        "index_value_recorded" => "Indexwert erfasst",
        "index_value_released" => "Indexwert freigegeben",
        "index_value_taken_back" => "Indexwert zurückgenommen",
        "price_list_recorded" => "Preisliste erfasst",
        "price_list_released" => "Preisliste freigegeben",
        "volume_recorded" => "Volumen nacherfasst",
        "legal_parameter_proposed" => "Rechtswert vorgeschlagen",
        "legal_parameter_released" => "Rechtswert freigegeben",
        "legal_parameter_refused" => "Rechtswert abgelehnt",
        "legal_parameter_taken_back" => "Rechtswert zurückgenommen",
        "member_admitted" => "Mitglied aufgenommen",
        "member_suspended" => "Mitgliedsrechte ruhen",
        "member_suspension_lifted" => "Mitgliedsrechte wieder aufgelebt",
        "administrator_appointed" => "Administration bestellt",
        "signed_in" => "angemeldet",
        "signed_out" => "abgemeldet",
        "sign_in_failed" => "Anmeldung fehlgeschlagen",
        "assignment_chosen" => "Aufgabe gewählt",
        other => {
            let status = other.strip_prefix("call_off_").and_then(|status| status.parse::<Status>().ok());
            return status.map_or_else(|| other.to_owned(), |status| format!("Abruf {}", status.german()));
        }
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use abruf_domain::audit::ChainBreak;

    use super::*;

    #[test]
    fn a_broken_chain_is_said_bluntly() {
        let broken = Checked {
            chains: 2,
            entries: 50_000,
            broken: vec![("Rahmenvertrag RV-1".into(), ChainBreak::Changed(48_113))],
        };
        assert_eq!(
            verdict(&broken).sentence,
            "Prüfung fehlgeschlagen ab Eintrag 48.113. Bitte nichts ändern und die IT-Sicherheit verständigen."
        );
        let whole = Checked { chains: 1, entries: 1_200, broken: Vec::new() };
        assert_eq!(verdict(&whole).sentence, "Prüfung bestanden: 1.200 Einträge in 1 Kette.");
    }

    #[test]
    fn hashes_and_actions_can_be_read() {
        assert_eq!(in_groups(&[0xab; 8]), "abababab abababab");
        assert_eq!(action_words("call_off_dispatched"), "Abruf versandt");
        assert_eq!(action_words("later_invented"), "later_invented");
    }
}
