//! Write what a draft is made of: lots with their suppliers, items with first prices, ceilings,
//! entitlements, options, minimum purchases. Lots are named by number and items by article number, as people do.

use abruf_domain::facts::Covers;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Volume;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::write_contract::{log, writable};
use super::write_item::NewItem;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contract_drafts::{self, Terms};
use crate::storage::contract_parts::{self, CeilingScope, NewEntitlement, NewParty, PartId};
use crate::storage::{StorageError, Tx, member_list, price_lists};

/// A part of a contract, as the office enters it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case", deny_unknown_fields)]
pub enum Part {
    /// A lot, or one more supplier of it.
    Lot {
        /// Its number.
        number: i32,
        /// Its title.
        title: String,
        /// A supplier of it.
        #[serde(default)]
        supplier: Option<Supplier>,
    },
    /// An item, with its first price where it has one.
    Item(Box<NewItem>),
    /// A ceiling of the whole contract, a lot, an item, or a member's quota.
    Ceiling {
        /// contract, lot, item or member.
        scope: String,
        /// Number of the lot, article number, or id of the member; empty for the contract.
        #[serde(default)]
        of: String,
        /// value or quantity.
        measure: String,
        /// Limit; zero is zero.
        #[serde(default)]
        limit: Option<Volume>,
        /// Said expressly: there is none.
        #[serde(default)]
        unlimited: bool,
        /// Whether exceeding a quota is refused; false asks for a justification.
        #[serde(default = "yes")]
        hard: bool,
    },
    /// Who may call off.
    Entitlement {
        /// A named member or an announced category.
        covers: Covers,
        /// First day.
        valid_from: NaiveDate,
        /// Last day.
        #[serde(default)]
        valid_to: Option<NaiveDate>,
        /// Document that proves it.
        document: String,
        /// Its date.
        document_date: NaiveDate,
        /// Wording of the notice; a category needs it.
        #[serde(default)]
        wording: String,
    },
    /// An option to extend the term.
    Option {
        /// Last day if exercised.
        new_end: NaiveDate,
        /// Last day on which it can be exercised.
        notice_deadline: NaiveDate,
    },
    /// What must have been called off by a day.
    MinimumPurchase {
        /// Article number; empty for the whole contract.
        #[serde(default)]
        of: String,
        /// value, or quantity of an item.
        measure: String,
        /// Net in the currency of the contract, or units.
        amount: Volume,
        /// Last day on which a call-off counts.
        due_on: NaiveDate,
        /// What the contract says happens otherwise.
        consequence: String,
    },
}

const fn yes() -> bool {
    true
}

/// A supplier of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplier {
    /// Official name.
    pub name: String,
    /// Whether a name that is not known becomes a new supplier.
    #[serde(default)]
    pub is_new: bool,
    /// Rank among the suppliers of the lot, from 1.
    #[serde(default = "first")]
    pub rank: i32,
    /// First day; absent: the first day of the term.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
}

const fn first() -> i32 {
    1
}

/// Adds a part to a draft.
pub async fn add(app: &App, actor: &Actor, contract: ContractId, part: &Part) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    writable(&mut tx, actor, contract).await?;
    let terms = contract_drafts::terms(&mut tx, contract).await?.ok_or(ActionError::NotFound)?;
    let mut writing = Writing { app, actor, contract, terms, tx };
    writing.part(part).await.map_err(in_german)?;
    let mut tx = writing.tx;
    contract_drafts::touch(&mut tx, contract).await?;
    log(app, &mut tx, actor, contract, "contract_part_added", part, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a part back.
pub async fn remove(app: &App, actor: &Actor, contract: ContractId, part: PartId) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    writable(&mut tx, actor, contract).await?;
    if !contract_parts::remove(&mut tx, contract, part).await.map_err(|error| in_german(error.into()))? {
        return Err(ActionError::NotFound);
    }
    contract_drafts::touch(&mut tx, contract).await?;
    log(app, &mut tx, actor, contract, "contract_part_removed", &json!({ "part": format!("{part:?}") }), now).await?;
    tx.commit().await?;
    Ok(())
}

/// One part on its way into the database.
pub(super) struct Writing<'a> {
    pub(super) app: &'a App,
    pub(super) actor: &'a Actor,
    pub(super) contract: ContractId,
    pub(super) terms: Terms,
    pub(super) tx: Tx,
}

pub(super) fn wrong<T>(field: &str, message: impl Into<String>) -> Result<T, ActionError> {
    Err(ActionError::Invalid(vec![FieldError::new(field, message)]))
}

pub(super) fn text(field: &str, text: &str, most: usize, missing: &str) -> Result<(), ActionError> {
    super::check_text(field, text.trim(), most, missing)
}

/// Dates in order, and the last day not before the first.
pub(super) fn in_order(from: NaiveDate, to: Option<NaiveDate>) -> Result<(), ActionError> {
    match to {
        Some(to) if to < from => wrong(
            "valid_to",
            format!("Der letzte Tag liegt vor dem ersten am {}. Bitte prüfen Sie beide.", German.date(from)),
        ),
        _ => Ok(()),
    }
}

impl Writing<'_> {
    async fn part(&mut self, part: &Part) -> Result<(), ActionError> {
        match part {
            Part::Lot { number, title, supplier } => self.lot(*number, title, supplier.as_ref()).await,
            Part::Item(item) => self.item(item).await,
            Part::Ceiling { scope, of, measure, limit, unlimited, hard } => {
                self.ceiling(scope, of, measure, *limit, *unlimited, *hard).await
            }
            Part::Entitlement { .. } => self.entitlement(part).await,
            Part::Option { new_end, notice_deadline } => self.option(*new_end, *notice_deadline).await,
            Part::MinimumPurchase { of, measure, amount, due_on, consequence } => {
                self.minimum_purchase(of, measure, *amount, *due_on, consequence).await
            }
        }
    }

    async fn lot(&mut self, number: i32, title: &str, supplier: Option<&Supplier>) -> Result<(), ActionError> {
        if !(1..=9_999).contains(&number) {
            return wrong("lot_number", "Bitte geben Sie eine Losnummer von 1 bis 9.999 ein.");
        }
        let known = contract_parts::lot(&mut self.tx, self.contract, number).await?;
        let lot = match known {
            Some((lot, own)) if title.trim().is_empty() || own == title.trim() => lot,
            Some((_, own)) => {
                return wrong(
                    "lot_title",
                    format!("Los {number} heißt schon „{own}“. Bitte wählen Sie eine andere Nummer."),
                );
            }
            None => {
                text("lot_title", title, 200, "Bitte geben Sie einen Titel für das Los ein, zum Beispiel Hardware.")?;
                let lot = abruf_domain::ids::LotId(self.app.chance.id(self.app.clock.now()));
                price_lists::insert_lot(&mut self.tx, self.contract, lot, number, title.trim()).await?;
                lot
            }
        };
        let Some(supplier) = supplier else { return Ok(()) };
        if !(1..=99).contains(&supplier.rank) {
            return wrong("rank", "Bitte geben Sie einen Rang von 1 bis 99 ein.");
        }
        let valid_from = supplier.valid_from.unwrap_or(self.terms.starts_on);
        in_order(valid_from, supplier.valid_to)?;
        let id = self.supplier(supplier, valid_from).await?;
        let party = NewParty { lot, supplier: id, rank: supplier.rank, valid_from, valid_to: supplier.valid_to };
        Ok(contract_parts::put_party(&mut self.tx, self.contract, &party).await?)
    }

    /// The organisation of this name: a supplier of the body, or a new one where that is said.
    async fn supplier(&mut self, supplier: &Supplier, day: NaiveDate) -> Result<OrganisationId, ActionError> {
        let name = supplier.name.trim();
        text("supplier", name, 200, "Bitte geben Sie den Namen des Lieferanten ein.")?;
        let names = [name.to_owned()];
        let mut known = price_lists::organisations_named(&mut self.tx, self.actor.body, &names, day).await?;
        if known.iter().any(|it| it.is_supplier) {
            known.retain(|it| it.is_supplier);
        }
        let now = self.app.clock.now();
        match known.as_slice() {
            [one] if one.is_supplier => Ok(one.id),
            [] | [_] if !supplier.is_new => wrong(
                "supplier",
                format!(
                    "„{name}“ ist noch kein Lieferant. Bitte prüfen Sie die Schreibweise, oder kreuzen Sie „neu anlegen“ an."
                ),
            ),
            [one] => {
                let role = self.app.chance.id(now);
                let until = one.supplier_again.and_then(|day| day.pred_opt());
                price_lists::insert_supplier_role(&mut self.tx, role, one.id, self.actor.body, day, until).await?;
                Ok(one.id)
            }
            [] => {
                let id = OrganisationId(self.app.chance.id(now));
                price_lists::insert_supplier(&mut self.tx, id, name, "DE-ST", now).await?;
                let role = self.app.chance.id(now);
                price_lists::insert_supplier_role(&mut self.tx, role, id, self.actor.body, day, None).await?;
                Ok(id)
            }
            several => wrong(
                "supplier",
                format!(
                    "„{name}“ heißen {} Organisationen. Bitte geben Sie den vollständigen Namen ein.",
                    several.len()
                ),
            ),
        }
    }

    async fn ceiling(
        &mut self,
        scope: &str,
        of: &str,
        measure: &str,
        limit: Option<Volume>,
        unlimited: bool,
        hard: bool,
    ) -> Result<(), ActionError> {
        if !["value", "quantity"].contains(&measure) {
            return wrong("measure", format!("„{measure}“ ist nicht möglich. Möglich sind: value, quantity."));
        }
        if limit.is_some() == unlimited {
            return wrong(
                "limit",
                "Bitte geben Sie die Grenze ein, oder kreuzen Sie „ohne Grenze“ an. 0 heißt: nichts darf abgerufen werden.",
            );
        }
        if limit.is_some_and(|limit| limit < Volume::ZERO) {
            return wrong("limit", "Eine Grenze kann nicht negativ sein. Bitte geben Sie 0 oder mehr ein.");
        }
        let of = of.trim();
        let none = CeilingScope { scope: "contract", lot: None, item: None, member: None };
        let place = match scope {
            "contract" => none,
            "lot" => {
                let number = of.parse().unwrap_or_default();
                let Some((lot, _)) = contract_parts::lot(&mut self.tx, self.contract, number).await? else {
                    return wrong(
                        "of",
                        format!("Es gibt kein Los „{of}“. Bitte geben Sie die Nummer eines Loses ein."),
                    );
                };
                CeilingScope { scope: "lot", lot: Some(lot.0), ..none }
            }
            "item" => {
                let Some((item, _)) = contract_parts::item(&mut self.tx, self.contract, of).await? else {
                    return wrong(
                        "of",
                        format!(
                            "Es gibt keine Position „{of}“. Bitte geben Sie eine Artikelnummer dieses Vertrags ein."
                        ),
                    );
                };
                CeilingScope { scope: "item", item: Some(item.0), ..none }
            }
            "member" => CeilingScope { scope: "member", member: Some(self.member("of", of).await?.0), ..none },
            other => {
                return wrong(
                    "scope",
                    format!("„{other}“ ist nicht möglich. Möglich sind: contract, lot, item, member."),
                );
            }
        };
        let hard = hard || scope != "member";
        let id = self.app.chance.id(self.app.clock.now());
        Ok(contract_parts::put_ceiling(&mut self.tx, self.contract, id, place, measure, limit, hard).await?)
    }

    /// A member of the body, by id or by name.
    async fn member(&mut self, field: &str, named: &str) -> Result<OrganisationId, ActionError> {
        let members = member_list::options(&mut self.tx, self.actor).await?;
        let found: Vec<_> = members.iter().filter(|(id, name)| name == named || id.0.to_string() == named).collect();
        match found[..] {
            [(id, _)] => Ok(*id),
            [] => wrong(field, format!("„{named}“ ist kein Mitglied. Bitte wählen Sie ein Mitglied aus der Liste.")),
            _ => wrong(field, format!("„{named}“ heißen mehrere Mitglieder. Bitte wählen Sie eines aus der Liste.")),
        }
    }

    async fn entitlement(&mut self, part: &Part) -> Result<(), ActionError> {
        let Part::Entitlement { covers, valid_from, valid_to, document, document_date, wording } = part else {
            return Ok(());
        };
        match covers {
            Covers::Named { member } => {
                self.member("member", &member.0.to_string()).await?;
            }
            Covers::Category { kinds, region, .. } => {
                if kinds.is_empty() || !kinds.iter().all(|kind| !kind.is_empty() && is_storable(kind)) {
                    return wrong("kinds", "Bitte wählen Sie mindestens eine Rechtsform der Kategorie.");
                }
                text("region", region, 10, "Bitte geben Sie die Region ein, zum Beispiel DE-ST.")?;
                let missing = "Bitte zitieren Sie, wie die Bekanntmachung die Kategorie nennt.";
                text("wording", wording, 4_000, missing)?;
            }
        }
        text("document", document, 400, "Bitte nennen Sie den Beleg, zum Beispiel Anlage 3 der Bekanntmachung.")?;
        in_order(*valid_from, *valid_to)?;
        let entitlement = NewEntitlement {
            id: self.app.chance.id(self.app.clock.now()),
            covers,
            valid_from: *valid_from,
            valid_to: *valid_to,
            // The list is part of the award and as old as its document; that it is typed in later does not
            // make it an entry after the notice. When it was typed stands in the log.
            entered_on: *document_date,
            document: document.trim(),
            document_date: *document_date,
            wording: wording.trim(),
        };
        Ok(contract_parts::put_entitlement(&mut self.tx, self.contract, &entitlement).await?)
    }

    async fn option(&mut self, new_end: NaiveDate, notice_deadline: NaiveDate) -> Result<(), ActionError> {
        let ends_on = self.terms.ends_on;
        if new_end <= ends_on {
            let end = German.date(ends_on);
            return wrong(
                "new_end",
                format!("Die Verlängerung endet nicht nach dem Vertragsende am {end}. Bitte prüfen Sie das Datum."),
            );
        }
        if new_end <= notice_deadline {
            return wrong(
                "notice_deadline",
                "Die Option muss vor dem Ende der Verlängerung ausgeübt sein. Bitte prüfen Sie beide Daten.",
            );
        }
        let id = self.app.chance.id(self.app.clock.now());
        Ok(contract_parts::put_option(&mut self.tx, self.contract, id, new_end, notice_deadline).await?)
    }
}

/// What constraints guarantee, in words.
fn in_german(error: ActionError) -> ActionError {
    let ActionError::Storage(storage) = &error else { return error };
    let told = |field: &str, message: &str| ActionError::Invalid(vec![FieldError::new(field, message)]);
    match storage {
        StorageError::Refused { constraint, .. } => match constraint.as_str() {
            "item_article_number_unique" => told(
                "article_number",
                "Diese Artikelnummer steht schon im Vertrag. Bitte wählen Sie eine andere, oder löschen Sie die Position zuerst.",
            ),
            "lot_number_unique" => {
                told("lot_number", "Diese Losnummer steht schon im Vertrag. Bitte laden Sie die Seite neu.")
            }
            "item_contract_id_lot_id_fkey" => {
                told("lot", "Das Los hat noch Positionen. Bitte löschen Sie zuerst seine Positionen.")
            }
            name if name.starts_with("guard_contract_id_") => {
                told("part", "Für diesen Teil gilt noch ein Höchstwert. Bitte löschen Sie zuerst den Höchstwert.")
            }
            name if name.starts_with("minimum_purchase_contract_id_") => told(
                "part",
                "Für die Position gilt noch eine Mindestabnahme. Bitte löschen Sie zuerst die Mindestabnahme.",
            ),
            name if name.starts_with("price_term_contract_id_") => {
                told("part", "Die Position hat einen freigegebenen Preis. Freigegebene Preise bleiben stehen.")
            }
            _ => error,
        },
        _ => error,
    }
}
