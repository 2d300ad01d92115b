//! Findings of the baseline. GitHub closes an alert that a log does not hold any more, so a failure that could not be judged again
//! is carried forward; readers of the full log are told how each result stands to the baseline.

use std::collections::BTreeSet;

use serde_sarif::sarif::{self, ResultKind};

use super::{escape, place, result, rule};
use crate::check::{Assessment, BaselineState, PastFinding, VerdictEntry};
use crate::model::Outcome;
use crate::report::{Anchors, words};

/// The failures of the baseline that nobody could judge again, but for those that fail in this run as well.
pub fn carried(assessment: &Assessment) -> Vec<&PastFinding> {
    let elements = assessment.verdicts.iter().flat_map(|verdict| &verdict.elements);
    let failing_elements = elements.filter(|element| element.outcome == Outcome::Fail).map(|it| &*it.fingerprint);
    let failing = assessment.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Fail);
    let there: BTreeSet<&str> = failing.map(|verdict| &*verdict.fingerprint).chain(failing_elements).collect();
    let past = assessment.comparison.iter().flat_map(|comparison| &comparison.not_reassessed);
    past.filter(|finding| !there.contains(&*finding.fingerprint)).collect()
}

/// Descriptors of the rules that the carried findings have and this run does not.
pub fn forgotten_rules(assessment: &Assessment, carried: &[&PastFinding]) -> Vec<sarif::ReportingDescriptor> {
    let known: BTreeSet<&str> = assessment.rules.iter().map(|rule| &*rule.id).collect();
    let ids: BTreeSet<&str> = carried.iter().map(|finding| &*finding.rule).filter(|id| !known.contains(id)).collect();
    ids.into_iter().map(rule::forgotten).collect()
}

/// A carried finding, as GitHub is given it.
pub fn result(finding: &PastFinding, anchors: &Anchors) -> sarif::Result {
    let element =
        finding.element.as_ref().map(|element| format!("'{}' of ", escape::plain(element))).unwrap_or_default();
    let parts = [
        words::sentence(&escape::plain(&finding.message)),
        format!("Subject: {element}'{}'.", escape::plain(&finding.subject.id)),
        format!(
            "This is a finding of the baseline that was not verified again: {}",
            words::sentence(&escape::plain(&finding.why))
        ),
    ];
    let physical = place::in_repository(anchors.of(&finding.subject));
    let location = place::location(physical, place::logical(&finding.subject, &[]));
    sarif::Result {
        kind: Some(ResultKind::Fail),
        level: Some(rule::level(finding.severity)),
        ..result::bare(&finding.rule, parts.join(" "), location, &finding.fingerprint)
    }
}

/// How results stand to the baseline.
pub struct Since<'a> {
    /// None without a baseline: then no result may have a state.
    fixed: Option<BTreeSet<&'a str>>,
}

impl<'a> Since<'a> {
    /// Of an assessment.
    pub fn of(assessment: &'a Assessment) -> Self {
        let fixed =
            |comparison: &'a crate::check::Comparison| comparison.fixed.iter().map(|it| &*it.fingerprint).collect();
        Self { fixed: assessment.comparison.as_ref().map(fixed) }
    }

    /// SARIF 2.1.0, 3.27.24: when one result has a state, all have. What was a failure and is none any more is updated.
    pub fn state(&self, verdict: &VerdictEntry) -> Option<&'static str> {
        let fixed = self.fixed.as_ref()?;
        Some(match verdict.baseline {
            Some(BaselineState::New | BaselineState::Regressed) => "new",
            _ if fixed.contains(&*verdict.fingerprint) => "updated",
            _ => "unchanged",
        })
    }
}
