//! What a board should look at: contracts that run short or run out, options without a decision, open evidence. One
//! list for the dashboard, the meeting report and the control page, so that none knows more than another.

use abruf_domain::ids::ContractId;
use abruf_domain::minimum_purchase::Outlook;
use abruf_domain::notation::Language;
use chrono::{NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::storage::StorageError;
use crate::storage::contracts::{self, Contract};
use crate::storage::minimum_purchases::{self, Progress};

/// A contract or an option ends within so many days.
const SOON_DAYS: i64 = 90;
/// An option that must be decided within so many days is urgent.
const URGENT_DAYS: i64 = 30;

/// How much it presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Nothing more can be done, or soon nothing: 95 % taken, breached, an option within 30 days or missed, a minimum
    /// purchase missed or out of reach within 90 days.
    Urgent,
    /// 90 % taken; a contract that ends or an option that is due within 90 days; a minimum purchase out of reach.
    Soon,
    /// 80 % taken; a minimum purchase at risk; open evidence.
    Notice,
}

impl Urgency {
    /// As programs write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Soon => "soon",
            Self::Notice => "notice",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Urgent => "dringend",
            Self::Soon => "bald",
            Self::Notice => "beachten",
        }
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// How much it presses.
    pub urgency: Urgency,
    /// The contract it is about; `None`: several.
    pub contract: Option<ContractId>,
    /// Its number and title, or what else it is about.
    pub about: String,
    /// What there is, in German.
    pub words: String,
}

/// An option nobody has exercised, of a contract in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOption {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Last day if it is exercised.
    pub new_end: NaiveDate,
    /// To be exercised by; before today: missed.
    pub notice_deadline: NaiveDate,
}

/// Options of contracts in force that were neither exercised nor outlived, by deadline.
pub async fn open_options(conn: &mut PgConnection, today: NaiveDate) -> Result<Vec<OpenOption>, StorageError> {
    let rows = sqlx::query!(
        "SELECT o.contract_id, f.number, f.title, o.new_end, o.notice_deadline
         FROM contract_option o
         JOIN framework_contract f ON f.id = o.contract_id
         WHERE o.exercised_on IS NULL AND f.status IN ('active', 'suspended') AND $1 <= o.new_end
         ORDER BY o.notice_deadline, f.number, o.id",
        today
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OpenOption {
            contract: ContractId(row.contract_id),
            number: row.number,
            title: row.title,
            new_end: row.new_end,
            notice_deadline: row.notice_deadline,
        })
        .collect())
}

/// Lines of released call-offs that no price can be held against, or that nobody has approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenEvidence {
    /// Positions without a valid baseline.
    pub uncompared: i64,
    /// Baselines that wait for a second person.
    pub unapproved: i64,
    /// Approved baselines of contracts in force without the hash of an evidence file.
    pub without_file: i64,
}

/// Evidence that is open today, over all visible contracts and years.
pub async fn open_evidence(conn: &mut PgConnection, uncompared: i64) -> Result<OpenEvidence, StorageError> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE b.approved_at IS NULL AND b.refused_at IS NULL) AS "unapproved!",
                  count(*) FILTER (WHERE b.approved_at IS NOT NULL AND b.withdrawn_at IS NULL
                                     AND b.evidence_sha256 IS NULL) AS "without_file!"
           FROM baseline b
           JOIN framework_contract f ON f.id = b.contract_id AND f.status IN ('active', 'suspended')"#
    )
    .fetch_one(conn)
    .await?;
    Ok(OpenEvidence { uncompared, unapproved: row.unapproved, without_file: row.without_file })
}

/// All signals of today, most urgent first; `uncompared` positions of the time the reader looks at. Minimum purchases are
/// told to those alone who see the `whole_ledger`: the others would read what is missing as too much.
pub async fn of_today(
    conn: &mut PgConnection,
    today: NaiveDate,
    uncompared: i64,
    whole_ledger: bool,
) -> Result<Vec<Signal>, StorageError> {
    let contracts = contracts::list(&mut *conn, None).await?;
    let options = open_options(&mut *conn, today).await?;
    let evidence = open_evidence(&mut *conn, uncompared).await?;
    let minimums = if whole_ledger { minimum_purchases::progress(&mut *conn, None).await? } else { Vec::new() };
    Ok(signals(&contracts, &options, &minimums, evidence, today))
}

/// The signals of these facts, most urgent first, then by contract.
#[must_use]
pub fn signals(
    contracts: &[Contract],
    options: &[OpenOption],
    minimums: &[Progress],
    evidence: OpenEvidence,
    today: NaiveDate,
) -> Vec<Signal> {
    let mut all: Vec<Signal> = Vec::new();
    for contract in contracts.iter().filter(|it| matches!(it.status.as_str(), "active" | "suspended")) {
        let mut add = |urgency, words: String| {
            let about = format!("{} {}", contract.number, contract.title);
            all.push(Signal { urgency, contract: Some(contract.id), about, words });
        };
        if let Some((urgency, words)) = taken(contract) {
            add(urgency, words);
        }
        let left = contract.effective_end - today;
        if TimeDelta::zero() <= left && left <= TimeDelta::days(SOON_DAYS) {
            add(Urgency::Soon, format!("läuft am {} aus ({})", day(contract.effective_end), in_days(left.num_days())));
        }
    }
    all.extend(options.iter().filter_map(|option| due(option, today)));
    all.extend(minimums.iter().filter_map(|minimum| endangered(minimum, today)));
    all.extend(of_evidence(evidence));
    all.sort_by(|one, other| (one.urgency, &one.about, &one.words).cmp(&(other.urgency, &other.about, &other.words)));
    all
}

/// How much of a ceiling is taken, from 80 % on.
fn taken(contract: &Contract) -> Option<(Urgency, String)> {
    if contract.ceiling.breached {
        return Some((Urgency::Urgent, "Höchstwert überzogen, keine Abrufe möglich".to_owned()));
    }
    let share = contract.ceiling.percent()?;
    let urgency = match share {
        it if Decimal::from(95) <= it => Urgency::Urgent,
        it if Decimal::from(90) <= it => Urgency::Soon,
        it if Decimal::from(80) <= it => Urgency::Notice,
        _ => return None,
    };
    Some((urgency, format!("{} des Höchstwerts belegt", Language::German.percent(share.normalize()))))
}

fn due(option: &OpenOption, today: NaiveDate) -> Option<Signal> {
    let left = (option.notice_deadline - today).num_days();
    let (urgency, words) = match left {
        ..0 => {
            let words = format!(
                "Frist der Option bis {} am {} verstrichen, nicht ausgeübt",
                day(option.new_end),
                day(option.notice_deadline)
            );
            (Urgency::Urgent, words)
        }
        0..=SOON_DAYS => {
            let words = format!(
                "Option bis {} ist bis {} auszuüben ({})",
                day(option.new_end),
                day(option.notice_deadline),
                in_days(left)
            );
            (if left <= URGENT_DAYS { Urgency::Urgent } else { Urgency::Soon }, words)
        }
        _ => return None,
    };
    let about = format!("{} {}", option.number, option.title);
    Some(Signal { urgency, contract: Some(option.contract), about, words })
}

/// A minimum purchase that is missed, or will be at the rate of the last months. It presses in the last months before its day.
fn endangered(minimum: &Progress, today: NaiveDate) -> Option<Signal> {
    let (row, course) = (&minimum.row, minimum.on(today));
    let outlook = course.outlook();
    if !outlook.is_at_risk() {
        return None;
    }
    let missing = if row.measure == "value" {
        Language::German.money(course.missing().as_net().decimal(), &row.currency)
    } else {
        format!("{} {}", Language::German.number(course.missing().decimal().normalize()), row.unit)
    };
    let of = row.article_number.as_ref().map(|article| format!(" von {article}")).unwrap_or_default();
    let urgency = match outlook {
        Outlook::Missed => Urgency::Urgent,
        Outlook::OutOfReach if course.days_left() <= SOON_DAYS => Urgency::Urgent,
        Outlook::OutOfReach => Urgency::Soon,
        _ => Urgency::Notice,
    };
    let words = if outlook == Outlook::Missed {
        format!("Mindestabnahme{of} am {} verfehlt, es fehlten {missing}", day(row.due_on))
    } else {
        format!("Mindestabnahme{of} bis {} {}, es fehlen {missing}", day(row.due_on), outlook.german())
    };
    let about = format!("{} {}", row.contract_number, row.contract_title);
    Some(Signal { urgency, contract: Some(row.contract), about, words })
}

fn of_evidence(evidence: OpenEvidence) -> Vec<Signal> {
    let counted = |number: i64, one: &str, several: &str| {
        let words = if number == 1 {
            format!("1 {one}")
        } else {
            format!("{} {several}", Language::German.number(number.into()))
        };
        (0 < number).then(|| Signal {
            urgency: Urgency::Notice,
            contract: None,
            about: "Offene Nachweise".to_owned(),
            words,
        })
    };
    [
        counted(
            evidence.uncompared,
            "Position ohne gültigen Vergleichspreis, gezählt mit 0,00 €",
            "Positionen ohne gültigen Vergleichspreis, gezählt mit 0,00 €",
        ),
        counted(
            evidence.unapproved,
            "Vergleichspreis wartet auf die Freigabe durch eine zweite Person",
            "Vergleichspreise warten auf die Freigabe durch eine zweite Person",
        ),
        counted(
            evidence.without_file,
            "freigegebener Vergleichspreis ohne Belegdatei",
            "freigegebene Vergleichspreise ohne Belegdatei",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn day(day: NaiveDate) -> String {
    Language::German.date(day)
}

fn in_days(days: i64) -> String {
    match days {
        0 => "heute".to_owned(),
        1 => "morgen".to_owned(),
        days => format!("in {days} Tagen"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(deadline: &str) -> OpenOption {
        OpenOption {
            contract: ContractId(uuid::Uuid::nil()),
            number: "RV-1".to_owned(),
            title: "Citrix".to_owned(),
            new_end: "2028-12-31".parse().unwrap(),
            notice_deadline: deadline.parse().unwrap(),
        }
    }

    #[test]
    fn an_option_presses_the_more_the_nearer_its_deadline_is() {
        let today = "2026-11-22".parse().unwrap();
        let urgency = |deadline: &str| due(&option(deadline), today).map(|it| it.urgency);
        assert_eq!(urgency("2026-11-21"), Some(Urgency::Urgent), "missed");
        assert_eq!(urgency("2026-12-22"), Some(Urgency::Urgent));
        assert_eq!(urgency("2026-12-23"), Some(Urgency::Soon));
        assert_eq!(urgency("2027-02-20"), Some(Urgency::Soon));
        assert_eq!(urgency("2027-02-21"), None);
        assert!(due(&option("2026-11-23"), today).unwrap().words.ends_with("(morgen)"));
    }

    #[test]
    fn open_evidence_is_counted_in_words_and_nothing_says_nothing() {
        assert!(of_evidence(OpenEvidence::default()).is_empty());
        let all = of_evidence(OpenEvidence { uncompared: 1, unapproved: 1200, without_file: 0 });
        let words: Vec<&str> = all.iter().map(|it| it.words.as_str()).collect();
        assert!(words[0].starts_with("1 Position ohne") && words[1].starts_with("1.200 Vergleichspreise"), "{words:?}");
    }
}
