//! How long documents are kept: the last day of each period, ends included.
//!
//! The procurement file until the contract ends, at least three years after the award (§ 8 VgV).
//! The cooperative's vouchers and letters from the end of their year (§ 147 AO, § 257 HGB). The
//! member's vouchers and books from 1 January of the year after the resolution on the annual
//! accounts (§ 24 (3) KomKBVO LSA).

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

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
    /// In Sachsen-Anhalt since 1 January 2025 (vouchers of the cooperative: 8 years instead of 10).
    pub const SACHSEN_ANHALT_2025: Self = Self {
        procurement_file: 3,
        cooperative_vouchers: 8,
        cooperative_letters: 6,
        member_vouchers: 7,
        member_books: 10,
    };

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
