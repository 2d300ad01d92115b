//! All rules over all subjects: in parallel, and in the same order whatever the number of threads.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::expr::Const;
use super::judge::{judge, unreadable};
use super::rule::{Rule, RuleSet};
use super::verdict::Verdict;
use crate::facts::{Subject, Subjects};

/// Judges every subject by every rule that targets its kind. Verdicts are sorted by rule and subject.
pub fn evaluate(rules: &RuleSet, facts: &dyn Subjects) -> Vec<Verdict> {
    let mut subjects: BTreeMap<&str, Vec<Subject<'_>>> = BTreeMap::new();
    for rule in &rules.rules {
        subjects.entry(rule.target).or_insert_with(|| sorted(facts.subjects(rule.target)));
    }
    let values: Vec<Vec<Const>> = rules.rules.iter().map(Rule::values).collect();
    let work: Vec<(usize, &Rule, &[Const], &Subject<'_>)> = rules
        .rules
        .iter()
        .zip(&values)
        .enumerate()
        .flat_map(|(index, (rule, values))| {
            let subjects = subjects.get(rule.target).map_or(&[][..], Vec::as_slice);
            subjects.iter().map(move |subject| (index, rule, values.as_slice(), subject))
        })
        .collect();
    work.into_par_iter().map(|(index, rule, values, subject)| verdict(index, rule, values, subject)).collect()
}

fn sorted(mut subjects: Vec<Subject<'_>>) -> Vec<Subject<'_>> {
    subjects.sort_by(|one, other| one.identity.cmp(&other.identity));
    subjects
}

fn verdict(index: usize, rule: &Rule, values: &[Const], subject: &Subject<'_>) -> Verdict {
    let judged = match subject.facts {
        Ok(facts) => judge(rule, facts, values, None),
        Err(why) => unreadable(why),
    };
    Verdict {
        rule: index,
        subject: subject.identity.clone(),
        outcome: judged.outcome,
        message: judged.message,
        reasons: judged.reasons,
        evidence: judged.evidence,
        elements: judged.elements,
        remediation: judged.remediation,
        gaps: judged.gaps,
    }
}
