//! Writing XML: elements with text, without the characters XML cannot hold.

use xmlwriter::XmlWriter;

/// An element that holds a text and nothing else.
pub(crate) fn element(xml: &mut XmlWriter, name: &str, text: &str) {
    xml.start_element(name);
    xml.write_text(&plain(text));
    xml.end_element();
}

/// An element with a text and one attribute.
pub(crate) fn element_with(xml: &mut XmlWriter, name: &str, attribute: (&str, &str), text: &str) {
    xml.start_element(name);
    xml.write_attribute(attribute.0, &plain(attribute.1));
    xml.write_text(&plain(text));
    xml.end_element();
}

/// A text on one line without the characters XML 1.0 forbids, escaped: the writer escapes only quotes.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.trim().chars() {
        match letter {
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use xmlwriter::Options;

    use super::*;

    #[test]
    fn what_people_type_stays_text() {
        let mut xml = XmlWriter::new(Options { indent: xmlwriter::Indent::None, ..Options::default() });
        xml.start_element("a");
        element_with(&mut xml, "b", ("c", "\"<&>\""), "</b>&amp;\u{0}\u{b}\nx");
        let text = xml.end_document();
        let read = roxmltree::Document::parse(&text).expect("well-formed XML");
        let b = read.descendants().find(|node| node.has_tag_name("b")).expect("the element");
        assert_eq!((b.attribute("c"), b.text()), (Some("\"<&>\""), Some("</b>&amp; x")));
    }
}
