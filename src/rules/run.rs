//! All rules over all subjects: in parallel, and in the same order whatever the number of threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::expr::Const;
use super::judge::{Detail, decide, unreadable};
use super::rule::{Rule, RuleSet};
use super::verdict::Verdict;
use crate::facts::{Identity, Subject, Subjects};
use crate::model::{Object, Why};

/// Judges every subject by every rule that targets its kind. Verdicts are sorted by rule and subject.
pub fn evaluate(rules: &RuleSet, facts: &dyn Subjects, detail: Detail) -> Vec<Verdict> {
    let mut subjects: BTreeMap<&str, Vec<Judgable<'_>>> = BTreeMap::new();
    for rule in &rules.rules {
        subjects.entry(rule.target).or_insert_with(|| sorted(facts.subjects(rule.target)));
    }
    let values: Vec<Vec<Const>> = rules.rules.iter().map(Rule::values).collect();
    let work: Vec<Work<'_>> = rules
        .rules
        .iter()
        .zip(&values)
        .enumerate()
        .flat_map(|(index, (rule, values))| {
            let subjects = subjects.get(rule.target).map_or(&[][..], Vec::as_slice);
            subjects.iter().map(move |subject| Work { index, rule, values, subject })
        })
        .collect();
    work.into_par_iter().with_min_len(AT_ONCE).map(|work| work.verdict(detail)).collect()
}

/// Verdicts that one thread makes before it looks for more: each is too small to be handed over by itself.
const AT_ONCE: usize = 64;

/// One rule and one subject.
struct Work<'a> {
    index: usize,
    rule: &'a Rule,
    values: &'a [Const],
    subject: &'a Judgable<'a>,
}

/// A subject whose identity its verdicts share.
struct Judgable<'a> {
    identity: Arc<Identity>,
    facts: Result<&'a dyn Object, &'a Why>,
}

fn sorted(mut subjects: Vec<Subject<'_>>) -> Vec<Judgable<'_>> {
    subjects.sort_by(|one, other| one.identity.cmp(&other.identity));
    let judgable = |Subject { identity, facts }| Judgable { identity: Arc::new(identity), facts };
    subjects.into_iter().map(judgable).collect()
}

impl Work<'_> {
    fn verdict(&self, detail: Detail) -> Verdict {
        let (outcome, explanation) = match self.subject.facts {
            Ok(facts) => decide(self.rule, facts, self.values, detail),
            Err(why) => unreadable(why).told(),
        };
        Verdict { rule: self.index, subject: Arc::clone(&self.subject.identity), outcome, explanation }
    }
}
