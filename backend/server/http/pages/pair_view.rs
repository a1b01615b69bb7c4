//! Both orders of a pair: who orders what from whom, and how far each is; template `pair.html`.

use abruf_domain::Facts;
use abruf_domain::call_off::Status;
use abruf_domain::money::Gross;
use abruf_domain::pricing::PricedCallOff;
use abruf_domain::supplier_order::State;
use abruf_domain::supply_chain::{Side, price_of_the_supplier};
use sqlx::PgConnection;

use crate::http::english::typed::as_typed;
use crate::http::pages::written::{money, status_class};
use crate::storage::call_offs::CallOff;
use crate::storage::supplier_orders::{self, SupplierOrder};
use crate::storage::{StorageError, organisations};

/// One of the two.
#[derive(Debug, Clone)]
pub struct PairRow {
    /// What it is called.
    pub title: &'static str,
    /// Its number, or when it gets one.
    pub number: String,
    /// Who orders from whom.
    pub who: String,
    /// What it comes to, with the VAT of its side.
    pub gross: String,
    /// Style and words of its state.
    pub state: (&'static str, &'static str),
    /// Why it was refused; empty otherwise.
    pub reason: String,
}

/// Both orders of a call-off through the body, its in-house order standing at `priced`; `None` where the member
/// orders from the supplier itself.
pub async fn pair_view(
    conn: &mut PgConnection,
    call_off: &CallOff,
    facts: &Facts,
    priced: &PricedCallOff,
) -> Result<Option<[PairRow; 2]>, StorageError> {
    if facts.contract.supply_chain.side_of_the_member() != Side::InHouse {
        return Ok(None);
    }
    let member = organisations::name(&mut *conn, call_off.member).await?.unwrap_or_default();
    let body = organisations::name(&mut *conn, call_off.body).await?.unwrap_or_default();
    let supplier = organisations::name(&mut *conn, call_off.supplier).await?.unwrap_or_default();
    let order = supplier_orders::of_call_off(conn, call_off).await?;
    let written = |gross: Gross| money(gross.decimal(), &facts.contract.currency);
    let to_come = || "Nummer mit der Freigabe".to_owned();
    let of_supplier = order.as_ref().map_or_else(|| price_of_the_supplier(facts).gross, |it| it.amounts.gross);
    Ok(Some([
        PairRow {
            title: "In-House-Bestellung",
            number: call_off.number.clone().unwrap_or_else(to_come),
            who: format!("{} bestellt bei {}", as_typed(&member), as_typed(&body)),
            gross: written(priced.gross),
            state: (status_class(call_off.status), call_off.status.german()),
            reason: String::new(),
        },
        PairRow {
            title: "Lieferantenauftrag",
            number: order.as_ref().map_or_else(to_come, |it| it.number.clone()),
            who: format!("{} bestellt bei {}", as_typed(&body), as_typed(&supplier)),
            gross: written(of_supplier),
            state: state_view(call_off.status, order.as_ref()),
            reason: order.map(|it| it.reason).unwrap_or_default(),
        },
    ]))
}

fn state_view(status: Status, order: Option<&SupplierOrder>) -> (&'static str, &'static str) {
    match order.map(|it| it.state) {
        Some(state) => (state_class(state), state.german()),
        None if matches!(status, Status::Discarded | Status::Refused | Status::Withdrawn | Status::Expired) => {
            ("status status--off", "entfällt")
        }
        None => ("status status--off", "folgt nach Ihrer Freigabe"),
    }
}

/// The style of a state.
#[must_use]
pub const fn state_class(state: State) -> &'static str {
    match state {
        State::Waiting => "status status--wait",
        State::Approved => "status status--good",
        State::Refused => "status status--bad",
        State::Cancelled => "status status--off",
    }
}
