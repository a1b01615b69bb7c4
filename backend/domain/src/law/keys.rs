//! The keys of legal numbers: what each means, its unit, what it may be, and which rules read it.
//!
//! Nothing else may stand in a pack or be proposed by the office.

use chrono::NaiveDate;

use crate::money::{Net, Percent, Ratio};
use crate::notation::Language;

/// What a number is, with the least and the most it may be, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Net amount in euros with cents: `15000.00`.
    Amount {
        /// At least.
        least: &'static str,
        /// At most.
        most: &'static str,
    },
    /// Percentage: `10`.
    Percent {
        /// At least.
        least: &'static str,
        /// At most.
        most: &'static str,
    },
    /// Share between nothing and everything: `0.80`.
    Share,
    /// Whole number of days, months or years.
    Count {
        /// What is counted, German plural.
        of: &'static str,
        /// At least.
        least: u32,
        /// At most.
        most: u32,
    },
    /// Calendar date: `2021-06-17`.
    Date,
}

/// Whose number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Statute, ordinance or judgment.
    Law,
    /// Resolution or practice of the cooperative.
    House,
}

impl Origin {
    /// The word users read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Law => "Recht",
            Self::House => "Vorgabe des Hauses",
        }
    }
}

/// In whose jurisdiction a number is looked up: one call-off can touch two, where the body has its seat in
/// one Land and the member in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFrom {
    /// The contract's: procurement law, under which it was awarded.
    Contract,
    /// The member's: budget, form, retention, and what it could have done without the contract.
    Member,
}

impl ReadFrom {
    /// The words users read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Contract => "Rechtsraum der Vergabe des Rahmenvertrags",
            Self::Member => "Rechtsraum des Mitglieds",
        }
    }
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As packs, the database and the API write it.
    pub key: &'static str,
    /// Its name as users read it.
    pub title: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// What it may be.
    pub form: Form,
    /// Whose number it is.
    pub origin: Origin,
    /// In whose jurisdiction it is looked up.
    pub read_from: ReadFrom,
    /// Whether every jurisdiction has to have a value on every day; without one no call-off could be judged.
    pub always: bool,
    /// Ids of the rules that read it.
    pub rules: &'static [&'static str],
    /// What else reads it.
    pub also: &'static str,
}

/// A value that its key does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What may stand there, in German: `ein Betrag von 0,00 € bis …, zum Beispiel 15000.00`.
    pub allowed: String,
}

const MOST_EUROS: &str = "100000000.00";

const fn amount() -> Form {
    Form::Amount { least: "0.00", most: MOST_EUROS }
}

const fn percent(least: &'static str) -> Form {
    Form::Percent { least, most: "100" }
}

const fn count(of: &'static str, least: u32, most: u32) -> Form {
    Form::Count { of, least, most }
}

/// Every key, in the order of the page.
pub const ALL: &[Key] = &[
    Key {
        key: "direct_award_limit_net",
        title: "Grenze für Direktaufträge",
        meaning: "Bis zu diesem Nettowert wäre ohne Rahmenvertrag keine Ausschreibung nötig. Darunter entsteht kein Prozesseffekt.",
        form: amount(),
        origin: Origin::Law,
        read_from: ReadFrom::Member,
        always: true,
        rules: &[],
        also: "Prozesseffekt der Einsparung",
    },
    Key {
        key: "eu_threshold_supplies_net",
        title: "EU-Schwellenwert Liefer- und Dienstleistungen",
        meaning: "Ab diesem Nettowert gilt europäisches Vergaberecht.",
        form: amount(),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["standstill-check", "modification-limits"],
        also: "",
    },
    Key {
        key: "eu_threshold_works_net",
        title: "EU-Schwellenwert Bauleistungen",
        meaning: "Ab diesem Nettowert gilt europäisches Vergaberecht.",
        form: amount(),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["modification-limits"],
        also: "",
    },
    Key {
        key: "modification_minor_pct",
        title: "Geringfügige Änderung, Liefer- und Dienstleistungen",
        meaning: "So viel Prozent des ursprünglichen Werts dürfen alle geringfügigen Erhöhungen zusammen erreichen.",
        form: percent("0"),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["modification-limits"],
        also: "",
    },
    Key {
        key: "modification_minor_works_pct",
        title: "Geringfügige Änderung, Bauleistungen",
        meaning: "So viel Prozent des ursprünglichen Werts dürfen alle geringfügigen Erhöhungen zusammen erreichen.",
        form: percent("0"),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["modification-limits"],
        also: "",
    },
    Key {
        key: "modification_minor_uvgo_pct",
        title: "Geringfügige Änderung unterhalb der EU-Schwelle",
        meaning: "So viel Prozent des ursprünglichen Werts dürfen alle geringfügigen Erhöhungen nach UVgO zusammen erreichen.",
        form: percent("0"),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["modification-limits"],
        also: "",
    },
    Key {
        key: "modification_single_pct",
        title: "Einzelne Erhöhung",
        meaning: "So viel Prozent des ursprünglichen Werts darf eine Erhöhung wegen zusätzlicher oder unvorhersehbarer Leistungen erreichen.",
        form: percent("0"),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["modification-limits"],
        also: "",
    },
    Key {
        key: "longest_term_vgv_years",
        title: "Höchstlaufzeit nach VgV",
        meaning: "So lange läuft ein Rahmenvertrag mit allen Optionen höchstens ohne besonderen Grund.",
        form: count("Jahre", 1, 30),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["term-cap"],
        also: "",
    },
    Key {
        key: "longest_term_uvgo_years",
        title: "Höchstlaufzeit nach UVgO",
        meaning: "So lange läuft ein Rahmenvertrag mit allen Optionen höchstens ohne besonderen Grund.",
        form: count("Jahre", 1, 30),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["term-cap"],
        also: "",
    },
    Key {
        key: "ceiling_required_since",
        title: "Pflicht zur Höchstgrenze seit",
        meaning: "Verträge mit Zuschlag vor diesem Tag konnten die Pflicht nicht kennen. Bei ihnen genügt eine Begründung.",
        form: Form::Date,
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["cap-undefined"],
        also: "",
    },
    Key {
        key: "inhouse_activity_share_pct",
        title: "Tätigkeit für die Mitglieder",
        meaning: "Mehr als diesen Anteil ihrer Tätigkeit muss eine In-House-Einrichtung für ihre Eigentümer erbringen.",
        form: percent("50"),
        origin: Origin::Law,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &["inhouse-evidence-current"],
        also: "",
    },
    Key {
        key: "retention_procurement_file_years",
        title: "Aufbewahrung der Vergabeakte",
        meaning: "Mindestens so lange ab dem Zuschlag, in jedem Fall bis zum Vertragsende.",
        form: count("Jahre", 1, 100),
        origin: Origin::Law,
        read_from: ReadFrom::Member,
        always: false,
        rules: &[],
        also: "Aufbewahrungsfristen",
    },
    Key {
        key: "retention_cooperative_vouchers_years",
        title: "Aufbewahrung der Belege der Genossenschaft",
        meaning: "So lange ab dem Ende des Jahres.",
        form: count("Jahre", 1, 100),
        origin: Origin::Law,
        read_from: ReadFrom::Member,
        always: false,
        rules: &[],
        also: "Aufbewahrungsfristen",
    },
    Key {
        key: "retention_cooperative_letters_years",
        title: "Aufbewahrung der Briefe der Genossenschaft",
        meaning: "So lange ab dem Ende des Jahres.",
        form: count("Jahre", 1, 100),
        origin: Origin::Law,
        read_from: ReadFrom::Member,
        always: false,
        rules: &[],
        also: "Aufbewahrungsfristen",
    },
    Key {
        key: "retention_member_vouchers_years",
        title: "Aufbewahrung der Belege des Mitglieds",
        meaning: "So lange ab dem 1. Januar nach dem Beschluss über den Jahresabschluss.",
        form: count("Jahre", 1, 100),
        origin: Origin::Law,
        read_from: ReadFrom::Member,
        always: false,
        rules: &[],
        also: "Aufbewahrungsfristen",
    },
    Key {
        key: "retention_member_books_years",
        title: "Aufbewahrung der Bücher des Mitglieds",
        meaning: "So lange ab dem 1. Januar nach dem Beschluss über den Jahresabschluss.",
        form: count("Jahre", 1, 100),
        origin: Origin::Law,
        read_from: ReadFrom::Member,
        always: false,
        rules: &[],
        also: "Aufbewahrungsfristen",
    },
    Key {
        key: "split_window_days",
        title: "Zeitraum der Stückelung",
        meaning: "So viele Tage zurück zählen eigene Abrufe neben einer Grenze zusammen.",
        form: count("Tage", 1, 366),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &["order-splitting"],
        also: "",
    },
    Key {
        key: "duplicate_window_days",
        title: "Zeitraum des Doppelabrufs",
        meaning: "So viele Tage zurück gilt der gleiche Abruf als Versehen.",
        form: count("Tage", 1, 366),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &["duplicate-call-off"],
        also: "",
    },
    Key {
        key: "cap_warning_ratio",
        title: "Warnung vor dem Höchstwert",
        meaning: "Ab diesem Anteil eines Höchstwerts wird gewarnt.",
        form: Form::Share,
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &["cap-warning"],
        also: "",
    },
    Key {
        key: "baseline_max_age_months",
        title: "Höchstalter der Vergleichsbasis",
        meaning: "Ältere Vergleichspreise gelten als veraltet und zählen nicht als belegt.",
        form: count("Monate", 1, 240),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &["baseline-stale"],
        also: "Einsparung",
    },
    Key {
        key: "request_expires_after_days",
        title: "Verfall einer Anfrage",
        meaning: "So viele Tage nach der Einreichung verfällt eine Anfrage, die niemand freigibt.",
        form: count("Tage", 1, 366),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &[],
        also: "Frist jeder Anfrage",
    },
    Key {
        key: "request_escalates_before_days",
        title: "Erinnerung vor dem Verfall",
        meaning: "So viele Tage vor dem Verfall wird an eine Anfrage erinnert.",
        form: count("Tage", 0, 365),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &[],
        also: "Erinnerung an Anfragen",
    },
    Key {
        key: "process_cost_flat_net",
        title: "Kosten einer Ausschreibung",
        meaning: "Pauschale je vermiedener Ausschreibung nach Vorstandsbeschluss. Ohne Beschluss 0,00 €.",
        form: amount(),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &[],
        also: "Prozesseffekt der Einsparung",
    },
    Key {
        key: "process_own_calloff_effort_net",
        title: "Aufwand eines Abrufs",
        meaning: "Wird von der Pauschale für die vermiedene Ausschreibung abgezogen.",
        form: amount(),
        origin: Origin::House,
        read_from: ReadFrom::Member,
        always: true,
        rules: &[],
        also: "Prozesseffekt der Einsparung",
    },
    Key {
        key: "tender_lead_open_days",
        title: "Vorlauf eines offenen Verfahrens",
        meaning: "So viele Tage vor Ende oder Ausschöpfung eines Vertrags muss ein offenes Verfahren (VgV) beginnen, von der Vorbereitung bis zum Zuschlag.",
        form: count("Tage", 1, 1095),
        origin: Origin::House,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &[],
        also: "Bericht Abfluss und Reichweite",
    },
    Key {
        key: "tender_lead_negotiated_days",
        title: "Vorlauf eines Verfahrens mit Teilnahmewettbewerb",
        meaning: "So viele Tage vorher muss ein nicht offenes oder Verhandlungsverfahren (VgV) beginnen, von der Vorbereitung bis zum Zuschlag.",
        form: count("Tage", 1, 1095),
        origin: Origin::House,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &[],
        also: "Bericht Abfluss und Reichweite",
    },
    Key {
        key: "tender_lead_public_days",
        title: "Vorlauf einer öffentlichen Ausschreibung",
        meaning: "So viele Tage vorher muss eine öffentliche Ausschreibung (UVgO) beginnen, von der Vorbereitung bis zum Zuschlag.",
        form: count("Tage", 1, 1095),
        origin: Origin::House,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &[],
        also: "Bericht Abfluss und Reichweite",
    },
    Key {
        key: "tender_lead_restricted_days",
        title: "Vorlauf einer beschränkten Ausschreibung",
        meaning: "So viele Tage vorher muss eine beschränkte Ausschreibung (UVgO) beginnen, von der Vorbereitung bis zum Zuschlag.",
        form: count("Tage", 1, 1095),
        origin: Origin::House,
        read_from: ReadFrom::Contract,
        always: false,
        rules: &[],
        also: "Bericht Abfluss und Reichweite",
    },
];

/// The key of this name.
#[must_use]
pub fn by_name(key: &str) -> Option<&'static Key> {
    ALL.iter().find(|known| known.key == key)
}

/// The keys that a rule reads.
pub fn of_rule(rule: &str) -> impl Iterator<Item = &'static Key> {
    ALL.iter().filter(move |key| key.rules.contains(&rule))
}

impl Key {
    /// A value in the one form in which it is stored: `15000` as `15000.00`.
    ///
    /// # Errors
    /// If it is none, or outside the range of the key.
    pub fn read(&self, text: &str) -> Result<String, Unfit> {
        self.form.read(text.trim()).ok_or_else(|| Unfit { allowed: self.form.allowed() })
    }

    /// A stored value as people read it: `15.000,00 €`, `14 Tage`.
    #[must_use]
    pub fn written(&self, value: &str) -> String {
        self.form.written(value).unwrap_or_else(|| value.to_owned())
    }
}

/// The number in its stored form, where it lies between two others.
fn between<T: std::str::FromStr + PartialOrd + ToString>(text: &str, least: &str, most: &str) -> Option<String> {
    let (value, least, most): (T, T, T) = (text.parse().ok()?, least.parse().ok()?, most.parse().ok()?);
    (least <= value && value <= most).then(|| value.to_string())
}

impl Form {
    fn read(self, text: &str) -> Option<String> {
        match self {
            Self::Amount { least, most } => between::<Net>(text, least, most),
            Self::Percent { least, most } => between::<Percent>(text, least, most),
            Self::Share => text.parse::<Ratio>().ok().filter(|it| !it.is_negative()).map(|it| it.to_string()),
            Self::Count { least, most, .. } => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let count = text.parse::<u32>().ok().filter(|_| digits)?;
                (least <= count && count <= most).then(|| count.to_string())
            }
            Self::Date => text.parse::<NaiveDate>().ok().map(|day| day.to_string()),
        }
    }

    fn written(self, value: &str) -> Option<String> {
        let german = Language::German;
        Some(match self {
            Self::Amount { .. } => german.money(value.parse::<Net>().ok()?.decimal(), "EUR"),
            Self::Percent { .. } => german.percent(value.parse::<Percent>().ok()?.decimal()),
            Self::Share => german.percent(value.parse::<Ratio>().ok()?.percent().decimal().normalize()),
            Self::Count { of, .. } => format!("{value}\u{a0}{of}"),
            Self::Date => german.date(value.parse().ok()?),
        })
    }

    /// What may stand there, in German, with an example as programs write it.
    #[must_use]
    pub fn allowed(self) -> String {
        match self {
            Self::Amount { least, most } => {
                let shown = |text: &str| self.written(text).unwrap_or_default();
                format!("ein Betrag von {} bis {} mit höchstens zwei Nachkommastellen", shown(least), shown(most))
            }
            Self::Percent { least, most } => format!("ein Prozentsatz von {least} bis {most}"),
            Self::Share => "ein Anteil von 0 bis 1, zum Beispiel 0,80 für 80 %".to_owned(),
            Self::Count { of, least, most } => format!("eine ganze Zahl von {least} bis {most} ({of})"),
            Self::Date => "ein Datum, zum Beispiel 17.06.2021".to_owned(),
        }
    }

    /// The unit, as it stands beside the field.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Amount { .. } => "Euro netto",
            Self::Percent { .. } => "Prozent",
            Self::Share => "Anteil von 0 bis 1",
            Self::Count { of, .. } => of,
            Self::Date => "Datum",
        }
    }
}
