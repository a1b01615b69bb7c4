//! The templates of all documents: defaults inside the program, overrides passed in as text.

use std::collections::BTreeMap;

use crate::document::{DocumentError, short_hash};

/// Defaults, by the name a cooperative uses to override them.
const EMBEDDED: [(&str, &str); 0] = [];

/// The template texts in use.
#[derive(Debug, Clone)]
pub struct Templates {
    texts: BTreeMap<String, String>,
}

impl Templates {
    /// The templates that come with the program.
    #[must_use]
    pub fn embedded() -> Self {
        Self { texts: EMBEDDED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect() }
    }

    /// Replaces one template (`order.xml.j2`, `cancellation.xml.j2`, `letterhead.xml.j2`).
    ///
    /// # Errors
    /// If there is no template of this name. Whether its text works is seen when it is used.
    pub fn with_override(mut self, name: &str, text: &str) -> Result<Self, DocumentError> {
        let slot = self.texts.get_mut(name).ok_or_else(|| DocumentError::UnknownTemplate(name.to_owned()))?;
        text.clone_into(slot);
        Ok(self)
    }

    /// Short hash of all texts.
    #[must_use]
    pub fn version(&self) -> String {
        let all: Vec<&str> = self.texts.values().map(String::as_str).collect();
        short_hash(&all.join("\n"))
    }
}
