//! `/verwaltung/mitglieder` and the page of a member: memberships, entitlements with their proof, quotas.

use abruf_domain::ids::OrganisationId;
use axum::extract::State;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::meter::Meter;
use crate::http::pages::pager::Pager;
use crate::http::pages::written::{count, day, money, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::member_list;
use crate::storage::membership_list::{self, MemberEntitlement, MemberQuota, MembershipRow};
use crate::storage::organisations::{self, Organisation};

/// Members on a page.
const PAGE: i64 = 50;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/members.html")]
pub struct MembersPage {
    frame: Frame,
    hint: &'static str,
    words: String,
    count: String,
    rows: Vec<MemberView>,
    pager: Pager,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/member.html")]
pub struct MemberPage {
    frame: Frame,
    id: Uuid,
    it: Organisation,
    kind: &'static str,
    address: Vec<String>,
    memberships: Vec<MemberView>,
    entitlements: Vec<(MemberEntitlement, String, String)>,
    quotas: Vec<(MemberQuota, Meter)>,
    /// Just admitted.
    admitted: bool,
}

/// A membership in words.
struct MemberView {
    id: OrganisationId,
    name: String,
    kind: &'static str,
    key: String,
    inhabitants: String,
    declared: String,
    from: String,
    to: String,
    listed: String,
    shares: String,
    state: &'static str,
    state_class: &'static str,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    seite: String,
    #[serde(default)]
    hinweis: String,
}

/// `GET /verwaltung/mitglieder`
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Query(asked): Query<Asked>,
) -> Result<Page<MembersPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let total = membership_list::count(&mut tx, actor.body, &asked.q).await?;
    let pager = Pager::new(&asked.seite, PAGE, total, "/verwaltung/mitglieder", &[("q", &asked.q)]);
    let rows = membership_list::page(&mut tx, actor.body, &asked.q, PAGE, pager.offset()).await?;
    let today = app.clock.today();
    Ok(Page(MembersPage {
        frame: frame.titled("Mitglieder"),
        hint: match asked.hinweis.as_str() {
            "eingelesen" => "Die Liste ist übernommen. Alle ihre Städte und Gemeinden sind Mitglied.",
            _ => "",
        },
        words: asked.q,
        count: count(total, "Mitgliedschaft", "Mitgliedschaften"),
        rows: rows.into_iter().map(|row| member_view(row, today)).collect(),
        pager,
    }))
}

/// `GET /verwaltung/mitglieder/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<MemberPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let member = OrganisationId(id);
    member_list::visible_name(&mut tx, &actor, member).await?.ok_or_else(Problem::not_found)?;
    let it = organisations::find(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    let memberships = membership_list::of_member(&mut tx, actor.body, member).await?;
    let entitlements = membership_list::entitlements(&mut tx, member).await?;
    let quotas = membership_list::quotas(&mut tx, member).await?;
    let today = app.clock.today();
    Ok(Page(MemberPage {
        frame: frame.titled(as_typed(&it.name)),
        id,
        kind: kind_words(&it.kind),
        address: it.address_lines(),
        memberships: memberships.into_iter().map(|row| member_view(row, today)).collect(),
        entitlements: entitlements
            .into_iter()
            .map(|it| {
                let period = from_to(it.valid_from, it.valid_to);
                let proof = format!("{}, {}", as_typed(&it.document), day(it.document_date));
                (it, period, proof)
            })
            .collect(),
        quotas: quotas
            .into_iter()
            .map(|quota| {
                let meter = Meter::of(&quota.ceiling, &quota.currency);
                (quota, meter)
            })
            .collect(),
        admitted: asked.hinweis == "aufgenommen",
        it,
    }))
}

/// `seit 01.04.2012` or `01.04.2012 bis 31.12.2025`.
#[must_use]
pub fn from_to(from: NaiveDate, to: Option<NaiveDate>) -> String {
    to.map_or_else(|| format!("seit {}", day(from)), |to| format!("{} bis {}", day(from), day(to)))
}

fn member_view(row: MembershipRow, today: NaiveDate) -> MemberView {
    let (state, state_class) = if today < row.effective_from {
        ("künftig", "status status--info")
    } else if row.effective_to.is_some_and(|last| last < today) {
        ("beendet", "status status--bad")
    } else {
        ("wirksam", "status status--good")
    };
    let value = row.share_value_net * Decimal::from(row.shares);
    let shares = count(row.shares.into(), "Anteil", "Anteile");
    MemberView {
        id: row.member,
        name: row.name,
        kind: kind_words(&row.kind),
        key: row.official_key.unwrap_or_default(),
        inhabitants: row.inhabitants.map(|it| whole(it.into())).unwrap_or_default(),
        declared: day(row.declared_on),
        from: day(row.effective_from),
        to: row.effective_to.map(day).unwrap_or_default(),
        listed: row.listed_on.map(day).unwrap_or_default(),
        shares: if value.is_zero() { shares } else { format!("{shares}, {}", money(value, "EUR")) },
        state,
        state_class,
    }
}

/// Legal kind of an organisation.
#[must_use]
pub fn kind_words(kind: &str) -> &'static str {
    match kind {
        "gemeinde" => "Gemeinde",
        "einheitsgemeinde" => "Einheitsgemeinde",
        "verbandsgemeinde" => "Verbandsgemeinde",
        "mitgliedsgemeinde" => "Mitgliedsgemeinde",
        "stadt" => "Stadt",
        "landkreis" => "Landkreis",
        "land" => "Land",
        "zweckverband" => "Zweckverband",
        "anstalt" => "Anstalt",
        "kommunales_unternehmen" => "kommunales Unternehmen",
        "stiftung" => "Stiftung",
        "hochschule" => "Hochschule",
        "genossenschaft" => "Genossenschaft",
        "unternehmen" => "Unternehmen",
        "pruefungsamt" => "Prüfungsamt",
        _ => "Organisation",
    }
}
