//! scratch: serves a world for looking at

use crate::pages::browser;
use crate::web::{PASSWORD, known_hash};
use crate::world::World;
use crate::world::contract::*;
use abruf::actions::{release_call_off, submit_call_off};
use abruf::actor::RunsAs;
use abruf::storage::people;
use std::net::SocketAddr;

#[tokio::test]
#[ignore]
async fn look() {
    let mut world = World::new().await;
    world.app.demo = true;
    let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
    let late = world.member("Stadt Neufeld").joined("2026-12-01").await;
    let mut names: Vec<_> = Vec::new();
    for name in ["Stadt Bernrode", "Landkreis Saalegau", "Stadt Cronfeld", "Gemeinde Dornau", "Zweckverband Wasser Elbaue"] { names.push(world.member(name).await); }
    let eva = world.buyer(town).named("Eva Muster").await;
    let karl = world.approver(town).named("Karl Beispiel").up_to("50000.00").await;
    let _own = world.approver(town).named("Ina Stellvertreter").await;
    let nora = world.buyer(late).named("Nora Neu").await;
    let office = world.office().named("Gero Geschäft").await;
    let board = world.person(abruf::actor::Role::Board, world.body).named("Vera Vorstand").await;
    let mut c = world.contract("RV-2025-01").fee("1.5").ceiling(value("500000.00"))
        .item("CTX-USR", subscription("11.85").unit("Nutzer"))
        .item("CTX-TRN", fixed("1180.00").unit("Tag"))
        .item("CTX-PAP", list_minus("4.00", "12.5").in_packs_of("5"))
        .item_ceiling("CTX-USR", quantity("4000"))
        .quota(town, value("60000.00").soft())
        .entitles(town)
        .baseline("CTX-USR", prior_contract("14.20").per_month()).baseline("CTX-TRN", prior_contract("1250.00"));
    for n in &names { c = c.entitles(*n); }
    let citrix = c.await;
    let nb = world.contract("RV-2025-02").minimum("100.00").surcharge("9.90").ceiling(value("90000.00"))
        .lot("Notebooks").item("NBK-14", tiers(&[("1", "900.00"), ("10", "850.00"), ("50", "799.00")])).item("NBK-16", tiers(&[("1", "1100.00"), ("10", "1050.00")]))
        .lot("Zubehör").item("DOCK", list_minus("199.00", "22.5")).entitles(town).baseline("DOCK", list_price("150.00")).await;
    let many: Vec<String> = (0..90).map(|n| format!("DRK-{n:03}")).collect();
    let mut c = world.contract("RV-2025-03").ceiling(value("30000.00")).entitles_every("stadt", true);
    for a in &many { c = c.item(a, list_minus("120.00", "15")); }
    let printers = c.await;
    let old = world.contract("RV-2022-01").announced("2021-11-15").term("2022-01-01", "2025-12-31").ceiling(value("30000.00")).item("X", fixed("1.00")).entitles(town).await;
    let through = world.contract("RV-2025-05").ceiling(value("30000.00")).item("X", fixed("1.00")).entitles(town).await;
    for (id, title, chain) in [(nb.id, "Notebooks und Zubehör", "direct"), (printers.id, "Drucker und Verbrauchsmaterial", "direct"), (old.id, "Monitore", "direct"), (through.id, "Rechenzentrum und Hosting", "through_body")] {
        sqlx::query("UPDATE framework_contract SET title = $2, supply_chain = $3 WHERE id = $1").bind(id.0).bind(title).bind(chain).execute(world.owner()).await.unwrap();
    }
    // orders
    let a = world.request(&eva, &citrix, &[("CTX-USR", "120"), ("CTX-TRN", "2")]).await;
    release_call_off::release(&world.app, &karl, a, None).await.unwrap();
    let _w = world.request(&eva, &citrix, &[("CTX-USR", "40"), ("CTX-TRN", "1"), ("CTX-PAP", "10")]).await;
    let q = world.request(&eva, &nb, &[("DOCK", "8")]).await;
    let big = world.request(&eva, &nb, &[("NBK-14", "60"), ("NBK-16", "12"), ("DOCK", "40")]).await;
    let over = world.request(&eva, &citrix, &[("CTX-USR", "250")]).await;
    let _ = (over, big, q);
    let blocked = world.draft(&eva, &nb, &[("NBK-14", "160"), ("GIBTSNICHT", "1")]).await;
    let _ = submit_call_off::submit(&world.app, &eva, blocked, None).await.unwrap();
    let draft = world.draft(&eva, &citrix, &[("CTX-USR", "120"), ("CTX-TRN", "2")]).await;
    let pr = world.draft(&eva, &printers, &[("DRK-004", "3")]).await;
    let mut tx = world.app.db.begin(RunsAs::Job).await.unwrap();
    let mut out = String::new();
    for (name, actor) in [("eva", &eva), ("karl", &karl), ("nora", &nora), ("office", &office), ("board", &board)] {
        people::set_password_hash(&mut tx, actor.person, &known_hash().await).await.unwrap();
        let email: String = sqlx::query_scalar("SELECT email FROM person WHERE id = $1").bind(actor.person.0).fetch_one(world.owner()).await.unwrap();
        out += &format!("{name}={email}\n");
    }
    tx.commit().await.unwrap();
    out += &format!("password={PASSWORD}\ncitrix={}\nnb={}\nprinters={}\nold={}\nthrough={}\nordered={}\nwaiting={}\nquick={}\nbig={}\nover={}\nblocked={}\ndraft={}\npr={}\n",
        citrix.id, nb.id, printers.id, old.id, through.id, a, _w, q, big, over, blocked, draft, pr);
    std::fs::write("/tmp/look.env", out).unwrap();
    let router = browser::router(&world).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8137").await.unwrap();
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
}
