//! What a template may ask for beside its data: values escaped for XML, German notation, and an end to endless loops.

use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

use crate::document::CheckCode;
use crate::format_de;

/// Steps a template may take, many times what 400 lines need: one with an endless loop ends here.
const STEPS: u64 = 5_000_000;

/// Everything templates are read and filled with.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(STEPS));
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out, _, value| {
        if value.is_undefined() {
            return Err(Error::new(ErrorKind::UndefinedError, "this value is not in the data"));
        }
        if value.is_none() {
            return Err(Error::new(ErrorKind::InvalidOperation, "this value is absent; ask for it with `if` first"));
        }
        let text = value.to_string();
        let written = if value.is_safe() { out.write_str(&text) } else { out.write_str(&escaped(&text)) };
        written.map_err(|_| Error::new(ErrorKind::WriteFailure, "the text could not be written"))
    });
    environment.add_filter("number", |text: String, decimals: Option<usize>| {
        decimal(format_de::number(&text, decimals.unwrap_or(0)), &text)
    });
    environment
        .add_filter("money", |text: String, currency: String| decimal(format_de::money(&text, &currency), &text));
    environment.add_filter("percent", |text: String| decimal(format_de::percent(&text), &text));
    environment.add_filter("months", |text: String| decimal(format_de::months(&text), &text));
    environment.add_filter("date", |text: String| {
        text.parse::<NaiveDate>().map(format_de::date).map_err(|_| no_value("date", &text))
    });
    environment.add_filter("date_time", |text: String| {
        text.parse::<DateTime<Utc>>().map(format_de::date_time).map_err(|_| no_value("instant", &text))
    });
    environment.add_filter("period", |value: Value| {
        let day = |name: &str| value.get_attr(name).ok().and_then(|day| day.to_string().parse::<NaiveDate>().ok());
        let period = day("from").zip(day("to")).and_then(|(from, to)| Period::new(from, to).ok());
        period.map(format_de::period).ok_or_else(|| no_value("period", &value.to_string()))
    });
    environment.add_filter("code", |text: String| {
        text.parse::<CheckCode>().map(|code| code.to_string()).map_err(|_| no_value("check code", &text))
    });
    environment.add_filter("lines", |text: String| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Value::from(lines.map(ToOwned::to_owned).collect::<Vec<String>>())
    });
    environment
}

fn decimal(formatted: Option<String>, text: &str) -> Result<String, Error> {
    formatted.ok_or_else(|| no_value("number", text))
}

fn no_value(kind: &str, text: &str) -> Error {
    let text: String = text.chars().take(60).collect();
    Error::new(ErrorKind::InvalidOperation, format!("`{text}` is no {kind}"))
}

/// Text for XML content and attributes, without the characters XML 1.0 forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}
