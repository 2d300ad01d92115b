//! Laws that hold for every snapshot, tried on the one that comes with the program: taking knowledge away never makes a verdict
//! better, and order means nothing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;
mod less;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::model::{Outcome, RecordRef};
use aurora_audit::rules::{self, Detail, RuleSet, Verdict, evaluate};
use aurora_audit::snapshot::{Snapshot, read_texts};
use less::{is_document, members, without};
use rayon::prelude::*;
use serde_json::Value;

type Verdicts = BTreeMap<(String, String), Outcome>;

fn builtin_rules() -> RuleSet {
    rules::load(&rules::embedded(), TARGETS).unwrap_or_else(|errors| panic!("{errors}"))
}

fn read(lines: &[String]) -> Snapshot {
    read_texts(&[("x.jsonl".into(), lines.join("\n") + "\n")]).unwrap()
}

fn judged(rules: &RuleSet, snapshot: &Snapshot) -> Verdicts {
    let id = |it: &Verdict| rules.rules.get(it.rule).unwrap().id.clone();
    let of = |it: Verdict| ((id(&it), it.subject.id.raw().to_owned()), it.outcome);
    evaluate(rules, &Facts::new(snapshot), Detail::Outcomes).into_iter().map(of).collect()
}

fn verdicts(rules: &RuleSet, lines: &[String]) -> Verdicts {
    judged(rules, &read(lines))
}

/// Where line `index` stands, counted from 0.
fn at(index: usize) -> RecordRef {
    RecordRef { file: 0, line: u32::try_from(index + 1).unwrap() }
}

fn lines() -> Vec<String> {
    std::fs::read_to_string(common::fixture()).unwrap().lines().map(str::to_owned).collect()
}

/// What knowing less must not do: a pass or a not-applicable that was not there before, or a subject that drops out of a rule
/// without an unknown in its place.
fn broken_laws(before: &Verdicts, after: &Verdicts) -> Vec<String> {
    let mut broken = Vec::new();
    for (key, outcome) in after {
        if matches!(outcome, Outcome::Pass | Outcome::NotApplicable) && before.get(key) != Some(outcome) {
            broken.push(format!("{key:?} became {outcome:?}, was {:?}", before.get(key)));
        }
    }
    let unknown: BTreeSet<_> =
        after.iter().filter(|(_, outcome)| **outcome == Outcome::Unknown).map(|((rule, _), _)| rule).collect();
    for (rule, subject) in before.keys() {
        if !after.contains_key(&(rule.clone(), subject.clone())) && !unknown.contains(rule) {
            broken.push(format!("{rule} lost {subject} in silence"));
        }
    }
    broken
}

#[test]
fn a_record_less_makes_no_verdict_better() {
    let (rules, lines) = (builtin_rules(), lines());
    let whole = read(&lines);
    let before = judged(&rules, &whole);
    let broken: Vec<_> = (1..lines.len() - 1)
        .into_par_iter()
        .flat_map_iter(|index| {
            let mut fewer = whole.clone();
            Arc::make_mut(&mut fewer.records).remove(at(index));
            let line: String = lines[index].chars().take(120).collect();
            broken_laws(&before, &judged(&rules, &fewer)).into_iter().map(move |law| format!("without {line}: {law}"))
        })
        .collect();
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken[..broken.len().min(20)].join("\n"));
}

/// A line, and the pointer of a value in it.
type Removal = (usize, Arc<Value>, String);

fn removals(lines: &[String]) -> Vec<Removal> {
    let mut removals = Vec::new();
    for (index, line) in lines.iter().enumerate().take(lines.len() - 1).skip(1) {
        let value: Arc<Value> = Arc::new(serde_json::from_str(line).unwrap());
        let mut pointers = Vec::new();
        if value.get("kind").is_some_and(|kind| kind != "gap") {
            members(value.get("data").unwrap(), "/data", &mut pointers);
        }
        pointers.retain(|pointer| !is_document(pointer));
        removals.extend(pointers.into_iter().map(|pointer| (index, Arc::clone(&value), pointer)));
    }
    removals
}

/// Of removals that are alike the first: the same value under the same key of the same kind of record. With `LAWS=all` in the
/// environment nothing is left out, which takes minutes.
fn unlike(mut removals: Vec<Removal>) -> Vec<Removal> {
    let mut seen = BTreeSet::new();
    let all = std::env::var_os("LAWS").is_some_and(|it| it == "all");
    removals.retain(|(_, value, pointer)| {
        let key = |word: &str| if word.parse::<usize>().is_ok() { "#".to_owned() } else { word.to_owned() };
        let path: Vec<_> = pointer.split('/').map(key).collect();
        all || seen.insert((value.get("kind").unwrap().to_string(), path, value.pointer(pointer).unwrap().to_string()))
    });
    removals
}

/// Only the changed line is read again; the other records are shared.
fn removed(whole: &Snapshot, (index, value, pointer): &Removal) -> Snapshot {
    let mut fewer = whole.clone();
    Arc::make_mut(&mut fewer.records).replace(at(*index), &without(value, pointer)).unwrap();
    fewer
}

#[test]
fn a_value_less_makes_no_verdict_better() {
    let (rules, lines) = (builtin_rules(), lines());
    let whole = read(&lines);
    let before = judged(&rules, &whole);
    let removals = unlike(removals(&lines));
    let broken: Vec<_> = removals
        .par_iter()
        .flat_map_iter(|removal| {
            let broken = broken_laws(&before, &judged(&rules, &removed(&whole, removal)));
            broken.into_iter().map(move |law| format!("line {} without {}: {law}", removal.0 + 1, removal.2))
        })
        .collect();
    assert!(removals.len() > 500, "{}", removals.len());
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken[..broken.len().min(20)].join("\n"));
}

/// The laws above read one line in place of another; a file without the value, read from its beginning, is judged the same.
#[test]
fn a_line_read_in_place_is_judged_as_a_whole_file_is() {
    let (rules, lines) = (builtin_rules(), lines());
    let whole = read(&lines);
    removals(&lines).par_iter().step_by(97).for_each(|removal| {
        let mut fewer = lines.clone();
        fewer[removal.0] = without(&removal.1, &removal.2);
        assert_eq!(judged(&rules, &removed(&whole, removal)), verdicts(&rules, &fewer), "{removal:?}");
    });
}

/// An account and the organisation above it, read by another account: nothing less known of either makes a verdict on IAM better.
#[test]
fn an_organisation_less_makes_no_verdict_better() {
    let sources: Vec<_> = rules::embedded().into_iter().filter(|it| it.path.contains("/iam-")).collect();
    let rules = rules::load(&sources, TARGETS).unwrap_or_else(|errors| panic!("{errors}"));
    let file = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(common::root().join("fixtures/iam").join(name)).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let (orders, organization) = (file("orders.jsonl"), file("organization.jsonl"));
    let (above, account) = (&organization[1..organization.len() - 1], &orders[..orders.len() - 1]);
    let whole = read(&[account, above].concat());
    let before = judged(&rules, &whole);
    let lines = [account, above, &orders[orders.len() - 1..]].concat();
    let removals = unlike(removals(&lines));
    let values = removals
        .iter()
        .map(|removal| (format!("line {} without {}", removal.0 + 1, removal.2), removed(&whole, removal)));
    let records = (1..lines.len() - 1).map(|index| {
        let mut fewer = whole.clone();
        Arc::make_mut(&mut fewer.records).remove(at(index));
        (format!("without line {}", index + 1), fewer)
    });
    let all: Vec<_> = values.chain(records).collect();
    let broken: Vec<_> = all
        .par_iter()
        .flat_map_iter(|(what, fewer)| {
            broken_laws(&before, &judged(&rules, fewer)).into_iter().map(move |law| format!("{what}: {law}"))
        })
        .collect();
    assert!(all.len() > 100, "{}", all.len());
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken[..broken.len().min(20)].join("\n"));
}

#[test]
fn the_order_of_lines_means_nothing() {
    let (rules, mut lines) = (builtin_rules(), lines());
    let before = verdicts(&rules, &lines);
    let last = lines.len() - 1;
    lines[1..last].reverse();
    assert_eq!(verdicts(&rules, &lines), before);
    lines[1..last].rotate_left(7);
    assert_eq!(verdicts(&rules, &lines), before);
}

#[test]
fn another_account_changes_no_verdict() {
    let (rules, lines) = (builtin_rules(), lines());
    let before = verdicts(&rules, &lines);
    let last = lines.len() - 1;
    let strangers: Vec<_> = lines[1..last]
        .iter()
        .filter(|line| line.contains("123456789012"))
        .map(|line| line.replace("123456789012", "210987654321"))
        .collect();
    let mut both = lines.clone();
    both.splice(last..last, strangers);
    let after = verdicts(&rules, &both);
    let own = after.iter().filter(|((_, subject), _)| before.keys().any(|(_, known)| known == subject));
    let own: Verdicts = own.map(|(key, outcome)| (key.clone(), *outcome)).collect();
    assert_eq!(own, before);
    assert!(after.len() > before.len());
}
