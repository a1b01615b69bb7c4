//! What a change of the delivery date prints: the confirmation whose day the buyer accepted, and the order as it stood.

use abruf_documents::DeliveryChangeData;
use abruf_documents::data::{EarlierPaper, Signature};
use abruf_domain::period::berlin_date;
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ActionError;
use super::order_data::Printed;
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::confirmations::{self, Confirmation};
use crate::storage::documents::DocumentRow;
use crate::storage::error::consistent;

/// A new day that the buyer has accepted.
pub(super) struct AcceptedChange {
    /// Counts the changes of the order, from 1.
    pub sequence: i32,
    /// Who accepted it, and when.
    pub accepted: Signature,
    /// Berlin day on which the change before it was accepted; `None` for the first one.
    pub earlier: Option<NaiveDate>,
    /// The day that counted before; `None` where the order named none.
    pub from: Option<NaiveDate>,
    /// The new day.
    pub to: NaiveDate,
    /// The supplier's confirmation.
    pub confirmation: Confirmation,
}

/// The accepted change that this confirmation brought.
pub(super) async fn accepted_change(
    conn: &mut PgConnection,
    call_off: &CallOff,
    confirmation: Option<Uuid>,
) -> Result<Option<AcceptedChange>, ActionError> {
    let (mut sequence, mut earlier, mut from) = (0, None, call_off.details.desired_on);
    for it in confirmations::of_call_off(conn, call_off).await? {
        let Some((to, answer)) = it.delivery_on.zip(it.answer.as_ref().filter(|answer| answer.accepted)) else {
            continue;
        };
        sequence += 1;
        if Some(it.id) == confirmation {
            let accepted = Signature { name: answer.person.clone(), at: answer.at };
            return Ok(Some(AcceptedChange { sequence, accepted, earlier, from, to, confirmation: it }));
        }
        (earlier, from) = (Some(berlin_date(answer.at)), Some(to));
    }
    Ok(None)
}

impl AcceptedChange {
    /// The document; it names the earlier change of this kind among those made, or the order.
    pub(super) fn data(
        self,
        app: &App,
        call_off: &CallOff,
        printed: Printed,
        (order_number, order_date): (&str, NaiveDate),
        (made, kind): (&[DocumentRow], &str),
        order: &DocumentRow,
    ) -> Result<DeliveryChangeData, ActionError> {
        let before = made.iter().find(|it| it.kind == kind && it.sequence == Some(self.sequence - 1));
        let replaces = match before.zip(self.earlier) {
            Some((change, day)) => EarlierPaper {
                number: number(order_number, self.sequence - 1),
                day,
                check_code: consistent(change.check_code.parse(), "document", "check_code", change.id.0)?,
            },
            None => EarlierPaper {
                number: order_number.to_owned(),
                day: order_date,
                check_code: consistent(order.check_code.parse(), "document", "check_code", order.id.0)?,
            },
        };
        Ok(DeliveryChangeData {
            number: number(order_number, self.sequence),
            change_date: berlin_date(self.accepted.at),
            changed: self.accepted,
            order_number: order_number.to_owned(),
            order_date,
            replaces,
            from: self.from,
            to: self.to,
            confirmed_on: self.confirmation.confirmed_on,
            confirmation: self.confirmation.reference,
            note: self.confirmation.note,
            demo: app.demo,
            case_number: call_off.case_number.clone(),
            currency: printed.currency,
            body: printed.body,
            buyer: printed.buyer,
            supplier: printed.supplier,
            contract: printed.contract,
            pair: printed.pair,
            references: printed.references,
            delivery_address: printed.delivery_address,
            lines: printed.lines,
            surcharge: printed.surcharge,
            totals: printed.totals,
            base_url: Some(app.base_url.to_string()),
        })
    }
}

fn number(order: &str, sequence: i32) -> String {
    format!("{order}-T{sequence}")
}
