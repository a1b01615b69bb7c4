//! What a call-off memo (Abrufvermerk) prints: the facts and the review a release rests on, in words, with the history
//! up to the release. Nothing is judged again.

use abruf_documents::MemoData;
use abruf_documents::data::Signature;
use abruf_documents::memo::{Hashed, Justified, RuleRow, SavingRow, SavingSum, SavingsPart, StepRow, VolumeRow};
use abruf_domain::call_off::step_in_words;
use abruf_domain::checks;
use abruf_domain::checks::cap_value::place;
use abruf_domain::facts::{Baseline, BaselineKind, CheckPoint, Measure, Per};
use abruf_domain::money::{Net, Volume};
use abruf_domain::notation::Language;
use abruf_domain::period::berlin_date;
use abruf_domain::pricing::PricedCallOff;
use abruf_domain::savings::{EvidenceClass, LineEvidence, LineSaving, Savings};
use abruf_domain::volume::demand;
use abruf_domain::{Facts, Outcome, Review};
use data_encoding::HEXLOWER;

use super::ActionError;
use super::memo_words::{basis, budget, entitlement, mechanism, prices};
use super::order_data::printed;
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::documents::DocumentRow;
use crate::storage::{Tx, contracts, history, parameters, proof};

const GERMAN: Language = Language::German;

/// How long the procurement file is kept after the award: its key in the law packs.
const RETENTION: &str = "retention_procurement_file_years";

/// Puts a memo together from what was recorded; `order` is the order it belongs to.
pub(super) async fn memo_data(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    facts: &Facts,
    priced: &PricedCallOff,
    released: Signature,
    order: &DocumentRow,
) -> Result<MemoData, ActionError> {
    let reviews = proof::reviews(tx, call_off.contract, call_off.id).await?;
    let of_release = reviews.iter().rev().find(|it| it.check_point == CheckPoint::Release.key());
    let review = &of_release.ok_or(ActionError::NotFound)?.review;
    let steps = history::timeline(tx, call_off.contract, call_off.id).await?;
    let justifications = history::justifications(tx, call_off.contract, call_off.id).await?;
    let contract = contracts::find(tx, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    let law = parameters::valid_for_member(tx, call_off.member, berlin_date(released.at)).await?;
    let side = facts.contract.supply_chain.side_of_the_member();
    let printed = printed(tx, call_off, facts, priced, side).await?;
    let hashed = |what: &str, name: String, sha256: &[u8]| Hashed {
        what: what.to_owned(),
        name,
        sha256: HEXLOWER.encode(sha256),
    };
    let until_release = |at| at <= released.at;
    let attachments = std::iter::once(hashed(
        "Bestellung (PDF)",
        format!("{}, Prüfkennung {}", order.file_name, order.check_code),
        &order.sha256,
    ))
    .chain(reviews.iter().filter(|it| until_release(it.evaluated_at)).map(|it| {
        let point = if it.check_point == CheckPoint::Release.key() { "der Freigabe" } else { "der Einreichung" };
        hashed(&format!("Geprüfte Tatsachen bei {point}"), GERMAN.instant(it.evaluated_at), &it.facts_sha256)
    }));
    Ok(MemoData {
        number: call_off.number.clone().unwrap_or_default(),
        order_date: berlin_date(released.at),
        requested: printed.requested,
        case_number: call_off.case_number.clone(),
        demo: app.demo,
        body: printed.body,
        member: printed.buyer,
        supplier: printed.supplier,
        contract: printed.contract,
        pair: printed.pair,
        basis: basis(facts, &contract),
        entitlement: entitlement(facts, review.day),
        need: facts.request.need.clone(),
        references: printed.references,
        prices: prices(facts, review),
        volume: volume(facts, review),
        mechanism: mechanism(facts),
        edition: review.edition,
        reviewed_at: review.evaluated_at,
        rules: rules(review, printed.currency.code()),
        justifications: justifications
            .into_iter()
            .filter(|it| until_release(it.at))
            .map(|it| Justified {
                title: checks::by_id(&it.rule)
                    .map_or_else(|| it.rule.clone(), |check| check.texts.title(GERMAN).to_owned()),
                wording: it.wording,
                by: Signature { name: it.person, at: it.at },
            })
            .collect(),
        budget: budget(facts),
        steps: steps
            .into_iter()
            .filter(|it| until_release(it.at))
            .map(|it| StepRow {
                what: step_in_words(&it.decision).to_owned(),
                person: it.person,
                at: it.at,
                reason: it.reason,
            })
            .collect(),
        savings: review.savings.as_ref().map(|savings| savings_part(facts, savings)),
        attachments: attachments.collect(),
        retention: retention(law.parsed_if_set(RETENTION)?),
        lines: printed.lines,
        surcharge: printed.surcharge,
        totals: printed.totals,
        currency: printed.currency,
        released,
        base_url: Some(app.base_url.to_string()),
    })
}

fn retention(years: Option<u32>) -> String {
    let at_least = years.map(|years| format!(", mindestens {years} Jahre ab dem Zuschlag")).unwrap_or_default();
    format!(
        "Dieser Vermerk gehört zur Vergabeakte und wird mit ihr aufbewahrt: bis zum Ende der Vertragslaufzeit{at_least}. Namen von Beschäftigten sind danach zu löschen. Andere Fristen von Mitglied und Genossenschaft bleiben unberührt."
    )
}

/// Each ceiling this call-off takes from, as it stood before and stands after.
fn volume(facts: &Facts, review: &Review) -> Vec<VolumeRow> {
    let scopes = facts.scopes.iter().zip(&review.after);
    let taken = scopes.map(|(scope, after)| (scope, demand(scope, &review.priced), after));
    taken
        .filter(|(_, own, _)| *own != Volume::ZERO)
        .map(|(scope, own, after)| {
            let in_money = scope.measure == Measure::Value;
            // Quantities are kept with four decimals and read without those that say nothing.
            let plain = |it: Volume| if in_money { it.decimal() } else { it.decimal().normalize() };
            VolumeRow {
                place: place(&facts.contract, scope.scope).written(GERMAN),
                in_money,
                limit: scope.limit.map(plain),
                consumed: plain(scope.consumed()),
                reserved: plain(scope.reserved),
                own: plain(own),
                after: plain(*after),
            }
        })
        .collect()
}

/// Every rule, the passed ones too, in the order of the rule book.
fn rules(review: &Review, currency: &str) -> Vec<RuleRow> {
    let row = |finding: &abruf_domain::Finding| {
        let check = checks::by_id(&finding.rule);
        RuleRow {
            rule: finding.rule.clone(),
            version: finding.version,
            title: check.map_or_else(|| finding.rule.clone(), |check| check.texts.title(GERMAN).to_owned()),
            outcome: finding.outcome.word(GERMAN).to_owned(),
            passed: finding.outcome == Outcome::Passed,
            sentence: check.map(|check| check.texts.sentence(finding, GERMAN, currency)).unwrap_or_default(),
            source: finding.source(GERMAN).to_owned(),
        }
    };
    review.findings.iter().map(row).collect()
}

fn savings_part(facts: &Facts, savings: &Savings) -> SavingsPart {
    let class = |line: &LineSaving| match line.evidence {
        LineEvidence::Valid { class, .. } => Some(class),
        LineEvidence::Stale { .. } | LineEvidence::Missing => None,
    };
    let rows = savings.lines.iter().map(|line| SavingRow {
        position: u32::try_from(line.position).unwrap_or_default(),
        class: class(line).map(|class| class.key().to_owned()),
        baseline_price: baseline_of(facts, line).map(|baseline| baseline.unit_price),
        evidence: evidence(facts, line),
        baseline: line.baseline,
        effect: line.effect,
    });
    let of_class = |wanted| -> Option<Net> {
        let lines: Vec<&LineSaving> = savings.lines.iter().filter(|line| class(line) == Some(wanted)).collect();
        (!lines.is_empty()).then(|| lines.iter().map(|line| line.effect).sum())
    };
    let costs = [
        ("Mindermengenzuschlag", -savings.surcharge),
        ("Umlage der Genossenschaft", -savings.fee),
        ("Bonus", savings.bonus_realised),
    ];
    let mut sums = Vec::new();
    let mut add = |label: &str, amount, result| sums.push(SavingSum { label: label.to_owned(), amount, result });
    // Costs stand against class A alone: classes are never added together.
    let proven = of_class(EvidenceClass::A).unwrap_or(Net::ZERO);
    add("Klasse A: Preiseffekt", proven, false);
    for (label, amount) in costs.iter().filter(|(_, amount)| !amount.is_zero()) {
        add(label, *amount, false);
    }
    add("Klasse A: Einsparung netto", proven + costs.iter().map(|(_, amount)| *amount).sum::<Net>(), true);
    for (wanted, label) in [(EvidenceClass::B, "Klasse B: Preiseffekt"), (EvidenceClass::C, "Klasse C: Preiseffekt")] {
        if let Some(amount) = of_class(wanted) {
            add(label, amount, false);
        }
    }
    for (label, amount) in [
        ("Gegen veraltete Vergleichspreise, nicht gezählt", savings.unevidenced_effect),
        ("Prozesseffekt, nicht kassenwirksam und nicht gezählt", savings.process_effect_noncash),
    ] {
        if !amount.is_zero() {
            add(label, amount, false);
        }
    }
    SavingsPart { rows: rows.collect(), sums }
}

fn baseline_of<'a>(facts: &'a Facts, line: &LineSaving) -> Option<&'a Baseline> {
    match line.evidence {
        LineEvidence::Valid { baseline, .. } | LineEvidence::Stale { baseline } => {
            facts.baselines.iter().find(|it| it.id == baseline)
        }
        LineEvidence::Missing => None,
    }
}

/// What a comparison price rests on, or why none counts.
fn evidence(facts: &Facts, line: &LineSaving) -> String {
    let Some(baseline) = baseline_of(facts, line) else {
        return "kein Vergleichspreis".to_owned();
    };
    let kind = match baseline.kind {
        BaselineKind::PriorContract => "früherer Vertrag",
        BaselineKind::MarketQuotes => "eingeholte Angebote",
        BaselineKind::ExternalBenchmark => "anderer öffentlicher Rahmenvertrag",
        BaselineKind::ListPrice => "Listenpreis",
    };
    let per = if baseline.per == Per::Month { ", je Monat" } else { "" };
    let stale = if matches!(line.evidence, LineEvidence::Stale { .. }) { "\nzu alt, zählt nicht" } else { "" };
    format!("{kind}{per}, vom {}: {}{stale}", GERMAN.date(baseline.dated), baseline.evidence)
}
