//! `bars` of `bar`: `<bars alt="…" labels="50" figures="30"><bar label="…" figure="1.234,56 €" amount="1234.56"/></bars>`.

use roxmltree::Node;

use super::{Parsed, amount, elements, expect_name, fault, length, required, tidy};
use crate::block::{Align, Inline, Paragraph};
use crate::chart::{BarRow, Bars, Fill, MOST_BARS};
use crate::style::Class;

/// Reads a chart; its alternative text must say something.
pub(super) fn read_bars(node: Node<'_, '_>) -> Parsed<Bars> {
    let alt = required(node, "alt")?.trim().to_owned();
    if alt.is_empty() {
        return Err(fault(node, "`alt` is empty: say in a sentence what the chart shows".to_owned()));
    }
    let rows = elements(node)?.into_iter().map(read_bar).collect::<Parsed<Vec<BarRow>>>()?;
    if rows.is_empty() || MOST_BARS < rows.len() {
        return Err(fault(node, format!("{} bars; a chart has 1 to {MOST_BARS}, more belong in a table", rows.len())));
    }
    Ok(Bars { alt, labels: length(node, "labels")?, figures: length(node, "figures")?, rows })
}

fn read_bar(node: Node<'_, '_>) -> Parsed<BarRow> {
    expect_name(node, "bar")?;
    let value = amount(node)?.ok_or_else(|| fault(node, "`bar` lacks its attribute `amount`".to_owned()))?;
    let fill = node.attribute("fill").unwrap_or("solid");
    let fill =
        Fill::named(fill).ok_or_else(|| fault(node, format!("`fill` is `{fill}`, not solid, striped or outlined")))?;
    let words = |name: &str, align: Align| -> Parsed<Paragraph> {
        let content = vec![Inline::Text { text: required(node, name)?.to_owned(), bold: false }];
        Ok(Paragraph { class: Class::Table, align, content: tidy(content) })
    };
    Ok(BarRow { label: words("label", Align::Left)?, figure: words("figure", Align::Right)?, value, fill })
}
