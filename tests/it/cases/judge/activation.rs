//! Kind `activation` (ours): the facts of an activation as they are, with names in place of ids.

use abruf_domain::activation::{self, Activation};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::call_off::findings_of;
use super::{Verdict, compare, expectation, parse};
use crate::cases::Error;
use crate::cases::fixture::id;
use crate::cases::format::{Case, EXPECT_FINDINGS};

pub(super) fn judge(case: &Case) -> Result<Verdict, Error> {
    let expect = expectation(case, EXPECT_FINDINGS)?;
    let input = with_ids(&case.input);
    let facts: Activation = parse(&input, "input")?;
    no_unknown_key("input", &input, &facts)?;
    let findings = activation::judge(&facts);
    let outcome = Map::from_iter([("findings".to_owned(), findings_of(&findings))]);
    Ok(Verdict::of(compare::objects(expect, &outcome), findings))
}

/// Persons and suppliers are named in a file; the same name is always the same id.
fn with_ids(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let named = |key: &str, value: &Value| match (key, value) {
                ("supplier", Value::String(name)) => id::<Uuid>("supplier", name).to_string().into(),
                ("recorded_by" | "released_by" | "prepared_by" | "activated_by", Value::String(name)) => {
                    id::<Uuid>("person", name).to_string().into()
                }
                _ => with_ids(value),
            };
            Value::Object(object.iter().map(|(key, value)| (key.clone(), named(key, value))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(with_ids).collect()),
        plain => plain.clone(),
    }
}

/// What was read is written back: a key that is not in it was not understood, however deep it stands.
fn no_unknown_key(place: &str, input: &Value, read: &impl Serialize) -> Result<(), Error> {
    let read = serde_json::to_value(read).map_err(|error| Error::new(error.to_string()))?;
    compare_keys(place, input, &read)
}

fn compare_keys(place: &str, input: &Value, read: &Value) -> Result<(), Error> {
    match (input, read) {
        (Value::Object(input), Value::Object(read)) => input.iter().try_for_each(|(key, value)| match read.get(key) {
            Some(read) => compare_keys(&format!("{place}.{key}"), value, read),
            None => Err(Error::new(format!("{place}: unknown key `{key}`"))),
        }),
        (Value::Array(input), Value::Array(read)) => {
            input.iter().zip(read).try_for_each(|(input, read)| compare_keys(place, input, read))
        }
        _ => Ok(()),
    }
}
