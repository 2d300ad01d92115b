//! The shipped rules as a whole, over the snapshot that comes with the program.
#![expect(clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use aurora_audit::facts::{Facts, TARGETS};
use aurora_audit::model::Outcome;
use aurora_audit::rules::{self, Detail, RuleSet, evaluate};
use aurora_audit::snapshot::read_texts;

fn builtin() -> RuleSet {
    rules::load(&rules::embedded(), TARGETS).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Verdicts come from closures; where evidence is asked for, the interpreter answers too, and a disagreement is an error.
#[test]
fn closures_and_interpreter_agree_on_every_verdict() {
    let text = std::fs::read_to_string(common::fixture()).unwrap();
    let snapshot = read_texts(&[("acme.jsonl".into(), text)]).unwrap();
    let (facts, rules) = (Facts::new(&snapshot), builtin());
    let (explained, bare) = (evaluate(&rules, &facts, Detail::All), evaluate(&rules, &facts, Detail::Findings));
    assert!(explained.len() > 300 && explained.len() == bare.len(), "{} {}", explained.len(), bare.len());
    for (explained, bare) in explained.iter().zip(&bare) {
        assert_ne!(explained.outcome, Outcome::Error, "{explained:?}");
        let said = explained.explanation.as_ref().is_some_and(|it| !it.message.raw().is_empty());
        assert!(explained.outcome == Outcome::NotApplicable || said, "{explained:?}");
        if matches!(bare.outcome, Outcome::Pass | Outcome::NotApplicable) {
            assert_eq!((explained.outcome, &explained.subject), (bare.outcome, &bare.subject));
        } else {
            assert_eq!(explained, bare);
        }
    }
}

/// What a report shows does not depend on which others are written beside it.
#[test]
fn text_is_the_same_whether_or_not_passes_are_explained() {
    let folder = tempfile::TempDir::new().unwrap();
    let json = format!("json={}", folder.path().join("out.json").display());
    let path = common::fixture().display().to_string();
    let args = ["check", path.as_str(), "--now", "2026-11-20T12:00:00Z"];
    let alone = common::run(args, &[]);
    let beside = common::run(args.into_iter().chain(["-o", json.as_str()]), &[]);
    assert!(!alone.stdout.is_empty());
    // The last words name the files that were written.
    let said = |text: &str| text.trim_end().split(" · wrote ").next().unwrap().to_owned();
    assert_eq!((alone.code, said(&alone.stdout)), (beside.code, said(&beside.stdout)));
}

/// A verdict that rests on a table which should have been renewed before its subject was read says so in its evidence.
#[test]
fn verdicts_on_stale_tables_say_so() {
    let text = std::fs::read_to_string(common::fixture()).unwrap();
    for (year, stale) in [("2026", false), ("2031", true)] {
        let text = text.replace("\"at\":\"2026-11-21T", &format!("\"at\":\"{year}-11-21T"));
        let snapshot = read_texts(&[("acme.jsonl".into(), text)]).unwrap();
        let rules = builtin();
        let verdicts = evaluate(&rules, &Facts::new(&snapshot), Detail::All);
        for (rule, fact) in [
            ("data-snapshot-encrypted", "r.encryption_note"),
            ("data-storage-encrypted", "r.encryption_note"),
            ("db-master-privileges-documented", "r.master_privileges_table"),
            ("iam-policy-not-too-wide", "r.actions_table"),
            ("tls-ca-current", "r.certificate_authority_table"),
            ("tls-clients-current", "c.connector_table"),
        ] {
            let mine = verdicts.iter().filter(|verdict| rules.rules[verdict.rule].id == rule);
            let of_elements = |verdict: &rules::Verdict| {
                verdict.elements().iter().flat_map(|it| it.evidence.clone()).collect::<Vec<_>>()
            };
            let own =
                |verdict: &rules::Verdict| verdict.explanation.as_ref().map_or_else(Vec::new, |it| it.evidence.clone());
            let evidence = mine.flat_map(|verdict| [own(verdict), of_elements(verdict)].concat());
            let told: Vec<String> =
                evidence.filter(|it| it.fact == fact).filter_map(|it| Some(it.value?.raw().to_owned())).collect();
            assert!(!told.is_empty() || fact.ends_with("note"), "{rule} shows no {fact}");
            let says = told.iter().any(|value| value.contains("stale: it was to be renewed by"));
            assert_eq!(says, stale, "{rule} in {year}: {told:?}");
        }
    }
}
