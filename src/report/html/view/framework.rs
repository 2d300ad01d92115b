//! Frameworks and their controls: a control is as good as the worst verdict of the rules that answer it, what is unknown
//! outweighs what passes, and rules that answer only a part of a control never make it pass. What no rule tests is named.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shown::{Badge, Shown, anchor};
use crate::check::Assessment;
use crate::model::{Coverage, Outcome};
use crate::rules::{self, FrameworkControl};

/// A framework with the controls that the rules answer.
#[derive(Serialize)]
pub struct Framework {
    /// What rules call it.
    id: Shown,
    /// Its name, edition, place and day, where it is known.
    known: Option<Known>,
    controls: Vec<Control>,
    /// Controls that no program decides.
    manual: Vec<Manual>,
    /// Controls that rules answer, none of which ran.
    not_asked: Vec<Shown>,
}

#[derive(Serialize)]
struct Known {
    title: Shown,
    version: Shown,
    source: Shown,
    as_of: String,
}

/// A control.
#[derive(Serialize)]
struct Control {
    id: Shown,
    title: Option<Shown>,
    /// What the mapping rests on.
    basis: Option<&'static str>,
    /// None when no subject of its rules was there to be judged, or when they found no exception and prove only a part of it.
    outcome: Option<Badge>,
    /// Whether that part was tested without an exception.
    part_tested: bool,
    /// What no rule tests of it.
    untested: Option<Shown>,
    rules: Vec<Link>,
}

/// A control that people decide.
#[derive(Serialize)]
struct Manual {
    id: Shown,
    title: Shown,
    /// What the report can offer to them.
    offered: Shown,
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

/// Controls with the rules that answer them.
type Answers<'a> = BTreeMap<Natural<'a>, Vec<Answer<'a>>>;

/// The frameworks that the rules name.
///
/// The rules of a control are links only where the page has the rules.
pub fn all(assessment: &Assessment, linked: bool) -> Vec<Framework> {
    let worst = worst_by_rule(assessment);
    let mut frameworks: BTreeMap<&str, Answers<'_>> = BTreeMap::new();
    for rule in &assessment.rules {
        for (framework, controls) in &rule.frameworks {
            for control in controls {
                let answers =
                    frameworks.entry(framework).or_default().entry(Natural::of(&control.control)).or_default();
                answers.push((&rule.id, control.coverage));
            }
        }
    }
    let shown = |(id, answers): (&str, Answers<'_>)| {
        let known = assessment.frameworks.iter().find(|it| it.id == id);
        framework(id, known, &answers, |control, answers| {
            let known = known.and_then(|it| it.controls.get(control));
            self::control(control, known, answers, &worst, linked)
        })
    };
    frameworks.into_iter().map(shown).collect()
}

fn framework(
    id: &str,
    known: Option<&rules::Framework>,
    answers: &Answers<'_>,
    control: impl Fn(&str, &[Answer<'_>]) -> Control,
) -> Framework {
    let mut others: Vec<_> = known.into_iter().flat_map(|it| &it.controls).collect();
    others.retain(|(id, _)| !answers.contains_key(&Natural::of(id)));
    others.sort_by_key(|(id, _)| Natural::of(id));
    let manual = |(id, control): &(&String, &FrameworkControl)| {
        let offered = Shown::words(control.manual.as_deref()?);
        Some(Manual { id: Shown::words(id), title: Shown::words(&control.title), offered })
    };
    Framework {
        id: Shown::words(id),
        known: known.map(|it| Known {
            title: Shown::words(&it.title),
            version: Shown::words(&it.version),
            source: Shown::words(&it.source),
            as_of: it.as_of.to_string(),
        }),
        controls: answers.iter().map(|(id, answers)| control(id.text, answers)).collect(),
        manual: others.iter().filter_map(manual).collect(),
        not_asked: others.iter().filter(|(_, it)| it.manual.is_none()).map(|(id, _)| Shown::words(id)).collect(),
    }
}

fn worst_by_rule(assessment: &Assessment) -> BTreeMap<&str, Outcome> {
    let mut worst = BTreeMap::new();
    for verdict in &assessment.verdicts {
        let entry = worst.entry(&*verdict.rule).or_insert(verdict.outcome);
        *entry = verdict.outcome.min(*entry);
    }
    worst
}

/// A rule proves a control only by a pass of its own: one that had nothing to judge proves nothing, whatever others found.
fn control(
    id: &str,
    known: Option<&FrameworkControl>,
    answers: &[Answer<'_>],
    worst: &BTreeMap<&str, Outcome>,
    linked: bool,
) -> Control {
    let outcome = answers.iter().filter_map(|(rule, _)| worst.get(rule)).min().copied();
    let whole = |(rule, coverage): &Answer<'_>| *coverage == Coverage::Full && worst.get(rule) == Some(&Outcome::Pass);
    let part_tested = outcome == Some(Outcome::Pass) && !answers.iter().any(whole);
    let link = |(rule, coverage): &Answer<'_>| Link {
        anchor: linked.then(|| anchor("rule-", rule)),
        id: Shown::words(rule),
        coverage: coverage.as_str(),
    };
    Control {
        id: Shown::words(id),
        title: known.map(|it| Shown::words(&it.title)),
        basis: known.map(|it| it.basis.as_str()),
        outcome: outcome.filter(|_| !part_tested).map(Badge::outcome),
        part_tested,
        untested: known.and_then(|it| it.untested.as_deref()).map(Shown::words),
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
            let shown = control("2.9", None, &[("rule", coverage)], &worst, false);
            assert_eq!(
                (shown.outcome.map(|it| it.word), shown.part_tested),
                (badge, part_tested),
                "{coverage:?} {outcome:?}"
            );
        }
    }

    #[test]
    fn a_rule_without_a_subject_proves_nothing() {
        let worst = BTreeMap::from([("whole", Outcome::NotApplicable), ("part", Outcome::Pass)]);
        let answers = [("whole", Coverage::Full), ("part", Coverage::Partial)];
        let shown = control("2.9", None, &answers, &worst, false);
        assert_eq!((shown.outcome.map(|it| it.word), shown.part_tested), (None, true));
    }

    /// What is untested, manual, or was not asked is told with the framework, in the words of its file.
    #[test]
    fn what_is_not_decided_is_told() {
        let mut assessment = sample();
        let controls = rules::frameworks().iter().find(|it| it.id == "pci-dss-4.0.1").unwrap().clone();
        assessment.frameworks = vec![rules::Framework { id: "PCI DSS 4.0".to_owned(), ..controls }];
        let text = serde_json::to_string(&all(&assessment, true)).unwrap();
        for part in [
            "\"title\":\"Traffic into the cardholder environment is restricted\",\"basis\":\"our reading\"",
            "\"untested\":\"whether each admitted source has a business need\"",
            "\"offered\":\"People's work.\"",
            "\"not_asked\":[\"1.2.5\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn control_ids_are_sorted_as_people_count() {
        let mut ids = ["3.10", "3.9", "A.1", "3.9.1", "10.1", "AC-2", "AC-10"];
        ids.sort_by_key(|id| Natural::of(id));
        assert_eq!(ids, ["3.9", "3.9.1", "3.10", "10.1", "A.1", "AC-2", "AC-10"]);
    }
}
