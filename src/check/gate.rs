//! The gate: one answer for all formats, and the sentence that explains it.

use super::assessment::{Gate, GateResult, Summary};
use crate::model::{Outcome, Severity};

/// What the user asked of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateOptions {
    /// Failures from this severity on fail the gate; none for never.
    pub fail_on: Option<Severity>,
    /// Whether what could not be read is tolerated.
    pub allow_incomplete: bool,
}

/// What the gate looks at beside the counts.
#[derive(Debug, Clone, Default)]
pub struct Completeness {
    /// Verdicts that are unknown or an error for reasons that the user did not choose.
    pub undecided: usize,
    /// Why a snapshot is not whole, one sentence a file.
    pub snapshots: Vec<String>,
    /// Layers that the user left out.
    pub left_out: Vec<String>,
}

/// Asks the gate.
pub fn judge(options: GateOptions, summary: &Summary, completeness: &Completeness) -> Gate {
    let failures = failures_from(options.fail_on, summary);
    let incomplete = completeness.undecided > 0 || summary.involuntary_gaps > 0 || !completeness.snapshots.is_empty();
    let result = if failures > 0 {
        GateResult::Failed
    } else if summary.clusters == 0 && (options.allow_incomplete || completeness.snapshots.is_empty()) {
        GateResult::NothingAssessed
    } else if incomplete && !options.allow_incomplete {
        GateResult::Incomplete
    } else {
        GateResult::Clean
    };
    let mut reason = match result {
        GateResult::Failed => format!("{} at or above {}", counted(failures, "failure"), threshold(options)),
        GateResult::NothingAssessed => nothing(summary, completeness),
        GateResult::Incomplete => incomplete_sentence(summary, completeness),
        GateResult::Clean if incomplete => {
            format!("no failure at or above {}; what could not be read is tolerated", threshold(options))
        }
        GateResult::Clean => {
            format!("no failure at or above {}, and everything asked for was read", threshold(options))
        }
    };
    if result == GateResult::Failed && incomplete {
        reason = format!("{reason}; besides, {}", incomplete_sentence(summary, completeness));
    }
    if !completeness.left_out.is_empty() {
        reason = format!("{reason} (left out by choice: {})", completeness.left_out.join(", "));
    }
    Gate { fail_on: options.fail_on, allow_incomplete: options.allow_incomplete, result, reason }
}

fn failures_from(fail_on: Option<Severity>, summary: &Summary) -> usize {
    let Some(fail_on) = fail_on else { return 0 };
    summary.failures.iter().filter(|(severity, _)| **severity >= fail_on).map(|(_, count)| count).sum()
}

fn threshold(options: GateOptions) -> &'static str {
    options.fail_on.map_or("any severity, because the gate never fails", Severity::as_str)
}

fn nothing(summary: &Summary, completeness: &Completeness) -> String {
    if !completeness.snapshots.is_empty() {
        return format!("no cluster was assessed: {}", completeness.snapshots.join(", "));
    }
    if summary.involuntary_gaps > 0 {
        return format!(
            "no cluster was assessed, and {} could not be read; were the right account and regions asked?",
            counted(summary.involuntary_gaps, "thing")
        );
    }
    "no Aurora cluster was found; were the right account and regions asked?".to_owned()
}

fn incomplete_sentence(summary: &Summary, completeness: &Completeness) -> String {
    let mut parts = completeness.snapshots.clone();
    if completeness.undecided > 0 {
        parts.push(format!("{} could not be decided", counted(completeness.undecided, "verdict")));
    }
    if summary.involuntary_gaps > 0 {
        parts.push(format!("{} could not be read", counted(summary.involuntary_gaps, "thing")));
    }
    parts.join(", ")
}

fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Counts that have a key for every outcome and severity.
pub fn empty_summary() -> Summary {
    Summary {
        outcomes: Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect(),
        failures: Severity::DESCENDING.into_iter().map(|severity| (severity, 0)).collect(),
        ..Summary::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(clusters: usize, failures: &[(Severity, usize)], gaps: usize) -> Summary {
        let mut summary = empty_summary();
        summary.clusters = clusters;
        summary.involuntary_gaps = gaps;
        summary.failures.extend(failures.iter().copied());
        summary
    }

    #[test]
    fn answers_in_order_of_urgency() {
        use GateResult::{Clean, Failed, Incomplete, NothingAssessed};
        use Severity::{High, Low, Medium};
        let high = Some(High);
        for (fail_on, allow, clusters, failures, gaps, undecided, expected) in [
            (high, false, 1, &[(High, 1)][..], 0, 0, Failed),
            (high, false, 1, &[(High, 1)], 3, 3, Failed),
            (high, false, 1, &[(Medium, 9)], 0, 0, Clean),
            (Some(Medium), false, 1, &[(Medium, 9)], 0, 0, Failed),
            (None, false, 1, &[(High, 9)], 0, 0, Clean),
            (high, false, 1, &[(Low, 1)], 1, 0, Incomplete),
            (high, false, 1, &[], 0, 1, Incomplete),
            (high, true, 1, &[], 1, 1, Clean),
            (None, false, 1, &[(High, 9)], 1, 0, Incomplete),
            (high, false, 0, &[], 0, 0, NothingAssessed),
            (high, false, 0, &[], 2, 2, NothingAssessed),
            (high, true, 0, &[], 2, 2, NothingAssessed),
            (high, false, 0, &[(High, 1)], 0, 0, Failed),
        ] {
            let options = GateOptions { fail_on, allow_incomplete: allow };
            let completeness = Completeness { undecided, ..Completeness::default() };
            let gate = judge(options, &summary(clusters, failures, gaps), &completeness);
            assert_eq!(
                gate.result, expected,
                "{fail_on:?} {clusters} {failures:?} {gaps} {undecided}: {}",
                gate.reason
            );
        }
    }

    #[test]
    fn a_cut_snapshot_is_incomplete() {
        let completeness = Completeness { snapshots: vec!["a.jsonl is cut off".to_owned()], ..Completeness::default() };
        let options = GateOptions { fail_on: Some(Severity::High), allow_incomplete: false };
        for clusters in [0, 1] {
            let gate = judge(options, &summary(clusters, &[], 0), &completeness);
            assert_eq!((gate.result, gate.reason.as_str()), (GateResult::Incomplete, "a.jsonl is cut off"));
        }
        let options = GateOptions { allow_incomplete: true, ..options };
        for (clusters, expected) in [(0, GateResult::NothingAssessed), (1, GateResult::Clean)] {
            assert_eq!(judge(options, &summary(clusters, &[], 0), &completeness).result, expected);
        }
    }
}
