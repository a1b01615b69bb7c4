//! Expected against actual, every difference with its place.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Two objects. Findings are a multiset; the rest is compared as it stands.
pub(in crate::cases) fn objects(expect: &Map<String, Value>, actual: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = expect.keys().chain(actual.keys()).collect();
    let mut differences = Vec::new();
    for key in keys {
        match (expect.get(key), actual.get(key)) {
            (Some(expected), Some(actual)) if key == "findings" => {
                findings_differ(key, expected, actual, &mut differences)
            }
            (Some(expected), Some(actual)) => values_differ(key, expected, actual, &mut differences),
            (Some(expected), None) => differences.push(format!("{key}: expected {expected}, actual has no such key")),
            (None, Some(actual)) => differences.push(format!("{key}: expected no such key, actual {actual}")),
            (None, None) => {}
        }
    }
    differences
}

/// Two values that are no objects by themselves: the lists of some kinds.
pub(super) fn values(place: &str, expected: &Value, actual: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    values_differ(place, expected, actual, &mut differences);
    differences
}

fn findings_differ(place: &str, expected: &Value, actual: &Value, out: &mut Vec<String>) {
    let mut left: Vec<&Value> = actual.as_array().map_or_else(Vec::new, |list| list.iter().collect());
    for wanted in expected.as_array().into_iter().flatten() {
        match left.iter().position(|finding| *finding == wanted) {
            Some(at) => drop(left.remove(at)),
            None => out.push(format!("{place}: expected {wanted}, actual has no such finding")),
        }
    }
    out.extend(left.into_iter().map(|finding| format!("{place}: not expected, actual {finding}")));
}

fn values_differ(place: &str, expected: &Value, actual: &Value, out: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            // A line without a price may leave its unit price out or write null.
            let says_nothing = |key: &str, value: &Value| key == "unit_price_effective" && value.is_null();
            for key in expected.keys().chain(actual.keys()).collect::<BTreeSet<_>>() {
                let place = format!("{place}.{key}");
                match (expected.get(key), actual.get(key)) {
                    (Some(expected), Some(actual)) => values_differ(&place, expected, actual, out),
                    (Some(value), None) | (None, Some(value)) if says_nothing(key, value) => {}
                    (Some(expected), None) => out.push(format!("{place}: expected {expected}, actual has no such key")),
                    (None, Some(actual)) => out.push(format!("{place}: expected no such key, actual {actual}")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                values_differ(&format!("{place}[{index}]"), expected, actual, out);
            }
        }
        _ if expected == actual => {}
        _ => out.push(format!("{place}: expected {expected}, actual {actual}")),
    }
}
