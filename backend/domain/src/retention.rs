//! How long documents are kept: the last day of each period, ends included.
//!
//! The procurement file until the contract ends, at least three years after the award (§ 8 VgV).
//! The cooperative's vouchers and letters from the end of their year (§ 147 AO, § 257 HGB). The
//! member's vouchers and books from 1 January of the year after the resolution on the annual
//! accounts (in Sachsen-Anhalt § 24 (3) KomKBVO LSA). How many years that are says the law pack.

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

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
        Some(awarded_on.checked_add_months(Months::new(12 * self.procurement_file))?.max(contract_end))
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

/// A period from the end of a year is one from 1 January of the next: both end on 31 December.
fn years_after_the_year_of(day: NaiveDate, years: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year().checked_add(i32::try_from(years).ok()?)?, 12, 31)
}
