//! The gate: one answer for all formats, and the sentence that explains it.

use std::collections::BTreeMap;

use super::assessment::{Gate, GateResult};
use crate::model::Severity;

/// What the user asked of the gate. The default never fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GateOptions {
    /// Failures from this severity on fail the gate; none for never.
    pub fail_on: Option<Severity>,
    /// Whether only failures count that the baseline does not have.
    pub fail_on_new: bool,
    /// Percent of the verdicts that must have come about, whatever else is tolerated.
    pub min_coverage: Option<u8>,
    /// Whether what could not be read is tolerated.
    pub allow_incomplete: bool,
}

/// What the gate looks at.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Clusters assessed, and servers that belong to none.
    pub clusters: usize,
    /// Failures that count, by severity.
    pub failures: BTreeMap<Severity, usize>,
    /// Failures that waivers set aside, by severity.
    pub waived: BTreeMap<Severity, usize>,
    /// Failures that do not count because the baseline has them, by severity.
    pub known: BTreeMap<Severity, usize>,
    /// Gaps that the user did not choose.
    pub involuntary_gaps: usize,
    /// Verdicts that came about: passes and failures.
    pub decided: usize,
    /// Verdicts that are unknown or an error for reasons that the user did not choose.
    pub undecided: usize,
    /// Why a snapshot is not whole, one sentence a file.
    pub snapshots: Vec<String>,
    /// Layers that the user left out.
    pub left_out: Vec<String>,
}

/// Asks the gate.
pub fn judge(options: GateOptions, standing: &Standing) -> Gate {
    let failures = from(options.fail_on, &standing.failures);
    let shortfall = standing.shortfall(options.min_coverage);
    let result = if failures > 0 {
        GateResult::Failed
    } else if standing.clusters == 0 && (options.allow_incomplete || standing.snapshots.is_empty()) {
        GateResult::NothingAssessed
    } else if shortfall.is_some() || (standing.is_incomplete() && !options.allow_incomplete) {
        GateResult::Incomplete
    } else {
        GateResult::Clean
    };
    let parts = [
        Some(standing.because(options, result, shortfall)),
        standing.set_aside(options.fail_on),
        standing.left_out_by_choice(),
    ];
    Gate {
        fail_on: options.fail_on,
        fail_on_new: options.fail_on_new,
        min_coverage: options.min_coverage,
        allow_incomplete: options.allow_incomplete,
        result,
        reason: parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
    }
}

fn from(fail_on: Option<Severity>, counts: &BTreeMap<Severity, usize>) -> usize {
    fail_on.map_or(0, |fail_on| counts.range(fail_on..).map(|(_, count)| count).sum())
}

impl Standing {
    fn is_incomplete(&self) -> bool {
        self.undecided > 0 || self.involuntary_gaps > 0 || !self.snapshots.is_empty()
    }

    /// What there is to say of coverage, when it is below what was asked.
    fn shortfall(&self, min_coverage: Option<u8>) -> Option<String> {
        let wanted = usize::from(min_coverage?);
        let all = self.decided + self.undecided;
        let short = self.decided * 100 < wanted * all;
        // Rounded down, so that what is short never looks like enough.
        let permille = (self.decided * 1_000).checked_div(all).unwrap_or(1_000);
        let (whole, tenth) = (permille / 10, permille % 10);
        short.then(|| {
            format!("{} of {all} verdicts came about: {whole}.{tenth} %, and {wanted} % are asked for", self.decided)
        })
    }

    fn because(&self, options: GateOptions, result: GateResult, shortfall: Option<String>) -> String {
        let threshold = options.fail_on.map_or("any severity, because the gate never fails", Severity::as_str);
        let new = if options.fail_on_new { "new " } else { "" };
        match result {
            GateResult::Failed => {
                let count = from(options.fail_on, &self.failures);
                let failed = format!("{} at or above {threshold}", counted(count, &format!("{new}failure")));
                let failed = format!("{failed}: {}", by_severity(options.fail_on, &self.failures));
                self.besides(failed, shortfall)
            }
            GateResult::NothingAssessed => self.nothing(),
            GateResult::Incomplete if self.is_incomplete() && !options.allow_incomplete => {
                [Some(self.missing()), shortfall].into_iter().flatten().collect::<Vec<_>>().join("; ")
            }
            GateResult::Incomplete => shortfall.unwrap_or_default(),
            GateResult::Clean if self.is_incomplete() => {
                format!("no {new}failure at or above {threshold}; what could not be read is tolerated")
            }
            GateResult::Clean => {
                format!("no {new}failure at or above {threshold}, and everything asked for was read")
            }
        }
    }

    fn besides(&self, failed: String, shortfall: Option<String>) -> String {
        let missing = self.is_incomplete().then(|| self.missing());
        let besides: Vec<_> = missing.into_iter().chain(shortfall).collect();
        if besides.is_empty() { failed } else { format!("{failed}; besides, {}", besides.join("; ")) }
    }

    fn nothing(&self) -> String {
        if !self.snapshots.is_empty() {
            return format!("no cluster was assessed: {}", self.snapshots.join(", "));
        }
        if self.involuntary_gaps > 0 {
            return format!(
                "no cluster was assessed, and {} could not be read; were the right account and regions asked?",
                counted(self.involuntary_gaps, "thing")
            );
        }
        "no Aurora cluster was found; were the right account and regions asked?".to_owned()
    }

    fn missing(&self) -> String {
        let mut parts = self.snapshots.clone();
        if self.undecided > 0 {
            parts.push(format!("{} could not be decided", counted(self.undecided, "verdict")));
        }
        if self.involuntary_gaps > 0 {
            parts.push(format!("{} could not be read", counted(self.involuntary_gaps, "thing")));
        }
        parts.join(", ")
    }

    /// Failures at or above the threshold that do not count, so that a clean gate hides none of them.
    fn set_aside(&self, fail_on: Option<Severity>) -> Option<String> {
        let (waived, known) = (from(fail_on, &self.waived), from(fail_on, &self.known));
        let waived = (waived > 0).then(|| format!("{waived} waived"));
        let known = (known > 0).then(|| format!("{known} in the baseline"));
        let parts: Vec<_> = waived.into_iter().chain(known).collect();
        (!parts.is_empty()).then(|| format!("(not counted: {})", parts.join(", ")))
    }

    fn left_out_by_choice(&self) -> Option<String> {
        (!self.left_out.is_empty()).then(|| format!("(left out by choice: {})", self.left_out.join(", ")))
    }
}

/// `4 critical, 22 high`
fn by_severity(fail_on: Option<Severity>, counts: &BTreeMap<Severity, usize>) -> String {
    let Some(fail_on) = fail_on else { return String::new() };
    let counts = counts.range(fail_on..).rev().filter(|(_, count)| **count > 0);
    counts.map(|(severity, count)| format!("{count} {}", severity.as_str())).collect::<Vec<_>>().join(", ")
}

fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standing(clusters: usize, failures: &[(Severity, usize)], gaps: usize) -> Standing {
        let failures = failures.iter().copied().collect();
        Standing { clusters, failures, involuntary_gaps: gaps, ..Standing::default() }
    }

    #[test]
    fn answers_in_order_of_urgency() {
        use GateResult::{Clean, Failed, Incomplete, NothingAssessed};
        use Severity::{High, Low, Medium};
        let high = Some(High);
        for (fail_on, allow_incomplete, clusters, failures, gaps, undecided, expected) in [
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
            let options = GateOptions { fail_on, allow_incomplete, ..GateOptions::default() };
            let standing = Standing { undecided, ..standing(clusters, failures, gaps) };
            let gate = judge(options, &standing);
            assert_eq!(
                gate.result, expected,
                "{fail_on:?} {clusters} {failures:?} {gaps} {undecided}: {}",
                gate.reason
            );
        }
    }

    #[test]
    fn a_cut_snapshot_is_incomplete() {
        let cut =
            |clusters| Standing { snapshots: vec!["a.jsonl is cut off".to_owned()], ..standing(clusters, &[], 0) };
        let options = GateOptions { fail_on: Some(Severity::High), ..GateOptions::default() };
        for clusters in [0, 1] {
            let gate = judge(options, &cut(clusters));
            assert_eq!((gate.result, gate.reason.as_str()), (GateResult::Incomplete, "a.jsonl is cut off"));
        }
        let options = GateOptions { allow_incomplete: true, ..options };
        for (clusters, expected) in [(0, GateResult::NothingAssessed), (1, GateResult::Clean)] {
            assert_eq!(judge(options, &cut(clusters)).result, expected);
        }
    }

    #[test]
    fn coverage_is_asked_for_whatever_else_is_tolerated() {
        use GateResult::{Clean, Failed, Incomplete};
        for (min_coverage, allow_incomplete, decided, undecided, failures, expected) in [
            (None, true, 0, 9, 0, Clean),
            (Some(90), true, 90, 10, 0, Clean),
            (Some(90), true, 89, 11, 0, Incomplete),
            (Some(90), false, 95, 5, 0, Incomplete),
            (Some(100), true, 999, 1, 0, Incomplete),
            (Some(100), true, 7, 0, 0, Clean),
            (Some(0), true, 0, 7, 0, Clean),
            (Some(100), false, 0, 0, 0, Clean),
            (Some(90), true, 1, 99, 1, Failed),
        ] {
            let failures = BTreeMap::from([(Severity::High, failures)]);
            let options =
                GateOptions { fail_on: Some(Severity::High), min_coverage, allow_incomplete, fail_on_new: false };
            let gate = judge(options, &Standing { clusters: 1, decided, undecided, failures, ..Standing::default() });
            assert_eq!(gate.result, expected, "{min_coverage:?} {decided} {undecided}: {}", gate.reason);
        }
    }

    #[test]
    fn the_reason_is_one_line_that_says_it_all() {
        let counts = |high: usize, low: usize| BTreeMap::from([(Severity::High, high), (Severity::Low, low)]);
        let standing = Standing {
            clusters: 1,
            failures: BTreeMap::from([(Severity::Critical, 1), (Severity::High, 2), (Severity::Low, 9)]),
            waived: counts(3, 4),
            known: counts(5, 6),
            decided: 2,
            undecided: 1,
            involuntary_gaps: 1,
            left_out: vec!["mysql".to_owned()],
            ..Standing::default()
        };
        let options = GateOptions {
            fail_on: Some(Severity::High),
            fail_on_new: true,
            min_coverage: Some(90),
            allow_incomplete: false,
        };
        for (options, standing, reason) in [
            (
                options,
                standing.clone(),
                "3 new failures at or above high: 1 critical, 2 high; besides, 1 verdict could not be decided, 1 thing could \
                 not be read; 2 of 3 verdicts came about: 66.6 %, and 90 % are asked for (not counted: 3 waived, 5 in the \
                 baseline) (left out by choice: mysql)",
            ),
            (
                GateOptions { allow_incomplete: true, min_coverage: None, ..options },
                Standing { failures: BTreeMap::new(), known: BTreeMap::new(), left_out: Vec::new(), ..standing },
                "no new failure at or above high; what could not be read is tolerated (not counted: 3 waived)",
            ),
        ] {
            assert_eq!(judge(options, &standing).reason, reason);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// Waiving nothing and knowing more never makes the gate stricter, and undecided verdicts never make it milder.
        #[test]
        fn more_unknowns_never_make_a_gate_clean(
            failures in 0usize..3, undecided in 0usize..5, more in 1usize..5, decided in 0usize..20,
            min_coverage in proptest::option::of(0u8..=100), allow_incomplete: bool,
        ) {
            let options = GateOptions { fail_on: Some(Severity::High), fail_on_new: false, min_coverage, allow_incomplete };
            let standing = Standing {
                clusters: 1, decided, undecided, failures: BTreeMap::from([(Severity::High, failures)]), ..Standing::default()
            };
            let worse = Standing { undecided: undecided + more, ..standing.clone() };
            if judge(options, &standing).result != GateResult::Clean {
                prop_assert_ne!(judge(options, &worse).result, GateResult::Clean);
            }
        }
    }
}
