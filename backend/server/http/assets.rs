//! Style sheets, script and fonts, inside the binary.
//!
//! Their address holds a hash over all of them, so browsers keep them for good and a new version
//! has a new address. Fonts are named by `app.css` relative to itself and so share the hash.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::http::problem::Problem;

#[derive(RustEmbed)]
#[folder = "backend/server/http/assets/"]
struct Assets;

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        if let Some(file) = Assets::get(&name) {
            hash.update(name.as_bytes());
            hash.update(file.metadata.sha256_hash());
        }
    }
    HEXLOWER.encode(&hash.finalize()[..8])
});

/// The address of an asset.
#[must_use]
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// `GET /assets/{version}/{*name}`
pub async fn serve(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    let file = Assets::get(&name).ok_or_else(Problem::not_found)?;
    let tag = format!("\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    // A page of the version before, during an update, still gets its style, but keeps it no longer.
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|sent| sent == tag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = HeaderValue::from_str(file.metadata.mimetype()).map_err(|_| Problem::internal())?;
        ([(CONTENT_TYPE, kind)], file.data).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    response.headers_mut().insert(ETAG, HeaderValue::from_str(&tag).map_err(|_| Problem::internal())?);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sha2::Sha512;

    use super::*;

    /// The rows of VENDOR.toml: a flat list of `key = "value"` lines under `[[file]]`.
    fn rows() -> Vec<std::collections::BTreeMap<String, String>> {
        let text = String::from_utf8(Assets::get("VENDOR.toml").unwrap().data.into_owned()).unwrap();
        text.split("[[file]]")
            .skip(1)
            .map(|row| {
                row.lines()
                    .filter_map(|line| line.split_once(" = "))
                    .map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned()))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn what_others_made_is_as_recorded_and_has_its_licence() {
        for row in rows() {
            let file = Assets::get(&row["path"]).unwrap_or_else(|| panic!("{} is missing", row["path"]));
            assert_eq!(HEXLOWER.encode(&Sha512::digest(&file.data)), row["sha512"], "{} was changed", row["path"]);
            assert!(Assets::get(&row["licence_text"]).is_some(), "no licence text for {}", row["path"]);
        }
    }

    #[test]
    fn every_file_is_ours_or_named_as_others() {
        let ours = ["app.css", "authenticity.js", "favicon.svg", "session.js", "VENDOR.toml"].map(String::from);
        let known: BTreeSet<String> = ours
            .into_iter()
            .chain(rows().into_iter().flat_map(|row| [row["path"].clone(), row["licence_text"].clone()]))
            .collect();
        let there: BTreeSet<String> = Assets::iter().map(|name| name.to_string()).collect();
        assert_eq!(there, known);
    }

    #[test]
    fn every_font_that_the_style_sheet_names_is_there() {
        let css = String::from_utf8(Assets::get("app.css").unwrap().data.into_owned()).unwrap();
        let named: Vec<_> = css.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(named.len(), 2);
        assert!(named.iter().all(|name| Assets::get(name).is_some()));
    }
}
