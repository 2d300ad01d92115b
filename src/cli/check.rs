//! `check`: snapshots → assessment → reports.

use std::path::Path;

use jiff::Timestamp;

use super::args::{CheckArgs, JudgeArgs};
use super::error::CliError;
use super::exit::Exit;
use super::output::{self, write_reports};
use super::rules::load;
use crate::check::{Assessment, Baseline, GateOptions, Terms, assess};
use crate::config::{CheckSettings, resolve_time};
use crate::facts::iam::evaluate::{Options, UnreadScps};
use crate::report::read_assessment;
use crate::rules::{Detail, RuleSet, run_cases};
use crate::snapshot::{self, Snapshot, read_text};

/// Runs the command.
pub fn run(args: &CheckArgs) -> Result<Exit, CliError> {
    let settings = settings(&args.judging)?;
    let terms = Known::load(&settings)?;
    let snapshot = snapshot::read(&args.snapshots)?;
    judge(&snapshot, &terms, &settings, &args.judging)
}

/// What a snapshot is judged by: read before anything else, so that a mistake in it costs no collection.
pub struct Known {
    rules: RuleSet,
    baseline: Option<Baseline>,
}

impl Known {
    /// Reads all of it.
    pub fn load(settings: &CheckSettings) -> Result<Self, CliError> {
        let rules = load_rules(settings)?;
        let baseline = settings.baseline.as_deref().map(read_baseline).transpose()?;
        Ok(Self { rules, baseline })
    }
}

fn read_baseline(path: &Path) -> Result<Baseline, CliError> {
    Ok(Baseline { path: path.display().to_string(), assessment: assessment(path)? })
}

/// The assessment in a file.
pub fn assessment(path: &Path) -> Result<Assessment, CliError> {
    read_assessment(&read_text(path)?).map_err(|source| CliError::Assessment { path: path.to_owned(), source })
}

/// What the arguments mean.
pub fn settings(args: &JudgeArgs) -> Result<CheckSettings, CliError> {
    let settings = CheckSettings {
        gate: GateOptions {
            fail_on: args.fail_on.severity(),
            fail_on_new: args.fail_on_new,
            min_coverage: args.min_coverage,
            allow_incomplete: args.allow_incomplete,
        },
        baseline: args.baseline.clone(),
        scps_unknown: args.scps_unknown,
        exit_zero: args.exit_zero,
        now: resolve_time(args.now.as_deref(), clock)?,
        rules: args.folders.rules.clone(),
        outputs: args.writing.outputs.clone(),
    };
    // Now, because a mistake in a template is no reason to collect twice.
    output::options(&args.writing)?;
    Ok(settings.validated()?)
}

/// The clock, to the second.
pub fn clock() -> Timestamp {
    let clock = Timestamp::now();
    Timestamp::from_second(clock.as_second()).unwrap_or(clock)
}

/// The built-in rules and the user's.
fn load_rules(settings: &CheckSettings) -> Result<RuleSet, CliError> {
    let rules = load(&settings.rules)?;
    // A rule that fails its own tests does not do what its author thinks; the built-in ones were tested when they were built.
    let failures = if settings.rules.is_empty() { Vec::new() } else { run_cases(&rules) };
    if failures.is_empty() { Ok(rules) } else { Err(CliError::RuleCases(failures)) }
}

/// Judges, writes the reports, and asks the gate.
pub fn judge(snapshot: &Snapshot, known: &Known, settings: &CheckSettings, args: &JudgeArgs) -> Result<Exit, CliError> {
    let profile = args.writing.sarif_profile;
    let shown = settings.outputs.iter().any(|output| output.format.shows_passes(profile));
    let detail = if shown { Detail::All } else { Detail::Findings };
    let unread_scps = if settings.scps_unknown { UnreadScps::Unknown } else { UnreadScps::Assume };
    let decisions = Options { unread_scps, ..Options::default() };
    let terms = Terms { gate: settings.gate, baseline: known.baseline.as_ref(), decisions };
    let assessment = assess(snapshot, &known.rules, terms, settings.now, detail);
    write_reports(&assessment, &settings.outputs, &args.writing, None)?;
    Ok(Exit::of_gate(assessment.gate.result, settings.exit_zero))
}
