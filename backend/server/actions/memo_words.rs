//! How the facts of a call-off memo read: entitlement, prices with their arithmetic, the way to the supplier, money.

use abruf_documents::memo::{Named, PriceBasis};
use abruf_domain::facts::{
    AwardCriterion, Counted, Covers, FundsConfirmation, IndexValue, Item, Mechanism, MiniCompetition, Price, PriceTerm,
    SupplyChain, Tier,
};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Quantity;
use abruf_domain::notation::Language;
use abruf_domain::period::Validity;
use abruf_domain::pricing::{self, PricedLine};
use abruf_domain::{Facts, Review};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::storage::contracts::Contract;

const GERMAN: Language = Language::German;

/// `vom 01.01.2026 an`, `vom 01.01.2026 bis 31.12.2027`.
fn span(validity: Validity) -> String {
    let from = GERMAN.date(validity.from);
    validity.to.map_or_else(|| format!("vom {from} an"), |to| format!("vom {from} bis {}", GERMAN.date(to)))
}

/// A label with the words of a span of days and what proves it.
fn dated(label: &str, validity: Validity, proof: &str) -> Named {
    let proof = if proof.is_empty() { String::new() } else { format!(".\nBeleg: {proof}") };
    Named::new(label, format!("{}{proof}", span(validity)))
}

/// Legal basis, term and options, and who orders from whom.
pub(super) fn basis(facts: &Facts, contract: &Contract) -> Vec<Named> {
    let terms = &facts.contract;
    let mut rows = vec![
        Named::new("Rechtsgrundlage", contract.legal_basis.clone()),
        Named::new("Laufzeit", format!("{} bis {}", GERMAN.date(terms.term.from()), GERMAN.date(terms.term.to()))),
    ];
    rows.extend(terms.options.iter().filter_map(|option| {
        let exercised = option.exercised_on?;
        let text = format!("bis {}, ausgeübt am {}", GERMAN.date(option.new_end), GERMAN.date(exercised));
        Some(Named::new("Verlängerung", text))
    }));
    if terms.supply_chain == SupplyChain::ThroughBody {
        rows.push(Named::new(
            "Lieferkette",
            "Das Mitglied bestellt in-house bei der Genossenschaft, diese beim Lieferanten (§ 108 GWB).",
        ));
    }
    rows.retain(|row| !row.text.trim().is_empty());
    rows
}

/// Membership, authority, entitlement and evidence in force on the day, each with its proof.
pub(super) fn entitlement(facts: &Facts, day: NaiveDate) -> Vec<Named> {
    let member = &facts.member;
    let mut rows: Vec<Named> =
        member.membership_on(day).map(|membership| dated("Mitglied", membership, "")).into_iter().collect();
    for class in member.authority.iter().flatten().filter(|class| class.validity.contains(day)) {
        rows.push(dated(&format!("Öffentlicher Auftraggeber, {}", class.class), class.validity, &class.document));
    }
    let covering =
        facts.contract.entitlements.iter().filter(|it| it.covers.covers(member) && it.validity.contains(day));
    for it in covering {
        let how = match &it.covers {
            Covers::Named { .. } => "Abrufberechtigt, namentlich",
            Covers::Category { .. } => "Abrufberechtigt, nach Gruppe",
        };
        let dated_on = it.proven_on.map(|on| format!(", vom {}", GERMAN.date(on))).unwrap_or_default();
        let change = it.modification_reference.as_ref().map(|it| format!("; Änderung {it}")).unwrap_or_default();
        rows.push(dated(how, it.validity, &format!("{}{dated_on}{change}", it.document)));
    }
    let inhouse =
        member.inhouse_evidence.iter().flatten().filter(|_| facts.contract.supply_chain == SupplyChain::ThroughBody);
    for it in inhouse {
        let approved = if it.approved { "" } else { ", noch nicht freigegeben" };
        let share = GERMAN.percent(it.activity_share.decimal().normalize());
        let text = format!("Tätigkeit für Mitglieder {share}{approved}.\nBeleg: {}", it.document);
        rows.push(Named::new(format!("In-House-Nachweis {}", it.year), text));
    }
    rows
}

/// Where the price of each line comes from.
pub(super) fn prices(facts: &Facts, review: &Review) -> Vec<PriceBasis> {
    review.priced.lines.iter().filter_map(|line| price_basis(facts, line, review.day)).collect()
}

fn price_basis(facts: &Facts, line: &PricedLine, day: NaiveDate) -> Option<PriceBasis> {
    let item = facts.contract.item(&line.article_number)?;
    let term = item.prices.iter().find(|term| Some(term.id) == line.price_term)?;
    let rule = match pricing::won(facts, &line.article_number) {
        Some(_) => "Preis des Angebots aus dem Miniwettbewerb".to_owned(),
        None => rule(facts, item, term, day),
    };
    let offer = facts.request.lines.iter().find(|it| it.position == line.position).and_then(|it| it.offer.as_ref());
    let rule = match offer {
        Some(offer) => {
            let price = GERMAN.unit_price(offer.unit_price.decimal(), &facts.contract.currency);
            format!("{rule}\nAngebot zu diesem Abruf: {price}, {}", offer.document)
        }
        None => rule,
    };
    Some(PriceBasis {
        position: u32::try_from(line.position).ok()?,
        version: format!("gültig {}", span(term.validity)),
        term: term.id.0.to_string(),
        rule,
        arithmetic: arithmetic(facts, item, line, term)?,
    })
}

/// From quantity and price to the amount of the line.
fn arithmetic(facts: &Facts, item: &Item, line: &PricedLine, term: &PriceTerm) -> Option<String> {
    let currency = &facts.contract.currency;
    let price: Decimal = line.unit_price.as_ref()?.parse().ok()?;
    let months = line.months.as_ref().and_then(|months| months.parse::<Decimal>().ok());
    let months = months.map(|months| format!(" × {} Monate", GERMAN.number(months.normalize()))).unwrap_or_default();
    let (quantity, unit) = (quantity(line.quantity), &item.unit);
    let (price, net) = (GERMAN.unit_price(price, currency), GERMAN.money(line.net?.decimal(), currency));
    Some(match term.price {
        // The price of a unit is an average here; the amount is the sum of the steps.
        Price::TierGraduated { .. } => format!("{quantity} {unit}, Summe der Stufen = {net} (im Mittel {price})"),
        _ => format!("{quantity} {unit} × {price}{months} = {net}"),
    })
}

/// The kind of price with its figures.
fn rule(facts: &Facts, item: &Item, term: &PriceTerm, day: NaiveDate) -> String {
    let currency = &facts.contract.currency;
    let money = |price: abruf_domain::money::UnitPrice| GERMAN.unit_price(price.decimal(), currency);
    match &term.price {
        Price::Fixed { unit_price } => format!("Festpreis {} je {}", money(*unit_price), item.unit),
        Price::Subscription { unit_price_month } => {
            format!("{} je {} und Monat", money(*unit_price_month), item.unit)
        }
        Price::ListMinus { list_price, discount_pct } => {
            let discount = GERMAN.percent(discount_pct.decimal().normalize());
            format!("Listenpreis {} abzüglich {discount}", money(*list_price))
        }
        Price::TierAllUnits { counted, tiers } => {
            format!("Staffelpreis für alle Einheiten, {}: {}", counted_by(*counted, item), steps(tiers, currency))
        }
        Price::TierGraduated { counted, tiers } => {
            format!("Staffelpreis je Stufe, {}: {}", counted_by(*counted, item), steps(tiers, currency))
        }
        Price::Index { base_price, fixed_share, variable_share, index_base, threshold, .. } => {
            let moved = pricing::indexed(facts, &term.price, day).and_then(|(_, value)| value);
            let share = |share: Decimal| GERMAN.number(share.normalize());
            let index = |value: &IndexValue| {
                let points = GERMAN.number(value.value.decimal().normalize());
                format!("; Index {points}, veröffentlicht am {}", GERMAN.date(value.published_on))
            };
            format!(
                "Preisgleitung: Grundpreis {} × ({} + {} × Index / {}), ab mehr als {}{}",
                money(*base_price),
                share(fixed_share.decimal()),
                share(variable_share.decimal()),
                GERMAN.number(index_base.decimal().normalize()),
                GERMAN.percent(threshold.decimal().normalize()),
                moved.map_or_else(|| "; Schwelle nicht erreicht".to_owned(), index),
            )
        }
        Price::Quoted { cap } => format!("nach Angebot, höchstens {} je {}", money(*cap), item.unit),
    }
}

fn counted_by(counted: Counted, item: &Item) -> String {
    match counted {
        Counted::PerOrder => "gezählt je Abruf".to_owned(),
        Counted::PerMember => format!("gezählt je Mitglied, vorher {}", quantity(item.called_off.by_member)),
        Counted::PerContract => format!("gezählt im ganzen Vertrag, vorher {}", quantity(item.called_off.by_all)),
    }
}

fn steps(tiers: &[Tier], currency: &str) -> String {
    let step =
        |tier: &Tier| format!("ab {} {}", quantity(tier.from), GERMAN.unit_price(tier.unit_price.decimal(), currency));
    tiers.iter().map(step).collect::<Vec<_>>().join("; ")
}

fn quantity(quantity: Quantity) -> String {
    GERMAN.number(quantity.decimal().normalize())
}

/// How the supplier was found, with declines, requests and the mini-competition.
pub(super) fn mechanism(facts: &Facts) -> Vec<Named> {
    let (contract, request) = (&facts.contract, &facts.request);
    let name = |supplier| name_of(facts, supplier);
    let way = match contract.mechanism {
        Mechanism::Single => "Ein Lieferant: Der Vertrag kennt für diese Leistung nur einen.".to_owned(),
        Mechanism::Cascade => "Kaskade: nach dem Rang des Vertrags; der nächste erst nach einer Absage.".to_owned(),
        Mechanism::Rotation => "Reihum: Wer am längsten nicht beauftragt wurde, ist an der Reihe.".to_owned(),
        Mechanism::BestPricePerItem { with_freight } => {
            let freight = if with_freight { ", Fracht eingerechnet" } else { "" };
            format!("Bestpreis: je Artikel der günstigste Lieferant{freight}.")
        }
        Mechanism::MiniCompetitionAbove { direct_limit } => {
            let limit = GERMAN.money(direct_limit.decimal(), &contract.currency);
            format!("Bis {limit} netto direkt nach Rang, darüber im Miniwettbewerb.")
        }
    };
    let mut rows = vec![Named::new("Verfahren", way), Named::new("Beauftragt", request.supplier_name.clone())];
    let mut ranked = contract.ranked_parties(None, abruf_domain::period::berlin_date(facts.evaluated_at));
    ranked.sort_by_key(|party| party.rank);
    if contract.mechanism == Mechanism::Cascade {
        let listed = ranked.iter().map(|party| format!("{}. {}", party.rank, party.name));
        rows.push(Named::new("Rangfolge", listed.collect::<Vec<_>>().join("\n")));
    }
    if contract.mechanism == Mechanism::Rotation {
        let listed = contract.last_awards.iter().map(|award| {
            let lot = award.lot.map(|lot| format!(" ({})", contract.lot_name(lot))).unwrap_or_default();
            format!("{}{lot}", name(award.supplier))
        });
        rows.push(Named::new("Zuvor beauftragt", listed.collect::<Vec<_>>().join("\n")));
    }
    for it in &request.rank_requests {
        rows.push(Named::new("Angefragt", format!("{}, am {}", name(it.supplier), GERMAN.date(it.asked_on))));
    }
    for it in &request.declines {
        let at = GERMAN.instant(it.received_at);
        rows.push(Named::new(
            "Absage",
            format!("{}, eingegangen am {at}: {}\nBeleg: {}", name(it.supplier), it.reason, it.document),
        ));
    }
    rows.extend(request.mini_competition.as_ref().into_iter().flat_map(|it| competition(facts, it)));
    rows.retain(|row| !row.text.trim().is_empty());
    rows
}

fn competition(facts: &Facts, it: &MiniCompetition) -> Vec<Named> {
    let invited: Vec<String> = it.invited.iter().map(|supplier| name_of(facts, *supplier)).collect();
    let form = if it.text_form { " in Textform" } else { "" };
    let criterion = match it.criterion {
        AwardCriterion::Price => "niedrigster Preis",
        AwardCriterion::Points => "Punkte nach den bekannt gemachten Kriterien",
    };
    let opened = it.opened_at.map_or_else(|| "noch nicht geöffnet".to_owned(), |at| GERMAN.instant(at));
    let by = it.opened_by.as_ref().map(|by| format!(", durch {} Personen", by.len())).unwrap_or_default();
    let mut rows = vec![
        Named::new("Eingeladen", format!("{}{form}", invited.join("; "))),
        Named::new("Angebotsfrist", GERMAN.instant(it.deadline_at)),
        Named::new("Öffnung", format!("{opened}{by}")),
        Named::new("Zuschlagskriterium", criterion),
    ];
    rows.extend(it.offers.iter().map(|offer| {
        let price = |(article, price): (&String, &abruf_domain::money::UnitPrice)| {
            format!("{article} {}", GERMAN.unit_price(price.decimal(), &facts.contract.currency))
        };
        let mut parts: Vec<String> = offer.unit_prices.iter().map(price).collect();
        parts.extend(offer.points.map(|points| format!("{} Punkte", GERMAN.number(points.normalize()))));
        Named::new("Angebot", format!("{}: {}", name_of(facts, offer.supplier), parts.join("; ")))
    }));
    rows
}

/// A supplier's name as the facts know it.
fn name_of(facts: &Facts, supplier: OrganisationId) -> String {
    let party = facts.contract.parties.iter().find(|party| party.supplier == supplier && !party.name.is_empty());
    let chosen = (facts.request.supplier == supplier).then(|| facts.request.supplier_name.clone());
    party.map(|party| party.name.clone()).or(chosen).unwrap_or_else(|| format!("Lieferant {}", supplier.0))
}

/// What the member's treasurer said about the money.
pub(super) fn budget(facts: &Facts) -> Vec<Named> {
    let Some(budget) = &facts.request.budget else { return Vec::new() };
    let currency = &facts.contract.currency;
    let mut rows = vec![Named::new("Betriebsart", budget.mode.german())];
    if !budget.account.is_empty() {
        rows.push(Named::new("Kontierung", budget.account.clone()));
    }
    if let Some(FundsConfirmation::Given { on, amount, .. }) = &budget.confirmation {
        let amount = GERMAN.money(amount.decimal(), currency);
        rows.push(Named::new("Mittel bestätigt", format!("am {} bis {amount}", GERMAN.date(*on))));
    }
    if let Some(approval) = &budget.overrun_approval {
        rows.push(Named::new("Über- oder außerplanmäßig", approval.clone()));
    }
    let papers = &facts.request.papers;
    for (label, text) in [
        ("Ratsbeschluss", &papers.council_resolution),
        ("Eilentscheidung", &papers.emergency_decision),
        ("Verpflichtungsermächtigung", &papers.commitment),
        ("Auftragsverarbeitung", &papers.data_processing),
    ] {
        if !text.is_empty() {
            rows.push(Named::new(label, text.clone()));
        }
    }
    rows
}
