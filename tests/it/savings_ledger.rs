//! The savings ledger: planned at release, realised by delivery and invoice, audited by a mark; what stands beside it.

mod contributions;
mod corrections;
mod marks;
mod process_effect;
mod recomputed;
mod stages;
mod totals;

use abruf::actions::ActionError;
use abruf::actions::dispatch_order::dispatch;
use abruf::actions::note_delivery::{DeliveryInput, deliver};
use abruf::actions::note_invoice::{InvoiceInput, InvoiceLineInput, InvoiceNoted, note};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::rest_of_order::PartInput;
use abruf::actor::Actor;
use abruf::verify::verify;
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::period::berlin_date;
use uuid::Uuid;

use crate::world::World;
use crate::world::contract::{Contract, fixed, list_price, prior_contract, subscription, value};

/// A town, its people, an auditor and the office.
struct House {
    world: World,
    town: OrganisationId,
    eva: Actor,
    karl: Actor,
    olga: Actor,
    anna: Actor,
}

impl House {
    async fn new() -> Self {
        Self::over(World::new().await).await
    }

    async fn over(world: World) -> Self {
        let town = world.member("Stadt Altenrode").await;
        Self {
            town,
            eva: world.buyer(town).await,
            karl: world.approver(town).named("Karl Beispiel").await,
            olga: world.office().named("Olga Amt").await,
            anna: world.auditor(&[town]).named("Anna Prüferin").await,
            world,
        }
    }

    /// Notebooks against an earlier contract, monitors against a list, a fee of 2 %, a subscription.
    async fn contract(&self) -> Contract {
        self.world
            .contract("RV-GER")
            .fee("2")
            .ceiling(value("100000.00"))
            .item("NBK", fixed("100.00"))
            .item("MON", fixed("50.00"))
            .item("ABO", subscription("10.00"))
            .baseline("NBK", prior_contract("120.00"))
            .baseline("MON", list_price("60.00"))
            .baseline("ABO", prior_contract("12.00").per_month())
            .entitles(self.town)
            .await
    }

    /// Released and sent.
    async fn order(&self, contract: &Contract, lines: &[(&str, &str)]) -> CallOffId {
        let id = self.world.request(&self.eva, contract, lines).await;
        let done = release(&self.world.app, &self.karl, id, None).await.unwrap();
        assert!(matches!(done, Release::Released { .. }), "{done:?}");
        dispatch(&self.world.app, &self.eva, id, None, "email").await.unwrap();
        id
    }

    async fn deliver(&self, id: CallOffId, quantities: &[(i32, &str)]) -> Uuid {
        let parts = quantities
            .iter()
            .map(|(position, quantity)| PartInput { position: *position, quantity: (*quantity).to_owned() });
        let input = DeliveryInput {
            delivered_on: berlin_date(self.world.app.clock.now()),
            note_number: String::new(),
            quantities: parts.collect(),
        };
        deliver(&self.world.app, &self.eva, id, &input, None).await.unwrap()
    }

    async fn bill(&self, id: CallOffId, number: &str, lines: &[(i32, &str, &str)]) -> InvoiceNoted {
        self.try_bill(id, number, lines).await.unwrap()
    }

    async fn try_bill(
        &self,
        id: CallOffId,
        number: &str,
        lines: &[(i32, &str, &str)],
    ) -> Result<InvoiceNoted, ActionError> {
        let lines = lines.iter().map(|(position, quantity, unit_price)| InvoiceLineInput {
            position: *position,
            quantity: (*quantity).to_owned(),
            unit_price: (*unit_price).to_owned(),
            vat_rate: None,
            performance: None,
        });
        let input = InvoiceInput {
            number: number.to_owned(),
            invoiced_on: berlin_date(self.world.app.clock.now()),
            lines: lines.collect(),
            stated: Vec::new(),
            replaces: None,
        };
        note(&self.world.app, &self.eva, id, &input, None).await
    }

    /// Effect of A and of B, fee, order value of a book.
    async fn book(&self, id: CallOffId, book: &str) -> [String; 4] {
        let (a, b, fee, net) = sqlx::query_as(
            "SELECT coalesce(sum(effect_net) FILTER (WHERE class = 'A'), 0)::numeric(14, 2)::text,
                    coalesce(sum(effect_net) FILTER (WHERE class = 'B'), 0)::numeric(14, 2)::text,
                    coalesce(sum(fee_net), 0)::numeric(14, 2)::text, coalesce(sum(order_net), 0)::numeric(14, 2)::text
             FROM savings_entry
             WHERE call_off_id = $1 AND CASE WHEN stage IN ('realised', 'audited') THEN stage ELSE 'planned' END = $2",
        )
        .bind(id.0)
        .bind(book)
        .fetch_one(self.world.owner())
        .await
        .unwrap();
        [a, b, fee, net]
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.world.owner()).await.unwrap()
    }

    async fn failures(&self) -> Vec<String> {
        verify(&self.world.app, |_, _, _| {}).await.unwrap().failures.iter().map(ToString::to_string).collect()
    }

    async fn is_sound(&self) {
        self.world.keeps_its_promises().await;
        assert_eq!(self.failures().await, [""; 0]);
    }
}
