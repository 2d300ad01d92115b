//! What the templates see. Every text of the assessment becomes a [`Shown`] here and nowhere else; the templates put it into
//! `<bdi>` and escape it.

mod framework;
mod rule;
mod scope;
mod shown;

use serde::Serialize;

use self::framework::Framework;
use self::rule::Rule;
use self::scope::{Gap, LeftOut, Listing, Snapshot};
use self::shown::{Badge, Shown};
use crate::check::{Assessment, GateResult};
use crate::model::{Outcome, Severity};
use crate::report::words;

/// What this version does not read, whatever it was asked for.
const LIMITS: [&str; 7] = [
    "A pass says that the values shown as evidence, read at the time shown, satisfy the rule. It says nothing of the time \
     before or after.",
    "What could not be read is unknown. Unknown is neither a pass nor a failure, and a report with unknowns is incomplete.",
    "Inside databases only Aurora MySQL is read. Of Aurora PostgreSQL the AWS configuration, the network and the \
     certificates are judged; rules about its accounts answer unknown.",
    "Rows of tables are never read. Whether data is masked or encrypted by the application is not known here.",
    "IAM statements are judged by what they grant by themselves. Denies elsewhere, permissions boundaries and organisation \
     policies are not weighed; they can only restrict.",
    "The network is read as AWS describes it: security groups, subnets and routes. Network ACLs and the entries of prefix \
     lists are not read yet; firewalls and hosts beyond the VPC are not looked at.",
    "Secrets are never read: no password hash, token or private key is in a snapshot or in this report.",
];

/// Listings that are shown without a click.
const LISTINGS_OPEN_UP_TO: usize = 12;

/// The page.
#[derive(Serialize)]
pub struct Page {
    tool_version: Shown,
    now: String,
    rules_sha256: Shown,
    verdict: Verdict,
    counts: Vec<Count>,
    outcomes: Vec<Tally>,
    matrix: Vec<MatrixRow>,
    bar: Vec<Segment>,
    snapshots: Vec<Snapshot>,
    listings: Vec<Listing>,
    listings_open: bool,
    left_out: Vec<LeftOut>,
    gaps: Vec<Gap>,
    chosen: Vec<Gap>,
    frameworks: Vec<Framework>,
    rules: Vec<Rule>,
    limits: [&'static str; 7],
}

/// The answer in words.
#[derive(Serialize)]
struct Verdict {
    /// Class of the banner.
    tone: &'static str,
    /// The first sentence.
    lead: Shown,
    sentences: Vec<Shown>,
    gate: &'static str,
    fail_on: &'static str,
    allow_incomplete: bool,
    reason: Shown,
}

/// A number of things.
#[derive(Serialize)]
struct Count {
    number: String,
    what: &'static str,
}

/// How often an outcome came.
#[derive(Serialize)]
struct Tally {
    badge: Badge,
    number: String,
}

/// Outcomes of one severity, in the order of [`Outcome::ALL`].
#[derive(Serialize)]
struct MatrixRow {
    badge: Badge,
    numbers: Vec<String>,
    total: String,
}

/// A piece of the bar, in thousandths of its length.
#[derive(Serialize)]
struct Segment {
    class: &'static str,
    x: usize,
    width: usize,
    words: String,
}

impl Page {
    /// Prepares an assessment for the templates.
    pub fn of(assessment: &Assessment) -> Self {
        let (chosen, gaps): (Vec<_>, Vec<_>) = assessment.gaps.iter().partition(|gap| gap.reason.is_voluntary());
        Self {
            tool_version: Shown::words(&assessment.run.tool_version),
            now: assessment.run.now.to_string(),
            rules_sha256: Shown::words(&assessment.run.rules_sha256),
            verdict: verdict(assessment),
            counts: counts(assessment),
            outcomes: Outcome::ALL.into_iter().map(|outcome| tally(assessment, outcome)).collect(),
            matrix: Severity::DESCENDING.into_iter().map(|severity| matrix_row(assessment, severity)).collect(),
            bar: bar(assessment),
            snapshots: assessment.run.snapshots.iter().zip(1..).map(Snapshot::of).collect(),
            listings: assessment.population.iter().map(Listing::of).collect(),
            listings_open: assessment.population.len() <= LISTINGS_OPEN_UP_TO,
            left_out: assessment.population.iter().flat_map(LeftOut::of).collect(),
            gaps: gaps.into_iter().map(Gap::of).collect(),
            chosen: chosen.into_iter().map(Gap::of).collect(),
            frameworks: framework::all(assessment),
            rules: rule::all(assessment),
            limits: LIMITS,
        }
    }
}

fn verdict(assessment: &Assessment) -> Verdict {
    let mut sentences = words::headline(assessment).into_iter().map(|sentence| Shown::words(&sentence));
    Verdict {
        tone: tone(assessment),
        lead: sentences.next().unwrap_or_else(|| Shown::words("")),
        sentences: sentences.collect(),
        gate: words::gate(assessment.gate.result),
        fail_on: assessment.gate.fail_on.map_or("never", Severity::as_str),
        allow_incomplete: assessment.gate.allow_incomplete,
        reason: Shown::words(&assessment.gate.reason),
    }
}

/// A failed gate outweighs an incomplete run in colour; the words say both.
fn tone(assessment: &Assessment) -> &'static str {
    match assessment.gate.result {
        GateResult::Failed => "bad",
        GateResult::Clean if words::incomplete_because(assessment).is_empty() => "good",
        _ => "doubtful",
    }
}

fn counts(assessment: &Assessment) -> Vec<Count> {
    let summary = &assessment.summary;
    let count = |number: usize, what| Count { number: words::grouped(number), what };
    let mut counts = vec![count(summary.clusters, "clusters")];
    if summary.servers > 0 {
        counts.push(count(summary.servers, "servers"));
    }
    counts.extend([count(summary.subjects, "subjects"), count(assessment.rules.len(), "rules")]);
    counts
}

fn tally(assessment: &Assessment, outcome: Outcome) -> Tally {
    Tally { badge: Badge::outcome(outcome), number: words::grouped(words::verdicts(assessment, outcome)) }
}

fn matrix_row(assessment: &Assessment, severity: Severity) -> MatrixRow {
    let of_severity: Vec<_> = assessment.verdicts.iter().filter(|verdict| verdict.severity == severity).collect();
    let number = |outcome| of_severity.iter().filter(|verdict| verdict.outcome == outcome).count();
    MatrixRow {
        badge: Badge::severity(severity),
        numbers: Outcome::ALL.into_iter().map(|outcome| words::grouped(number(outcome))).collect(),
        total: words::grouped(of_severity.len()),
    }
}

fn bar(assessment: &Assessment) -> Vec<Segment> {
    let all = words::all_verdicts(assessment).max(1);
    let mut before = 0;
    let segment = |outcome| {
        let number = words::verdicts(assessment, outcome);
        let (from, to) = (before * 1_000 / all, (before + number) * 1_000 / all);
        before += number;
        // What exists is seen, however small its share.
        let width = if number == 0 { 0 } else { (to - from).max(2) };
        let words = format!("{} {}", words::grouped(number), words::outcome(outcome).0);
        Segment { class: Badge::outcome(outcome).class, x: from, width, words }
    };
    Outcome::ALL.into_iter().map(segment).collect()
}
