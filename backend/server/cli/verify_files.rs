//! `abruf verify file.pdf … --hashes list`: are these files unchanged documents of ours? Without database, network or
//! settings, from the public list of hashes. Files are read once, in portions, up to a size no document of ours has.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use abruf_domain::notation::Language;
use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::actions::judge_paper::{Paper, Standing};
use crate::actions::publish_hashes::{TITLE, read_as_of, read_lines};
use crate::cli::output::{Ended, Exit, Output};
use crate::cli::partial_file::hash_of;

/// A document of 2,000 lines has a hundredth of it.
const LARGEST: u64 = 64 << 20;
/// No line of a list is longer.
const LONGEST_LINE: u64 = 4096;
/// Where a PDF says how it ends, and whether it is encrypted.
const TAIL: u64 = 8192;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Judged {
    /// A document of ours, unchanged.
    Genuine(Paper),
    /// None, and why it may be none.
    Unknown(String),
    /// It could not be looked at.
    Unread(String),
}

/// Judges the files; 10 if one is no document of ours or was cancelled, 11 if one could not be read.
///
/// # Errors
/// If the list cannot be read or is none.
pub fn run(files: &[PathBuf], hashes: &Path, output: &Output) -> anyhow::Result<Exit> {
    let mut judged: Vec<(&PathBuf, Judged, Option<String>)> = files
        .iter()
        .map(|path| match examine(path) {
            Ok(sha256) => (path, Judged::Unknown(String::new()), Some(sha256)),
            Err(why) => (path, Judged::Unread(why), None),
        })
        .collect();
    let as_of = look_up(&mut judged, hashes)?;
    for (path, it, _) in &mut judged {
        if *it == Judged::Unknown(String::new()) {
            *it = Judged::Unknown(why_unknown(path));
        }
    }
    let lines: Vec<String> = judged.iter().map(|(path, it, _)| sentence(path, it, as_of)).collect();
    let data: Vec<Value> = judged.iter().zip(&lines).map(|((path, it, sha256), text)| {
        json!({ "file": path.display().to_string(), "outcome": word(it), "sha256": sha256, "text": text })
    }).collect();
    output.answer(&lines.join("\n"), &data);
    let any = |wanted: fn(&Judged) -> bool| judged.iter().any(|(_, it, _)| wanted(it));
    let bad = |it: &Judged| match it {
        Judged::Genuine(paper) => paper.standing != Standing::Valid,
        Judged::Unknown(_) => true,
        Judged::Unread(_) => false,
    };
    Ok(if any(bad) {
        Exit::VerificationFailed
    } else if any(|it| matches!(it, Judged::Unread(_))) {
        Exit::VerificationIncomplete
    } else {
        Exit::Ok
    })
}

/// SHA-256 of a file that may be a document; else why it is none.
fn examine(path: &Path) -> Result<String, String> {
    let readable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "Diese Datei gibt es nicht".to_owned(),
        io::ErrorKind::PermissionDenied => "Diese Datei darf nicht gelesen werden".to_owned(),
        _ => format!("Die Datei ist nicht lesbar: {error}"),
    };
    let about = fs::metadata(path).map_err(readable)?;
    if !about.is_file() {
        return Err("Das ist keine Datei".to_owned());
    }
    if LARGEST < about.len() {
        let size = Language::German.number((about.len() >> 20).into());
        return Err(format!("Die Datei hat {size} MB. Dokumente aus Abruf sind kleiner als {} MB", LARGEST >> 20));
    }
    let mut start = [0; 5];
    let mut file = File::open(path).map_err(readable)?;
    let read = file.read(&mut start).map_err(readable)?;
    if start[..read] != *b"%PDF-" {
        return Err("Das ist kein PDF".to_owned());
    }
    hash_of(path).map(|(_, sha256)| sha256).map_err(readable)
}

/// Finds the files in the list, reading it once; of when the list is.
fn look_up(judged: &mut [(&PathBuf, Judged, Option<String>)], hashes: &Path) -> anyhow::Result<Option<DateTime<Utc>>> {
    let name = hashes.display();
    let mut list = BufReader::new(File::open(hashes).with_context(|| format!("Die Liste {name} ist nicht lesbar"))?);
    let (mut comment, mut as_of, mut first) = (String::new(), None, true);
    loop {
        let mut line = String::new();
        let no_list = || {
            let text =
                format!("{name} ist keine Liste von Prüfsummen. Sie entsteht mit: abruf export hashes -o {name}");
            Ended::new(Exit::Usage, text)
        };
        let read = list.by_ref().take(LONGEST_LINE).read_line(&mut line).map_err(|_| no_list())?;
        if first && line.trim_end() != TITLE {
            return Err(no_list().into());
        }
        first = false;
        if read == 0 {
            return Ok(as_of);
        }
        let line = line.trim_end();
        if line.starts_with('#') {
            as_of = as_of.or_else(|| read_as_of(line));
            comment = line.to_owned();
            continue;
        }
        let sha256 = line.split(' ').next().unwrap_or_default();
        for (_, it, own) in judged.iter_mut() {
            if own.as_deref() == Some(sha256) {
                let paper =
                    read_lines(&comment, line).with_context(|| format!("Die Liste {name} ist beschädigt: {line}"))?;
                *it = Judged::Genuine(paper);
            }
        }
    }
}

/// What can be seen from outside about a PDF that is in no list.
fn why_unknown(path: &Path) -> String {
    let tail = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(TAIL).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = tail().unwrap_or_default();
    let holds = |words: &[u8]| tail.windows(words.len()).any(|window| window == words);
    if !holds(b"%%EOF") {
        "Ihr fehlt das Ende: Sie ist abgeschnitten. Bitte noch einmal herunterladen".to_owned()
    } else if holds(b"/Encrypt") {
        "Sie ist verschlüsselt; Dokumente aus Abruf sind es nie".to_owned()
    } else {
        "Sie stammt nicht aus diesem System, wurde verändert, oder die Liste ist älter als das Dokument".to_owned()
    }
}

fn sentence(path: &Path, judged: &Judged, as_of: Option<DateTime<Utc>>) -> String {
    let name = path.display();
    let as_of = as_of.map(|at| format!(" (Stand {})", Language::German.instant(at))).unwrap_or_default();
    match judged {
        Judged::Genuine(paper) => match paper.standing {
            Standing::Valid => format!("{name}: Echt: {paper}, gültig{as_of}."),
            Standing::Cancelled(on) => {
                format!("{name}: Echt, aber am {} storniert: {paper}{as_of}.", Language::German.date(on))
            }
            Standing::Replaced(on) => {
                format!(
                    "{name}: Echt, aber seit dem {} gibt es eine neuere: {paper}{as_of}.",
                    Language::German.date(on)
                )
            }
        },
        Judged::Unknown(why) => format!("{name}: Unbekannt. {why}."),
        Judged::Unread(why) => format!("{name}: {why}."),
    }
}

const fn word(judged: &Judged) -> &'static str {
    match judged {
        Judged::Genuine(Paper { standing: Standing::Valid, .. }) => "valid",
        Judged::Genuine(Paper { standing: Standing::Cancelled(_), .. }) => "cancelled",
        Judged::Genuine(_) => "replaced",
        Judged::Unknown(_) => "unknown",
        Judged::Unread(_) => "unread",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, removed afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("abruf-verify-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, bytes).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn judge(path: &PathBuf, list: &Path) -> Judged {
        match examine(path) {
            Err(why) => Judged::Unread(why),
            Ok(sha256) => {
                let mut one = [(path, Judged::Unknown(String::new()), Some(sha256))];
                look_up(&mut one, list).unwrap();
                match &one[0].1 {
                    Judged::Unknown(_) => Judged::Unknown(why_unknown(path)),
                    other => other.clone(),
                }
            }
        }
    }

    #[test]
    fn each_way_of_not_being_a_document_is_told_apart() {
        let folder = Folder::new("ways");
        let genuine = folder.file("Abruf_RV-1.pdf", b"%PDF-1.7 words %%EOF\n");
        let (_, sha256) = hash_of(&genuine).unwrap();
        let list = folder.file(
            "hashes.txt",
            format!("{TITLE}\n# Stand: 2027-05-04T10:00:00Z\n# ABCDEFGHIJKLMNOP order RV-1 2027-05-04 cancelled:2027-05-06\n{sha256}  Abruf_RV-1.pdf\n").as_bytes(),
        );
        let Judged::Genuine(paper) = judge(&genuine, &list) else { panic!("it is in the list") };
        assert_eq!(paper.to_string(), "Abruf RV-1 vom 04.05.2027");
        assert_eq!(paper.standing, Standing::Cancelled("2027-05-06".parse().unwrap()));

        let huge = folder.file("huge.pdf", b"%PDF-1.7");
        File::options().write(true).open(&huge).unwrap().set_len(500 << 20).unwrap();
        for (path, wanted) in [
            (folder.file("changed.pdf", b"%PDF-1.7 other words %%EOF\n"), "verändert"),
            (folder.file("cut.pdf", b"%PDF-1.7 wor"), "abgeschnitten"),
            (folder.file("locked.pdf", b"%PDF-1.7 trailer <</Encrypt 5 0 R>> %%EOF"), "verschlüsselt"),
            (folder.file("letter.txt", b"Sehr geehrte"), "kein PDF"),
            (folder.file("empty.pdf", b""), "kein PDF"),
            (huge, "500 MB"),
            (folder.0.clone(), "keine Datei"),
            (folder.0.join("nowhere.pdf"), "gibt es nicht"),
        ] {
            let judged = sentence(&path, &judge(&path, &list), None);
            assert!(judged.contains(wanted), "{judged}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_without_reading_all_of_it() {
        let folder = Folder::new("lists");
        let pdf = folder.file("a.pdf", b"%PDF-1.7 %%EOF");
        let (_, sha256) = hash_of(&pdf).unwrap();
        for (name, bytes) in [("text", &b"Liste"[..]), ("binary", &[0xff; 10_000]), ("empty", b"")] {
            let list = folder.file(name, bytes);
            let refused =
                look_up(&mut [(&pdf, Judged::Unknown(String::new()), Some(sha256.clone()))], &list).unwrap_err();
            assert!(refused.to_string().contains("keine Liste von Prüfsummen"), "{refused}");
        }
    }
}
