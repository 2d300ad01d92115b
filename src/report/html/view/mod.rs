//! What the templates see. Every text of the assessment becomes a [`Shown`] here and nowhere else; the templates put it into
//! `<bdi>` and escape it.

mod coverage;
mod framework;
mod path;
mod population;
mod question;
mod rule;
mod scope;
mod shown;
mod trend;
mod waiver;

use serde::Serialize;

use self::coverage::Matrix;
use self::framework::Framework;
use self::path::Section;
use self::population::Place;
pub use self::population::Subjects;
use self::question::Question;
pub use self::rule::{Judged, Rule, Shared, all as rules};
use self::scope::{Gap, LeftOut, Listing, Snapshot};
use self::shown::{Badge, Shown};
use self::trend::Trend;
use self::waiver::Waiver;
use crate::check::{Assessment, GateResult};
use crate::model::{Outcome, Severity};
use crate::report::{HtmlDetail, Options, uri, words};

/// What this version does not read, whatever it was asked for.
const LIMITS: [&str; 8] = [
    "A pass says that the values shown as evidence, read at the time shown, satisfy the rule. It says nothing of the time \
     before or after.",
    "What could not be read is unknown. Unknown is neither a pass nor a failure, and a report with unknowns is incomplete.",
    "Inside databases only Aurora MySQL is read. Of Aurora PostgreSQL the AWS configuration, the network and the \
     certificates are judged; rules about its accounts answer unknown.",
    "Rows of tables are never read. Whether data is masked or encrypted by the application is not known here.",
    "What only something unread could forbid, such as a service control policy of the organisation, is taken as allowed; \
     the verdicts that rest on that say so.",
    "The network is read as AWS describes it. Firewalls, proxies and hosts that AWS does not describe are not looked at: \
     what is shown as reachable may be stopped there.",
    "Secrets are never read: no password hash, token or private key is in a snapshot or in this report.",
    "A framework's control is as good as the rules that answer it. What a framework asks of people, contracts and procedures \
     is not judged here.",
];

/// Listings that are shown without a click.
const LISTINGS_OPEN_UP_TO: usize = 12;
/// Servers and subjects that are shown without a click.
const OPEN_UP_TO: usize = 24;

/// The page but for its rules, which are made one at a time.
#[derive(Serialize)]
pub struct Page {
    tool_version: Shown,
    now: String,
    made: String,
    age: Option<String>,
    /// The account that the page is about, when it is a part of a report.
    part_of: Option<Shown>,
    rules_profile: Option<Shown>,
    rules_sha256: Shown,
    detail: &'static str,
    shows_rules: bool,
    has_rules: bool,
    verdict: Verdict,
    coverage: Option<String>,
    questions: Vec<Question>,
    counts: Vec<Count>,
    outcomes: Vec<Tally>,
    trend: Option<Trend>,
    matrix: Vec<MatrixRow>,
    bar: Vec<Segment>,
    snapshots: Vec<Snapshot>,
    population: Vec<String>,
    places: Vec<Place>,
    listings: Vec<Listing>,
    left_out: Vec<LeftOut>,
    subjects: Vec<population::Subject>,
    services: Matrix,
    servers: Matrix,
    open: Open,
    unread: String,
    left_alone: String,
    not_judged: String,
    gaps: Vec<Gap>,
    chosen: Vec<Gap>,
    frameworks: Vec<Framework>,
    paths: Option<Section>,
    rule_lines: Vec<RuleLine>,
    waivers: Vec<Waiver>,
    accounts: Vec<Link>,
    signature: Option<Shown>,
    again: Shown,
    limits: [&'static str; 8],
}

/// Which folds are open from the start: the short ones.
#[derive(Serialize)]
struct Open {
    listings: bool,
    subjects: bool,
    servers: bool,
}

/// A page that the index leads to.
#[derive(Serialize)]
pub struct Link {
    account: Shown,
    href: String,
    numbers: Vec<String>,
}

impl Link {
    /// The page of an account in a file beside this one.
    pub fn of(assessment: &Assessment, account: &str, file: &str) -> Self {
        Self {
            account: Shown::words(account),
            href: uri::relative(file).0,
            numbers: assessment.outcomes_of(account).into_iter().map(words::grouped).collect(),
        }
    }
}

/// A rule in the table of an executive report.
#[derive(Serialize)]
struct RuleLine {
    id: Shown,
    title: Shown,
    severity: Badge,
    numbers: Vec<String>,
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
    /// Prepares an assessment for the templates. `accounts` are the pages that the rules and verdicts are on, when the page is
    /// only their index; `part_of` is set on such a page.
    pub fn of(assessment: &Assessment, subjects: &Subjects<'_>, options: &Options, accounts: Vec<Link>) -> Self {
        let (chosen, gaps): (Vec<_>, Vec<_>) = assessment.gaps.iter().partition(|gap| gap.reason.is_voluntary());
        let indexed = !accounts.is_empty();
        let servers = coverage::servers(assessment);
        let left_out: Vec<_> = assessment.population.iter().flat_map(LeftOut::of).collect();
        let subject_rows = if indexed { Vec::new() } else { subjects.rows() };
        Self {
            tool_version: Shown::words(&assessment.run.tool_version),
            now: assessment.run.now.to_string(),
            made: options.made.unwrap_or(assessment.run.now).to_string(),
            age: age(assessment, options),
            part_of: None,
            rules_profile: assessment.run.rules_profile.as_deref().map(Shown::words),
            rules_sha256: Shown::words(&assessment.run.rules_sha256),
            detail: match options.detail {
                HtmlDetail::Executive => "executive",
                HtmlDetail::Control => "control",
                HtmlDetail::Full => "full",
            },
            has_rules: !assessment.rules.is_empty(),
            shows_rules: options.detail > HtmlDetail::Executive && !indexed,
            verdict: verdict(assessment),
            coverage: words::coverage_in_words(assessment),
            questions: if indexed { Vec::new() } else { question::all(assessment, subjects) },
            counts: counts(assessment),
            outcomes: Outcome::ALL.into_iter().map(|outcome| tally(assessment, outcome)).collect(),
            trend: Trend::of(assessment),
            matrix: Severity::DESCENDING.into_iter().map(|severity| matrix_row(assessment, severity)).collect(),
            bar: bar(assessment),
            snapshots: assessment.run.snapshots.iter().zip(1..).map(Snapshot::of).collect(),
            population: population::sentences(assessment),
            places: population::places(assessment),
            listings: assessment.population.iter().map(Listing::of).collect(),
            not_judged: words::count(left_out.len(), "item"),
            left_out,
            open: Open {
                listings: assessment.population.len() <= LISTINGS_OPEN_UP_TO,
                subjects: subject_rows.len() <= OPEN_UP_TO,
                servers: servers.targets() <= OPEN_UP_TO,
            },
            subjects: subject_rows,
            services: coverage::services(assessment),
            servers,
            unread: words::count(gaps.len(), "reading"),
            left_alone: words::count(chosen.len(), "reading"),
            gaps: gaps.into_iter().map(Gap::of).collect(),
            chosen: chosen.into_iter().map(Gap::of).collect(),
            frameworks: framework::all(assessment, options.detail > HtmlDetail::Executive && !indexed),
            rule_lines: if options.detail == HtmlDetail::Executive { rule_lines(assessment) } else { Vec::new() },
            waivers: waiver::all(assessment),
            accounts,
            signature: options.signature.as_deref().map(Shown::words),
            again: Shown::words(&again(assessment)),
            paths: Section::of(assessment),
            limits: LIMITS,
        }
    }

    /// Says that the page is one account's.
    #[must_use]
    pub fn of_account(self, account: &str) -> Self {
        Self { part_of: Some(Shown::words(account)), ..self }
    }
}

/// How long the oldest snapshot lies back at the time that the report is made.
fn age(assessment: &Assessment, options: &Options) -> Option<String> {
    let oldest = assessment.run.snapshots.iter().map(|snapshot| snapshot.started).min()?;
    let made = options.made.unwrap_or(assessment.run.now);
    let hours = usize::try_from((made.as_second() - oldest.as_second()) / 3_600).ok()?;
    Some(match hours {
        0 => "less than an hour".to_owned(),
        1..48 => words::count(hours, "hour"),
        _ => words::count(hours / 24, "day"),
    })
}

/// The command that makes the assessment again, from what the page says that it was made of.
fn again(assessment: &Assessment) -> String {
    let paths: Vec<String> = assessment.run.snapshots.iter().map(|snapshot| shell_word(&snapshot.path)).collect();
    let fail_on = assessment.gate.fail_on.map_or("never", Severity::as_str);
    format!(
        "aurora-audit check {} --now {} --fail-on {fail_on} -o html=again.html",
        paths.join(" "),
        assessment.run.now
    )
}

fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:+@%".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn rule_lines(assessment: &Assessment) -> Vec<RuleLine> {
    let line = |judged: &Judged<'_>| {
        let (rule, numbers) = judged.counts();
        RuleLine {
            id: Shown::words(&rule.id),
            title: Shown::words(&rule.title),
            severity: Badge::severity(rule.severity),
            numbers: numbers.into_iter().map(words::grouped).collect(),
        }
    };
    rules(assessment).iter().map(line).collect()
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
    let piece =
        |outcome| (Badge::outcome(outcome).class, words::verdicts(assessment, outcome), words::outcome(outcome).0);
    segments(Outcome::ALL.into_iter().map(piece))
}

/// Pieces of a bar: class, number and word of each.
fn segments(pieces: impl Iterator<Item = (&'static str, usize, &'static str)>) -> Vec<Segment> {
    let pieces: Vec<_> = pieces.collect();
    let all = pieces.iter().map(|(_, number, _)| number).sum::<usize>().max(1);
    let mut before = 0;
    let segment = |(class, number, word): (&'static str, usize, &'static str)| {
        let (from, to) = (before * 1_000 / all, (before + number) * 1_000 / all);
        before += number;
        // What exists is seen, however small its share.
        let width = if number == 0 { 0 } else { (to - from).max(2) };
        Segment { class, x: from, width, words: format!("{} {word}", words::grouped(number)) }
    };
    pieces.into_iter().map(segment).collect()
}
