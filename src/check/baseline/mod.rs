//! What has changed since an earlier assessment, by the identity of findings: rule, subject and element, never index, line or
//! message. What was a finding and could not be judged again is neither fixed nor unchanged, and said to be so.

use std::collections::{BTreeMap, BTreeSet};

use super::assessment::{Assessment, BaselineState, Comparison, ElementEntry, PastFinding, SubjectEntry, VerdictEntry};
use crate::model::{Outcome, Untrusted};

/// An earlier assessment to compare with.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// Name of its file, as the user gave it.
    pub path: String,
    /// The assessment.
    pub assessment: Assessment,
}

/// Compares an assessment with an earlier one: marks each of its failures, and adds what became of the earlier ones.
pub fn compare(baseline: &Baseline, assessment: &mut Assessment) {
    let old = &baseline.assessment;
    let past = Past::of(old);
    for verdict in &mut assessment.verdicts {
        past.mark(verdict);
    }
    let (fixed, not_reassessed) = gone(old, assessment);
    let count = |state| findings(assessment).filter(|finding| finding.state() == Some(state)).count();
    assessment.comparison = Some(Comparison {
        path: baseline.path.clone(),
        judged: old.run.now,
        rules_changed: old.run.rules_sha256 != assessment.run.rules_sha256,
        new: count(BaselineState::New),
        regressed: count(BaselineState::Regressed),
        unchanged: count(BaselineState::Unchanged),
        fixed,
        not_reassessed,
    });
}

/// A failure: a whole verdict, or one element of it.
#[derive(Clone, Copy)]
pub struct Finding<'a> {
    verdict: &'a VerdictEntry,
    element: Option<&'a ElementEntry>,
}

impl Finding<'_> {
    fn fingerprint(&self) -> &str {
        self.element.map_or(&self.verdict.fingerprint, |element| &element.fingerprint)
    }

    fn state(&self) -> Option<BaselineState> {
        self.element.map_or(self.verdict.baseline, |element| element.baseline)
    }

    /// As a document tells it.
    pub fn told(&self, why: Untrusted) -> PastFinding {
        let Finding { verdict, element } = *self;
        PastFinding {
            rule: verdict.rule.clone(),
            severity: verdict.severity,
            subject: verdict.subject.clone(),
            element: element.map(|element| element.key.clone()),
            message: element.map_or(&verdict.message, |element| &element.message).clone(),
            fingerprint: self.fingerprint().to_owned(),
            why,
        }
    }
}

/// The failures of an assessment, in its order: each failing element is one of its own.
fn findings(assessment: &Assessment) -> impl Iterator<Item = Finding<'_>> {
    let failing = assessment.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Fail);
    failing.flat_map(|verdict| {
        let elements = verdict.elements.iter().filter(|element| element.outcome == Outcome::Fail);
        let elements: Vec<_> = elements.map(|element| Finding { verdict, element: Some(element) }).collect();
        if elements.is_empty() { vec![Finding { verdict, element: None }] } else { elements }
    })
}

/// The failures of an assessment, each with how it stands to the baseline.
pub fn failures(assessment: &Assessment) -> impl Iterator<Item = (Finding<'_>, Option<BaselineState>)> {
    findings(assessment).map(|finding| (finding, finding.state()))
}

/// The earlier verdicts, by fingerprint.
struct Past<'a> {
    outcomes: BTreeMap<&'a str, Outcome>,
    failing: BTreeSet<&'a str>,
}

impl<'a> Past<'a> {
    fn of(old: &'a Assessment) -> Self {
        let outcomes = old.verdicts.iter().map(|verdict| (verdict.fingerprint.as_str(), verdict.outcome));
        let failing = findings(old).map(|finding| match finding.element {
            Some(element) => element.fingerprint.as_str(),
            None => finding.verdict.fingerprint.as_str(),
        });
        Self { outcomes: outcomes.collect(), failing: failing.collect() }
    }

    fn mark(&self, verdict: &mut VerdictEntry) {
        if verdict.outcome != Outcome::Fail {
            return;
        }
        let before = self.outcomes.get(verdict.fingerprint.as_str()).copied();
        let whole = match before {
            Some(Outcome::Fail) => BaselineState::Unchanged,
            Some(Outcome::Pass) => BaselineState::Regressed,
            // What could not be judged, or was not there, has not been a finding before.
            Some(Outcome::Unknown | Outcome::Error | Outcome::NotApplicable) | None => BaselineState::New,
        };
        let mut worst = whole;
        for element in verdict.elements.iter_mut().filter(|element| element.outcome == Outcome::Fail) {
            let known = self.failing.contains(element.fingerprint.as_str());
            let state = match whole {
                BaselineState::Unchanged if !known => BaselineState::New,
                state => state,
            };
            element.baseline = Some(state);
            worst = worst.min(state);
        }
        verdict.baseline = Some(worst);
    }
}

/// The earlier findings that are none now: fixed, and those of which nobody knows.
fn gone(old: &Assessment, new: &Assessment) -> (Vec<PastFinding>, Vec<PastFinding>) {
    let now = Now::of(new);
    let (mut fixed, mut not_reassessed) = (Vec::new(), Vec::new());
    for finding in findings(old) {
        match now.fate(old, finding) {
            Fate::Stays => (),
            Fate::Fixed(why) => fixed.push(finding.told(why.into())),
            Fate::Unclear(why) => not_reassessed.push(finding.told(why)),
        }
    }
    (fixed, not_reassessed)
}

/// What became of an earlier finding.
enum Fate {
    Stays,
    Fixed(&'static str),
    Unclear(Untrusted),
}

/// The later assessment, by fingerprint.
struct Now<'a> {
    new: &'a Assessment,
    rules: BTreeSet<&'a str>,
    verdicts: BTreeMap<&'a str, &'a VerdictEntry>,
    undecided: BTreeSet<(&'a str, &'a str, &'a str)>,
    listed: BTreeSet<Listing<'a>>,
}

/// Account, region, source and kind of a listing.
type Listing<'a> = (&'a str, &'a str, &'a str, &'a str);

fn listings(assessment: &Assessment) -> impl Iterator<Item = Listing<'_>> {
    assessment.population.iter().map(|it| (&*it.account, &*it.region, &*it.source, &*it.kind))
}

impl<'a> Now<'a> {
    fn of(new: &'a Assessment) -> Self {
        let undecided = new.verdicts.iter().filter(|it| matches!(it.outcome, Outcome::Unknown | Outcome::Error));
        Self {
            new,
            rules: new.rules.iter().map(|rule| rule.id.as_str()).collect(),
            verdicts: new.verdicts.iter().map(|verdict| (verdict.fingerprint.as_str(), verdict)).collect(),
            undecided: undecided.map(|it| (&*it.rule, &*it.subject.account, &*it.subject.region)).collect(),
            listed: listings(new).collect(),
        }
    }

    fn fate(&self, old: &Assessment, finding: Finding<'_>) -> Fate {
        let Finding { verdict, element } = finding;
        if !self.rules.contains(verdict.rule.as_str()) {
            return Fate::Unclear("the rule did not run".into());
        }
        let Some(now) = self.verdicts.get(verdict.fingerprint.as_str()) else {
            return self.without_subject(old, &verdict.rule, &verdict.subject);
        };
        match (now.outcome, element) {
            (Outcome::Pass, _) => Fate::Fixed("passes now"),
            (Outcome::NotApplicable, _) => Fate::Fixed("the rule no longer applies"),
            (Outcome::Unknown | Outcome::Error, _) => Fate::Unclear(now.message.clone()),
            (Outcome::Fail, None) => Fate::Stays,
            (Outcome::Fail, Some(element)) => of_element(now, &element.fingerprint),
        }
    }

    /// The subject is gone, if all that was listed then was listed again and nothing of its rule is in doubt in its place.
    fn without_subject(&self, old: &Assessment, rule: &str, subject: &SubjectEntry) -> Fate {
        let (account, region) = (&*subject.account, &*subject.region);
        let mut before = listings(old).filter(|it| (it.0, it.1) == (account, region)).peekable();
        let asked_again = before.peek().is_some() && before.all(|listing| self.listed.contains(&listing));
        let whole = self.new.run.snapshots.iter().all(|snapshot| snapshot.complete);
        if asked_again && whole && !self.undecided.contains(&(rule, account, region)) {
            Fate::Fixed("it is no longer there")
        } else {
            Fate::Unclear("its account and region were not read as they were then".into())
        }
    }
}

fn of_element(now: &VerdictEntry, fingerprint: &str) -> Fate {
    match now.elements.iter().find(|element| element.fingerprint == fingerprint) {
        Some(element) if element.outcome == Outcome::Fail => Fate::Stays,
        Some(element) => Fate::Unclear(element.message.clone()),
        // The list is known, or the verdict would be none: what it does not name passes or is gone.
        None if now.elements.is_empty() => Fate::Stays,
        None => Fate::Fixed("it is no longer there, or passes now"),
    }
}

#[cfg(test)]
mod tests;
