//! How long documents are kept: the last day of each period, ends included.
//!
//! The procurement file until the contract ends, at least three years after the award (§ 8 VgV).
//! The cooperative's vouchers and letters from the end of their year (§ 147 AO, § 257 HGB). The
//! member's vouchers and books from 1 January of the year after the resolution on the annual
//! accounts (in Sachsen-Anhalt § 24 (3) KomKBVO LSA). How many years that are says the law pack.

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::facts::SupplyChain;
use crate::law::Law;

/// Years of each period: dated data of law, not constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionYears {
    /// Procurement file, from the award.
    pub procurement_file: u32,
    /// Vouchers of the cooperative, from the end of the year.
    pub cooperative_vouchers: u32,
    /// Letters of the cooperative, from the end of the year.
    pub cooperative_letters: u32,
    /// Vouchers of the member, from the year after the resolution on the accounts.
    pub member_vouchers: u32,
    /// Books of the member, from the year after the resolution on the accounts.
    pub member_books: u32,
}

impl RetentionYears {
    /// The periods of a jurisdiction on a day; `None` where its law does not name each of them.
    #[must_use]
    pub fn of(law: &Law) -> Option<Self> {
        Some(Self {
            procurement_file: law.value("retention_procurement_file_years")?,
            cooperative_vouchers: law.value("retention_cooperative_vouchers_years")?,
            cooperative_letters: law.value("retention_cooperative_letters_years")?,
            member_vouchers: law.value("retention_member_vouchers_years")?,
            member_books: law.value("retention_member_books_years")?,
        })
    }

    /// Last day of the procurement file; `None` beyond the calendar.
    #[must_use]
    pub fn procurement_file_until(&self, awarded_on: NaiveDate, contract_end: NaiveDate) -> Option<NaiveDate> {
        years_after_the_award(awarded_on, contract_end, self.procurement_file)
    }

    /// Last day of a voucher of the cooperative made on this day.
    #[must_use]
    pub fn cooperative_voucher_until(&self, made_on: NaiveDate) -> Option<NaiveDate> {
        years_after_the_year_of(made_on, self.cooperative_vouchers)
    }

    /// Last day of a letter of the cooperative made on this day.
    #[must_use]
    pub fn cooperative_letter_until(&self, made_on: NaiveDate) -> Option<NaiveDate> {
        years_after_the_year_of(made_on, self.cooperative_letters)
    }

    /// Last day of a voucher of the member whose accounts were resolved on this day.
    #[must_use]
    pub fn member_voucher_until(&self, accounts_resolved_on: NaiveDate) -> Option<NaiveDate> {
        years_after_the_year_of(accounts_resolved_on, self.member_vouchers)
    }

    /// Last day of the books of the member whose accounts were resolved on this day.
    #[must_use]
    pub fn member_books_until(&self, accounts_resolved_on: NaiveDate) -> Option<NaiveDate> {
        years_after_the_year_of(accounts_resolved_on, self.member_books)
    }
}

/// How a contract says that its papers are kept at least (Aufbewahrungsklasse).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionClass {
    /// With the procurement file.
    AwardFile,
    /// As vouchers.
    Vouchers,
    /// As books.
    Books,
}

impl RetentionClass {
    /// The class of a stored key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "award_file" => Some(Self::AwardFile),
            "vouchers" => Some(Self::Vouchers),
            "books" => Some(Self::Books),
            _ => None,
        }
    }
}

/// What is kept, as far as the periods tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// A request that never became an order.
    Request,
    /// An order of the member with its record, its memo, and what changes it.
    Order,
    /// An order of the body to the supplier, and what changes it.
    SupplierOrder,
    /// The record of a mini-competition (Vergabevermerk).
    CompetitionRecord,
    /// A certificate the body issued.
    Certificate,
}

impl Paper {
    /// All grounds to keep it; the last day is the latest of theirs.
    ///
    /// What a class asks for is asked beside the procurement file, never instead. Where the member orders from the
    /// supplier itself, the body holds no voucher of it.
    #[must_use]
    pub fn grounds(self, class: Option<RetentionClass>, chain: Option<SupplyChain>) -> Vec<Ground> {
        let member = if class == Some(RetentionClass::Books) { Ground::MemberBooks } else { Ground::MemberVoucher };
        let body = match class {
            Some(RetentionClass::Vouchers | RetentionClass::Books) => Ground::CooperativeVoucher,
            Some(RetentionClass::AwardFile) | None => Ground::CooperativeLetter,
        };
        match self {
            Self::Request | Self::CompetitionRecord => vec![Ground::ProcurementFile],
            Self::Order if chain == Some(SupplyChain::ThroughBody) => vec![Ground::ProcurementFile, body, member],
            Self::Order => vec![Ground::ProcurementFile, member],
            Self::SupplierOrder => vec![Ground::ProcurementFile, body],
            Self::Certificate => vec![Ground::ProcurementFile, Ground::CooperativeLetter],
        }
    }
}

/// Why something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// It belongs to the procurement file of a contract (Vergabeakte).
    ProcurementFile,
    /// Voucher of the cooperative.
    CooperativeVoucher,
    /// Letter of the cooperative.
    CooperativeLetter,
    /// Voucher of the member.
    MemberVoucher,
    /// Book of the member.
    MemberBooks,
}

impl Ground {
    /// Key of its number of years in the law packs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ProcurementFile => "retention_procurement_file_years",
            Self::CooperativeVoucher => "retention_cooperative_vouchers_years",
            Self::CooperativeLetter => "retention_cooperative_letters_years",
            Self::MemberVoucher => "retention_member_vouchers_years",
            Self::MemberBooks => "retention_member_books_years",
        }
    }

    /// As users read it.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::ProcurementFile => "Vergabeakte",
            Self::CooperativeVoucher => "Beleg der Genossenschaft",
            Self::CooperativeLetter => "Brief der Genossenschaft",
            Self::MemberVoucher => "Beleg des Mitglieds",
            Self::MemberBooks => "Bücher des Mitglieds",
        }
    }

    /// Whether its period starts with a resolution on the member's annual accounts.
    #[must_use]
    pub const fn waits_for_accounts(self) -> bool {
        matches!(self, Self::MemberVoucher | Self::MemberBooks)
    }

    /// Last day on this ground. Where the period starts with the member's accounts, the earliest there can be: those of
    /// a year are resolved in the next one or later. `None` beyond the calendar, and of what belongs to no contract.
    #[must_use]
    pub fn last_day(self, years: u32, made_on: NaiveDate, contract: Option<ContractFile>) -> Option<NaiveDate> {
        match self {
            Self::ProcurementFile => {
                contract.and_then(|it| years_after_the_award(it.awarded_on, it.contract_end, years))
            }
            Self::CooperativeVoucher | Self::CooperativeLetter => years_after_the_year_of(made_on, years),
            Self::MemberVoucher | Self::MemberBooks => years_after_the_year_of(made_on, years.checked_add(1)?),
        }
    }
}

/// The procurement file something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractFile {
    /// Day of the award.
    pub awarded_on: NaiveDate,
    /// Last day of the contract, exercised options included.
    pub contract_end: NaiveDate,
}

fn years_after_the_award(awarded_on: NaiveDate, contract_end: NaiveDate, years: u32) -> Option<NaiveDate> {
    Some(awarded_on.checked_add_months(Months::new(years.checked_mul(12)?))?.max(contract_end))
}

/// A period from the end of a year is one from 1 January of the next: both end on 31 December.
fn years_after_the_year_of(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year().checked_add(i32::try_from(years).ok()?)?, 12, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn what_the_member_books_is_kept_from_the_year_after_the_resolution_at_the_earliest() {
        let made_on = day("2025-11-20");
        // Accounts of 2025, resolved in 2026: seven years from 1 January 2027, as case GS-43 has it.
        assert_eq!(Ground::MemberVoucher.last_day(7, made_on, None), Some(day("2033-12-31")));
        assert_eq!(Ground::MemberBooks.last_day(10, made_on, None), Some(day("2036-12-31")));
        assert_eq!(Ground::CooperativeVoucher.last_day(8, day("2025-01-02"), None), Some(day("2033-12-31")));
        assert_eq!(Ground::CooperativeLetter.last_day(6, day("2025-12-31"), None), Some(day("2031-12-31")));
    }

    #[test]
    fn a_procurement_file_is_kept_until_the_contract_ends_and_three_years_from_the_award() {
        let file = |awarded_on, contract_end| {
            let contract = ContractFile { awarded_on: day(awarded_on), contract_end: day(contract_end) };
            Ground::ProcurementFile.last_day(3, day("2025-11-20"), Some(contract))
        };
        assert_eq!(file("2025-06-30", "2026-12-31"), Some(day("2028-06-30")));
        assert_eq!(file("2025-06-30", "2029-05-31"), Some(day("2029-05-31")));
        assert_eq!(Ground::ProcurementFile.last_day(3, day("2025-11-20"), None), None, "of no contract");
    }

    #[test]
    fn whoever_orders_and_what_the_contract_says_decide_on_which_grounds_it_is_kept() {
        use Ground::{CooperativeLetter, CooperativeVoucher, MemberBooks, MemberVoucher, ProcurementFile};
        let through = Some(SupplyChain::ThroughBody);
        let direct = Some(SupplyChain::Direct);
        assert_eq!(Paper::Request.grounds(Some(RetentionClass::Books), through), [ProcurementFile]);
        assert_eq!(Paper::Order.grounds(None, direct), [ProcurementFile, MemberVoucher]);
        assert_eq!(Paper::Order.grounds(Some(RetentionClass::Books), direct), [ProcurementFile, MemberBooks]);
        let pair = Paper::Order.grounds(Some(RetentionClass::AwardFile), through);
        assert_eq!(pair, [ProcurementFile, CooperativeLetter, MemberVoucher]);
        let supplier = Paper::SupplierOrder.grounds(Some(RetentionClass::Vouchers), through);
        assert_eq!(supplier, [ProcurementFile, CooperativeVoucher]);
        assert_eq!(Paper::Certificate.grounds(None, None), [ProcurementFile, CooperativeLetter]);
    }

    #[test]
    fn every_ground_has_its_years_in_the_law_that_is_shipped() {
        let law = Law::shipped("de", day("2026-11-22"));
        for ground in [
            Ground::ProcurementFile,
            Ground::CooperativeVoucher,
            Ground::CooperativeLetter,
            Ground::MemberVoucher,
            Ground::MemberBooks,
        ] {
            assert!(law.value::<u32>(ground.key()).is_some(), "{}", ground.key());
        }
    }
}
