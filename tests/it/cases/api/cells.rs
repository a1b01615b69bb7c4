//! Every cell of `docs/rules.md` at submission and release through the whole program: cases that together make each
//! outcome of each rule fire and not fire, drafted, submitted and released over the API, and looked at on the pages of
//! requester and approver meanwhile. Page and API must say the same of every rule.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use abruf::actor::Actor;
use abruf_domain::Outcome;
use abruf_domain::checks::{self, Checked};
use abruf_domain::notation::Language;
use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{Draft, Play, on_stage};
use crate::cases::fixture::Fixtures;
use crate::cases::format::{CallOff, Case};
use crate::cases::judge::{Verdict, judge, parse};
use crate::cases::{files, fixtures, own_files, read, stage};
use crate::layers::none_of;
use crate::layers::rules::{check_point, is_silent, outcomes};
use crate::stress::say;
use crate::web::Answer;

/// Databases at work at the same time.
const AT_ONCE: usize = 2;

/// What rules came to, by rule.
type Said = BTreeMap<String, BTreeSet<Outcome>>;

/// A cell of the table, and whether it is to fire or not to fire.
type Wanted = (&'static str, Outcome, bool);

/// A call-off of our files that comes out as it says without a database.
struct Candidate {
    case: Case,
    fixtures: Arc<Fixtures>,
    said: Said,
}

/// Where a rule was asked: what a page showed and what the API answered.
struct Asked {
    place: String,
    page: Said,
    api: Said,
}

fn wanted() -> BTreeSet<Wanted> {
    let at_call_offs =
        |rule: &checks::Rule| matches!(rule.checked, Checked::CallOff | Checked::ReleaseOnly | Checked::Savings);
    checks::listed()
        .filter(at_call_offs)
        .flat_map(|rule| outcomes(&rule).map(move |outcome| (rule.id, outcome)).collect::<Vec<_>>())
        .flat_map(|(rule, outcome)| [(rule, outcome, true), (rule, outcome, false)])
        .collect()
}

fn shows(said: &Said, (rule, outcome, fires): &Wanted) -> bool {
    let none = BTreeSet::new();
    let of_rule = said.get(*rule).unwrap_or(&none);
    if *fires { of_rule.contains(outcome) } else { is_silent(*outcome, of_rule) }
}

fn candidates() -> Vec<Candidate> {
    let mut found = Vec::new();
    for path in files(&own_files()).unwrap() {
        let path: PathBuf = path;
        let file = read(&path).unwrap();
        let of_file = Arc::new(fixtures(&file, &path).unwrap());
        for case in &file.cases {
            let case: Case = serde_json::from_value(case.clone()).unwrap();
            if case.kind != "call_off" {
                continue;
            }
            if let Ok(Verdict::Passed(findings)) = judge(&case, &of_file, &file.cases) {
                let mut said = Said::new();
                findings.iter().for_each(|it| {
                    said.entry(it.rule.clone()).or_default().insert(it.outcome);
                });
                found.push(Candidate { case, fixtures: Arc::clone(&of_file), said });
            }
        }
    }
    found
}

/// Few cases that together show everything: the one that shows most of what is left, again and again.
fn chosen(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut left = wanted();
    let mut chosen = Vec::new();
    while let Some((at, shown)) = (0..candidates.len())
        .map(|at| (at, left.iter().filter(|it| shows(&candidates[at].said, it)).count()))
        .max_by_key(|(at, shown)| (*shown, usize::MAX - at))
    {
        if shown == 0 {
            break;
        }
        let candidate = candidates.remove(at);
        left.retain(|it| !shows(&candidate.said, it));
        chosen.push(candidate);
    }
    chosen
}

fn outcome_of(key: &str) -> Outcome {
    let all = [Outcome::Passed, Outcome::Notice, Outcome::Pending, Outcome::Justify, Outcome::Block];
    all.into_iter().find(|it| it.key() == key).unwrap_or_else(|| panic!("`{key}` is no outcome"))
}

/// The findings an answer of the API lists.
fn in_answer(answer: &Answer) -> Said {
    let json = answer.json();
    let listed = ["/review/findings", "/now/findings"].iter().find_map(|at| json.pointer(at));
    let listed = listed.and_then(Value::as_array).unwrap_or_else(|| panic!("no findings: {}", answer.text));
    let mut said = Said::new();
    for finding in listed {
        let rule = finding["rule"].as_str().unwrap().to_owned();
        said.entry(rule).or_default().insert(outcome_of(finding["outcome"].as_str().unwrap()));
    }
    said
}

/// The findings a page shows, by the titles of their rules: those that want something, then the folded ones.
fn on_page(page: &str) -> Said {
    let rule_of: BTreeMap<&str, &str> =
        checks::all().map(|rule| (rule.texts.title(Language::German), rule.id)).collect();
    let mut said = Said::new();
    let mut note = |title: &str, outcome: Outcome| {
        let rule = rule_of.get(title).unwrap_or_else(|| panic!("no rule is called `{title}`"));
        said.entry((*rule).to_owned()).or_default().insert(outcome);
    };
    for item in page.split("<li class=\"finding finding--").skip(1) {
        // A draft with gaps lists them in the same form, without a title.
        let item = item.split("</li>").next().unwrap();
        let Some((_, title)) = item.split_once("finding__title\">") else { continue };
        note(title.split('<').next().unwrap(), outcome_of(item.split('"').next().unwrap()));
    }
    for item in page.split("class=\"passed-list__title\">").skip(1) {
        let (title, _) = item.split_once("</span>").unwrap().1.split_once(": <span").unwrap();
        note(title.trim(), Outcome::Passed);
    }
    said
}

impl Play {
    async fn page(&self, actor: &Actor, path: &str) -> Said {
        let cookie = self.web.sign_in(&stage::email(actor.person)).await;
        let token = self.web.get("/handeln-fuer", &cookie).await.form_token();
        let assignment = actor.assignment.to_string();
        let fields = [("csrf", token.as_str()), ("assignment", assignment.as_str())];
        assert_eq!(self.web.post("/handeln-fuer", &cookie, &fields).await.status, StatusCode::SEE_OTHER);
        let page = self.web.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        on_page(&page.text)
    }

    /// Submission and release, each looked at on its page right before.
    async fn walk(&self, draft: &Draft, name: &str) -> Vec<Asked> {
        let page = self.page(&draft.asks, &format!("/abrufe/{}/pruefung", draft.id)).await;
        let submitted = self.submit(draft).await;
        let mut asked = vec![Asked { place: format!("{name}, submission"), page, api: in_answer(&submitted) }];
        if let Some((releaser, token)) = draft.releaser.as_ref().filter(|_| submitted.status == StatusCode::OK) {
            self.justify_for_release(draft).await;
            let page = self.page(releaser, &format!("/freigaben/{}", draft.id)).await;
            let path = format!("/api/v1/call-offs/{}/release", draft.id);
            let released = self.web.api("POST", &path, token, Some(serde_json::json!({}))).await;
            asked.push(Asked { place: format!("{name}, release"), page, api: in_answer(&released) });
        }
        asked
    }
}

async fn played(candidate: Candidate) -> Vec<Asked> {
    let input: CallOff = parse(&candidate.case.input, "input").unwrap();
    let facts = candidate.fixtures.prepare(&input).unwrap().facts;
    let (play, drafts) = on_stage(&[&facts]).await;
    let draft = drafts.into_iter().next().unwrap();
    let draft = draft.unwrap_or_else(|text| panic!("{}: {text}", candidate.case.id));
    play.walk(&draft, &candidate.case.id).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_at_submission_and_release_fires_and_does_not_on_the_page_and_by_the_api() {
    let chosen = chosen(candidates());
    let count = chosen.len();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let plays: Vec<_> = chosen
        .into_iter()
        .map(|candidate| {
            let room = Arc::clone(&room);
            tokio::spawn(async move {
                let _place = room.acquire().await.unwrap();
                played(candidate).await
            })
        })
        .collect();
    let mut asked = Vec::new();
    for play in plays {
        asked.extend(play.await.unwrap());
    }
    let mut wrong: Vec<String> = asked
        .iter()
        .filter(|it| it.page != it.api)
        .map(|Asked { place, page, api }| {
            let rules: BTreeSet<&String> = page.keys().chain(api.keys()).collect();
            let differ: Vec<String> = rules
                .into_iter()
                .filter(|rule| page.get(*rule) != api.get(*rule))
                .map(|rule| format!("{rule}: page {:?}, API {:?}", page.get(rule), api.get(rule)))
                .collect();
            format!("{place}: {}", differ.join("; "))
        })
        .collect();
    let checked: BTreeMap<&str, Checked> = checks::all().map(|rule| (rule.id, rule.checked)).collect();
    for cell in wanted() {
        for (way, read) in [("page", (|it: &Asked| &it.page) as fn(&Asked) -> &Said), ("API", |it| &it.api)] {
            if !asked.iter().any(|it| shows(read(it), &cell)) {
                let (rule, outcome, fires) = cell;
                let does = if fires { "never fires" } else { "always fires" };
                wrong.push(format!("{rule} at {}: {}: {does} by {way}", check_point(checked[rule]), outcome.key()));
            }
        }
    }
    say(&format!("cells: {} shown by {count} cases, each on the page and by the API", wanted().len()));
    none_of(wrong, "cells of docs/rules.md that the program does not show");
}
