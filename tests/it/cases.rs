//! Cases as files: a call-off with its contract and member, and what has to come out. They are
//! judged without a database.
//!
//! `ABRUF_CASES=<file or folder> cargo test --locked --test it cases -- --nocapture` runs any files
//! of the format; without the variable `tests/cases` runs. `tests/cases/README.md` explains it.

mod api;
mod fixture;
mod format;
mod judge;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use abruf_domain::finding::Finding;

use fixture::Fixtures;
use judge::Verdict;

/// What is wrong with a file or a case of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Error(String);

impl Error {
    fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A case of a file with what became of it.
#[derive(Debug)]
struct Judged {
    id: String,
    kind: String,
    place: String,
    title: String,
    verdict: Result<Verdict, Error>,
}

/// All cases of some files, and files that could not be read.
#[derive(Debug, Default)]
struct Run {
    judged: Vec<Judged>,
    broken: Vec<Error>,
}

impl Run {
    fn count(&self, what: fn(&Result<Verdict, Error>) -> bool) -> usize {
        self.judged.iter().filter(|judged| what(&judged.verdict)).count()
    }

    fn passed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Ok(Verdict::Passed(_))))
    }

    fn undecidable(&self) -> usize {
        self.count(|verdict| matches!(verdict, Ok(Verdict::Undecidable(_))))
    }

    /// A broken case counts as failed.
    fn failed(&self) -> usize {
        self.judged.len() - self.passed() - self.undecidable()
    }

    fn is_sound(&self) -> bool {
        self.broken.is_empty() && self.failed() == 0 && self.undecidable() == 0
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Judged { place, title, verdict, .. } in &self.judged {
            match verdict {
                Ok(Verdict::Passed(_)) => writeln!(f, "passed       {place}  {title}")?,
                Ok(Verdict::Undecidable(missing)) => {
                    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
                    writeln!(f, "undecidable  {place}  {title} (not built: {})", missing.join(", "))?;
                }
                Ok(Verdict::Failed(differences)) => {
                    writeln!(f, "FAILED       {place}  {title}")?;
                    for difference in differences {
                        writeln!(f, "             {difference}")?;
                    }
                }
                Err(error) => writeln!(f, "BROKEN       {place}  {error}")?,
            }
        }
        for error in &self.broken {
            writeln!(f, "BROKEN       {error}")?;
        }
        writeln!(
            f,
            "cases: {} read, {} passed, {} failed, {} undecidable",
            self.judged.len(),
            self.passed(),
            self.failed(),
            self.undecidable()
        )
    }
}

/// Runs a file, or every `.json` file of a folder and its folders, by name.
fn run(path: &Path) -> Run {
    let mut run = Run::default();
    match files(path) {
        Ok(files) if files.is_empty() => run.broken.push(Error::new(format!("{}: no .json file", path.display()))),
        Ok(files) => files.iter().for_each(|file| match run_file(file) {
            Ok(judged) => run.judged.extend(judged),
            Err(Error(text)) => run.broken.push(Error::new(format!("{}: {text}", file.display()))),
        }),
        Err(error) => run.broken.push(error),
    }
    run
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let at = |error: std::io::Error| Error::new(format!("{}: {error}", path.display()));
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(at)? {
        entries.push(entry.map_err(at)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "json") {
            found.push(entry);
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<format::File, Error> {
    let text = fs::read_to_string(path).map_err(|error| Error::new(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| Error::new(error.to_string()))
}

/// The fixtures of a file over those of its `fixtures` file.
fn fixtures(file: &format::File, path: &Path) -> Result<Fixtures, Error> {
    let mut fixtures = Fixtures { config: None, members: BTreeMap::new(), contracts: BTreeMap::new() };
    if let Some(name) = &file.fixtures {
        let base = read(&path.with_file_name(name)).map_err(|Error(text)| Error::new(format!("{name}: {text}")))?;
        fixtures = Fixtures { config: base.config, members: base.members, contracts: base.contracts };
    }
    if file.config.is_some() {
        fixtures.config.clone_from(&file.config);
    }
    fixtures.members.extend(file.members.clone());
    fixtures.contracts.extend(file.contracts.clone());
    fixtures.check()?;
    Ok(fixtures)
}

fn run_file(path: &Path) -> Result<Vec<Judged>, Error> {
    let file = read(path)?;
    let fixtures = fixtures(&file, path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut seen = BTreeSet::new();
    let judged = file.cases.iter().enumerate().map(|(index, case)| {
        let id = case
            .get("id")
            .and_then(serde_json::Value::as_str)
            .map_or_else(|| format!("case {}", index + 1), str::to_owned);
        let place = format!("{name} {id}");
        let kind = case.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let (title, verdict) = match serde_json::from_value::<format::Case>(case.clone()) {
            Err(error) => (String::new(), Err(Error::new(error.to_string()))),
            Ok(case) if !seen.insert(case.id.clone()) => {
                (case.title, Err(Error::new("this id stands twice in the file".to_owned())))
            }
            Ok(case) => {
                let verdict = judge::judge(&case, &fixtures, &file.cases);
                (case.title, verdict)
            }
        };
        Judged { id, kind, place, title, verdict }
    });
    Ok(judged.collect())
}

/// Where our own files lie.
fn own_files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// A case of our own files that comes out as it says.
#[derive(Debug)]
pub(crate) struct Example {
    /// Its id; unique over our files but for the golden cases of a file.
    pub(crate) id: String,
    /// Its kind.
    pub(crate) kind: String,
    /// What was found, passed rules included.
    pub(crate) findings: Vec<Finding>,
}

/// Our own cases that come out as they say.
pub(crate) fn examples() -> Vec<Example> {
    let judged = run(&own_files()).judged.into_iter();
    judged
        .filter_map(|Judged { id, kind, verdict, .. }| match verdict {
            Ok(Verdict::Passed(findings)) => Some(Example { id, kind, findings }),
            _ => None,
        })
        .collect()
}

#[test]
fn every_case_comes_out_as_its_file_says() {
    #[expect(clippy::disallowed_methods, reason = "which files to run is no setting of the program")]
    let path = std::env::var_os("ABRUF_CASES").map_or_else(own_files, PathBuf::from);
    let run = run(&path);
    print!("\n{run}");
    assert!(run.is_sound(), "a case failed or cannot be decided, or a file is broken, see above");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn golden() -> Value {
        let path = own_files().join("golden-cases.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Runs the golden file after a change to it.
    fn golden_with(change: impl FnOnce(&mut Value)) -> Run {
        let mut file = golden();
        change(&mut file);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("changed.json");
        fs::write(&path, file.to_string()).unwrap();
        run(&path)
    }

    #[test]
    fn what_must_be_decided_today_is_decided() {
        let run = golden_with(|_| {});
        let decided = [
            "GC-01", "GC-03", "GC-04", "GC-05", "GC-07", "GC-08", "GC-09", "GC-10", "GC-12", "GC-13", "GC-14", "GC-16",
            "GC-20", "GC-22", "GC-24", "GC-26", "GC-27", "GC-33", "GC-40", "GC-41", "GC-46", "GS-42", "GS-43", "GS-44",
            "GS-45",
        ];
        for id in decided {
            let judged = run.judged.iter().find(|judged| judged.place.ends_with(id)).unwrap();
            assert!(matches!(judged.verdict, Ok(Verdict::Passed(_))), "{id}: {:?}", judged.verdict);
        }
    }

    #[test]
    fn a_wrong_cent_fails_with_place_expected_and_actual() {
        let run = golden_with(|file| file["cases"][0]["expect"]["savings"]["fee"] = json!("291.37"));
        assert_eq!((run.failed(), run.is_sound()), (1, false));
        assert!(run.to_string().contains("savings.fee: expected \"291.37\", actual \"291.36\""), "{run}");
    }

    #[test]
    fn another_scale_is_another_text() {
        let run = golden_with(|file| file["cases"][0]["expect"]["net"] = json!("19424.0"));
        assert!(run.to_string().contains("net: expected \"19424.0\", actual \"19424.00\""), "{run}");
    }

    #[test]
    fn a_key_missing_in_expect_must_be_missing_in_the_result() {
        let run = golden_with(|file| {
            let exhausted = &mut file["cases"][4];
            assert_eq!(exhausted["id"], "GC-07");
            exhausted["expect"].as_object_mut().unwrap().remove("contract_status_after");
        });
        assert!(run.to_string().contains("contract_status_after: expected no such key, actual \"exhausted\""), "{run}");
    }

    #[test]
    fn findings_are_a_multiset() {
        let twice = golden_with(|file| {
            let findings = file["cases"][4]["expect"]["findings"].as_array_mut().unwrap();
            let again = findings[0].clone();
            findings.push(again);
        });
        assert_eq!(twice.failed(), 1, "{twice}");
    }

    #[test]
    fn a_misspelt_key_is_an_error_of_the_file_wherever_it_stands() {
        type Place = (&'static str, fn(&mut Value) -> &mut Value);
        let places: [Place; 22] = [
            ("file", |file| file),
            ("case", |file| &mut file["cases"][0]),
            ("input", |file| &mut file["cases"][0]["input"]),
            ("line", |file| &mut file["cases"][0]["input"]["lines"][0]),
            ("prior", |file| &mut file["cases"][0]["input"]["prior"]),
            ("override", |file| &mut file["cases"][0]["input"]["contract_override"]),
            ("expect", |file| &mut file["cases"][0]["expect"]),
            ("item", |file| &mut file["contracts"]["C1"]["items"]["CTX-UNI"]),
            ("performance", |file| &mut file["cases"][0]["input"]["performance"]),
            ("baseline", |file| &mut file["cases"][0]["input"]["baselines"]["CTX-UNI"]),
            ("config", |file| &mut file["config"]),
            ("member", |file| &mut file["members"]["land-st"]),
            ("entitlement", |file| &mut file["contracts"]["C6"]["entitlement"]),
            ("quota", |file| &mut file["contracts"]["C6"]["member_quotas"]["altenrode"]),
            ("second race", |file| &mut file["cases"][18]["input"]["call_offs"][1]),
            ("cancelled line", |file| &mut file["cases"][19]["input"]["cancel"][0]),
            ("invoice", |file| &mut file["cases"][20]["input"]),
            ("second allocation", |file| &mut file["cases"][21]["input"]["second"]),
            ("retention", |file| &mut file["cases"][22]["input"]),
            ("term", |file| &mut file["cases"][23]["input"][1]),
            ("modification", |file| &mut file["cases"][24]["input"][0]),
            ("price", |file| &mut file["contracts"]["C1"]["items"]["CTX-UNI"]["price"]["S-CTX"]),
        ];
        for (place, at) in places {
            let run = golden_with(|file| at(file)["mispelt"] = json!(1));
            assert!(!run.is_sound(), "{place}: nobody noticed");
            assert!(run.to_string().contains("mispelt"), "{place}: {run}");
        }
    }

    #[test]
    fn a_broken_case_does_not_hide_the_others() {
        let run = golden_with(|file| file["cases"][0]["input"]["lines"][0]["qty"] = json!("1,5"));
        assert_eq!((run.judged.len(), run.failed()), (25, 1), "{run}");
        assert!(run.to_string().contains("GC-01  input: `1,5` is not a decimal number"), "{run}");
    }

    #[test]
    fn a_folder_without_files_and_a_file_without_json_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!run(folder.path()).is_sound());
        fs::write(folder.path().join("half.json"), "{\"cases\": [").unwrap();
        assert!(run(folder.path()).to_string().contains("half.json: EOF"));
        assert!(!run(&folder.path().join("absent.json")).is_sound());
    }
}
