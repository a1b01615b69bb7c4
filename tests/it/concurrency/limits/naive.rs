//! Each kind of guard made naive, in the database of the test: the program is the real one, but while it
//! writes it finds no limit of that kind, only while it reads. It reads what is taken, compares and adds,
//! as everybody writes it first. The crowd must go over, and be seen.
//!
//! How: `guard` becomes a view of the table. Its `limit_amount` of one kind is null as soon as the
//! transaction has written its ledger entry for the row, which it does between its decision and the guarded
//! `UPDATE`; so the condition of the statement, checked on the newest version of the row as always, has
//! nothing to refuse. `guard_ceiling_holds` lets the kind pass too. All other kinds stay guarded.

use super::scene::{KINDS, Kind, Limits, Scene};
use super::{CALL_OFFS, crowd};
use crate::stress::{first_seed, say};
use crate::world::World;

/// Call-offs of each client: the fewer, the scarcer, the earlier all stand at the border at once.
const FEW: usize = 5;
/// Crowds in which a naive guard has to be found out.
const TRIES: u64 = 10;

async fn run(scene: &Scene, statements: Vec<String>) {
    for statement in statements {
        owner_statement(scene, statement).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "definitions take no parameters; these are ours")]
async fn owner_statement(scene: &Scene, statement: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(scene.world.owner()).await.unwrap();
}

const HOLDS: &str = "breached OR NOT hard OR limit_amount IS NULL OR authorised + recorded + reserved <= limit_amount";

/// Puts the naive guard in place of the real one.
async fn install(scene: &Scene, kind: Kind) {
    let naive = format!("scope = '{}' AND measure = '{}'", kind.scope, kind.measure);
    let written = "EXISTS (SELECT FROM volume_entry e WHERE e.contract_id = g.contract_id AND e.guard_id = g.id
                                AND e.xmin = pg_current_xact_id_if_assigned()::xid)";
    run(
        scene,
        vec![
            "ALTER TABLE guard DROP CONSTRAINT guard_ceiling_holds".to_owned(),
            format!("ALTER TABLE guard ADD CONSTRAINT guard_ceiling_holds CHECK (({naive}) OR {HOLDS}) NOT VALID"),
            "ALTER TABLE guard RENAME TO guard_row".to_owned(),
            format!(
                "CREATE VIEW guard WITH (security_invoker) AS
                 SELECT contract_id, id, scope, measure, lot_id, item_id, member_id,
                        CASE WHEN NOT ({naive} AND {written}) THEN limit_amount END AS limit_amount,
                        hard, authorised, recorded, reserved, breached, version, last_number, chain_length, chain_previous, chain_head
                 FROM guard_row g"
            ),
            "GRANT SELECT, INSERT, UPDATE, DELETE ON guard TO abruf_app".to_owned(),
        ],
    )
    .await;
}

async fn remove(scene: &Scene) {
    run(
        scene,
        vec![
            "DROP VIEW guard".to_owned(),
            "ALTER TABLE guard_row RENAME TO guard".to_owned(),
            "ALTER TABLE guard DROP CONSTRAINT guard_ceiling_holds".to_owned(),
            format!("ALTER TABLE guard ADD CONSTRAINT guard_ceiling_holds CHECK ({HOLDS}) NOT VALID"),
        ],
    )
    .await;
}

/// Everything that is found of one crowd under a naive guard of this kind.
async fn crowd_under(scene: &mut Scene, kind: Kind, number: &str, seed: u64) -> Vec<String> {
    let part = u32::try_from(CALL_OFFS / FEW).unwrap();
    scene.contract(number, seed, Limits::Only(kind, part)).await;
    install(scene, kind).await;
    // Courts cannot cut a ceiling that is a view's.
    let (_, broken) = crowd(scene, seed, FEW).await;
    remove(scene).await;
    broken.into_iter().filter(|broken| !broken.starts_with("cut:")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_naive_guard_of_each_kind_lets_the_crowd_over_its_limit_and_is_seen() {
    let world = World::crowded().await;
    let begin = world.app.clock.now();
    let mut scene = Scene::new(world, begin).await;
    for kind in KINDS {
        let Kind { scope, measure, .. } = kind;
        let over = format!("never above a limit: {scope} {measure}");
        let at_the_end = format!("a hard limit is never exceeded by what was let through: {scope} {measure}");
        let mut seen = None;
        for tried in 0..TRIES {
            let number = format!("RV-{scope}-{measure}-{tried}");
            let broken = crowd_under(&mut scene, *kind, &number, first_seed().wrapping_add(tried)).await;
            let others: Vec<&String> =
                broken.iter().filter(|broken| !broken.starts_with(&over) && !broken.starts_with(&at_the_end)).collect();
            assert!(others.is_empty(), "only the {measure} of the {scope} is naive, but {others:?}");
            if !broken.is_empty() {
                seen = Some((tried, broken));
                break;
            }
        }
        let Some((tried, broken)) = seen else {
            panic!("{TRIES} crowds and the naive guard of {scope} {measure} was not found out: they have no teeth")
        };
        say(&format!("limits: naive {scope} {measure} found out in crowd {}: {}", tried + 1, broken[0]));
    }
}
