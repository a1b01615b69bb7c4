//! A page said in English: its texts, and the attributes that are read aloud.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html_escape::{decode_html_entities, encode_double_quoted_attribute, encode_text};
use lol_html::errors::RewritingError;
use lol_html::html_content::{ContentType, Element, TextType};
use lol_html::{RewriteStrSettings, doc_text, element, end_tag, rewrite_str};

use crate::http::english::catalogue::Catalogue;

/// Attributes that people read or hear; besides them every `data-` attribute that holds a sentence for a script to show.
pub const READ: [&str; 5] = ["aria-label", "title", "placeholder", "alt", "data-label"];
/// What stands in these is code, or what somebody typed.
const AS_IT_IS: &str = "textarea, code, kbd, samp, pre, [translate=no]";

/// The page with every text that the catalogue knows in English.
///
/// # Errors
/// If the page is not HTML that can be read.
pub fn in_english(page: &str, catalogue: &Catalogue) -> Result<String, RewritingError> {
    let kept = Rc::new(Cell::new(0_u32));
    let text = Rc::new(RefCell::new(String::new()));
    let inside = Rc::clone(&kept);
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("html", |root| Ok(root.set_attribute("lang", "en")?)))
        .append_element_content_handler(element!(AS_IT_IS, move |element| {
            inside.set(inside.get() + 1);
            let ended = Rc::clone(&inside);
            if let Some(ends) = element.end_tag_handlers() {
                ends.push(end_tag!(move |_| {
                    ended.set(ended.get().saturating_sub(1));
                    Ok(())
                }));
            }
            Ok(())
        }))
        .append_element_content_handler(element!("*", |element| attributes(element, catalogue)))
        .append_document_content_handler(doc_text!(move |chunk| {
            if kept.get() > 0 || matches!(chunk.text_type(), TextType::ScriptData | TextType::RawText) {
                return Ok(());
            }
            text.borrow_mut().push_str(chunk.as_str());
            if chunk.last_in_text_node() {
                let whole = text.take();
                chunk.replace(&text_in_english(&whole, catalogue).unwrap_or(whole), ContentType::Html);
            } else {
                chunk.remove();
            }
            Ok(())
        }));
    rewrite_str(page, settings)
}

fn attributes(
    element: &mut Element<'_, '_>,
    catalogue: &Catalogue,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let button = element.tag_name() == "input" && element.get_attribute("type").as_deref() == Some("submit");
    let found: Vec<(String, String)> = element
        .attributes()
        .iter()
        .map(|it| (it.name(), it.value()))
        .filter(|(name, value)| {
            READ.contains(&name.as_str())
                || (name.starts_with("data-") && value.contains(' '))
                || (button && name == "value")
        })
        .collect();
    for (name, value) in found {
        if let Some(english) = catalogue.english(&decode_html_entities(&value)) {
            element.set_attribute(&name, &encode_double_quoted_attribute(&english))?;
        }
    }
    Ok(())
}

/// A text node with the white space around it.
fn text_in_english(raw: &str, catalogue: &Catalogue) -> Option<String> {
    let text = decode_html_entities(raw);
    let blank = |mark: char| mark.is_ascii_whitespace();
    let core = text.trim_matches(blank);
    let english = catalogue.english(core)?;
    let begin = text.len() - text.trim_start_matches(blank).len();
    let end = text.trim_end_matches(blank).len();
    Some(format!("{}{}{}", &text[..begin], encode_text(&english), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::of([
            ("Noch frei", "Still free"),
            ("Noch {1} von {2} frei", "{1} of {2} still free"),
            ("Entwurf & Freigabe", "Draft & approval"),
            ("Suchen", "Search"),
        ])
    }

    fn said(page: &str) -> String {
        in_english(page, &catalogue()).unwrap()
    }

    #[test]
    fn texts_and_spoken_attributes_are_said_in_english() {
        assert_eq!(
            said(
                "<html lang=\"de\"><p> Noch\n  frei </p><input placeholder=\"Suchen\"><input type=\"submit\" value=\"Suchen\">"
            ),
            "<html lang=\"en\"><p> Still free </p><input placeholder=\"Search\"><input type=\"submit\" value=\"Search\">"
        );
        assert_eq!(said("<p>Noch 3 von 5 frei</p>"), "<p>3 of 5 still free</p>");
        assert_eq!(said("<p>Entwurf &amp; Freigabe</p>"), "<p>Draft &amp; approval</p>");
    }

    #[test]
    fn what_people_typed_stays_and_stays_escaped() {
        let typed = "<textarea>Noch frei</textarea><code>Suchen</code><input value=\"Suchen\"><b translate=\"no\">Suchen</b><i>Suchen</i>";
        assert_eq!(said(typed), typed.replace("<i>Suchen</i>", "<i>Search</i>"));
        assert_eq!(said("<p>Noch &lt;b&gt; von 5 frei</p>"), "<p>&lt;b&gt; of 5 still free</p>");
        assert_eq!(said("<p title=\"Noch &quot;x&quot; von 5 frei\">"), "<p title=\"&quot;x&quot; of 5 still free\">");
    }

    #[test]
    fn scripts_and_styles_are_left_alone() {
        let page = "<script>Suchen</script><style>Suchen</style>";
        assert_eq!(said(page), page);
    }
}
