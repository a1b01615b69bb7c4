//! Invoices of orders, compared with order and delivery.

use abruf_domain::ids::CallOffId;
use abruf_domain::invoice::StatedGroup;
use abruf_domain::money::{Net, Percent};
use abruf_domain::period::Period;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::FieldError;
use crate::actions::note_invoice::{self, InvoiceInput, InvoiceLineInput, InvoiceNoted};
use crate::actions::note_supplier_invoice;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::finding_view::FindingView;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::invoices::Payer;
use crate::storage::{call_offs, contracts, invoices, supplier_orders};

/// An invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvoice {
    /// Unique per supplier and member.
    #[schema(max_length = 100)]
    number: String,
    invoiced_on: NaiveDate,
    lines: Vec<NewInvoiceLine>,
    /// Net sums by VAT rate as printed, without cash discount; left out: computed from the lines.
    #[serde(default)]
    stated: Vec<StatedSum>,
    /// The earlier invoice it corrects; that one counts no more then.
    #[serde(default)]
    replaces: Option<Uuid>,
}

/// A line of an invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvoiceLine {
    /// Position of the order; 0 for its small-order surcharge.
    position: i32,
    #[schema(example = "10")]
    quantity: String,
    /// Per unit, per month for subscriptions.
    #[schema(example = "874.90")]
    unit_price: String,
    /// Left out: as ordered.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    vat_rate: Option<Percent>,
    /// First day billed of a subscription; left out with the last: all of it.
    #[serde(default)]
    performance_from: Option<NaiveDate>,
    /// Last day billed of a subscription.
    #[serde(default)]
    performance_to: Option<NaiveDate>,
}

/// A printed sum.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StatedSum {
    #[schema(value_type = String, example = "19")]
    rate: Percent,
    #[schema(value_type = String, example = "8749.00")]
    net: Net,
}

impl NewInvoice {
    /// The invoice, if its periods can be read.
    fn read(self) -> Result<InvoiceInput, Problem> {
        let mut lines = Vec::with_capacity(self.lines.len());
        for (at, line) in self.lines.into_iter().enumerate() {
            let performance = match (line.performance_from, line.performance_to) {
                (None, None) => None,
                (Some(from), Some(to)) if from <= to => Period::new(from, to).ok(),
                _ => {
                    let message = "Ein Zeitraum braucht einen ersten und einen letzten Tag, der nicht davor liegt.";
                    return Err(Problem::invalid(vec![FieldError::new(
                        format!("lines[{at}].performance_to"),
                        message,
                    )]));
                }
            };
            lines.push(InvoiceLineInput {
                position: line.position,
                // Programs write `29.164`, which in a form would be twenty-nine thousand.
                quantity: line.quantity.replace('.', ","),
                unit_price: line.unit_price.replace('.', ","),
                vat_rate: line.vat_rate,
                performance,
            });
        }
        Ok(InvoiceInput {
            number: self.number,
            invoiced_on: self.invoiced_on,
            lines,
            stated: self.stated.into_iter().map(|it| StatedGroup { rate: it.rate, net: it.net }).collect(),
            replaces: self.replaces,
        })
    }
}

/// The judgement on an invoice.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceJudged {
    id: Uuid,
    /// Whether its payment must not be released.
    blocked: bool,
    /// Net amount by the order for what may be billed.
    expected_net: String,
    /// Net amount billed.
    invoiced_net: String,
    /// Net amount that may be paid.
    payable_net: String,
    findings: Vec<FindingView>,
}

/// An invoice of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub struct InvoiceView {
    id: Uuid,
    number: String,
    invoiced_on: NaiveDate,
    net: String,
    vat: String,
    payable_net: String,
    /// Whether its payment must not be released.
    blocked: bool,
    /// Why it counts no more.
    cancelled: Option<String>,
    /// The earlier invoice it corrects.
    replaces: Option<Uuid>,
    findings: Vec<FindingView>,
}

impl InvoiceJudged {
    fn of(noted: &InvoiceNoted, currency: &str) -> Self {
        Self {
            id: noted.id,
            blocked: noted.blocked,
            expected_net: noted.expected.to_string(),
            invoiced_net: noted.invoiced.to_string(),
            payable_net: noted.payable.to_string(),
            findings: noted.findings.iter().map(|it| FindingView::of(it, currency)).collect(),
        }
    }
}

impl InvoiceView {
    fn of(it: invoices::Invoice, currency: &str) -> Self {
        Self {
            id: it.id,
            number: it.number,
            invoiced_on: it.invoiced_on,
            net: it.net.to_string(),
            vat: it.vat.to_string(),
            payable_net: it.payable.to_string(),
            blocked: it.blocked,
            cancelled: it.cancelled.map(|(why, _)| why),
            replaces: it.replaces,
            findings: it.findings.iter().map(|finding| FindingView::of(finding, currency)).collect(),
        }
    }
}

/// Why an invoice counts no more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvoiceCancellation {
    invoice_id: Uuid,
    #[schema(max_length = 2000)]
    reason: String,
}

/// Notes an invoice and compares it with order and delivery.
///
/// An invoice that bills more is recorded all the same; `blocked` says that it must not be paid.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/invoices", tag = "orders",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewInvoice, responses((status = 200, body = InvoiceJudged))
)]
pub async fn note(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewInvoice>,
) -> Result<Answer<InvoiceJudged>, Problem> {
    let input = new.read()?;
    let id = CallOffId(id);
    let noted = note_invoice::note(&app, &actor, id, &input, key.as_ref()).await?;
    let mut tx = app.db.begin(&actor).await?;
    let currency = contracts::currency_of(&mut tx, id).await?.unwrap_or_default();
    Ok(Answer(InvoiceJudged::of(&noted, &currency)))
}

/// The invoices of an order, oldest first.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/invoices", tag = "orders", responses((status = 200, body = Vec<InvoiceView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<InvoiceView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let currency = contracts::currency_of(&mut tx, call_off.id).await?.unwrap_or_default();
    let invoices = invoices::of_call_off(&mut tx, &call_off).await?;
    Ok(Answer(invoices.into_iter().map(|it| InvoiceView::of(it, &currency)).collect()))
}

/// Notes that an invoice counts no more.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/invoice-cancellations", tag = "orders", request_body = NewInvoiceCancellation, responses((status = 204)))]
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewInvoiceCancellation>,
) -> Result<StatusCode, Problem> {
    note_invoice::cancel(&app, &actor, CallOffId(id), new.invoice_id, &new.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes what the supplier bills to the body for the supplier order of a pair, and compares it with that order.
///
/// Member and savings are not touched: what a member realises is its own invoices'.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/supplier-order/invoices", tag = "orders", operation_id = "note_supplier_invoice",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewInvoice, responses((status = 200, body = InvoiceJudged))
)]
pub async fn note_of_body(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewInvoice>,
) -> Result<Answer<InvoiceJudged>, Problem> {
    let input = new.read()?;
    let id = CallOffId(id);
    let noted = note_supplier_invoice::note(&app, &actor, id, &input, key.as_ref()).await?;
    let mut tx = app.db.begin(&actor).await?;
    let currency = contracts::currency_of(&mut tx, id).await?.unwrap_or_default();
    Ok(Answer(InvoiceJudged::of(&noted, &currency)))
}

/// What the supplier billed to the body for the supplier order of a pair, oldest first.
#[utoipa::path(
    get, path = "/api/v1/call-offs/{id}/supplier-order/invoices", tag = "orders", operation_id = "list_supplier_invoices",
    responses((status = 200, body = Vec<InvoiceView>))
)]
pub async fn list_of_body(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<InvoiceView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    supplier_orders::of_call_off(&mut tx, &call_off).await?.ok_or_else(Problem::not_found)?;
    let currency = contracts::currency_of(&mut tx, call_off.id).await?.unwrap_or_default();
    let invoices = invoices::paid_by(&mut tx, &call_off, Payer::Body).await?;
    Ok(Answer(invoices.into_iter().map(|it| InvoiceView::of(it, &currency)).collect()))
}

/// Notes that an invoice of the supplier counts no more.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/supplier-order/invoice-cancellations", tag = "orders",
    operation_id = "cancel_supplier_invoice", request_body = NewInvoiceCancellation, responses((status = 204))
)]
pub async fn cancel_of_body(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewInvoiceCancellation>,
) -> Result<StatusCode, Problem> {
    note_supplier_invoice::cancel(&app, &actor, CallOffId(id), new.invoice_id, &new.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
