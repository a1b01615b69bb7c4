//! A real file, named by `ABRUF_TURNOVER=<file>` with its mapping in `ABRUF_TURNOVER_MAP=<map>`, or beside it as
//! `<file>.toml`: contracts, members and suppliers are made from its distinct names, then it is taken.
//!
//! ```text
//! ABRUF_TURNOVER=<file> ABRUF_TURNOVER_MAP=<map> cargo test --locked --test it real_file -- --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use abruf::actions::import::turnover_map::TurnoverMap;
use abruf::actions::import::turnover_rows;
use abruf::actions::import_turnover::{TurnoverFile, import};

use crate::world::World;

#[expect(clippy::disallowed_methods, reason = "which file to run is no setting of the program")]
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

#[tokio::test]
async fn a_real_file_is_taken_to_the_last_line() {
    let Some(path) = named("ABRUF_TURNOVER") else {
        println!("\nABRUF_TURNOVER is not set: no real turnover file was run. See tests/it/turnover/real_file.rs.");
        return;
    };
    let map_path = named("ABRUF_TURNOVER_MAP").unwrap_or_else(|| path.with_extension("csv.toml"));
    let bytes = fs::read(&path).unwrap();
    let mapping = fs::read_to_string(&map_path).unwrap();
    let map = TurnoverMap::read(mapping.as_bytes()).unwrap();
    let world = World::new().await;
    let office = world.office().await;
    people_the_file(&world, &bytes, &map).await;
    let name = path.file_name().unwrap().to_str().unwrap();
    let file = TurnoverFile {
        name,
        bytes: &bytes,
        mapping: &mapping,
        partial: true,
        control_sum: None,
        upload: None,
        key: None,
    };
    let report = import(&world.app, &office, &file, &|_, _| ()).await.unwrap();
    println!("\n{}", report.text());
    for error in report.errors.iter().take(20) {
        println!("{error}");
    }
    assert!(report.written);
    for (currency, sums) in &report.sums {
        assert!(sums.adds_up(), "{currency}: {sums:?}");
    }
    let stored: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT currency, count(*), trim_scale(sum(amount))::text FROM turnover_line GROUP BY currency ORDER BY currency",
    )
    .fetch_all(world.owner())
    .await
    .unwrap();
    for (currency, lines, amount) in stored {
        let sums = &report.sums[&currency];
        assert_eq!(
            (lines, amount),
            (i64::try_from(sums.imported_rows).unwrap(), sums.imported.normalize().to_string())
        );
    }
    let ledger: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM volume_entry e JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id
         WHERE g.scope = 'contract' AND e.turnover_line_id IS NOT NULL",
    )
    .fetch_one(world.owner())
    .await
    .unwrap();
    assert_eq!(ledger, i64::try_from(report.rows - report.rejected).unwrap());
    world.keeps_its_promises().await;
}

/// Everybody the file names, once per way a name is written alike.
async fn people_the_file(world: &World, bytes: &[u8], map: &TurnoverMap) {
    let read = turnover_rows::read(bytes, map, world.app.clock.today()).unwrap();
    let alike = |name: &str| name.to_lowercase();
    let mut members: BTreeMap<String, String> = BTreeMap::new();
    let mut suppliers: BTreeMap<String, String> = BTreeMap::new();
    let mut contracts: BTreeMap<String, (String, String, BTreeSet<i32>)> = BTreeMap::new();
    for row in &read.rows {
        let mapped =
            |table: &BTreeMap<String, String>, name: &str| table.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let customer = mapped(&map.members, &row.customer);
        members.entry(alike(&customer)).or_insert(customer);
        if let Some(supplier) = &row.supplier {
            let supplier = mapped(&map.suppliers, supplier);
            suppliers.entry(alike(&supplier)).or_insert(supplier);
        }
        let framework = mapped(&map.contracts, row.framework.as_deref().unwrap_or_default());
        let entry =
            contracts.entry(alike(&framework)).or_insert_with(|| (framework, row.currency.clone(), BTreeSet::new()));
        entry.2.extend(row.lot.as_deref().and_then(|lot| lot.parse::<i32>().ok()));
    }
    for name in members.values() {
        world.member(name).await;
    }
    for name in suppliers.values() {
        let supplier = world.organisation(name, "unternehmen").await;
        world.plays(supplier, "supplier").await;
    }
    for (number, currency, lots) in contracts.values() {
        let contract = world.contract(number).term("2010-01-01", "2027-02-28").await;
        sqlx::query("UPDATE framework_contract SET currency = $2 WHERE id = $1")
            .bind(contract.id.0)
            .bind(currency)
            .execute(world.owner())
            .await
            .unwrap();
        for lot in lots {
            sqlx::query(
                "INSERT INTO lot (contract_id, id, number, title) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            )
            .bind(contract.id.0)
            .bind(world.id())
            .bind(lot)
            .bind(format!("Los {lot}"))
            .execute(world.owner())
            .await
            .unwrap();
        }
    }
}
