//! Laws that hold for every snapshot, tried on the one that comes with the program: taking knowledge away never makes a verdict
//! better, and order means nothing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use aurora_audit::check::{GateOptions, assess};
use aurora_audit::facts::TARGETS;
use aurora_audit::model::Outcome;
use aurora_audit::rules::{self, Detail, RuleSet};
use aurora_audit::snapshot::read_texts;
use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::Value;

type Verdicts = BTreeMap<(String, String), Outcome>;

fn builtin_rules() -> RuleSet {
    rules::load(&rules::embedded(), TARGETS).unwrap_or_else(|errors| panic!("{errors}"))
}

fn verdicts(rules: &RuleSet, lines: &[String]) -> Verdicts {
    let text = lines.join("\n") + "\n";
    let snapshot = read_texts(&[("x.jsonl".into(), text)]).unwrap();
    let gate = GateOptions { fail_on: None, allow_incomplete: false };
    let assessment = assess(&snapshot, rules, gate, Timestamp::UNIX_EPOCH, Detail::Findings);
    let of = |it: &aurora_audit::check::VerdictEntry| ((it.rule.clone(), it.subject.id.raw().to_owned()), it.outcome);
    assessment.verdicts.iter().map(of).collect()
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
    let before = verdicts(&rules, &lines);
    let broken: Vec<_> = (1..lines.len() - 1)
        .into_par_iter()
        .flat_map_iter(|removed| {
            let mut fewer = lines.clone();
            let line = fewer.remove(removed);
            let broken = broken_laws(&before, &verdicts(&rules, &fewer));
            broken.into_iter().map(move |law| format!("without {}: {law}", line.chars().take(120).collect::<String>()))
        })
        .collect();
    assert!(broken.is_empty(), "{} broken\n{}", broken.len(), broken[..broken.len().min(20)].join("\n"));
}

/// The JSON pointers of all object members below `value`.
fn members(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let here = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                members(inner, &here, found);
                found.push(here);
            }
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, inner)| members(inner, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

fn without(line: &Value, pointer: &str) -> String {
    let mut line = line.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    line.pointer_mut(parent).and_then(Value::as_object_mut).unwrap().shift_remove(&key);
    line.to_string()
}

/// Members of policy documents are text to the snapshot: a policy without an element is another policy, not an unread one.
fn is_document(pointer: &str) -> bool {
    ["/Document/", "/PolicyDocument/", "/AssumeRolePolicyDocument/"].iter().any(|document| pointer.contains(document))
}

#[test]
fn a_value_less_makes_no_verdict_better() {
    let (rules, lines) = (builtin_rules(), lines());
    let before = verdicts(&rules, &lines);
    let mut removals = Vec::new();
    for (index, line) in lines.iter().enumerate().take(lines.len() - 1).skip(1) {
        let value: Value = serde_json::from_str(line).unwrap();
        let mut pointers = Vec::new();
        if value["kind"] != "gap" {
            members(&value["data"], "/data", &mut pointers);
        }
        pointers.retain(|pointer| !is_document(pointer));
        removals.extend(pointers.into_iter().map(|pointer| (index, value.clone(), pointer)));
    }
    let broken: Vec<_> = removals
        .par_iter()
        .flat_map_iter(|(index, value, pointer)| {
            let mut fewer = lines.clone();
            fewer[*index] = without(value, pointer);
            let broken = broken_laws(&before, &verdicts(&rules, &fewer));
            broken.into_iter().map(move |law| format!("line {} without {pointer}: {law}", index + 1))
        })
        .collect();
    assert!(removals.len() > 500, "{}", removals.len());
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
