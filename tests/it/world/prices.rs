//! Prices that change while a contract runs.

use super::World;
use super::contract::Contract;

impl World {
    /// Gives an article a second fixed price from this day on.
    pub async fn second_price(&self, contract: &Contract, article: &str, from: &str, unit_price: &str) {
        let mut tx = self.owner().begin().await.unwrap();
        sqlx::query(
            "UPDATE price_term SET valid_to = $3::date - 1
             WHERE contract_id = $1 AND item_id = (SELECT id FROM item WHERE contract_id = $1 AND article_number = $2)",
        )
        .bind(contract.id.0)
        .bind(article)
        .bind(from)
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, valid_from,
                                     recorded_by, released_by, released_at)
             SELECT p.contract_id, $2, p.item_id, p.supplier_id, 2, 'fixed', $5::numeric, $4::date,
                    p.recorded_by, p.released_by, p.released_at
             FROM price_term p
             JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
             WHERE p.contract_id = $1 AND i.article_number = $3",
        )
        .bind(contract.id.0)
        .bind(self.id())
        .bind(article)
        .bind(from)
        .bind(unit_price)
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }
}
