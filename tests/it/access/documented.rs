//! `docs/access.md`: the table of routes for people to read, made of the table that is enforced.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use abruf::actor::Role;
use abruf::api_scope::Scope;
use abruf::http::access::{Access, Answer, Object, Relation};

use super::table;

/// One letter per answer, so that a row stays readable.
const fn letter(answer: Answer) -> char {
    match answer {
        Answer::LetIn => 'z',
        Answer::NothingThere => '·',
        Answer::SignIn => 'a',
        Answer::Choose => 'w',
        Answer::RefusedByRule => 'r',
    }
}

const ANSWERS: [Answer; 5] =
    [Answer::LetIn, Answer::NothingThere, Answer::SignIn, Answer::Choose, Answer::RefusedByRule];

fn row(access: Access) -> String {
    let mut row = format!("{}", letter(access.answer(None, Relation::Own)));
    for role in Role::ALL {
        let letters = Relation::of(role).iter().map(|relation| letter(access.answer(Some(role), *relation)));
        write!(row, " | {}", letters.collect::<String>()).unwrap();
    }
    row
}

fn written() -> String {
    let mut text = String::from(
        "# Wer darf wohin\n\nGemacht aus der Tabelle, die das Programm durchsetzt (`backend/server/http.rs`), und von\n\
         `tests/it/access.rs` mit jeder Rolle abgelaufen. Fremdes sieht aus wie nicht Vorhandenes.\n\n## Zeichen\n\n",
    );
    for answer in ANSWERS {
        writeln!(text, "- `{}` {}", letter(answer), answer.german()).unwrap();
    }
    text.push_str("\nJede Zelle hat ein Zeichen je Verhältnis, in dieser Reihenfolge:\n\n");
    for role in Role::ALL {
        let relations: Vec<&str> = Relation::of(role).iter().map(|relation| relation.german()).collect();
        writeln!(text, "- {}: {}", role.german(), relations.join(", ")).unwrap();
    }
    text.push_str("\n## Wessen Gegenstand\n\n| Gegenstand | wer ihn sieht |\n|---|---|\n");
    for object in Object::ALL {
        writeln!(text, "| {} | {} |", object.german(), object.visible_to()).unwrap();
    }
    text.push_str("\n## Schlüssel von Programmen\n\nEin Schlüssel kommt zu seiner Zeile dazu: er darf, was die Aufgabe seiner Person darf, soweit sein Recht es nennt.\n\n");
    for scope in Scope::ALL {
        writeln!(text, "- `{}` {}", scope.key(), scope.german()).unwrap();
    }
    text.push_str("\nWege ohne Recht öffnet kein Schlüssel (403); offene Wege brauchen keins.\n");
    text.push_str("\n## Wege\n\n| Weg | Gegenstand | Schlüssel | abgemeldet");
    for role in Role::ALL {
        write!(text, " | {}", role.german()).unwrap();
    }
    text.push_str(" |\n|---|---|---|");
    text.push_str(&"---|".repeat(Role::ALL.len() + 1));
    text.push('\n');
    let mut routes = table();
    routes.sort_by(|a, b| (&a.path, a.method.as_str()).cmp(&(&b.path, b.method.as_str())));
    for route in &routes {
        let object = route.access.object.german();
        let scope = Scope::needed(route.method.as_str(), &route.path)
            .map_or_else(|| "–".to_owned(), |it| format!("`{}`", it.key()));
        writeln!(text, "| `{} {}` | {object} | {scope} | {} |", route.method, route.path, row(route.access)).unwrap();
    }
    writeln!(text, "\n{} Wege.", routes.len()).unwrap();
    text
}

#[test]
fn the_table_of_routes_is_what_the_program_enforces() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/access.md");
    let table = written();
    #[expect(clippy::disallowed_methods, reason = "whether to write the file is no setting of the program")]
    if std::env::var_os("ABRUF_WRITE").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), table, "write it anew with ABRUF_WRITE=1");
}
