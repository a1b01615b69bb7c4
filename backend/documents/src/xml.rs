//! From the XML a template makes to the block tree; says line and reason where it cannot.
//!
//! Vocabulary: `doc` holds `sheet`, any number of `frame` and one `flow`. Blocks: `h1`, `h2`, `p`,
//! `columns` of `col`, `facts` of `fact`, `table`, `keep`, `space`, `rule`, `mark`, `qr`, `logo`,
//! `bars` of `bar`.
//! Inline: text, `b`, `br`, `page`, `pages`. All lengths are millimetres.

mod bars;

use roxmltree::{Document as Xml, Node};

use crate::block::{
    Align, Block, Cell, Column, Doc, Fact, FootRow, Frame, Inline, Pages, Paragraph, Row, Sheet, Table, Width,
};
use crate::format_de::bind;
use crate::house_style::Logo;
use crate::length::Length;
use crate::style::Class;

/// What is wrong with the blocks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Line of the XML, counted from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) reason: String,
}

type Parsed<T> = Result<T, Fault>;

/// Nesting deeper than this is a mistake, not a letter.
const DEEPEST: usize = 16;

/// Reads a whole document; `logo` is what the block of this name shows.
pub(crate) fn parse(text: &str, logo: Option<&Logo>) -> Parsed<Doc> {
    let xml = Xml::parse(text)
        .map_err(|error| Fault { line: usize::try_from(error.pos().row).unwrap_or(0), reason: error.to_string() })?;
    let root = xml.root_element();
    expect_name(root, "doc")?;
    let (mut sheet, mut flow, mut frames) = (None, None, Vec::new());
    for child in elements(root)? {
        match child.tag_name().name() {
            "sheet" => sheet = Some(read_sheet(child)?),
            "frame" => frames.push(read_frame(child, logo)?),
            "flow" => flow = Some(blocks(child, 0, logo)?),
            other => return Err(fault(child, format!("`{other}` cannot stand in `doc`"))),
        }
    }
    Ok(Doc {
        title: required(root, "title")?.to_owned(),
        language: required(root, "lang")?.to_owned(),
        sheet: sheet.ok_or_else(|| fault(root, "`doc` has no `sheet`".to_owned()))?,
        frames,
        flow: flow.ok_or_else(|| fault(root, "`doc` has no `flow`".to_owned()))?,
    })
}

fn fault(node: Node<'_, '_>, reason: String) -> Fault {
    let position = node.document().text_pos_at(node.range().start);
    Fault { line: usize::try_from(position.row).unwrap_or(0), reason }
}

fn expect_name(node: Node<'_, '_>, name: &str) -> Parsed<()> {
    let found = node.tag_name().name();
    if found == name { Ok(()) } else { Err(fault(node, format!("`{name}` is expected here, not `{found}`"))) }
}

/// Child elements; text between them is a mistake.
fn elements<'a, 'input>(node: Node<'a, 'input>) -> Parsed<Vec<Node<'a, 'input>>> {
    for child in node.children().filter(Node::is_text) {
        let text = child.text().unwrap_or("").trim();
        if !text.is_empty() {
            let name = node.tag_name().name();
            return Err(fault(
                child,
                format!("text `{}` stands directly in `{name}`", text.chars().take(40).collect::<String>()),
            ));
        }
    }
    Ok(node.children().filter(Node::is_element).collect())
}

fn required<'a>(node: Node<'a, '_>, name: &str) -> Parsed<&'a str> {
    node.attribute(name)
        .ok_or_else(|| fault(node, format!("`{}` lacks its attribute `{name}`", node.tag_name().name())))
}

fn length(node: Node<'_, '_>, name: &str) -> Parsed<Length> {
    let text = required(node, name)?;
    Length::parse_mm(text).ok_or_else(|| fault(node, format!("`{name}` is `{text}`, not a length in millimetres")))
}

fn length_or(node: Node<'_, '_>, name: &str, default: Length) -> Parsed<Length> {
    if node.has_attribute(name) { length(node, name) } else { Ok(default) }
}

fn flag(node: Node<'_, '_>, name: &str) -> Parsed<bool> {
    match node.attribute(name) {
        None | Some("no") => Ok(false),
        Some("yes") => Ok(true),
        Some(other) => Err(fault(node, format!("`{name}` is `{other}`, not yes or no"))),
    }
}

fn align_named(node: Node<'_, '_>, name: &str) -> Parsed<Align> {
    Ok(match name {
        "left" => Align::Left,
        "right" => Align::Right,
        "centre" => Align::Centre,
        "comma" => Align::Comma,
        other => return Err(fault(node, format!("`{other}` is no alignment"))),
    })
}

fn read_sheet(node: Node<'_, '_>) -> Parsed<Sheet> {
    let sheet = Sheet {
        left: length(node, "left")?,
        right: length(node, "right")?,
        first_top: length(node, "first-top")?,
        top: length(node, "top")?,
        bottom: length(node, "bottom")?,
    };
    let room = Length::mm(60);
    if sheet.width() < room || sheet.bottom - sheet.top < room {
        return Err(fault(node, "the sheet leaves less than 60 mm for text".to_owned()));
    }
    Ok(sheet)
}

fn read_frame(node: Node<'_, '_>, logo: Option<&Logo>) -> Parsed<Frame> {
    let pages = match required(node, "pages")? {
        "first" => Pages::First,
        "later" => Pages::Later,
        "last" => Pages::Last,
        "but-last" => Pages::ButLast,
        "all" => Pages::All,
        other => return Err(fault(node, format!("`pages` is `{other}`, not first, later, last, but-last or all"))),
    };
    Ok(Frame {
        pages,
        x: length(node, "x")?,
        y: length(node, "y")?,
        width: length(node, "w")?,
        height: length(node, "h")?,
        hangs: flag(node, "stand")?,
        pushes: flag(node, "push")?,
        artifact: flag(node, "artifact")?,
        blocks: blocks(node, 1, logo)?,
    })
}

fn blocks(node: Node<'_, '_>, depth: usize, logo: Option<&Logo>) -> Parsed<Vec<Block>> {
    if depth > DEEPEST {
        return Err(fault(node, format!("blocks are nested deeper than {DEEPEST}")));
    }
    elements(node)?.into_iter().map(|child| block(child, depth, logo)).collect()
}

fn block(node: Node<'_, '_>, depth: usize, logo: Option<&Logo>) -> Parsed<Block> {
    Ok(match node.tag_name().name() {
        "h1" => Block::Heading { level: 1, text: paragraph(node, Class::Title)? },
        "h2" => Block::Heading { level: 2, text: paragraph(node, Class::Section)? },
        "p" => Block::Paragraph(paragraph(node, Class::Body)?),
        "mark" => Block::Mark(paragraph(node, Class::Mark)?),
        "keep" => Block::Keep(blocks(node, depth + 1, logo)?),
        "space" => Block::Space(length(node, "h")?),
        "rule" => Block::Rule { line: length_or(node, "line", Length::um(150))? },
        "qr" => Block::Qr { text: required(node, "text")?.to_owned(), size: length(node, "size")? },
        "facts" => read_facts(node)?,
        "bars" => Block::Bars(bars::read_bars(node)?),
        "logo" => read_logo(node, logo)?,
        "columns" => read_columns(node, depth, logo)?,
        "table" if depth == 0 => Block::Table(read_table(node)?),
        "table" => return Err(fault(node, "a `table` stands directly in `flow`".to_owned())),
        other => return Err(fault(node, format!("`{other}` is no block"))),
    })
}

fn read_facts(node: Node<'_, '_>) -> Parsed<Block> {
    let mut rows = Vec::new();
    for child in elements(node)? {
        expect_name(child, "fact")?;
        let label = tidy(vec![Inline::Text { text: required(child, "label")?.to_owned(), bold: false }]);
        rows.push(Fact {
            label: Paragraph { class: Class::Label, align: Align::Left, content: label },
            value: paragraph(child, Class::Table)?,
        });
    }
    Ok(Block::Facts { labels: length(node, "labels")?, rows })
}

/// As large as fits, with the proportions of the picture.
fn read_logo(node: Node<'_, '_>, logo: Option<&Logo>) -> Parsed<Block> {
    let Some(logo) = logo else {
        return Err(fault(node, "there is no logo; ask for it with `{% if logo %}` first".to_owned()));
    };
    let (most_wide, most_high) = (length(node, "w")?, length(node, "h")?);
    if most_wide < Length::mm(5) || most_high < Length::mm(5) {
        return Err(fault(node, "a logo needs 5 mm at least".to_owned()));
    }
    let (across, down) = (i64::from(logo.picture.width), i64::from(logo.picture.height));
    let high = most_wide.scaled(down, across);
    let (width, height) =
        if high <= most_high { (most_wide, high) } else { (most_high.scaled(across, down), most_high) };
    let least = Length::um(100);
    let align = node.attribute("align").map_or(Ok(Align::Left), |name| align_named(node, name))?;
    Ok(Block::Logo { width: width.max(least), height: height.max(least), align, alt: logo.alt.clone() })
}

fn read_columns(node: Node<'_, '_>, depth: usize, logo: Option<&Logo>) -> Parsed<Block> {
    let (mut widths, mut cells) = (Vec::new(), Vec::new());
    for child in elements(node)? {
        expect_name(child, "col")?;
        widths.push(if child.has_attribute("w") { Some(length(child, "w")?) } else { None });
        cells.push(blocks(child, depth + 1, logo)?);
    }
    Ok(Block::Columns { widths, gap: length_or(node, "gap", Length::mm(5))?, cells })
}

fn paragraph(node: Node<'_, '_>, class: Class) -> Parsed<Paragraph> {
    let class = match node.attribute("class") {
        None => class,
        Some(name) => Class::named(name).ok_or_else(|| fault(node, format!("`{name}` is no class")))?,
    };
    let align = node.attribute("align").map_or(Ok(Align::Left), |name| align_named(node, name))?;
    let mut content = Vec::new();
    inline(node, false, &mut content)?;
    Ok(Paragraph { class, align, content: tidy(content) })
}

fn inline(node: Node<'_, '_>, bold: bool, content: &mut Vec<Inline>) -> Parsed<()> {
    for child in node.children() {
        if child.is_text() {
            content.push(Inline::Text { text: child.text().unwrap_or("").to_owned(), bold });
            continue;
        }
        if !child.is_element() {
            continue;
        }
        match child.tag_name().name() {
            "b" if !bold => inline(child, true, content)?,
            "br" => content.push(Inline::Text { text: "\u{2028}".to_owned(), bold }),
            "page" => content.push(Inline::Page),
            "pages" => content.push(Inline::PageCount),
            other => return Err(fault(child, format!("`{other}` cannot stand within a line"))),
        }
    }
    Ok(())
}

/// Collapses white space over the borders of inline elements, as browsers do, and binds what must
/// not be separated. A line separator stands for `br` until here, because `\n` is white space.
fn tidy(content: Vec<Inline>) -> Vec<Inline> {
    let mut tidied = Vec::with_capacity(content.len());
    let mut at_gap = true;
    for inline in content {
        let Inline::Text { text, bold } = inline else {
            at_gap = false;
            tidied.push(inline);
            continue;
        };
        let mut collapsed = String::with_capacity(text.len());
        for letter in text.chars() {
            if letter == '\u{2028}' {
                collapsed.truncate(collapsed.trim_end_matches(' ').len());
                collapsed.push('\n');
                at_gap = true;
            } else if matches!(letter, ' ' | '\n' | '\r' | '\t') {
                if !at_gap {
                    collapsed.push(' ');
                }
                at_gap = true;
            } else {
                collapsed.push(letter);
                at_gap = false;
            }
        }
        if !collapsed.is_empty() {
            tidied.push(Inline::Text { text: bind(&collapsed), bold });
        }
    }
    if let Some(Inline::Text { text, .. }) = tidied.last_mut() {
        text.truncate(text.trim_end_matches(' ').len());
    }
    tidied
}

fn read_table(node: Node<'_, '_>) -> Parsed<Table> {
    let widths = required(node, "cols")?.split_whitespace().map(|word| column_width(node, word));
    let widths = widths.collect::<Parsed<Vec<Width>>>()?;
    let aligns = required(node, "align")?.split_whitespace().map(|word| align_named(node, word));
    let aligns = aligns.collect::<Parsed<Vec<Align>>>()?;
    if widths.len() != aligns.len() || widths.len() < 2 {
        return Err(fault(node, format!("{} columns but {} alignments", widths.len(), aligns.len())));
    }
    if widths.iter().filter(|width| **width == Width::Rest).count() != 1 {
        return Err(fault(node, "exactly one column takes the rest, `*`".to_owned()));
    }
    let columns: Vec<Column> = widths.into_iter().zip(aligns).map(|(width, align)| Column { width, align }).collect();
    let mut table = Table {
        gap: length_or(node, "gap", Length::mm(3))?,
        carry: node.attribute("carry").map(ToOwned::to_owned),
        head: Vec::new(),
        rows: Vec::new(),
        foot: Vec::new(),
        columns,
    };
    for child in elements(node)? {
        match child.tag_name().name() {
            "head" => table.head = cells(child, &table.columns, Class::Label)?,
            "row" => {
                table.rows.push(Row { amount: amount(child)?, cells: cells(child, &table.columns, Class::Table)? })
            }
            "sum" => table.foot.push(read_sum(child)?),
            other => return Err(fault(child, format!("`{other}` cannot stand in `table`"))),
        }
    }
    if table.head.is_empty() {
        return Err(fault(node, "the table has no `head`".to_owned()));
    }
    Ok(table)
}

fn column_width(node: Node<'_, '_>, word: &str) -> Parsed<Width> {
    let bad = || fault(node, format!("`{word}` is no column width: use millimetres, auto, auto:millimetres or *"));
    match word.split_once(':') {
        None if word == "*" => Ok(Width::Rest),
        None if word == "auto" => Ok(Width::Auto(Length::mm(200))),
        Some(("auto", most)) => Length::parse_mm(most).map(Width::Auto).ok_or_else(bad),
        _ => Length::parse_mm(word).map(Width::Fixed).ok_or_else(bad),
    }
}

fn amount(node: Node<'_, '_>) -> Parsed<Option<abruf_domain::money::Net>> {
    let Some(text) = node.attribute("amount") else { return Ok(None) };
    text.parse().map(Some).map_err(|error| fault(node, format!("amount: {error}")))
}

fn cells(node: Node<'_, '_>, columns: &[Column], class: Class) -> Parsed<Vec<Cell>> {
    let children = elements(node)?;
    if children.len() != columns.len() {
        return Err(fault(node, format!("{} cells in a table of {} columns", children.len(), columns.len())));
    }
    children.into_iter().map(|child| cell(child, class)).collect()
}

/// A cell holds text, or paragraphs.
fn cell(node: Node<'_, '_>, class: Class) -> Parsed<Cell> {
    expect_name(node, "cell")?;
    let holds_paragraphs = node.children().any(|child| child.has_tag_name("p"));
    if !holds_paragraphs {
        return Ok(Cell { paragraphs: vec![paragraph(node, class)?] });
    }
    let mut paragraphs = Vec::new();
    for child in elements(node)? {
        expect_name(child, "p")?;
        paragraphs.push(paragraph(child, class)?);
    }
    Ok(Cell { paragraphs })
}

fn read_sum(node: Node<'_, '_>) -> Parsed<FootRow> {
    let strong = flag(node, "strong")?;
    let label = tidy(vec![Inline::Text { text: required(node, "label")?.to_owned(), bold: strong }]);
    let mut value = paragraph(node, Class::Table)?;
    for inline in &mut value.content {
        if let Inline::Text { bold, .. } = inline {
            *bold |= strong;
        }
    }
    Ok(FootRow { strong, label: Paragraph { class: Class::Table, align: Align::Right, content: label }, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEET: &str = r#"<sheet left="25" right="190" first-top="100" top="30" bottom="270"/>"#;

    fn doc(flow: &str) -> Parsed<Doc> {
        parse(&format!("<doc title=\"t\" lang=\"de\">\n{SHEET}\n<flow>\n{flow}\n</flow>\n</doc>"), None)
    }

    fn fault_of(flow: &str) -> Fault {
        doc(flow).expect_err("a fault")
    }

    #[test]
    fn white_space_collapses_over_inline_elements_and_numbers_stay_with_their_unit() {
        let blocks = doc("<p>\n  zahlbar in <b> 30</b>  Tagen<br/> nach § 286 </p>").expect("blocks").flow;
        let Block::Paragraph(paragraph) = &blocks[0] else { panic!("no paragraph: {blocks:?}") };
        let texts: String = paragraph.spans(1, 1).iter().map(|span| span.text.as_str()).collect();
        assert_eq!(texts, "zahlbar in 30 Tagen\nnach §\u{a0}286");
    }

    #[test]
    fn an_unknown_block_is_named_with_its_line() {
        assert_eq!(fault_of("<p>a</p>\n<blink>b</blink>"), Fault { line: 5, reason: "`blink` is no block".to_owned() });
    }

    #[test]
    fn a_row_with_the_wrong_number_of_cells_is_named() {
        let table = r#"<table cols="10 *" align="left left"><head><cell/><cell/></head>
            <row><cell/></row></table>"#;
        assert_eq!(fault_of(table), Fault { line: 5, reason: "1 cells in a table of 2 columns".to_owned() });
    }

    #[test]
    fn a_length_that_is_none_is_quoted() {
        assert_eq!(fault_of(r#"<space h="3cm"/>"#).reason, "`h` is `3cm`, not a length in millimetres");
    }

    #[test]
    fn a_logo_that_is_not_there_is_told() {
        assert!(fault_of(r#"<logo w="60" h="20"/>"#).reason.contains("{% if logo %}"));
    }

    #[test]
    fn a_chart_without_words_or_bars_is_refused() {
        assert!(fault_of(r#"<bars alt=" " labels="40" figures="30"><bar/></bars>"#).reason.contains("`alt` is empty"));
        assert!(fault_of(r#"<bars alt="a" labels="40" figures="30"></bars>"#).reason.starts_with("0 bars"));
        let bar = r#"<bar label="a" figure="1" amount="1.00" fill="pink"/>"#;
        let chart = format!(r#"<bars alt="a" labels="40" figures="30">{bar}</bars>"#);
        assert!(fault_of(&chart).reason.contains("`pink`"));
    }

    #[test]
    fn broken_xml_tells_its_line() {
        assert_eq!(fault_of("<p>a").line, 5);
    }

    #[test]
    fn a_thousand_nested_blocks_are_refused_not_overflowed() {
        let deep = "<keep>".repeat(1000) + &"</keep>".repeat(1000);
        assert!(fault_of(&deep).reason.contains("nested"));
    }
}
