//! Templates of the customer: taken into use when they work, refused with the place when they do not, and the last good
//! one stays in use.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use abruf::actions::issue_document::issue_next;
use abruf::actions::load_templates::{Folder, Loaded, folder_name, load};
use abruf::actions::release_call_off::release;
use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf_domain::ids::OrganisationId;

use crate::cluster;
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

const ORDER: &str = include_str!("../../pdf-templates/order.xml.j2");

struct House {
    world: World,
    towns: [OrganisationId; 2],
    contract: Contract,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let towns = [world.member("Stadt Altenrode").await, world.member("Stadt Mühlwerda").await];
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("50000.00"))
            .item("TRN", fixed("100.00"))
            .entitles(towns[0])
            .entitles(towns[1])
            .await;
        Self { world, towns, contract }
    }

    fn folder(&self, member: Option<&str>, words: &str) -> Folder {
        let text = ORDER.replace("Hiermit", words);
        assert!(text.contains(words));
        Folder {
            body: folder_name("Einkaufsgenossenschaft Elbe-Saale eG"),
            member: member.map(ToOwned::to_owned),
            texts: BTreeMap::from([("order.xml.j2".to_owned(), text)]),
        }
    }

    async fn load(&self, folders: Vec<Folder>) -> Vec<Loaded> {
        load(&self.world.app, folders).await.unwrap()
    }

    /// The template text behind a new order of this town.
    async fn wording(&self, town: OrganisationId) -> String {
        let buyer = self.world.buyer(town).await;
        let approver = self.world.approver(town).await;
        let id = self.world.request(&buyer, &self.contract, &[("TRN", "1")]).await;
        release(&self.world.app, &approver, id, None).await.unwrap();
        while issue_next(&self.world.app).await.unwrap() {}
        let sql = "SELECT t.wording FROM document d
                   JOIN document_template t ON t.version = d.template_version AND t.name = 'order.xml.j2'
                   WHERE d.call_off_id = $1 AND d.kind = 'order'";
        sqlx::query_scalar(sql).bind(id.0).fetch_one(self.world.owner()).await.unwrap()
    }
}

#[tokio::test]
async fn a_template_of_the_body_or_the_member_is_used_and_recorded_and_a_broken_one_is_not() {
    let house = House::new().await;
    let [altenrode, muehlwerda] = house.towns;
    assert!(house.wording(altenrode).await.contains("Hiermit"));
    let both = vec![house.folder(None, "Hierdurch"), house.folder(Some("stadt-muehlwerda"), "Freundlichst")];
    let told = house.load(both.clone()).await;
    assert!(told.iter().all(|it| matches!(it, Loaded::Changed(_, 1))) && told.len() == 2, "{told:?}");
    assert!(house.wording(altenrode).await.contains("Hierdurch"));
    assert!(house.wording(muehlwerda).await.contains("Freundlichst"));
    assert!(house.load(both.clone()).await.iter().all(|it| matches!(it, Loaded::Unchanged(_))));

    // Whatever is wrong, the last good one stays in use.
    for (broken, said) in [
        (ORDER.replace("data.case_number", "data.case_nmuber"), "`data.case_nmuber`"),
        ("<doc>\n{% if %}".to_owned(), "Zeile 2: syntax error"),
        (
            ORDER.replace(
                "<flow>",
                "<flow>{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            ),
            "out of fuel",
        ),
        (ORDER.replace("<space h=\"1.5\"/>", "<image src=\"http://example.org/logo.svg\"/>"), "`image` is no block"),
    ] {
        let mut folder = house.folder(None, "Hierdurch");
        folder.texts.insert("order.xml.j2".to_owned(), broken);
        let told = house.load(vec![folder, both[1].clone()]).await;
        let Some(Loaded::Refused(place, why)) = told.first() else { panic!("{said}: {told:?}") };
        assert_eq!(place, "einkaufsgenossenschaft-elbe-saale-eg");
        assert!(why.contains("Datei order.xml.j2") && why.contains(said), "{why}");
        assert!(house.wording(altenrode).await.contains("Hierdurch"));
    }
    let unknown = Folder { body: "gibt-es-nicht".to_owned(), ..both[0].clone() };
    let told = house.load(vec![both[0].clone(), both[1].clone(), unknown]).await;
    assert!(matches!(told.last(), Some(Loaded::Refused(place, _)) if place == "gibt-es-nicht"), "{told:?}");

    // What has no folder any more is taken back; earlier documents are made again with the words of then.
    house.load(Vec::new()).await;
    assert!(house.wording(altenrode).await.contains("Hiermit"));
    for document in find(&house.world.app, None).await.unwrap() {
        assert_eq!(reproduce(&house.world.app, document).await.unwrap().outcome, Outcome::Identical);
    }
    let refused = sqlx::query("DELETE FROM template_override").execute(house.world.owner()).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().constraint(), Some("template_override_append_only"));
    house.world.keeps_its_promises().await;
}

fn abruf(arguments: &[&str]) -> Output {
    let path = cluster::environment("PATH").unwrap_or_default();
    Command::new(env!("CARGO_BIN_EXE_abruf")).args(arguments).env_clear().env("PATH", path).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_terminal_checks_a_folder_and_shows_a_sample() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or_else(|| Path::new("/"))).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("haus/order.xml.j2", ORDER.replace("Hiermit", "Hierdurch").as_bytes());
    write("haus/stadt-altenrode/order.xml.j2", ORDER.replace("Hiermit", "Gern").as_bytes());
    let good = abruf(&["template", "check", &at("")]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    assert!(said(&good).contains("haus/stadt-altenrode: in Ordnung"), "{}", said(&good));

    write("haus/stadt-altenrode/order.xml.j2", ORDER.replace("data.case_number", "data.nichts").as_bytes());
    let broken = abruf(&["template", "check", &at("")]);
    assert_eq!(broken.status.code(), Some(10), "{}", said(&broken));
    assert!(said(&broken).contains("Datei order.xml.j2, Zeile"), "{}", said(&broken));
    for (name, bytes, wanted) in [
        ("logo/logo.png", &b"\x89PNG\xff"[..], "kein Text in UTF-8"),
        ("gross/order.xml.j2", &vec![b' '; 50_000_000][..], "erlaubt sind 500000"),
        ("bild/logo.svg", &b"<svg xmlns='x'><image href='http://example.org/x.png'/></svg>"[..], "Erlaubt sind:"),
    ] {
        write(name, bytes);
        let folder = name.split('/').next().unwrap();
        let refused = abruf(&["template", "check", &at(folder)]);
        assert_eq!(refused.status.code(), Some(10), "{name}: {}", said(&refused));
        assert!(said(&refused).contains(wanted), "{name}: {}", said(&refused));
    }

    let shown = abruf(&["template", "preview", "order", "--lines", "60", "--folder", &at("haus"), "-o", &at("a.pdf")]);
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
    assert!(fs::read(at("a.pdf")).unwrap().starts_with(b"%PDF-"));
    let again = abruf(&["template", "preview", "order", "-o", &at("a.pdf")]);
    assert_eq!(again.status.code(), Some(7), "never over another: {}", said(&again));
    let unknown = abruf(&["template", "preview", "brief", "-o", &at("b.pdf")]);
    assert_eq!(unknown.status.code(), Some(6), "{}", said(&unknown));
}
