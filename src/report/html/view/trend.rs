//! What has changed since the baseline.

use serde::Serialize;

use super::Segment;
use super::shown::{Badge, Shown};
use crate::check::{Assessment, Comparison, PastFinding};
use crate::report::words;

/// The comparison.
#[derive(Serialize)]
pub struct Trend {
    path: Shown,
    judged: String,
    rules_changed: bool,
    bar: Vec<Segment>,
    lines: Vec<Line>,
    fixed: Vec<Past>,
    open: Vec<Past>,
}

/// A number with what it counts.
#[derive(Serialize)]
struct Line {
    what: &'static str,
    meaning: &'static str,
    number: String,
}

/// A failure of the baseline.
#[derive(Serialize)]
struct Past {
    rule: Shown,
    severity: Badge,
    name: Shown,
    id: Shown,
    element: Option<Shown>,
    why: Shown,
}

/// What each number counts; the class is the colour of its piece of the bar.
const KINDS: [(&str, &str, &str); 5] = [
    ("regressed", "fail", "fails now and passed then"),
    ("new", "fail", "fails now and was no failure then"),
    ("unchanged", "unknown", "fails now and failed then"),
    ("not re-assessed", "na", "failed then, and could not be judged now: nobody knows"),
    ("fixed", "pass", "failed then and does not now"),
];

impl Trend {
    /// The comparison of an assessment that has one.
    pub fn of(assessment: &Assessment) -> Option<Self> {
        let comparison = assessment.comparison.as_ref()?;
        let numbers = numbers(comparison);
        let pieces = KINDS.into_iter().zip(numbers).map(|((what, class, _), number)| (class, number, what));
        let line = |((what, _, meaning), number): ((&'static str, &str, &'static str), usize)| Line {
            what,
            meaning,
            number: words::grouped(number),
        };
        Some(Self {
            path: Shown::words(&comparison.path),
            judged: comparison.judged.to_string(),
            rules_changed: comparison.rules_changed,
            bar: super::segments(pieces),
            lines: KINDS.into_iter().zip(numbers).map(line).collect(),
            fixed: comparison.fixed.iter().map(Past::of).collect(),
            open: comparison.not_reassessed.iter().map(Past::of).collect(),
        })
    }
}

fn numbers(comparison: &Comparison) -> [usize; 5] {
    let Comparison { new, regressed, unchanged, fixed, not_reassessed, .. } = comparison;
    [*regressed, *new, *unchanged, not_reassessed.len(), fixed.len()]
}

impl Past {
    fn of(finding: &PastFinding) -> Self {
        Self {
            rule: Shown::words(&finding.rule),
            severity: Badge::severity(finding.severity),
            name: Shown::of(&finding.subject.name),
            id: Shown::of(&finding.subject.id),
            element: finding.element.as_ref().map(Shown::of),
            why: Shown::of(&finding.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{compared, sample};

    #[test]
    fn every_number_of_the_comparison_is_told() {
        let trend = Trend::of(&compared()).unwrap();
        let lines: Vec<_> = trend.lines.iter().map(|line| (line.what, &*line.number)).collect();
        let wanted = [("regressed", "1"), ("new", "1"), ("unchanged", "4"), ("not re-assessed", "2"), ("fixed", "1")];
        assert_eq!(lines, wanted);
        assert_eq!((trend.fixed.len(), trend.open.len()), (1, 2));
    }

    #[test]
    fn without_a_baseline_there_is_no_trend() {
        assert!(Trend::of(&sample()).is_none());
    }
}
