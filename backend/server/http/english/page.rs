//! A page said in English: its texts, and the attributes that are read aloud.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html_escape::{decode_html_entities, encode_double_quoted_attribute, encode_text};
use lol_html::errors::RewritingError;
use lol_html::html_content::{ContentType, Element, TextType};
use lol_html::{RewriteStrSettings, doc_text, element, end_tag, rewrite_str};

use crate::http::english::catalogue::Catalogue;
use crate::http::english::typed::{Aside, is_put_aside, unmarked};

/// Attributes that people read or hear; besides them every `data-` attribute that holds a sentence for a script to show.
pub const READ: [&str; 5] = ["aria-label", "title", "placeholder", "alt", "data-label"];
/// What stands in these is code, or what somebody typed.
const AS_IT_IS: &str = "textarea, code, kbd, samp, pre, [translate=no]";
/// Where no element may stand within the text.
const TEXT_ONLY: &str = "title, option, svg";

/// The page with every text that the catalogue knows in English.
///
/// # Errors
/// If the page is not HTML that can be read.
pub fn in_english(page: &str, catalogue: &Catalogue) -> Result<String, RewritingError> {
    let (kept, text_only) = (Rc::new(Cell::new(0_u32)), Rc::new(Cell::new(0_u32)));
    let text = RefCell::new(String::new());
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("html", |root| Ok(root.set_attribute("lang", "en")?)))
        .append_element_content_handler(element!(AS_IT_IS, |element| counted(element, &kept)))
        .append_element_content_handler(element!(TEXT_ONLY, |element| counted(element, &text_only)))
        .append_element_content_handler(element!("*", |element| attributes(element, catalogue)))
        .append_document_content_handler(doc_text!(|chunk| {
            if kept.get() > 0 || matches!(chunk.text_type(), TextType::ScriptData | TextType::RawText) {
                return Ok(());
            }
            text.borrow_mut().push_str(chunk.as_str());
            if chunk.last_in_text_node() {
                let whole = text.take();
                chunk.replace(&text_in_english(&whole, catalogue, text_only.get() == 0), ContentType::Html);
            } else {
                chunk.remove();
            }
            Ok(())
        }));
    // What is left of marks stands where nothing is said: in addresses, in fields.
    rewrite_str(page, settings).map(|page| unmarked(&page).into_owned())
}

/// Counts how many such elements are open.
fn counted(
    element: &mut Element<'_, '_>,
    open: &Rc<Cell<u32>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // One without an end holds nothing.
    if let Some(ends) = element.end_tag_handlers() {
        open.set(open.get() + 1);
        let ended = Rc::clone(open);
        ends.push(end_tag!(move |_| {
            ended.set(ended.get().saturating_sub(1));
            Ok(())
        }));
    }
    Ok(())
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
        let aside = Aside::of(&decode_html_entities(&value));
        if let Some(english) = catalogue.english(&aside.text).map(|it| aside.back_into(&it)) {
            element.set_attribute(&name, &encode_double_quoted_attribute(&english))?;
        }
    }
    Ok(())
}

/// A text node with the white space around it; what is typed in it as an element of its own, where there may be one.
fn text_in_english(raw: &str, catalogue: &Catalogue, with_elements: bool) -> String {
    let text = decode_html_entities(raw);
    let aside = Aside::of(&text);
    let blank = |mark: char| mark.is_ascii_whitespace();
    let core = aside.text.trim_matches(blank);
    let english = match catalogue.english(core) {
        Some(english) => english,
        None if aside.is_empty() => return raw.to_owned(),
        None => core.to_owned(),
    };
    let begin = aside.text.len() - aside.text.trim_start_matches(blank).len();
    let end = aside.text.trim_end_matches(blank).len().max(begin);
    let said = if with_elements {
        let html = aside.back_into_html(&english);
        // Words beside an element would be columns of their own where boxes stand in a row, as in a cell on a phone.
        if aside.is_empty() || is_put_aside(&english) { html } else { format!("<span>{html}</span>") }
    } else {
        encode_text(&aside.back_into(&english)).into_owned()
    };
    format!("{}{said}{}", &aside.text[..begin], &aside.text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::english::typed::as_typed;

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
    fn what_is_marked_as_typed_stays_german_inside_an_english_sentence() {
        let name = as_typed("Suchen");
        let own = "<bdi lang=\"de\" translate=\"no\">Suchen</bdi>";
        assert_eq!(said(&format!("<b>{name}</b> <i>Suchen</i>")), format!("<b>{own}</b> <i>Search</i>"));
        assert_eq!(
            said(&format!("<p>Noch {name} von 5 frei</p>")),
            format!("<p><span>{own} of 5 still free</span></p>")
        );
        assert_eq!(
            said(&format!("<option>Noch {name} von 5 frei</option>")),
            "<option>Suchen of 5 still free</option>"
        );
        assert_eq!(said(&format!("<title>{name}</title><p>{name}</p>")), format!("<title>Suchen</title><p>{own}</p>"));
        assert_eq!(
            said(&format!("<p title=\"Noch {name} von 5 frei\" lang=\"{name}\">")),
            "<p title=\"Suchen of 5 still free\" lang=\"Suchen\">"
        );
        assert_eq!(said(&format!("<code>{name}</code>")), "<code>Suchen</code>");
    }

    #[test]
    fn scripts_and_styles_are_left_alone() {
        let page = "<script>Suchen</script><style>Suchen</style>";
        assert_eq!(said(page), page);
    }
}
