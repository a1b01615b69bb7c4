//! The fields of a contract's clauses, as typed: legal basis, payment, award limits, after the end.

use abruf_domain::money::{Net, Percent};

use crate::http::form::Mistakes;
use crate::http::pages::bonus_fields::{read_clause, typed_steps};
use crate::http::pages::read_amount::{read_amount, read_number};
use crate::storage::contract_clauses::Clauses;

/// The fields.
#[derive(Debug, Default, Clone)]
pub struct ClauseFields {
    /// Key of the legal basis.
    pub legal_basis_key: String,
    /// „ja“ where performance may not end after the contract does.
    pub runoff_forbidden: String,
    /// Cash discount in percent.
    pub cash_discount_pct: String,
    /// Its days.
    pub cash_discount_days: String,
    /// Steps of the bonus, a line each.
    pub bonus_steps: String,
    /// Key of who gets it.
    pub bonus_goes_to: String,
    /// Limit for direct call-offs.
    pub direct_limit_net: String,
    /// Key of the announced criterion.
    pub competition_criterion: String,
    /// „ja“ where freight counts.
    pub compare_with_freight: String,
    /// Agreement on data processing.
    pub data_processing_reference: String,
    /// Decimals of derived unit prices.
    pub unit_price_decimals: String,
    /// Share of the central tender.
    pub process_central_share_net: String,
    /// VAT category of the in-house order.
    pub in_house_vat_category: String,
    /// Its reason.
    pub in_house_vat_reason: String,
}

impl ClauseFields {
    /// As saved.
    #[must_use]
    pub fn of(clauses: &Clauses) -> Self {
        let yes = |it: bool| if it { "ja".to_owned() } else { String::new() };
        let net = |value: Option<Net>| value.map(|it| it.decimal().to_string().replace('.', ",")).unwrap_or_default();
        Self {
            legal_basis_key: clauses.legal_basis_key.clone().unwrap_or_default(),
            runoff_forbidden: yes(!clauses.runoff_allowed),
            cash_discount_pct: clauses.cash_discount_pct.map(|it| it.to_string().replace('.', ",")).unwrap_or_default(),
            cash_discount_days: clauses.cash_discount_days.map(|it| it.to_string()).unwrap_or_default(),
            bonus_steps: clauses.bonus.as_ref().map(typed_steps).unwrap_or_default(),
            bonus_goes_to: clauses.bonus.as_ref().map_or("", |bonus| bonus.goes_to.key()).to_owned(),
            direct_limit_net: net(clauses.direct_limit_net),
            competition_criterion: clauses.competition_criterion.clone().unwrap_or_default(),
            compare_with_freight: yes(clauses.compare_with_freight),
            data_processing_reference: clauses.data_processing_reference.clone().unwrap_or_default(),
            unit_price_decimals: clauses.unit_price_decimals.to_string(),
            process_central_share_net: net(clauses.process_central_share_net),
            in_house_vat_category: clauses.in_house_vat_category.clone(),
            in_house_vat_reason: clauses.in_house_vat_reason.clone(),
        }
    }

    /// The clauses; what cannot be read is named at its field.
    #[must_use]
    pub fn read(&self, mistakes: &mut Mistakes) -> Clauses {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|it| !it.is_empty());
        let cash_discount_pct = read_number(&self.cash_discount_pct, Percent::DECIMALS)
            .and_then(|it| it.map(Percent::new).transpose().map_err(|_| "Möglich sind 0 bis 100 Prozent.".to_owned()))
            .map_err(|message| mistakes.add("cash_discount_pct", message));
        let cash_discount_days = whole(&self.cash_discount_days, "14");
        let cash_discount_days = cash_discount_days.map_err(|message| mistakes.add("cash_discount_days", message));
        let decimals = whole(&self.unit_price_decimals, "2");
        let decimals = decimals.map_err(|message| mistakes.add("unit_price_decimals", message));
        let bonus =
            read_clause(&self.bonus_steps, &self.bonus_goes_to).map_err(|message| mistakes.add("bonus_steps", message));
        let mut net = |field: &str, text: &str| {
            let too_large = |_| "Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned();
            let read = read_amount(text).and_then(|it| it.map(Net::new).transpose().map_err(too_large));
            read.map_err(|message| mistakes.add(field, message)).ok().flatten()
        };
        Clauses {
            direct_limit_net: net("direct_limit_net", &self.direct_limit_net),
            process_central_share_net: net("process_central_share_net", &self.process_central_share_net),
            legal_basis_key: some(&self.legal_basis_key),
            runoff_allowed: self.runoff_forbidden != "ja",
            cash_discount_pct: cash_discount_pct.ok().flatten(),
            cash_discount_days: cash_discount_days.ok().flatten(),
            bonus: bonus.ok().flatten(),
            competition_criterion: some(&self.competition_criterion),
            compare_with_freight: self.compare_with_freight == "ja",
            data_processing_reference: some(&self.data_processing_reference),
            unit_price_decimals: decimals.ok().flatten().unwrap_or(2),
            in_house_vat_category: some(&self.in_house_vat_category).unwrap_or_else(|| "S".to_owned()),
            in_house_vat_reason: self.in_house_vat_reason.trim().to_owned(),
        }
    }
}

fn whole(text: &str, example: &str) -> Result<Option<i32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            let shown: String = text.chars().take(20).collect();
            format!("„{shown}“ ist keine ganze Zahl. Bitte geben Sie eine Zahl ein, zum Beispiel {example}.")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_read_again() {
        let clauses = Clauses {
            legal_basis_key: Some("inhouse".to_owned()),
            runoff_allowed: false,
            cash_discount_pct: Some("2.5".parse().unwrap()),
            cash_discount_days: Some(14),
            bonus: read_clause("50.000,00: 1,5", "body").unwrap(),
            direct_limit_net: Some("25000.00".parse().unwrap()),
            compare_with_freight: true,
            unit_price_decimals: 4,
            in_house_vat_category: "E".to_owned(),
            in_house_vat_reason: "§ 4 Nr. 29 UStG".to_owned(),
            ..Clauses::default()
        };
        let mut mistakes = Mistakes::default();
        assert_eq!(ClauseFields::of(&clauses).read(&mut mistakes), clauses);
        assert!(mistakes.is_empty());
        assert_eq!(
            ClauseFields::default().read(&mut mistakes),
            Clauses::default(),
            "an empty form is the usual contract"
        );
    }

    #[test]
    fn what_is_no_number_is_named_at_its_field() {
        let fields = ClauseFields { cash_discount_days: "bald".to_owned(), ..ClauseFields::default() };
        let mut mistakes = Mistakes::default();
        let _ = fields.read(&mut mistakes);
        assert!(mistakes.at("cash_discount_days").is_some_and(|message| message.contains("„bald“")));
    }
}
