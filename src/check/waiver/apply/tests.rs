//! The life of a waiver, with a fixed clock.

use super::*;
use crate::check::assessment::SubjectEntry;
use crate::check::waiver::Pattern;
use crate::model::Severity;

const RULE: &str = "net-sg-no-world";

fn waiver(resource: &str, element: Option<&str>, starts: &str, expires: &str) -> Waiver {
    Waiver {
        rule: RULE.to_owned(),
        resource: Pattern::new(resource),
        element: element.map(Pattern::new),
        reason: "r".to_owned(),
        owner: "o".to_owned(),
        approver: "a".to_owned(),
        ticket: None,
        starts: starts.parse().unwrap(),
        expires: expires.parse().unwrap(),
        line: 3,
    }
}

fn active(resource: &str, element: Option<&str>) -> Waiver {
    waiver(resource, element, "2026-11-01", "2026-12-31")
}

fn element(key: &str, outcome: Outcome) -> ElementEntry {
    ElementEntry {
        key: key.into(),
        outcome,
        message: "".into(),
        reasons: Vec::new(),
        evidence: Vec::new(),
        remediation: None,
        fingerprint: key.to_owned(),
        baseline: None,
        waiver: None,
    }
}

fn verdict(id: &str, outcome: Outcome, elements: &[(&str, Outcome)]) -> VerdictEntry {
    VerdictEntry {
        rule: RULE.to_owned(),
        subject: SubjectEntry {
            kind: "db_cluster".to_owned(),
            id: id.into(),
            name: id.into(),
            account: "1".to_owned(),
            region: "r".to_owned(),
        },
        outcome,
        severity: Severity::High,
        message: "".into(),
        reasons: Vec::new(),
        evidence: Vec::new(),
        elements: elements.iter().map(|(key, outcome)| element(key, *outcome)).collect(),
        remediation: None,
        fingerprint: id.to_owned(),
        baseline: None,
        waiver: None,
    }
}

fn applied(list: Vec<Waiver>, verdicts: &mut [VerdictEntry], now: &str) -> Vec<WaiverEntry> {
    apply(&Waivers { path: "w.yaml".to_owned(), list }, verdicts, now.parse().unwrap())
}

const NOON: &str = "2026-11-20T12:00:00Z";

#[test]
fn the_days_are_whole_days_of_utc() {
    use WaiverState::{Active, Expired, Pending};
    for (starts, expires, now, state, days_left) in [
        ("2026-11-01", "2026-12-31", NOON, Active, 41),
        ("2026-11-01", "2026-11-20", "2026-11-20T00:00:00Z", Active, 0),
        ("2026-11-01", "2026-11-20", "2026-11-20T23:59:59Z", Active, 0),
        ("2026-11-01", "2026-11-20", "2026-11-21T00:00:00Z", Expired, -1),
        ("2026-11-01", "2026-11-19", NOON, Expired, -1),
        ("2026-11-20", "2026-11-20", NOON, Active, 0),
        ("2026-11-21", "2026-12-31", NOON, Pending, 41),
        ("2026-11-21", "2026-12-31", "2026-11-21T00:00:00Z", Active, 40),
        ("2025-11-20", "2028-02-29", NOON, Active, 466),
    ] {
        let mut verdicts = [verdict("a", Outcome::Fail, &[])];
        let entries = applied(vec![waiver("a", None, starts, expires)], &mut verdicts, now);
        assert_eq!((entries[0].state, entries[0].days_left), (state, days_left), "{starts} {expires} {now}");
        let used = verdicts[0].waiver.map(|it| it.state);
        assert_eq!(used, (state != Pending).then_some(state), "{starts} {expires} {now}");
        assert_eq!(verdicts[0].is_waived(), state == Active);
    }
}

#[test]
fn what_a_waiver_covers() {
    use Outcome::{Error, Fail, NotApplicable, Pass, Unknown};
    for (resource, of_element, outcome, elements, waived, findings) in [
        ("a", None, Fail, &[][..], true, 1),
        ("a*", None, Fail, &[], true, 1),
        ("b", None, Fail, &[], false, 0),
        ("a", None, Pass, &[], false, 0),
        ("a", None, Unknown, &[], false, 0),
        ("a", None, Error, &[], false, 0),
        ("a", None, NotApplicable, &[], false, 0),
        // A waiver of an element says nothing of a rule without elements.
        ("a", Some("*"), Fail, &[], false, 0),
        ("a", None, Fail, &[("x", Fail), ("y", Fail)], true, 2),
        ("a", Some("x"), Fail, &[("x", Fail)], true, 1),
        ("a", Some("x"), Fail, &[("x", Fail), ("y", Fail)], false, 1),
        ("a", Some("*"), Fail, &[("x", Fail), ("y", Fail)], true, 2),
        ("a", Some("y"), Fail, &[("x", Fail)], false, 0),
        // The unknown element stays what it is.
        ("a", None, Fail, &[("x", Fail), ("y", Unknown)], true, 1),
        ("a", None, Unknown, &[("y", Unknown)], false, 0),
    ] {
        let mut verdicts = [verdict("a", outcome, elements)];
        let before = verdicts[0].outcome;
        let entries = applied(vec![active(resource, of_element)], &mut verdicts, NOON);
        let what = format!("{resource} {of_element:?} {outcome:?} {elements:?}");
        assert_eq!((verdicts[0].is_waived(), entries[0].findings), (waived, findings), "{what}");
        assert_eq!(verdicts[0].outcome, before, "{what}");
        let undecided = verdicts[0].elements.iter().filter(|it| it.outcome != Fail);
        assert!(undecided.into_iter().all(|it| it.waiver.is_none()), "{what}");
    }
}

#[test]
fn several_waivers_cover_an_element_each() {
    let elements = [("x", Outcome::Fail), ("y", Outcome::Fail), ("z", Outcome::Fail)];
    let mut verdicts = [verdict("a", Outcome::Fail, &elements)];
    let expired = waiver("a", Some("z"), "2026-01-01", "2026-11-19");
    let entries = applied(vec![active("a", Some("x")), expired, active("a", Some("y"))], &mut verdicts, NOON);
    assert!(!verdicts[0].is_waived());
    let states: Vec<_> = verdicts[0].elements.iter().map(|it| it.waiver.unwrap().state).collect();
    assert_eq!(states, [WaiverState::Active, WaiverState::Active, WaiverState::Expired]);
    assert_eq!(entries.iter().map(|it| it.findings).collect::<Vec<_>>(), [1, 1, 1]);

    let mut verdicts = [verdict("a", Outcome::Fail, &elements[..2])];
    applied(vec![active("a", Some("x")), active("a", Some("y"))], &mut verdicts, NOON);
    assert!(verdicts[0].is_waived());
}

#[test]
fn an_active_waiver_goes_before_an_expired_one() {
    let mut verdicts = [verdict("a", Outcome::Fail, &[])];
    let entries = applied(vec![waiver("a", None, "2026-01-01", "2026-02-01"), active("a*", None)], &mut verdicts, NOON);
    assert_eq!(verdicts[0].waiver, Some(WaiverUse { index: 1, state: WaiverState::Active }));
    assert_eq!(entries[0].problems, [WaiverProblem::Expired, WaiverProblem::Unused]);
}

#[test]
fn what_is_wrong_with_a_waiver_is_said() {
    use Outcome::{Fail, Pass, Unknown};
    use WaiverProblem::{EveryElement, EverySubject, ManyFindings, NotJudged, Unused};
    let many: Vec<_> = (0..12).map(|number| verdict(&format!("m{number}"), Fail, &[])).collect();
    let more = [many.clone(), vec![verdict("other", Pass, &[])]].concat();
    for (what, waiver, verdicts, problems) in [
        ("in use", active("a", None), vec![verdict("a", Fail, &[])], &[][..]),
        ("passes", active("a", None), vec![verdict("a", Pass, &[])], &[Unused]),
        ("no such subject", active("b", None), vec![verdict("a", Fail, &[])], &[Unused]),
        ("nobody knows", active("a", None), vec![verdict("a", Unknown, &[])], &[NotJudged]),
        ("a star for one subject", active("*", None), vec![verdict("a", Fail, &[])], &[]),
        ("everything", active("*", None), vec![verdict("a", Fail, &[]), verdict("b", Pass, &[])], &[EverySubject]),
        ("much", active("m*", None), more, &[ManyFindings]),
        ("all and much", active("*", None), many, &[EverySubject, ManyFindings]),
        ("elements to come", active("a", None), vec![verdict("a", Fail, &[("x", Fail)])], &[EveryElement]),
        ("elements as said", active("a", Some("*")), vec![verdict("a", Fail, &[("x", Fail)])], &[]),
    ] {
        let mut verdicts = verdicts;
        assert_eq!(applied(vec![waiver], &mut verdicts, NOON)[0].problems, problems, "{what}");
    }
}

#[test]
fn the_waivers_of_one_rule_leave_the_others_alone() {
    let mut other = verdict("a", Outcome::Fail, &[]);
    other.rule = "net-other".to_owned();
    let mut verdicts = [other];
    let entries = applied(vec![active("*", None)], &mut verdicts, NOON);
    assert_eq!((verdicts[0].waiver, entries[0].findings), (None, 0));
    assert_eq!(entries[0].problems, [WaiverProblem::Unused]);
}
