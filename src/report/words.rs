//! What every format says in the same words: outcomes and severities, the headline, gaps, and how text is cut short. It
//! takes its numbers from the assessment and counts nothing itself.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::waiver;
use crate::check::{Assessment, BaselineState, Comparison, CutsEntry, GapEntry, GateResult, PathEntry, VerdictEntry};
use crate::model::{GapReason, Outcome, Severity, Untrusted};

/// A sentence about the run that no format may leave out.
const NO_SUBJECT: &str = "Nothing was assessed.";

/// How a reader sees an outcome: a word, and a mark for those who do not see colours.
pub fn outcome(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Fail => ("fail", "✗"),
        Outcome::Error => ("error", "!"),
        Outcome::Unknown => ("unknown", "?"),
        Outcome::Pass => ("pass", "✓"),
        Outcome::NotApplicable => ("not applicable", "–"),
    }
}

/// How a reader sees a severity: a word, and a shape for those who do not see colours.
pub fn severity(severity: Severity) -> (&'static str, &'static str) {
    let shape = match severity {
        Severity::Critical => "◆",
        Severity::High => "▲",
        Severity::Medium => "■",
        Severity::Low => "●",
        Severity::Info => "○",
    };
    (severity.as_str(), shape)
}

/// How a reader sees the gate's answer.
pub fn gate(result: GateResult) -> &'static str {
    match result {
        GateResult::Clean => "clean",
        GateResult::Failed => "failed",
        GateResult::Incomplete => "incomplete",
        GateResult::NothingAssessed => "nothing assessed",
    }
}

/// `1 verdict`, `2 verdicts`, `1,234 verdicts`.
pub fn count(number: usize, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with its thousands apart.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many verdicts have an outcome.
pub fn verdicts(assessment: &Assessment, outcome: Outcome) -> usize {
    assessment.summary.outcomes.get(&outcome).copied().unwrap_or_default()
}

/// How many verdicts there are.
pub fn all_verdicts(assessment: &Assessment) -> usize {
    assessment.summary.outcomes.values().sum()
}

/// Adds to a text in place.
pub fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
}

/// The counts of the five outcomes, in a line.
pub fn tally(assessment: &Assessment) -> String {
    let counts = Outcome::ALL.map(|it| format!("{} {}", grouped(verdicts(assessment, it)), outcome(it).0));
    counts.join(", ")
}

/// Whether a verdict is a failure that nobody has accepted.
pub fn counts_as_failure(verdict: &VerdictEntry) -> bool {
    verdict.outcome == Outcome::Fail && !verdict.is_waived()
}

/// The partition of AWS that a region is in.
pub fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("us-isob-") => "aws-iso-b",
        _ if region.starts_with("us-iso-") => "aws-iso",
        _ => "aws",
    }
}

/// What makes the run incomplete, a clause each; empty when all of it was read and judged.
pub fn incomplete_because(assessment: &Assessment) -> Vec<String> {
    let summary = &assessment.summary;
    let cut_short = assessment.run.snapshots.iter().filter(|snapshot| !snapshot.complete).count();
    let mut clauses = Vec::new();
    let mut clause = |number: usize, one: &str, singular: &str, plural: &str| {
        if number > 0 {
            clauses.push(format!("{} {}", count(number, one), if number == 1 { singular } else { plural }));
        }
    };
    clause(cut_short, "snapshot", "is cut short", "are cut short");
    clause(summary.involuntary_gaps, "reading", "failed", "failed");
    clause(verdicts(assessment, Outcome::Unknown), "verdict", "is unknown", "are unknown");
    clause(verdicts(assessment, Outcome::Error), "verdict", "is an error", "are errors");
    if clauses.is_empty() && assessment.gate.result == GateResult::Incomplete {
        clauses.push(sentence_body(&assessment.gate.reason));
    }
    clauses
}

/// What the run found, the most important first. When it is incomplete, that is said before anything else.
pub fn headline(assessment: &Assessment) -> Vec<String> {
    let mut sentences = Vec::new();
    if assessment.gate.result == GateResult::NothingAssessed || all_verdicts(assessment) == 0 {
        sentences.push(NO_SUBJECT.to_owned());
    }
    let because = incomplete_because(assessment);
    if !because.is_empty() {
        sentences.push(format!("Incomplete: {}.", listed(&because)));
    }
    if all_verdicts(assessment) > 0 {
        sentences.push(failures(assessment));
    }
    if assessment.summary.voluntary_gaps > 0 {
        sentences.push(format!("{} left out by choice.", was(assessment.summary.voluntary_gaps, "reading")));
    }
    sentences.extend(waiver::sentence(assessment));
    sentences.extend(assessment.comparison.as_ref().map(comparison));
    sentences
}

/// What has changed since the baseline.
fn comparison(comparison: &Comparison) -> String {
    let counts = changes(comparison).map(|(number, what)| format!("{} {what}", grouped(number)));
    let rules = if comparison.rules_changed { ", by other rules or parameters" } else { "" };
    format!("Since the baseline of {}{rules}: {}.", comparison.judged, counts.join(", "))
}

/// How many findings came, stayed and went.
pub fn changes(comparison: &Comparison) -> [(usize, &'static str); 5] {
    [
        (comparison.new, "new"),
        (comparison.regressed, "regressed"),
        (comparison.unchanged, "unchanged"),
        (comparison.fixed.len(), "fixed"),
        (comparison.not_reassessed.len(), "not re-assessed"),
    ]
}

/// How a failure stands to the baseline, for a reader; nothing of one that it has.
pub const fn since(state: Option<BaselineState>) -> Option<&'static str> {
    match state {
        Some(BaselineState::New) => Some("new"),
        Some(BaselineState::Regressed) => Some("regressed"),
        Some(BaselineState::Unchanged) | None => None,
    }
}

/// How a failure stands to the baseline, always in a word.
pub const fn change(state: BaselineState) -> &'static str {
    match state {
        BaselineState::New => "new",
        BaselineState::Regressed => "regressed",
        BaselineState::Unchanged => "unchanged",
    }
}

fn was(number: usize, one: &str) -> String {
    format!("{} {}", count(number, one), if number == 1 { "was" } else { "were" })
}

fn failures(assessment: &Assessment) -> String {
    let failed = verdicts(assessment, Outcome::Fail);
    let all = count(all_verdicts(assessment), "verdict");
    let gravest = Severity::DESCENDING
        .into_iter()
        .find(|severity| assessment.summary.failures.get(severity).is_some_and(|failures| *failures > 0));
    match (failed, gravest) {
        (0, _) => format!("No failure among {all}."),
        (1, Some(gravest)) => format!("1 of {all} is a failure, of severity {}.", gravest.as_str()),
        (_, Some(gravest)) => {
            format!("{} of {all} are failures, the gravest of severity {}.", grouped(failed), gravest.as_str())
        }
        (_, None) => format!("{} of {all} are failures.", grouped(failed)),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(parts: &[String]) -> String {
    match parts.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// A time without fractions of a second.
pub fn to_the_second(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// How much of what could be judged was decided, in tenths of a percent; none when nothing could be.
pub fn coverage(assessment: &Assessment) -> Option<usize> {
    let of = |outcome| verdicts(assessment, outcome);
    let decided = of(Outcome::Pass) + of(Outcome::Fail);
    let all = decided + of(Outcome::Unknown) + of(Outcome::Error);
    // Rounded down: what lacks anything is never shown as whole.
    (decided * 1_000).checked_div(all)
}

/// `coverage 93.7 %`.
pub fn coverage_in_words(assessment: &Assessment) -> Option<String> {
    coverage(assessment).map(|tenths| match tenths % 10 {
        0 => format!("coverage {} %", tenths / 10),
        rest => format!("coverage {}.{rest} %", tenths / 10),
    })
}

/// What would close a gap.
pub fn mend(gap: &GapEntry) -> String {
    match (&gap.needs, gap.reason) {
        (Some(needs), GapReason::Denied) => format!("allow {needs}"),
        (Some(needs), _) => needs.to_string(),
        (None, reason) => in_general(reason).to_owned(),
    }
}

fn in_general(reason: GapReason) -> &'static str {
    match reason {
        GapReason::Denied => "grant what the message names",
        GapReason::Throttled => "collect again when fewer others call the service",
        GapReason::Timeout => "collect again; look at the route if it happens twice",
        GapReason::Unreachable => "collect from a place that reaches the target",
        GapReason::Unsupported => "none in this version",
        GapReason::Malformed => "collect again with a newer version",
        GapReason::Unsafe => "mend the certificate or the TLS version of the target",
        GapReason::Interrupted => "collect again and let it finish",
        GapReason::NotRequested => "ask for it",
    }
}

/// Text from outside, fit to be shown, cut to `limit` characters.
pub fn shown(text: &Untrusted, limit: usize) -> String {
    if text.raw().len() <= limit {
        return text.to_string();
    }
    let mut characters = text.raw().chars();
    let head: String = characters.by_ref().take(limit).collect();
    let left = characters.count();
    let head = Untrusted::from(head);
    if left == 0 { head.to_string() } else { format!("{head}… ({} more characters)", grouped(left)) }
}

/// The text with a full stop at the end, unless it ends like a sentence already.
pub fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn sentence_body(text: &str) -> String {
    let shown = Untrusted::from(text.trim_end().trim_end_matches('.')).to_string();
    let mut characters = shown.chars();
    characters.next().map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), characters.as_str()))
}

/// The reasons that a message does not give itself.
pub fn unsaid<'a>(message: &'a Untrusted, reasons: &'a [Untrusted]) -> impl Iterator<Item = &'a Untrusted> {
    reasons.iter().filter(|reason| !message.raw().contains(reason.raw()))
}

/// The controls of one framework, in a line.
pub fn controls(list: &[crate::check::ControlEntry]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a path leads to, as the verb of a sentence.
fn path_goal(class: &str) -> &'static str {
    match class {
        "read" => "reads tables of",
        "write" => "changes tables of",
        "admin" => "is as good as an administrator of",
        _ => "takes the data out of",
    }
}

/// A path in a line.
pub fn path(path: &PathEntry, limit: usize) -> String {
    let certainty = shown(&Untrusted::from(path.certainty.as_str()), limit);
    format!("{} ({certainty}, {})", path_title(path, limit), count(path.steps.len(), "step"))
}

/// Who does what to which clusters.
pub fn path_title(path: &PathEntry, limit: usize) -> String {
    let clusters: Vec<_> = path.clusters().map(|cluster| shown(&cluster.name, limit)).collect();
    format!("{} {} {}", shown(&path.from.name, limit), path_goal(&path.to), listed(&clusters))
}

/// The first of the smallest sets of changes that cut a path and all others from the same beginning to the same end.
pub fn cut(cuts: &CutsEntry, limit: usize) -> Option<String> {
    let changes = cuts.sets.first()?.iter().map(|change| shown(&change.words, limit));
    Some(changes.collect::<Vec<_>>().join(", and "))
}

/// What the sets of changes after it are.
pub const fn cuts_lead(cuts: &CutsEntry) -> &'static str {
    match (cuts.sets.is_empty(), cuts.exact, cuts.cut_short) {
        (true, ..) => "Nothing that was read cuts it.",
        (false, true, _) => "Cut, with all other ways from there, by any one of these:",
        (false, false, false) => "No three changes cut it, with all other ways from there. A sufficient set:",
        (false, false, true) => {
            "A sufficient set of changes, for all other ways from there, too; the search for a smaller one was cut short:"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{empty, sample};

    #[test]
    fn numbers_are_counted_in_words() {
        for (number, said) in
            [(0, "0 gaps"), (1, "1 gap"), (999, "999 gaps"), (1_000, "1,000 gaps"), (12_345_678, "12,345,678 gaps")]
        {
            assert_eq!(count(number, "gap"), said);
        }
    }

    #[test]
    fn lists_read_like_english() {
        for (parts, said) in [(&[][..], ""), (&["a"], "a"), (&["a", "b"], "a and b"), (&["a", "b", "c"], "a, b and c")]
        {
            assert_eq!(listed(&parts.iter().map(ToString::to_string).collect::<Vec<_>>()), said);
        }
    }

    #[test]
    fn sentences_end_once() {
        for (text, said) in [("open", "open."), ("Open.", "Open."), ("Why?", "Why?"), ("x \n", "x."), ("", "")] {
            assert_eq!(sentence(text), said);
        }
    }

    #[test]
    fn long_text_says_how_much_is_missing() {
        for (text, limit, said) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "abc… (1 more characters)"),
            ("äöü数", 4, "äöü数"),
            ("\u{202e}xy", 1, "\\u{202E}… (2 more characters)"),
        ] {
            assert_eq!(shown(&Untrusted::from(text), limit), said);
        }
    }

    #[test]
    fn coverage_is_never_rounded_up() {
        let mut assessment = sample();
        assert_eq!(coverage_in_words(&assessment).as_deref(), Some("coverage 66.6 %"));
        for (outcome, number) in
            [(Outcome::Pass, 9_999), (Outcome::Fail, 0), (Outcome::Error, 0), (Outcome::Unknown, 1)]
        {
            assessment.summary.outcomes.insert(outcome, number);
        }
        assert_eq!(coverage_in_words(&assessment).as_deref(), Some("coverage 99.9 %"));
        assessment.summary.outcomes.insert(Outcome::Unknown, 0);
        assert_eq!(coverage_in_words(&assessment).as_deref(), Some("coverage 100 %"));
        assert_eq!(coverage_in_words(&empty()), None);
    }

    #[test]
    fn incompleteness_comes_first() {
        assert_eq!(
            headline(&sample()),
            [
                "Incomplete: 1 snapshot is cut short, 3 readings failed, 4 verdicts are unknown and 1 verdict is an error.",
                "5 of 16 verdicts are failures, the gravest of severity critical.",
                "1 reading was left out by choice.",
            ]
        );
    }

    #[test]
    fn nothing_assessed_is_no_clean_run() {
        assert_eq!(headline(&empty()), ["Nothing was assessed."]);
    }

    #[test]
    fn a_clean_run_is_said_in_one_sentence() {
        let mut assessment = sample();
        assessment.run.snapshots.iter_mut().for_each(|snapshot| snapshot.complete = true);
        assessment.summary.involuntary_gaps = 0;
        assessment.summary.voluntary_gaps = 0;
        assessment.summary.failures.clear();
        for outcome in [Outcome::Fail, Outcome::Error, Outcome::Unknown] {
            assessment.summary.outcomes.insert(outcome, 0);
        }
        assert_eq!(headline(&assessment), ["No failure among 6 verdicts."]);
        assessment.gate.result = GateResult::Incomplete;
        assessment.gate.reason = "No region answered.".to_owned();
        assert_eq!(headline(&assessment)[0], "Incomplete: no region answered.");
    }

    #[test]
    fn a_gap_says_how_to_close_it() {
        let gaps = sample().gaps;
        let mends: Vec<String> = gaps.iter().map(mend).collect();
        assert_eq!(
            mends,
            [
                "allow rds:DescribeDBClusterSnapshotAttributes",
                "collect from a place that reaches the target",
                "allow SELECT ON mysql.user",
                "ask for it",
            ]
        );
    }
}
