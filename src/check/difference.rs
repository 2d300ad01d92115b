//! Two runs side by side: which findings came, stayed and went, and which facts changed.

use jiff::Timestamp;
use serde::Serialize;

use super::assessment::{Assessment, BaselineState, PastFinding};
use super::baseline::{Baseline, compare, failures};
use crate::snapshot::Change;

/// What is different between two runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Version of this form.
    pub schema_version: u32,
    /// The earlier run.
    pub old: Side,
    /// The later run.
    pub new: Side,
    /// Whether the runs were judged by other rules or parameters.
    pub rules_changed: bool,
    /// Failures that were none and did not pass.
    pub appeared: Vec<PastFinding>,
    /// Failures that passed.
    pub regressed: Vec<PastFinding>,
    /// Failures of both.
    pub unchanged: usize,
    /// Failures that are none now.
    pub fixed: Vec<PastFinding>,
    /// Failures that could not be judged again.
    pub not_reassessed: Vec<PastFinding>,
    /// Records and values that changed; none when a side is an assessment, which does not hold them.
    pub facts: Option<Vec<Change>>,
}

/// One of the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The file, as the user gave it.
    pub path: String,
    /// When its collection began, of several the first.
    pub started: Option<Timestamp>,
    /// Whether all of its snapshots are whole.
    pub complete: bool,
}

impl Side {
    fn of(path: String, assessment: &Assessment) -> Self {
        let snapshots = &assessment.run.snapshots;
        Self {
            path,
            started: snapshots.iter().map(|snapshot| snapshot.started).min(),
            complete: snapshots.iter().all(|snapshot| snapshot.complete),
        }
    }
}

/// Compares two assessments, each with the name of its file, and adds the facts that changed.
pub fn difference(old: &Baseline, (path, mut new): (String, Assessment), facts: Option<Vec<Change>>) -> Difference {
    compare(old, &mut new);
    let of = |state: BaselineState, why: &'static str| {
        failures(&new)
            .filter(move |(_, it)| *it == Some(state))
            .map(move |(finding, _)| finding.told(why.into()))
            .collect()
    };
    let (appeared, regressed) = (of(BaselineState::New, "new"), of(BaselineState::Regressed, "passed before"));
    let sides = (Side::of(old.path.clone(), &old.assessment), Side::of(path, &new));
    // `compare` has just put it there.
    let comparison = new.comparison.take();
    let (unchanged, rules_changed) = comparison.as_ref().map_or((0, false), |it| (it.unchanged, it.rules_changed));
    let (fixed, not_reassessed) = comparison.map(|it| (it.fixed, it.not_reassessed)).unwrap_or_default();
    Difference {
        schema_version: 1,
        old: sides.0,
        new: sides.1,
        rules_changed,
        appeared,
        regressed,
        unchanged,
        fixed,
        not_reassessed,
        facts,
    }
}
