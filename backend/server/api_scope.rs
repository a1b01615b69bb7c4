//! What a key of a program may be made for, and which row of the access table needs what. A key comes on top of the row:
//! it never opens what the person's role does not.
//!
//! What changes something is closed to keys unless it is named here. Nothing that decides is: approvals, releases and
//! activations are the second pair of eyes, and that is a person who has just shown a second factor.

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read contracts, items, prices, suppliers, the law.
    ContractsRead,
    /// Read call-offs with their reviews, documents, deliveries and invoices.
    CallOffsRead,
    /// Place and change drafts, ask for a check.
    CallOffsDraft,
    /// Submit a draft, take a request back, answer a question.
    CallOffsSubmit,
    /// Note what happened after the release: dispatch, receipt, confirmation, deliveries, invoices, bounces.
    FulfilmentWrite,
    /// Read reports and lists of turnover.
    ReportsRead,
    /// Read the log, archives and certificates.
    ArchiveRead,
}

impl Scope {
    /// All of them, in the order of forms.
    pub const ALL: [Self; 7] = [
        Self::ContractsRead,
        Self::CallOffsRead,
        Self::CallOffsDraft,
        Self::CallOffsSubmit,
        Self::FulfilmentWrite,
        Self::ReportsRead,
        Self::ArchiveRead,
    ];

    /// As the database and JSON write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ContractsRead => "contracts:read",
            Self::CallOffsRead => "call_offs:read",
            Self::CallOffsDraft => "call_offs:draft",
            Self::CallOffsSubmit => "call_offs:submit",
            Self::FulfilmentWrite => "fulfilment:write",
            Self::ReportsRead => "reports:read",
            Self::ArchiveRead => "archive:read",
        }
    }

    /// The scope whose [`key`](Self::key) this is.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.key() == key)
    }

    /// As users read it.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::ContractsRead => "Rahmenverträge, Positionen und Preise lesen",
            Self::CallOffsRead => "Abrufe mit Prüfung, Dokumenten, Lieferungen und Rechnungen lesen",
            Self::CallOffsDraft => "Entwürfe anlegen, ändern und probeweise prüfen",
            Self::CallOffsSubmit => "Entwürfe einreichen, zurückziehen, Rückfragen beantworten",
            Self::FulfilmentWrite => "Versand, Bestätigung, Lieferung und Rechnung vermerken",
            Self::ReportsRead => "Berichte und Umsatzlisten lesen",
            Self::ArchiveRead => "Protokoll, Archive und Bescheinigungen lesen",
        }
    }

    /// What a key needs for this method and path of the table; `None`: no key gets in, whatever it was made for.
    #[must_use]
    pub fn needed(method: &str, path: &str) -> Option<Self> {
        let path = path.strip_prefix("/api/v1/")?;
        if matches!(method, "GET" | "HEAD") {
            return Self::of_reading(path.split('/').next().unwrap_or_default());
        }
        WRITES.iter().find(|(verb, of, _)| *verb == method && *of == path).map(|(.., scope)| *scope)
    }

    /// Not here, on purpose: sessions, people and sign-ins, and `search`, which goes through everything at once.
    fn of_reading(kind: &str) -> Option<Self> {
        Some(match kind {
            "contracts" | "suppliers" | "baselines" | "price-indexes" | "law" => Self::ContractsRead,
            "call-offs" | "licences" | "mini-competitions" | "supplier-orders" => Self::CallOffsRead,
            "reports"
            | "meeting-reports"
            | "members"
            | "budget"
            | "turnover-imports"
            | "turnover-differences"
            | "supplier-reports" => Self::ReportsRead,
            "audit-log" | "audit" | "certificates" => Self::ArchiveRead,
            _ => return None,
        })
    }
}

/// What a key may change. Whatever is not here is for people.
const WRITES: [(&str, &str, Scope); 19] = [
    ("POST", "call-offs", Scope::CallOffsDraft),
    ("POST", "call-offs/check", Scope::CallOffsDraft),
    ("PUT", "call-offs/{id}/lines", Scope::CallOffsDraft),
    ("PUT", "call-offs/{id}/details", Scope::CallOffsDraft),
    ("POST", "call-offs/{id}/repetition", Scope::CallOffsDraft),
    ("POST", "call-offs/{id}/discard", Scope::CallOffsDraft),
    ("POST", "call-offs/{id}/submission", Scope::CallOffsSubmit),
    ("POST", "call-offs/{id}/withdrawal", Scope::CallOffsSubmit),
    ("POST", "call-offs/{id}/answer", Scope::CallOffsSubmit),
    ("POST", "call-offs/{id}/dispatch", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/receipt", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/confirmations", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/deliveries", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/complaints", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/complaint-resolutions", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/bounce", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/invoices", Scope::FulfilmentWrite),
    ("POST", "call-offs/{id}/supplier-order/invoices", Scope::FulfilmentWrite),
    ("POST", "mail-bounces", Scope::FulfilmentWrite),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_a_key_and_words_of_its_own() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_key(scope.key()), Some(scope));
            assert_eq!(Scope::ALL.iter().filter(|it| it.german() == scope.german()).count(), 1);
        }
        assert_eq!(Scope::from_key("*"), None);
    }

    #[test]
    fn a_key_reads_by_what_is_read_and_writes_what_is_named() {
        let needed = Scope::needed;
        assert_eq!(needed("GET", "/api/v1/contracts/{id}/items"), Some(Scope::ContractsRead));
        assert_eq!(needed("HEAD", "/api/v1/call-offs"), Some(Scope::CallOffsRead));
        assert_eq!(needed("POST", "/api/v1/call-offs/{id}/submission"), Some(Scope::CallOffsSubmit));
        for (method, path) in [
            ("GET", "/abrufe"),
            ("GET", "/"),
            ("GET", "/api/v1/sessions/current"),
            ("GET", "/api/v1/people"),
            ("GET", "/api/v1/api-keys"),
            ("GET", "/api/v1/search"),
            ("POST", "/api/v1/api-keys"),
            ("POST", "/api/v1/call-offs/{id}/release"),
            ("POST", "/api/v1/call-offs/{id}/approval"),
            ("DELETE", "/api/v1/contracts"),
            ("OPTIONS", "/api/v1/contracts"),
            ("POST", "/api/v1/something-new"),
        ] {
            assert_eq!(needed(method, path), None, "{method} {path}");
        }
    }
}
