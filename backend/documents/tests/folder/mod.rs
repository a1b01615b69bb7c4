//! The folder of a customer beside this one, read as the program reads it.

use std::fs;
use std::path::Path;

use abruf_documents::HouseStyle;
use abruf_documents::house_style::Kind;

/// Logo, fonts and text blocks of an invented town.
pub fn house() -> HouseStyle {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/house");
    let mut style = HouseStyle::default();
    for part in ["", "fonts/", "blocks/"] {
        let entries = fs::read_dir(folder.join(part)).expect("the folder");
        for path in entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()) {
            let name = format!("{part}{}", path.file_name().expect("a name").to_string_lossy());
            let bytes = fs::read(&path).expect("a file");
            match Kind::of(&name).expect("a file of a customer") {
                Kind::Text => drop(style.texts.insert(name, String::from_utf8(bytes).expect("text"))),
                Kind::Logo | Kind::Font => drop(style.assets.insert(name, bytes.into())),
            }
        }
    }
    style
}
