//! Frameworks and their controls: a control is as good as the worst verdict of the rules that answer it, what is unknown
//! outweighs what passes, and rules that answer only a part of a control never make it pass.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shown::{Badge, Shown, anchor};
use crate::check::Assessment;
use crate::model::{Coverage, Outcome};

/// A framework with the controls that the rules answer.
#[derive(Serialize)]
pub struct Framework {
    name: Shown,
    controls: Vec<Control>,
}

/// A control.
#[derive(Serialize)]
struct Control {
    id: Shown,
    /// None when no subject of its rules was there to be judged, or when they found no exception and prove only a part of it.
    outcome: Option<Badge>,
    /// Whether that part was tested without an exception.
    part_tested: bool,
    rules: Vec<Link>,
}

/// A rule that answers it.
#[derive(Serialize)]
struct Link {
    anchor: Option<String>,
    id: Shown,
    coverage: &'static str,
}

/// A rule, and how much of the control it proves.
type Answer<'a> = (&'a str, Coverage);

/// The frameworks that the rules name.
///
/// The rules of a control are links only where the page has the rules.
pub fn all(assessment: &Assessment, linked: bool) -> Vec<Framework> {
    let worst = worst_by_rule(assessment);
    let mut frameworks: BTreeMap<&str, BTreeMap<Natural<'_>, Vec<Answer<'_>>>> = BTreeMap::new();
    for rule in &assessment.rules {
        for (framework, controls) in &rule.frameworks {
            for control in controls {
                let answers =
                    frameworks.entry(framework).or_default().entry(Natural::of(&control.control)).or_default();
                answers.push((&rule.id, control.coverage));
            }
        }
    }
    let shown = |(name, controls): (&str, BTreeMap<Natural<'_>, Vec<Answer<'_>>>)| Framework {
        name: Shown::words(name),
        controls: controls.into_iter().map(|(id, rules)| control(id.text, &rules, &worst, linked)).collect(),
    };
    frameworks.into_iter().map(shown).collect()
}

fn worst_by_rule(assessment: &Assessment) -> BTreeMap<&str, Outcome> {
    let mut worst = BTreeMap::new();
    for verdict in &assessment.verdicts {
        let entry = worst.entry(&*verdict.rule).or_insert(verdict.outcome);
        *entry = verdict.outcome.min(*entry);
    }
    worst
}

fn control(id: &str, answers: &[Answer<'_>], worst: &BTreeMap<&str, Outcome>, linked: bool) -> Control {
    let outcome = answers.iter().filter_map(|(rule, _)| worst.get(rule)).min().copied();
    let whole = answers.iter().any(|(_, coverage)| *coverage == Coverage::Full);
    let part_tested = outcome == Some(Outcome::Pass) && !whole;
    let link = |(rule, coverage): &Answer<'_>| Link {
        anchor: linked.then(|| anchor("rule-", rule)),
        id: Shown::words(rule),
        coverage: coverage.as_str(),
    };
    Control {
        id: Shown::words(id),
        outcome: outcome.filter(|_| !part_tested).map(Badge::outcome),
        part_tested,
        rules: answers.iter().map(link).collect(),
    }
}

/// A control id that sorts as people count: 3.9 before 3.10.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Natural<'a> {
    parts: Vec<(u64, &'a str)>,
    text: &'a str,
}

impl<'a> Natural<'a> {
    fn of(text: &'a str) -> Self {
        let parts =
            text.split(['.', '-', '(', ')', ' ']).map(|part| (part.parse().unwrap_or(u64::MAX), part)).collect();
        Self { parts, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    fn outcomes(assessment: &Assessment) -> Vec<(String, Option<&'static str>)> {
        let rows = |framework: Framework| {
            framework
                .controls
                .into_iter()
                .map(|control| (serde_json::to_string(&control.id).unwrap(), control.outcome.map(|badge| badge.word)))
        };
        all(assessment, true).into_iter().flat_map(rows).collect()
    }

    #[test]
    fn the_worst_outcome_wins_and_unknown_beats_pass() {
        let mut assessment = sample();
        for (outcomes_of_rule, rolled_up) in [
            (&[Outcome::Pass, Outcome::NotApplicable][..], Some("pass")),
            (&[Outcome::Pass, Outcome::Unknown], Some("unknown")),
            (&[Outcome::Unknown, Outcome::Error], Some("error")),
            (&[Outcome::Error, Outcome::Fail], Some("fail")),
            (&[Outcome::NotApplicable], Some("not applicable")),
            (&[], None),
        ] {
            let pattern = sample().verdicts.remove(0);
            assessment.verdicts = outcomes_of_rule
                .iter()
                .map(|outcome| crate::check::VerdictEntry { outcome: *outcome, ..pattern.clone() })
                .collect();
            assert!(outcomes(&assessment).contains(&("\"3.3\"".to_owned(), rolled_up)));
        }
    }

    #[test]
    fn a_rule_that_proves_a_part_never_makes_a_control_pass() {
        for (coverage, outcome, badge, part_tested) in [
            (Coverage::Full, Outcome::Pass, Some("pass"), false),
            (Coverage::Partial, Outcome::Pass, None, true),
            (Coverage::Supporting, Outcome::Pass, None, true),
            (Coverage::Partial, Outcome::Fail, Some("fail"), false),
            (Coverage::Partial, Outcome::Unknown, Some("unknown"), false),
        ] {
            let worst = BTreeMap::from([("rule", outcome)]);
            let shown = control("2.9", &[("rule", coverage)], &worst, false);
            assert_eq!(
                (shown.outcome.map(|it| it.word), shown.part_tested),
                (badge, part_tested),
                "{coverage:?} {outcome:?}"
            );
        }
    }

    #[test]
    fn control_ids_are_sorted_as_people_count() {
        let mut ids = ["3.10", "3.9", "A.1", "3.9.1", "10.1", "AC-2", "AC-10"];
        ids.sort_by_key(|id| Natural::of(id));
        assert_eq!(ids, ["3.9", "3.9.1", "3.10", "10.1", "A.1", "AC-2", "AC-10"]);
    }
}
