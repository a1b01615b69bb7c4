//! Which page of a list, and the addresses of its neighbours. No script needed.

use crate::http::access::encoded;

/// A place in a list of pages.
#[derive(Debug, Clone)]
pub struct Pager {
    /// Page, from 1.
    pub page: i64,
    size: i64,
    total: i64,
    /// Address of the list with its filters, without the page.
    address: String,
    /// What is listed, where a page has several lists: readers must be able to tell their links apart.
    about: &'static str,
}

impl Pager {
    /// The page asked for, kept within the list. `filters` are name and value pairs; empty ones are left out.
    #[must_use]
    pub fn new(asked: &str, size: i64, total: i64, path: &str, filters: &[(&str, &str)]) -> Self {
        let pairs = filters.iter().filter(|(_, value)| !value.is_empty());
        let query: String = pairs.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
        let address = format!("{path}?{query}seite=");
        let pager = Self { page: 1, size, total, address, about: "" };
        Self { page: asked.parse().unwrap_or(1).clamp(1, pager.last()), ..pager }
    }

    /// Under another parameter than `seite`, where a page has several lists.
    #[must_use]
    pub fn named(self, parameter: &str) -> Self {
        let before = self.address.strip_suffix("seite=").unwrap_or(&self.address);
        Self { address: format!("{before}{parameter}="), ..self }
    }

    /// Says what is listed, where a page has several lists.
    #[must_use]
    pub fn listing(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// What a link or the whole is called, told from that of other lists.
    #[must_use]
    pub fn called(&self, name: &str) -> String {
        if self.about.is_empty() { name.to_owned() } else { format!("{name}: {}", self.about) }
    }

    /// First row of the page, from 0.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        (self.page - 1) * self.size
    }

    /// Last page.
    #[must_use]
    pub const fn last(&self) -> i64 {
        if self.total <= self.size { 1 } else { (self.total + self.size - 1) / self.size }
    }

    /// Whether there is more than one page.
    #[must_use]
    pub const fn is_needed(&self) -> bool {
        self.size < self.total
    }

    /// Address of the page before.
    #[must_use]
    pub fn previous(&self) -> Option<String> {
        (1 < self.page).then(|| format!("{}{}", self.address, self.page - 1))
    }

    /// Address of the page after.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        (self.page < self.last()).then(|| format!("{}{}", self.address, self.page + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_101_rows_has_three_pages_of_50() {
        let pager = Pager::new("2", 50, 101, "/abrufe", &[("q", "Citrix & Co"), ("stand", "")]);
        assert_eq!((pager.last(), pager.offset()), (3, 50));
        assert_eq!(pager.next().as_deref(), Some("/abrufe?q=Citrix%20%26%20Co&seite=3"));
        assert_eq!(Pager::new("99", 50, 101, "/abrufe", &[]).next(), None);
        assert_eq!(Pager::new("-4", 50, 10, "/abrufe", &[]).page, 1);
        assert_eq!(
            (pager.called("Seiten"), pager.listing("Abrufe").called("Seiten")),
            ("Seiten".into(), "Seiten: Abrufe".into())
        );
    }
}
