//! Kind `dispatch` (ours): the facts of a dispatch as they are.

use abruf_domain::dispatch::{self, Dispatch};
use serde_json::Map;

use super::call_off::findings_of;
use super::{Verdict, compare, expectation, parse};
use crate::cases::Error;
use crate::cases::format::{Case, EXPECT_FINDINGS};

pub(super) fn judge(case: &Case) -> Result<Verdict, Error> {
    let expect = expectation(case, EXPECT_FINDINGS)?;
    let facts: Dispatch = parse(&case.input, "input")?;
    let findings = dispatch::judge(&facts);
    let outcome = Map::from_iter([("findings".to_owned(), findings_of(&findings))]);
    Ok(Verdict::of(compare::objects(expect, &outcome), findings))
}
