//! Templates, logo, fonts and words of the customer: taken into use when they work, refused with the place when they do
//! not, and the last good ones stay in use.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use abruf::actions::issue_document::issue_next;
use abruf::actions::load_templates::{Folder, Loaded, folder_name, load};
use abruf::actions::release_call_off::release;
use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf_documents::HouseStyle;
use abruf_domain::ids::OrganisationId;

use crate::cluster;
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

const ORDER: &str = include_str!("../../pdf-templates/order.xml.j2");
const LOGO: &[u8] = include_bytes!("../../backend/documents/tests/house/logo.png");
const REGULAR: &[u8] = include_bytes!("../../backend/documents/tests/house/fonts/ProbeSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../backend/documents/tests/house/fonts/ProbeSans-Bold.ttf");
const LETTERHEAD: &str = include_str!("../../backend/documents/tests/house/letterhead.toml");

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
            style: HouseStyle { texts: [("order.xml.j2".to_owned(), text)].into(), ..HouseStyle::default() },
            fault: None,
        }
    }

    /// Logo, fonts and a greeting of the body.
    fn dressed(&self) -> Folder {
        let mut folder = self.folder(None, "Hierdurch");
        let texts = [("letterhead.toml", LETTERHEAD), ("blocks/greeting.txt", "Guten Tag,")];
        folder.style.texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        let assets = [("logo.png", LOGO), ("fonts/ProbeSans-Regular.ttf", REGULAR), ("fonts/ProbeSans-Bold.ttf", BOLD)];
        folder.style.assets = assets.map(|(name, bytes)| (name.to_owned(), bytes.into())).into();
        folder
    }

    /// Names of the files recorded with the newest order of this town, and whether it shows a picture.
    async fn recorded(&self, town: OrganisationId) -> (Vec<String>, bool) {
        self.wording(town).await;
        let sql = "SELECT array(SELECT a.name FROM document_template_asset a WHERE a.version = d.template_version ORDER BY 1),
                          position('/Subtype/Image'::bytea IN d.bytes) > 0
                   FROM document d WHERE d.kind = 'order' ORDER BY d.created_at DESC, d.id DESC LIMIT 1";
        sqlx::query_as(sql).fetch_one(self.world.owner()).await.unwrap()
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
        folder.style.texts.insert("order.xml.j2".to_owned(), broken);
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

#[tokio::test]
async fn logo_and_fonts_are_used_and_recorded_once_and_broken_ones_are_not() {
    let house = House::new().await;
    let [altenrode, muehlwerda] = house.towns;
    let dressed = house.dressed();
    let told = house.load(vec![dressed.clone()]).await;
    assert!(matches!(&told[..], [Loaded::Changed(_, 5)]), "{told:?}");
    let files = ["fonts/ProbeSans-Bold.ttf", "fonts/ProbeSans-Regular.ttf", "logo.png"].map(str::to_owned).to_vec();
    assert_eq!(house.recorded(altenrode).await, (files.clone(), true));
    assert_eq!(house.recorded(muehlwerda).await, (files.clone(), true));
    assert!(matches!(&house.load(vec![dressed.clone()]).await[..], [Loaded::Unchanged(_)]));

    // Whatever is wrong is told by file, soon, and the last good one stays in use.
    let huge = vec![0; 50_000_000];
    for (name, bytes, said) in [
        ("logo.png", &huge[..], "50000000 Bytes, erlaubt sind 500000"),
        ("logo.png", &LOGO[..2_000], "beschädigt"),
        (
            "logo.png",
            &b"<svg xmlns='x'><image href='http://example.org/x.png'/></svg>"[..],
            "bitte als PNG mit 945 x 189",
        ),
        ("fonts/ProbeSans-Bold.ttf", &BOLD[..300], "keine lesbare"),
        ("logo.jpg", LOGO, "nennt diese Datei nicht"),
    ] {
        let mut broken = dressed.clone();
        broken.style.assets.insert(name.to_owned(), bytes.into());
        let begun = Instant::now();
        let told = house.load(vec![broken]).await;
        assert!(begun.elapsed().as_secs() < 10, "{name}");
        let [Loaded::Refused(_, why)] = &told[..] else { panic!("{name}: {told:?}") };
        assert!(why.contains(&format!("Datei {name}: ")) && why.contains(said), "{why}");
        assert_eq!(house.recorded(altenrode).await, (files.clone(), true));
    }
    let mut mute = dressed.clone();
    mute.style.texts.insert("letterhead.toml".to_owned(), "[logo]\nfile = \"logo.png\"\nalt = \"\"\n".to_owned());
    mute.style.assets.retain(|name, _| name == "logo.png");
    let told = house.load(vec![mute]).await;
    assert!(matches!(&told[..], [Loaded::Refused(_, why)] if why.contains("was das Logo zeigt")), "{told:?}");

    // A member with a letterhead of its own has what that one names, and the text blocks of its body.
    let mut member = house.folder(Some("stadt-muehlwerda"), "Gern");
    let letterhead = "[logo]\nfile = \"logo.png\"\nalt = \"Mühlrad\"\n".to_owned();
    member.style.texts = [("letterhead.toml".to_owned(), letterhead)].into();
    member.style.assets = [("logo.png".to_owned(), LOGO.into())].into();
    house.load(vec![dressed, member]).await;
    assert_eq!(house.recorded(muehlwerda).await, (vec!["logo.png".to_owned()], true));
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM template_asset").fetch_one(house.world.owner()).await.unwrap();
    assert_eq!(kept, 3, "a file lies there once");

    house.load(Vec::new()).await;
    assert_eq!(house.recorded(altenrode).await, (Vec::new(), false));
    for document in find(&house.world.app, None).await.unwrap() {
        assert_eq!(reproduce(&house.world.app, document).await.unwrap().outcome, Outcome::Identical);
    }
    for (delete, constraint) in [
        ("DELETE FROM template_asset", "template_asset_append_only"),
        ("DELETE FROM document_template_asset", "document_template_asset_append_only"),
    ] {
        let refused = sqlx::query(delete).execute(house.world.owner()).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint));
    }
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
        ("logo/logo.png", &b"\x89PNG\xff"[..], "letterhead.toml desselben Ordners nennt diese Datei nicht"),
        ("gross/order.xml.j2", &vec![b' '; 50_000_000][..], "erlaubt sind 500000"),
        ("gross-logo/logo.png", &vec![b' '; 50_000_000][..], "Datei logo.png: sie hat 50000000 Bytes"),
        (
            "bild/logo.svg",
            &b"<svg xmlns='x'><image href='http://example.org/x.png'/></svg>"[..],
            "SVG wird nicht angenommen, weil es fremde Dateien nachladen kann; bitte als PNG",
        ),
        ("bytes/blocks/greeting.txt", &b"\xff\xfe"[..], "Datei blocks/greeting.txt: sie ist kein Text in UTF-8"),
        ("brief/brief.docx", &b"PK"[..], "Erlaubt sind: letterhead.toml"),
    ] {
        write(name, bytes);
        let folder = name.split('/').next().unwrap();
        let refused = abruf(&["template", "check", &at(folder)]);
        assert_eq!(refused.status.code(), Some(10), "{name}: {}", said(&refused));
        assert!(said(&refused).contains(wanted), "{name}: {}", said(&refused));
    }

    // What a letterhead names is read, and told by file: an SVG under the name of a PNG, a font that is none.
    write("svg/letterhead.toml", b"[logo]\nfile = \"logo.png\"\nalt = \"Wappen\"\n");
    write("svg/logo.png", b"<?xml version='1.0'?><svg xmlns='x'><image href='http://example.org/x.png'/></svg>");
    write("font/letterhead.toml", b"[fonts]\nregular = \"fonts/A.ttf\"\nbold = \"fonts/A.ttf\"\n");
    write("font/fonts/A.ttf", &REGULAR[..300]);
    for (folder, wanted) in [
        ("svg", "Datei logo.png: SVG wird nicht angenommen, weil es fremde Dateien nachladen kann; bitte als PNG"),
        ("font", "Datei fonts/A.ttf: die Datei ist keine lesbare"),
    ] {
        let begun = Instant::now();
        let refused = abruf(&["template", "check", &at(folder)]);
        assert_eq!(refused.status.code(), Some(10), "{folder}: {}", said(&refused));
        assert!(said(&refused).contains(wanted), "{folder}: {}", said(&refused));
        let shown = abruf(&["template", "preview", "order", "--folder", &at(folder), "-o", &at("x.pdf")]);
        assert!(shown.status.code() == Some(10) && !dir.path().join("x.pdf").exists(), "{folder}: {}", said(&shown));
        assert!(begun.elapsed().as_secs() < 20, "{folder}");
    }

    for (name, bytes) in [
        ("stadt/letterhead.toml", LETTERHEAD.as_bytes()),
        ("stadt/logo.png", LOGO),
        ("stadt/fonts/ProbeSans-Regular.ttf", REGULAR),
        ("stadt/fonts/ProbeSans-Bold.ttf", BOLD),
        ("stadt/blocks/greeting.txt", "Guten Tag,".as_bytes()),
    ] {
        write(name, bytes);
    }
    let good = abruf(&["template", "check", &at("stadt")]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    assert!(said(&good).contains("in Ordnung, 5 Dateien"), "{}", said(&good));
    let shown = abruf(&["template", "preview", "order", "--folder", &at("stadt"), "-o", &at("stadt.pdf")]);
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
    let pdf = fs::read(at("stadt.pdf")).unwrap();
    assert!(pdf.windows(14).any(|it| it == b"/Subtype/Image"), "the logo");

    let shown = abruf(&["template", "preview", "order", "--lines", "60", "--folder", &at("haus"), "-o", &at("a.pdf")]);
    assert_eq!(shown.status.code(), Some(0), "{}", said(&shown));
    assert!(fs::read(at("a.pdf")).unwrap().starts_with(b"%PDF-"));
    let again = abruf(&["template", "preview", "order", "-o", &at("a.pdf")]);
    assert_eq!(again.status.code(), Some(7), "never over another: {}", said(&again));
    let unknown = abruf(&["template", "preview", "brief", "-o", &at("b.pdf")]);
    assert_eq!(unknown.status.code(), Some(6), "{}", said(&unknown));
}
