//! Drafts ready to be submitted, and requests.

use abruf::actions::draft_call_off::{self, LineInput};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::{Actor, RunsAs};
use abruf::storage::call_offs::{self, CallOff, Details, Line};
use abruf_domain::ids::CallOffId;
use abruf_domain::period::Period;
use uuid::Uuid;

use super::World;
use super::contract::Contract;

impl World {
    /// A draft with these articles and quantities, and every detail a review asks for: a need, and the
    /// last twelve months of the usual term as performance period. Made by the real actions.
    pub async fn draft(&self, buyer: &Actor, contract: &Contract, lines: &[(&str, &str)]) -> CallOffId {
        let draft = draft_call_off::create(&self.app, buyer, contract.id).await.unwrap();
        self.change(buyer, draft.id, lines).await;
        let details = Details {
            need: "Ersatzbedarf, Menge laut Inventar".to_owned(),
            performance: Some(Period::new("2026-03-01".parse().unwrap(), "2027-02-28".parse().unwrap()).unwrap()),
            ..draft.details
        };
        draft_call_off::save_details(&self.app, buyer, draft.id, draft.version + 1, &details).await.unwrap();
        draft.id
    }

    /// Replaces the lines of a draft or a returned request.
    pub async fn change(&self, buyer: &Actor, id: CallOffId, lines: &[(&str, &str)]) {
        let version = self.call_off(id).await.version;
        let lines: Vec<LineInput> =
            lines.iter().map(|(article, quantity)| LineInput::new(*article, *quantity)).collect();
        draft_call_off::save_lines(&self.app, buyer, id, version, &lines).await.unwrap();
    }

    /// A draft that was submitted and waits for release.
    pub async fn request(&self, buyer: &Actor, contract: &Contract, lines: &[(&str, &str)]) -> CallOffId {
        let id = self.draft(buyer, contract, lines).await;
        let submission = submit(&self.app, buyer, id, None).await.unwrap();
        assert!(matches!(submission, Submission::Submitted { .. }), "{submission:?}");
        id
    }

    /// Copies of a draft in one statement, for another buyer or the same: a race needs many, fast.
    pub async fn copies(&self, of: CallOffId, buyer: &Actor, count: usize) -> Vec<CallOffId> {
        let ids: Vec<Uuid> = (0..count).map(|_| self.id()).collect();
        let case_numbers: Vec<String> = ids.iter().map(|_| self.app.chance.case_number()).collect();
        sqlx::query(
            "WITH copy AS (
                 INSERT INTO call_off (contract_id, id, body_id, member_id, buyer_of_record_id, supplier_id, status, case_number,
                                       requester_id, need, performance_from, performance_to, created_at, changed_at)
                 SELECT contract_id, new.id, body_id, $4, $4, supplier_id, 'draft', new.case_number,
                        $5, need, performance_from, performance_to, created_at, changed_at
                 FROM call_off, unnest($2::uuid[], $3::text[]) AS new (id, case_number)
                 WHERE call_off.id = $1
                 RETURNING contract_id, id
             )
             INSERT INTO call_off_line (contract_id, call_off_id, position, article_number, quantity)
             SELECT copy.contract_id, copy.id, l.position, l.article_number, l.quantity
             FROM copy, call_off_line l
             WHERE l.call_off_id = $1",
        )
        .bind(of.0)
        .bind(&ids)
        .bind(&case_numbers)
        .bind(buyer.organisation.0)
        .bind(buyer.person.0)
        .execute(self.owner())
        .await
        .unwrap();
        ids.into_iter().map(CallOffId).collect()
    }

    /// A call-off as it stands, past row-level security.
    pub async fn call_off(&self, id: CallOffId) -> CallOff {
        self.call_off_with_lines(id).await.0
    }

    /// As [`World::call_off`], with its lines.
    pub async fn call_off_with_lines(&self, id: CallOffId) -> (CallOff, Vec<Line>) {
        let mut tx = self.app.db.begin(RunsAs::Job).await.unwrap();
        let found = call_offs::find(&mut tx, id).await.unwrap().expect("a call-off that exists");
        tx.rollback().await.unwrap();
        found
    }
}
