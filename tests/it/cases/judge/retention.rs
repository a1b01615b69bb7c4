//! Kind `retention`: last days of the retention periods.

use abruf_domain::law::Law;
use abruf_domain::retention::RetentionYears;
use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Verdict, compare, expectation, parse};
use crate::cases::Error;
use crate::cases::format::{Case, EXPECT_RETENTION, Retention};

pub(super) fn judge(case: &Case) -> Result<Verdict, Error> {
    let input: Retention = parse(&case.input, "input")?;
    let expect = expectation(case, EXPECT_RETENTION)?;
    let jurisdiction = input.law.as_deref().unwrap_or("de/st");
    // Periods are those of the law when somebody looks: a shorter one also frees what is older.
    let accounts = input.member_annual_accounts_resolved_on;
    let looked = input.contract_end.max(input.cooperative_voucher_created).max(accounts);
    let years = RetentionYears::of(&Law::shipped(jurisdiction, looked))
        .ok_or_else(|| Error::new(format!("the law of {jurisdiction} names no retention periods on that day")))?;
    let outcome = [
        ("procurement_file_until", years.procurement_file_until(input.award_date, input.contract_end)),
        ("cooperative_voucher_until", years.cooperative_voucher_until(input.cooperative_voucher_created)),
        ("cooperative_letter_until", years.cooperative_letter_until(input.cooperative_letter_created)),
        ("member_voucher_until", years.member_voucher_until(accounts)),
        ("member_books_until", years.member_books_until(accounts)),
    ];
    let written = |day: Option<NaiveDate>| Value::from(day.map(|day| day.to_string()));
    let outcome: Map<String, Value> = outcome.into_iter().map(|(key, day)| (key.to_owned(), written(day))).collect();
    Ok(Verdict::of(compare::objects(expect, &outcome), Vec::new()))
}
