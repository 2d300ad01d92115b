//! Each way in which a finding can come, stay, go, or be lost from sight.

use jiff::Timestamp;

use super::*;
use crate::check::{GateOptions, Population, RuleEntry, Terms, assess};
use crate::facts::TARGETS;
use crate::model::Severity;
use crate::rules::{Detail, RuleSet, embedded, load};
use crate::snapshot::read_texts;

const RULE: &str = "net-not-public";

fn subject(id: &str) -> SubjectEntry {
    SubjectEntry {
        kind: "db_instance".to_owned(),
        id: id.into(),
        name: id.into(),
        account: "1".to_owned(),
        region: "r".to_owned(),
    }
}

fn element(key: &str, outcome: Outcome) -> ElementEntry {
    ElementEntry {
        key: key.into(),
        outcome,
        message: "found".into(),
        reasons: Vec::new(),
        evidence: Vec::new(),
        remediation: None,
        fingerprint: format!("a/{key}"),
        baseline: None,
        waiver: None,
    }
}

fn verdict(outcome: Outcome, elements: &[(&str, Outcome)]) -> VerdictEntry {
    VerdictEntry {
        rule: RULE.to_owned(),
        subject: subject("a"),
        outcome,
        severity: Severity::High,
        message: "said".into(),
        reasons: Vec::new(),
        evidence: Vec::new(),
        elements: elements.iter().map(|(key, outcome)| element(key, *outcome)).collect(),
        remediation: None,
        fingerprint: "a".to_owned(),
        baseline: None,
        waiver: None,
    }
}

/// An assessment of one rule with these verdicts and one listing.
fn assessment(verdicts: Vec<VerdictEntry>) -> Assessment {
    let rules = load(&[], TARGETS).unwrap_or_else(|_| unreachable!("no rule cannot be wrong"));
    let snapshot = crate::snapshot::Snapshot::default();
    let mut assessment = assess(&snapshot, &rules, Terms::default(), Timestamp::UNIX_EPOCH, Detail::All);
    assessment.rules.push(RuleEntry {
        id: RULE.to_owned(),
        title: String::new(),
        severity: Severity::High,
        area: String::new(),
        target: String::new(),
        rationale: String::new(),
        check: String::new(),
        remediation: crate::check::Remediation { text: "".into(), cli: None, sql: None, terraform: None },
        frameworks: BTreeMap::new(),
        docs: String::new(),
        tags: Vec::new(),
    });
    assessment.population.push(Population {
        account: "1".to_owned(),
        region: "r".to_owned(),
        source: "rds:DescribeDBInstances".to_owned(),
        kind: "rds.db_instance".to_owned(),
        target: None,
        returned: 1,
        kept: 1,
        excluded: Vec::new(),
    });
    assessment.verdicts = verdicts;
    assessment
}

fn compared(old: Assessment, mut new: Assessment) -> Assessment {
    compare(&Baseline { path: "old.json".to_owned(), assessment: old }, &mut new);
    new
}

/// New, regressed, unchanged, fixed, not re-assessed.
fn counts(assessment: &Assessment) -> [usize; 5] {
    let it = assessment.comparison.as_ref().unwrap();
    [it.new, it.regressed, it.unchanged, it.fixed.len(), it.not_reassessed.len()]
}

#[test]
fn whole_verdicts() {
    use Outcome::{Error, Fail, NotApplicable, Pass, Unknown};
    for (old, new, expected) in [
        (Some(Pass), Some(Fail), [0, 1, 0, 0, 0]),
        (Some(Unknown), Some(Fail), [1, 0, 0, 0, 0]),
        (Some(Error), Some(Fail), [1, 0, 0, 0, 0]),
        (Some(NotApplicable), Some(Fail), [1, 0, 0, 0, 0]),
        (None, Some(Fail), [1, 0, 0, 0, 0]),
        (Some(Fail), Some(Fail), [0, 0, 1, 0, 0]),
        (Some(Fail), Some(Pass), [0, 0, 0, 1, 0]),
        (Some(Fail), Some(NotApplicable), [0, 0, 0, 1, 0]),
        (Some(Fail), Some(Unknown), [0, 0, 0, 0, 1]),
        (Some(Fail), Some(Error), [0, 0, 0, 0, 1]),
        (Some(Fail), None, [0, 0, 0, 1, 0]),
        (Some(Pass), Some(Unknown), [0; 5]),
        (Some(Pass), None, [0; 5]),
    ] {
        let of =
            |outcome: Option<Outcome>| assessment(outcome.map(|outcome| verdict(outcome, &[])).into_iter().collect());
        assert_eq!(counts(&compared(of(old), of(new))), expected, "{old:?} → {new:?}");
    }
}

#[test]
fn elements_one_by_one() {
    use Outcome::{Fail, Pass, Unknown};
    for (old, new, expected) in [
        (verdict(Fail, &[("x", Fail)]), verdict(Fail, &[("x", Fail), ("y", Fail)]), [1, 0, 1, 0, 0]),
        (verdict(Fail, &[("x", Fail), ("y", Fail)]), verdict(Fail, &[("y", Fail)]), [0, 0, 1, 1, 0]),
        (verdict(Fail, &[("x", Fail), ("y", Fail)]), verdict(Fail, &[("x", Unknown), ("y", Fail)]), [0, 0, 1, 0, 1]),
        (verdict(Fail, &[("x", Unknown), ("y", Fail)]), verdict(Fail, &[("x", Fail), ("y", Fail)]), [1, 0, 1, 0, 0]),
        (verdict(Fail, &[("x", Fail), ("y", Fail)]), verdict(Unknown, &[("y", Unknown)]), [0, 0, 0, 0, 2]),
        (verdict(Pass, &[]), verdict(Fail, &[("x", Fail), ("y", Fail)]), [0, 2, 0, 0, 0]),
        (verdict(Fail, &[("x", Fail), ("y", Fail)]), verdict(Pass, &[]), [0, 0, 0, 2, 0]),
        (verdict(Fail, &[("x", Fail)]), verdict(Fail, &[]), [0, 0, 1, 0, 0]),
    ] {
        let what = format!("{:?} → {:?}", old.elements, new.elements);
        assert_eq!(counts(&compared(assessment(vec![old]), assessment(vec![new]))), expected, "{what}");
    }
}

#[test]
fn a_new_element_makes_a_known_verdict_new() {
    let old = assessment(vec![verdict(Outcome::Fail, &[("x", Outcome::Fail)])]);
    let same = compared(old.clone(), old.clone());
    assert_eq!(same.verdicts[0].baseline, Some(BaselineState::Unchanged));
    let more = assessment(vec![verdict(Outcome::Fail, &[("x", Outcome::Fail), ("y", Outcome::Fail)])]);
    assert_eq!(compared(old, more).verdicts[0].baseline, Some(BaselineState::New));
}

/// A subject that is no longer there is fixed only when one looked for it where it was.
#[test]
fn what_was_not_looked_for_is_not_fixed() {
    let old = || assessment(vec![verdict(Outcome::Fail, &[])]);
    let gone = || assessment(Vec::new());
    assert_eq!(counts(&compared(old(), gone())), [0, 0, 0, 1, 0]);

    let mut elsewhere = gone();
    elsewhere.population[0].region = "other".to_owned();
    let mut no_rule = gone();
    no_rule.rules.clear();
    let mut doubt = gone();
    let unread =
        VerdictEntry { subject: subject("listing"), fingerprint: "b".to_owned(), ..verdict(Outcome::Unknown, &[]) };
    doubt.verdicts.push(unread);
    for (what, new) in [("elsewhere", elsewhere), ("no rule", no_rule), ("doubt", doubt)] {
        assert_eq!(counts(&compared(old(), new)), [0, 0, 0, 0, 1], "{what}");
    }
    let mut never_listed = old();
    never_listed.population.clear();
    assert_eq!(counts(&compared(never_listed, gone())), [0, 0, 0, 0, 1]);
}

fn rules() -> RuleSet {
    load(&embedded(), TARGETS).unwrap()
}

/// The fixture against itself, with the gate: nothing is new, and nothing else of the assessment changes.
#[test]
fn the_same_again_is_unchanged() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/acme.jsonl")).unwrap();
    let snapshot = read_texts(&[("acme.jsonl".into(), text)]).unwrap();
    let gate = GateOptions { fail_on: Some(Severity::High), allow_incomplete: true, ..GateOptions::default() };
    let judged = |terms| assess(&snapshot, &rules(), terms, Timestamp::UNIX_EPOCH, Detail::Findings);
    let first = judged(Terms { gate, ..Terms::default() });
    assert_eq!(first.gate.result, crate::check::GateResult::Failed);
    let baseline = Baseline { path: "first.json".to_owned(), assessment: first.clone() };
    let gate = GateOptions { fail_on_new: true, ..gate };
    let second = judged(Terms { gate, baseline: Some(&baseline), ..Terms::default() });
    let [new, regressed, unchanged, fixed, not_reassessed] = counts(&second);
    assert_eq!([new, regressed, fixed, not_reassessed], [0; 4]);
    assert_eq!(unchanged, findings(&first).count());
    assert_eq!(second.gate.result, crate::check::GateResult::Clean, "{}", second.gate.reason);
    assert!(second.gate.reason.contains("in the baseline"), "{}", second.gate.reason);
}
